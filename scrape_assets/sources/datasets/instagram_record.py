"""A row of the vendor's Instagram datasets, posts and reels: the fields used, as wide as they were seen. No decisions.

Both datasets in one: what only one of them has is absent in the other. Spellings are the vendor's. Null, absent
and empty mean the same.
"""

import msgspec

from scrape_assets.sources.datasets.vendor_row import Number, Text, VendorRecord


class Tagged(msgspec.Struct, gc=False):
    """A profile that is tagged, signs as co-author, or paid for the post."""

    username: str | None = None
    profile_url: str | None = None


class Part(msgspec.Struct, gc=False):
    """One picture or video of a post."""

    type: str | None = None  # "Photo" or "Video"
    url: str | None = None
    alt_text: str | None = None


class Duration(msgspec.Struct, gc=False):
    """How long one video of a post is, in seconds."""

    video_duration: Number = None


Profiles = list[Tagged | str | None] | Tagged | str | None
Parts = list[Part | str | None] | Part | str | None
Words = list[str | None] | str | None
Durations = list[Duration | Number] | Duration | Number


class Record(VendorRecord, gc=False):
    """One row: a post or reel, or the error or warning that stands in its place."""

    post_id: Text = None  # a number; of reels "<number>_<number of the author>"
    pk: Text = None
    shortcode: Text = None
    url: str | None = None
    content_type: str | None = None
    product_type: str | None = None
    user_posted: Text = None
    user_posted_id: Text = None
    profile_url: str | None = None
    user_profile_url: str | None = None  # reels
    description: str | None = None
    date_posted: str | None = None
    hashtags: Words = None
    tagged_users: Profiles = None
    coauthor_producers: Profiles = None
    partnership_details: Tagged | str | None = None
    post_content: Parts = None
    photos: Parts = None
    images: Parts = None
    videos: Parts = None
    videos_duration: Durations = None
    video_url: str | None = None  # reels
    length: Number = None  # reels
    audio_url: str | None = None
    thumbnail: str | None = None
    alt_text: str | None = None
    likes: Number = None
    num_comments: Number = None
    views: Number = None  # reels
    video_play_count: Number = None
    video_view_count: Number = None
