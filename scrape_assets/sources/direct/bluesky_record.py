"""A post of Bluesky as its feeds and its search give it: the fields used. No decisions.

After the lexicons app.bsky.feed.defs, app.bsky.feed.post, app.bsky.richtext.facet and app.bsky.embed.*.
"""

from typing import Any

import msgspec


class Author(msgspec.Struct, gc=False):
    """Who wrote or reposted; `handle` is "handle.invalid" where its domain does not confirm it."""

    did: str | None = None
    handle: str | None = None
    display_name: str | None = msgspec.field(default=None, name="displayName")


class Feature(msgspec.Struct, gc=False):
    """What a piece of text is: one of a tag, a mention and a link."""

    tag: str | None = None
    did: str | None = None
    uri: str | None = None


class Slice(msgspec.Struct, gc=False):
    """Where a piece of text lies, in bytes of its UTF-8."""

    start: int | None = msgspec.field(default=None, name="byteStart")
    end: int | None = msgspec.field(default=None, name="byteEnd")


class Facet(msgspec.Struct, gc=False):
    """A piece of text that leads somewhere."""

    index: Slice | None = None
    features: list[Feature | None] | None = None


class Reference(msgspec.Struct, gc=False):
    """Another record."""

    uri: str | None = None


class Reply(msgspec.Struct, gc=False):
    """What a post answers."""

    parent: Reference | None = None


class Record(msgspec.Struct, gc=False):
    """What the author's program wrote: it may say anything, of its time too."""

    text: str | None = None
    created_at: str | None = msgspec.field(default=None, name="createdAt")
    langs: list[str | None] | None = None
    facets: list[Facet | None] | None = None
    tags: list[str | None] | None = None
    reply: Reply | None = None


class Ratio(msgspec.Struct, gc=False):
    """Width and height, as a rule in pixels."""

    width: Any = None
    height: Any = None


class Picture(msgspec.Struct, gc=False):
    """An image; what `images` calls thumb is a thumbnail in `gallery`."""

    fullsize: str | None = None
    thumb: str | None = None
    thumbnail: str | None = None
    alt: str | None = None
    ratio: Ratio | None = msgspec.field(default=None, name="aspectRatio")


class External(msgspec.Struct, gc=False):
    """The preview of a linked page."""

    uri: str | None = None
    title: str | None = None
    thumb: str | None = None


class Attached(msgspec.Struct, gc=False):
    """The media of a post, whatever kind of embed holds them."""

    images: list[Picture | None] | None = None
    items: list[Picture | None] | None = None
    external: External | None = None
    playlist: str | None = None
    thumbnail: str | None = None
    alt: str | None = None
    ratio: Ratio | None = msgspec.field(default=None, name="aspectRatio")


class Embedded(msgspec.Struct, gc=False):
    """An embedded record, or beside media a shell around it."""

    uri: str | None = None
    record: Reference | None = None


class Embed(Attached, gc=False):
    """What hangs on a post: media, a record, or both."""

    record: Embedded | None = None
    media: Attached | None = None


class PostView(msgspec.Struct, gc=False):
    """A post with what the network made of it."""

    uri: str | None = None
    author: Author | None = None
    record: Record | None = None
    embed: Embed | None = None
    indexed_at: str | None = msgspec.field(default=None, name="indexedAt")
    reply_count: Any = msgspec.field(default=None, name="replyCount")
    repost_count: Any = msgspec.field(default=None, name="repostCount")
    like_count: Any = msgspec.field(default=None, name="likeCount")
    bookmark_count: Any = msgspec.field(default=None, name="bookmarkCount")


class Reason(msgspec.Struct, gc=False):
    """Why a post stands in a feed that its author does not own or at a place that its time does not give it."""

    type: str | None = msgspec.field(default=None, name="$type")
    by: Author | None = None
    uri: str | None = None
    indexed_at: str | None = msgspec.field(default=None, name="indexedAt")

    @property
    def is_repost(self) -> bool:
        """Whether somebody reposted it."""
        return (self.type or "").endswith("#reasonRepost")

    @property
    def is_pin(self) -> bool:
        """Whether the feed's owner pinned it."""
        return (self.type or "").endswith("#reasonPin")


class FeedItem(msgspec.Struct, gc=False):
    """One entry of a feed. A find of a search is put into the same form."""

    post: PostView | None = None
    reason: Reason | None = None
