"""The fields of a feed's entry that become a post: as feedparser names them, and as JSON Feed does.

All have None as default, so that what cannot be read costs itself alone.
"""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import msgspec

from scrape_assets.sources.direct.mending import MendingReader

T = TypeVar("T")


class Person(msgspec.Struct, gc=False):
    """An author."""

    name: str | None = None
    href: str | None = None
    url: str | None = None  # JSON Feed


class Content(msgspec.Struct, gc=False):
    """A text and what it is written in."""

    type: str | None = None
    value: str | None = None
    language: str | None = None


class Link(msgspec.Struct, gc=False):
    """A link of the entry; RSS's enclosures are links with rel "enclosure"."""

    rel: str | None = None
    href: str | None = None
    type: str | None = None
    length: str | int | None = None
    title: str | None = None


class Attachment(msgspec.Struct, gc=False):
    """`media:content`, `media:thumbnail`, or an attachment of JSON Feed."""

    url: str | None = None
    type: str | None = None
    medium: str | None = None
    width: str | int | None = None
    height: str | int | None = None
    duration: str | int | float | None = None
    filesize: str | int | None = None
    mime_type: str | None = None
    title: str | None = None
    size_in_bytes: int | float | None = None
    duration_in_seconds: int | float | None = None


class Tag(msgspec.Struct, gc=False):
    """A category."""

    term: str | None = None
    label: str | None = None


class Where(msgspec.Struct, gc=False):
    """A place; of a point the coordinates are longitude, latitude."""

    type: str | None = None
    coordinates: list[Any] | None = None


class Source(msgspec.Struct, gc=False):
    """The feed an entry was taken over from."""

    title: str | None = None
    href: str | None = None


class Image(msgspec.Struct, gc=False):
    """The picture of a podcast's episode."""

    href: str | None = None


class Reference(msgspec.Struct, gc=False):
    """The entry that this one answers (RFC 4685)."""

    ref: str | None = None


class Stars(msgspec.Struct, gc=False):
    """`media:starRating`, the likes on YouTube."""

    count: str | int | None = None


class Statistics(msgspec.Struct, gc=False):
    """`media:statistics`."""

    views: str | int | None = None


class Feed(msgspec.Struct, gc=False):
    """What the feed says of itself, and how it was asked for."""

    key: str | None = None
    url: str | None = None
    address: str | None = None  # where it was found
    title: str | None = None
    author: Person | None = None
    language: str | None = None


class Record(msgspec.Struct, gc=False):
    """One entry of a feed of any format."""

    id: str | int | float | None = None
    link: str | None = None
    links: list[Link | None] | None = None
    title: str | None = None
    title_detail: Content | None = None
    summary: str | None = None
    summary_detail: Content | None = None
    content: list[Content | None] | None = None
    published: str | None = None
    published_parsed: str | None = None
    updated: str | None = None
    updated_parsed: str | None = None
    created: str | None = None
    created_parsed: str | None = None
    author: str | Person | None = None
    author_detail: Person | None = None
    authors: list[Person | None] | None = None
    language: str | None = None
    tags: list[Tag | str | None] | None = None
    source: Source | None = None
    media_content: list[Attachment | None] | None = None
    media_thumbnail: list[Attachment | None] | None = None
    media_starrating: Stars | None = None
    media_statistics: Statistics | None = None
    itunes_duration: str | None = None
    image: Image | str | None = None
    where: Where | None = None
    geo_lat: str | None = None
    geo_long: str | None = None
    slash_comments: str | None = None
    thr_total: str | None = None
    in_reply_to: Reference | None = msgspec.field(name="thr_in-reply-to", default=None)
    yt_videoid: str | None = None
    yt_channelid: str | None = None
    # JSON Feed
    url: str | None = None
    external_url: str | None = None
    content_html: str | None = None
    content_text: str | None = None
    banner_image: str | None = None
    date_published: str | None = None
    date_modified: str | None = None
    attachments: list[Attachment | None] | None = None
    feed: Feed | None = None


READER = MendingReader(Record)
"""Reads the lines of all feeds."""

NO_FEED = Feed()


def each(given: Iterable[T | None] | None) -> Iterator[T]:
    """What of a list could be read."""
    return (one for one in given or () if one is not None)
