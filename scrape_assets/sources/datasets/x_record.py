"""A row of the vendor's dataset of posts on X: the fields used, as wide as they were seen. No decisions.

Spellings are the vendor's. Null, absent and empty mean the same.
"""

import msgspec

from scrape_assets.sources.datasets.vendor_row import Number, Text, VendorRecord


class Tagged(msgspec.Struct, gc=False):
    """A profile named in the text. Its `profile_name` is now the handle, now the name shown."""

    url: str | None = None


class Video(msgspec.Struct, gc=False):
    """A video; its duration is in milliseconds."""

    video_url: str | None = None
    url: str | None = None
    duration: Number = None


class OtherPost(msgspec.Struct, gc=False):
    """The post that was quoted or answered: null, all null, or only with null media when there is none."""

    post_id: Text = None
    profile_id: Text = None
    url: str | None = None
    description: str | None = None


Addresses = list[str | None] | str | None
Videos = list[Video | str | None] | Video | str | None


class Record(VendorRecord, gc=False):
    """One row: a post, or the error or warning that stands in its place."""

    id: Text = None
    url: str | None = None
    user_posted: str | None = None
    user_id: Text = None
    name: str | None = None
    description: str | None = None
    date_posted: str | None = None
    hashtags: list[str | None] | None = None
    tagged_users: list[Tagged | str | None] | None = None
    photos: Addresses = None
    videos: Videos = None
    external_url: str | None = None
    external_image_urls: Addresses = None
    external_video_urls: Videos = None
    quoted_post: OtherPost | None = None
    parent_post_details: OtherPost | None = None
    is_repost: bool | None = None
    replies: Number = None
    reposts: Number = None
    likes: Number = None
    views: Number = None
    bookmarks: Number = None
