"""A row of the vendor's TikTok posts dataset: the fields used, as wide as they were seen. No decisions.

Spellings are the vendor's ("digg" is TikTok's own word for a like). Null, absent and empty mean the same.
"""

import msgspec

from scrape_assets.sources.datasets.vendor_row import Number, Text, VendorRecord


class Tagged(msgspec.Struct, gc=False):
    """A profile that is tagged in the description."""

    user_handle: str | None = None
    user_url: str | None = None


class Picture(msgspec.Struct, gc=False):
    """One picture of a carousel."""

    url: str | None = None


class Music(msgspec.Struct, gc=False):
    """The sound under the video or carousel."""

    playurl: str | None = None
    covermedium: str | None = None


Profiles = list[Tagged | str | None] | Tagged | str | None
Pictures = list[Picture | str | None] | Picture | str | None
Words = list[str | None] | str | None


class Record(VendorRecord, gc=False):
    """One row: a video or carousel, or the error or warning that stands in its place."""

    post_id: Text = None
    shortcode: Text = None  # the same number
    url: str | None = None
    post_type: str | None = None  # "video", or "content": a carousel
    account_id: Text = None  # the handle
    profile_id: Text = None
    profile_username: Text = None  # the shown name; in older rows the handle
    profile_url: str | None = None
    description: str | None = None
    create_time: Text = None
    hashtags: Words = None
    tagged_user: Profiles = None
    carousel_images: Pictures = None
    video_url: str | None = None
    cdn_url: str | None = None
    preview_image: str | None = None
    video_duration: Number = None
    width: Number = None
    music: Music | None = None
    digg_count: Number = None
    comment_count: Number = None
    num_share_count: Number = None
    share_count: Number = None
    play_count: Number = None
    collect_count: Number = None
