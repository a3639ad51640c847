"""A row of the vendor's YouTube videos dataset: the fields used, as wide as they were seen. No decisions.

Spellings are the vendor's ("youtuber" is the handle, "handle_name" the channel's name). Null, absent and empty mean
the same. Transcripts, which make rows of hundreds of kB, are not named here, so they are skipped while parsing.
"""

import msgspec

from scrape_assets.sources.datasets.vendor_row import Number, Text, VendorRecord


class Hashtag(msgspec.Struct, gc=False):
    """A hashtag that YouTube linked."""

    hashtag: str | None = None


class Captions(msgspec.Struct, gc=False):
    """Captions that a video has, by the English name of their language: "English (auto-generated)"."""

    language: str | None = None


class Record(VendorRecord, gc=False):
    """One row: a video or a Short, or the error or warning that stands in its place."""

    video_id: Text = None
    shortcode: Text = None
    url: str | None = None
    post_type: str | None = None
    youtuber: str | None = None
    youtuber_id: str | None = None
    handle_name: str | None = None
    channel_url: str | None = None
    channel_url_decoded: str | None = None
    title: str | None = None
    description: str | None = None
    date_posted: str | None = None
    views: Number = None
    likes: Number = None
    num_comments: Number = None
    hashtags: list[Hashtag | str | None] | None = None
    transcript_language: list[Captions | str | None] | None = None
    video_url: str | None = None
    preview_image: str | None = None
    video_length: Number = None
    current_optimal_res: str | None = None
