"""A row of the vendor's LinkedIn posts dataset: the fields used, as wide as they were seen. No decisions.

Spellings are the vendor's ("use_url" is the author's profile). Null, absent and empty mean the same.
"""

import msgspec

from scrape_assets.sources.datasets.vendor_row import Number, Text, VendorRecord


class Link(msgspec.Struct, gc=False):
    """A tagged profile or a medium, in the forms that rows of different years have."""

    link: str | None = None
    url: str | None = None


Links = list[Link | str | None] | Link | str | None


class Repost(msgspec.Struct, gc=False):
    """The post that was shared; all null when none was. Its `repost_url` is the original author's profile."""

    repost_id: Text = None
    repost_url: str | None = None


class Record(VendorRecord, gc=False):
    """One row: a post, or the error or warning that stands in its place."""

    id: Text = None
    url: str | None = None
    post_type: str | None = None
    account_type: str | None = None
    use_url: str | None = None
    user_id: Text = None
    user_name: str | None = None
    title: str | None = None
    headline: str | None = None
    post_text: str | None = None
    original_post_text: str | None = None
    date_posted: str | None = None
    hashtags: list[str | None] | None = None
    tagged_people: Links = None
    tagged_companies: Links = None
    images: Links = None
    videos: Links = None
    document_cover_image: Links = None
    num_likes: Number = None
    num_comments: Number = None
    repost: Repost | None = None
