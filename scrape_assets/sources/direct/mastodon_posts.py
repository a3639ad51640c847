"""Mastodon's statuses, as every server of its kind gives them, and how one becomes a post. No HTTP."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import msgspec

from scrape_assets.posts.counts import count
from scrape_assets.posts.identity import NotAProfile, Profile, profile_key
from scrape_assets.posts.media import Medium, media_json, medium
from scrape_assets.posts.model import Post, PostKind, Rejected, RejectReason, new_post
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.tags import hashtags, once
from scrape_assets.posts.text import clean_text, text_of_html
from scrape_assets.posts.times import parse_time, posting_time
from scrape_assets.sources.datasets.vendor_row import LONGEST_ID
from scrape_assets.sources.direct.envelope import Item, item_mapping
from scrape_assets.sources.direct.mending import MendingReader
from scrape_assets.sources.rows import rejected

_MEDIA_TYPES = {"image": "image", "video": "video", "gifv": "video", "audio": "audio"}


class Account(msgspec.Struct, gc=False):
    """Who wrote a status, or is mentioned. `acct` has a host only where that is not the asked server's."""

    username: str | None = None
    acct: str | None = None
    display_name: str | None = None
    url: str | None = None
    uri: str | None = None


class Tag(msgspec.Struct, gc=False):
    """A hashtag, without '#'."""

    name: str | None = None


class Size(msgspec.Struct, gc=False):
    """Pixels and seconds."""

    width: Any = None
    height: Any = None
    duration: Any = None


class Meta(msgspec.Struct, gc=False):
    """What the server measured."""

    original: Size | None = None


class Attachment(msgspec.Struct, gc=False):
    """A medium; `url` is null where the asked server has not fetched it."""

    type: str | None = None
    url: str | None = None
    remote_url: str | None = None
    preview_url: str | None = None
    description: str | None = None
    meta: Meta | None = None


class Card(msgspec.Struct, gc=False):
    """The preview of a linked page."""

    url: str | None = None
    title: str | None = None
    image: str | None = None


class Quoted(msgspec.Struct, gc=False):
    """The quoted status, when the asked server may show it."""

    uri: str | None = None


class Quote(msgspec.Struct, gc=False):
    """A quotation: Mastodon wraps the status since 4.4; Akkoma and others put the status itself here."""

    quoted_status: Quoted | None = None
    uri: str | None = None


class Original(msgspec.Struct, gc=False):
    """A status, be it by itself or within a boost."""

    uri: str | None = None
    url: str | None = None
    created_at: str | None = None
    account: Account | None = None
    content: str | None = None
    spoiler_text: str | None = None
    language: str | None = None
    in_reply_to_id: Any = None
    media_attachments: list[Attachment | None] | None = None
    mentions: list[Account | None] | None = None
    tags: list[Tag | None] | None = None
    card: Card | None = None
    quote: Quote | None = None
    replies_count: Any = None
    reblogs_count: Any = None
    favourites_count: Any = None


class Status(Original, gc=False):
    """A status as listings give it; a boost is one without words around the one that was boosted."""

    reblog: Original | None = None


_READER = MendingReader(Status)


def _post(item: Item[Status]) -> Post | Rejected:
    status, collected_at, feed_key, repairs = item
    post_id = _id(status.uri)
    if post_id is None:
        why = "; ".join(["the status has no uri that could be its key", *repairs])
        return rejected(RejectReason.NO_ID, why, input_url=feed_key)
    stated = parse_time(status.created_at)
    posted_at, _ = posting_time(stated, None, collected_at)
    if posted_at is None:
        reason = RejectReason.IMPLAUSIBLE_TIME if stated else RejectReason.NO_TIME
        why = "; ".join([f"created_at: {status.created_at}; collected {collected_at}", *repairs])
        return rejected(reason, why, input_url=feed_key)

    # A boost has no words and no counts of its own. It shows those words, so its row does; the counts stay with the
    # original, whose they are.
    words: Original = status.reblog or status
    likes = comments = shares = None
    if status.reblog is None:
        likes, likes_note = count(status.favourites_count, "like_count")
        comments, comments_note = count(status.replies_count, "comment_count")
        shares, shares_note = count(status.reblogs_count, "share_count")
        repairs.extend(filter(None, (likes_note, comments_note, shares_note)))
    account = status.account or Account()
    author = _profile(account.url, account.acct, account.uri or status.uri)
    return new_post(
        platform=Platform.MASTODON.value,
        post_id=post_id,
        url=clean_text(status.url) or (post_id if post_id.startswith("https://") else None),
        kind=_kind(status).value,
        author_key=author.key if author else None,
        author_handle=author.handle if author else clean_text(account.acct),
        # The number in `account.id` is another one on every server; this is one and the same.
        author_id=clean_text(account.uri),
        author_name=clean_text((account.display_name or "").strip()) or clean_text(account.username),
        author_url=author.url if author else clean_text(account.url),
        title=clean_text((words.spoiler_text or "").strip()),
        text=text_of_html(words.content),
        posted_at=posted_at,
        collected_at=collected_at,
        hashtags=hashtags(tag.name for tag in words.tags if tag) if words.tags else None,
        mentions=_mentions(words),
        media=media_json(_media(words)) if words.media_attachments or words.card else None,
        like_count=likes,
        comment_count=comments,
        share_count=shares,
        view_count=None,
        save_count=None,
        reposted_from=_id(status.reblog.uri) if status.reblog else None,
        feed_key=feed_key,
        repairs=repairs or None,
        language=clean_text(words.language),
        quote_of=_quoted(words),
    )


def _id(uri: str | None) -> str | None:
    """The ActivityPub id: the same on every server, whoever was asked."""
    clean = clean_text(uri.strip()) if uri else None
    return clean if clean and len(clean) <= LONGEST_ID else None


def _kind(status: Status) -> PostKind:
    if status.reblog is not None:
        return PostKind.REPOST
    if status.in_reply_to_id:
        # To what, only the asked server knows by that number: it names no post that another row could have.
        return PostKind.REPLY
    return PostKind.QUOTE if status.quote is not None else PostKind.POST


def _quoted(words: Original) -> str | None:
    if words.quote is None:
        return None
    return _id(words.quote.quoted_status.uri if words.quote.quoted_status else words.quote.uri)


@lru_cache(maxsize=16_384)
def _profile(url: str | None, acct: str | None, neighbour: str | None) -> Profile | None:
    """Whose profile it is. Cached: the statuses of one listing repeat the same few.

    Args:
        url: of the profile, as people see it.
        acct: the account's name; of the asked server's own people without a host.
        neighbour: any address on the account's own server.
    """
    host = _host(neighbour)
    name = acct if not acct or "@" in acct or not host else f"{acct}@{host}"
    for spelling in (url, f"@{name}" if name else None):
        if spelling:
            try:
                return profile_key(Platform.MASTODON, spelling)
            except NotAProfile:
                continue
    return None


def _host(address: str | None) -> str | None:
    try:
        return urlsplit(address or "").hostname
    except ValueError:
        return None


def _mentions(words: Original) -> list[str] | None:
    if not words.mentions:
        return None
    profiles = (_profile(one.url, one.acct, one.url) for one in words.mentions if one)
    return once(profile.key for profile in profiles if profile)


def _media(words: Original) -> Iterator[Medium | None]:
    for one in words.media_attachments or ():
        if one is None:
            continue
        size = (one.meta.original if one.meta else None) or Size()
        yield medium(
            _MEDIA_TYPES.get(one.type or "", "link"),
            one.url or one.remote_url,
            preview_url=one.preview_url,
            width=_pixels(size.width),
            height=_pixels(size.height),
            duration=_seconds(size.duration),
            alt=one.description,
        )
    if words.card is not None:
        yield medium("link", words.card.url, preview_url=words.card.image, alt=words.card.title)


def _pixels(value: object) -> int | None:
    return value if type(value) is int and 0 < value < 1_000_000 else None


def _seconds(value: object) -> float | None:
    return float(value) if type(value) in (int, float) and 0 < value < 1e9 else None  # type: ignore[operator, arg-type]


MAPPING = item_mapping(Platform.MASTODON, _READER, _post)
"""How statuses are read."""
