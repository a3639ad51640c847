"""A row of the vendor's dataset of posts of Facebook pages: the fields used, as wide as they were seen. No decisions.

Spellings are the vendor's. Null, absent and empty mean the same.
"""

import msgspec

from scrape_assets.sources.datasets.vendor_row import Number, Text, VendorRecord


class Attachment(msgspec.Struct, gc=False):
    """A photo, a video or a link. `url` is the still of a video in these rows, in others the page it is shown on."""

    type: str | None = None
    url: str | None = None
    attachment_url: str | None = None
    thumbnail_url: str | None = None
    video_url: str | None = None
    video_length: Number = None  # milliseconds, as text


class Reactions(msgspec.Struct, gc=False):
    """How many reacted in one way ("Like", "Love", …)."""

    reaction_count: Number = None


class Original(msgspec.Struct, gc=False):
    """The post that was shared; when none was, a lone `user_avatar_image` that is null."""

    post_id: Text = None
    id: Text = None
    url: str | None = None
    content: str | None = None
    user_url: str | None = None


class Record(VendorRecord, gc=False):
    """One row: a post, or the error or warning that stands in its place."""

    post_id: Text = None
    url: str | None = None
    post_type: str | None = None
    user_url: str | None = None
    user_username_raw: str | None = None
    profile_id: Text = None
    profile_handle: str | None = None
    page_name: str | None = None
    content: str | None = None
    date_posted: str | None = None
    hashtags: list[str | None] | None = None
    likes: Number = None
    count_reactions_type: list[Reactions | None] | None = None
    num_comments: Number = None
    num_shares: Number = None
    video_view_count: Number = None
    play_count: Number = None
    attachments: list[Attachment | str | None] | None = None
    post_image: str | None = None
    post_external_link: str | None = None
    post_external_title: str | None = None
    post_external_image: str | None = None
    original_post: Original | str | None = None
