"""A row of the vendor's Reddit posts dataset: the fields used, as wide as they were seen. No decisions.

Null, absent and empty mean the same. Comments and related posts, most of a row, are skipped while parsing.
"""

import msgspec

from scrape_assets.sources.datasets.vendor_row import Number, Text, VendorRecord


class Attachment(msgspec.Struct, gc=False):
    """A photo or video where it is not just an address."""

    url: str | None = None
    link: str | None = None


Attachments = list[Attachment | str | None] | str | None


class Record(VendorRecord, gc=False):
    """One row: a post, or the error or warning that stands in its place."""

    post_id: Text = None
    url: str | None = None
    user_posted: str | None = None
    user_id: Text = None
    title: str | None = None
    description: str | None = None
    description_markdown: str | None = None
    date_posted: str | None = None
    num_upvotes: Number = None
    num_comments: Number = None
    community_name: str | None = None
    photos: Attachments = None
    videos: Attachments = None
    embedded_links: Attachments = None
