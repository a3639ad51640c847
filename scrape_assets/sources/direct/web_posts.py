"""The fields that rules found on pages, as posts: whose they are, when, what they say. No HTTP, no browser."""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

import msgspec

from scrape_assets.posts.identity import NotAProfile, Profile, profile_key
from scrape_assets.posts.media import media_json, medium
from scrape_assets.posts.model import Post, PostKind, Rejected, RejectReason, new_post
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.tags import hashtags, once
from scrape_assets.posts.text import clean_text, text_of_html
from scrape_assets.posts.times import is_plausible, parse_time
from scrape_assets.sources.direct.envelope import Item, ItemReader
from scrape_assets.sources.direct.web_counts import shown_count
from scrape_assets.sources.rows import rejected

_LONGEST_ID = 500  # characters; longer ones cannot be indexed, and stand as their hash
_GLOBAL = re.compile(r"https?://[^\s/?#]+[/?#]?\S*|urn:[a-z0-9][a-z0-9-]+:\S+|tag:[^\s,]+,\d{4}[^\s]*", re.IGNORECASE)
_UNIX = re.compile(r"(\d{9,10})(?:\.\d{1,9})?|(\d{12,13})", re.ASCII)
_KINDS = {kind.value: kind for kind in PostKind}


class Attached(msgspec.Struct, gc=False):
    """An image, a video, a sound or a link of the post."""

    type: str | None = None
    url: str | None = None
    preview_url: str | None = None
    width: int | None = None
    height: int | None = None
    alt: str | None = None


class Record(msgspec.Struct, gc=False):
    """A post as a rule found it; see `web_fields.item_of`."""

    id: str | None = None
    url: str | None = None
    author: str | None = None
    author_url: str | None = None
    time: str | None = None
    title: str | None = None
    html: str | None = None
    text: str | None = None
    media: list[Attached] | None = None
    tags: list[str] | None = None
    mentions: list[str] | None = None
    likes: str | None = None
    comments: str | None = None
    shares: str | None = None
    views: str | None = None
    saves: str | None = None
    language: str | None = None
    reply_to: str | None = None
    repost_of: str | None = None
    latitude: str | None = None
    longitude: str | None = None
    kind: str | None = None
    own: bool = False


_READER = ItemReader(Record)
_RECORDS = msgspec.json.Decoder(Record)


@dataclass(frozen=True, slots=True)
class WebMapping:
    """How posts found on pages are read; see `Mapping`."""

    platform: Platform = Platform.WEB
    version: int = 1

    def map_line(self, line: bytes, last: bool) -> Post | Rejected | None:
        """Map one line; see `Mapping`."""
        item = _READER.read(line, last)
        return _post(item) if isinstance(item, Item) else item


MAPPING = WebMapping()


def identity_of(item: bytes, key: str) -> str | None:
    """The id that the post of an item will have, whether or not it can be mapped; None when it has none."""
    return _post_id(_RECORDS.decode(item), key)


def _post(item: Item[Record]) -> Post | Rejected:
    record, collected_at, feed_key, repairs = item
    post_id = _post_id(record, feed_key)
    if post_id is None:
        return rejected(RejectReason.NO_ID, "the post has no id, no address and no text", input_url=feed_key)
    posted_at = _time(record.time)
    if posted_at is None:
        said = f"time: {record.time[:100]!r} is no time" if record.time else "the post does not say when it was written"
        return rejected(RejectReason.NO_TIME, said, input_url=feed_key)
    if not is_plausible(posted_at, collected_at):
        said = f"time: {posted_at}; collected {collected_at}"
        return rejected(RejectReason.IMPLAUSIBLE_TIME, said, input_url=feed_key)
    author = _profile(record.author_url or (f"https://{feed_key}" if record.own else None))
    likes, likes_note = shown_count(record.likes, "like_count")
    comments, comments_note = shown_count(record.comments, "comment_count")
    shares, shares_note = shown_count(record.shares, "share_count")
    views, views_note = shown_count(record.views, "view_count")
    saves, saves_note = shown_count(record.saves, "save_count")
    repairs.extend(filter(None, (likes_note, comments_note, shares_note, views_note, saves_note)))
    latitude, longitude = _place(record.latitude, record.longitude)
    title = clean_text(record.title)
    language = clean_text(record.language)
    return new_post(
        platform=Platform.WEB.value,
        post_id=post_id,
        url=clean_text(record.url),
        kind=_kind(record, title).value,
        author_key=author.key if author else None,
        author_handle=None,
        author_id=None,
        author_name=clean_text(record.author),
        author_url=author.url if author else None,
        title=title,
        text=text_of_html(record.html) or clean_text(record.text),
        posted_at=posted_at,
        collected_at=collected_at,
        hashtags=hashtags(record.tags),
        mentions=once(profile.key for one in record.mentions or () if (profile := _profile(one))),
        media=_media(record.media) if record.media else None,
        like_count=likes,
        comment_count=comments,
        share_count=shares,
        view_count=views,
        save_count=saves,
        reposted_from=_unique(record.repost_of, feed_key) if record.repost_of else None,
        feed_key=feed_key,
        repairs=repairs or None,
        language=language[:35] if language else None,
        reply_to=_unique(record.reply_to, feed_key) if record.reply_to else None,
        latitude=latitude,
        longitude=longitude,
    )


def _post_id(record: Record, key: str) -> str | None:
    """The site's own id, else the post's address; without either a hash of what it says."""
    for given in (record.id, record.url):
        own = clean_text(given.strip()) if given else None
        if own:
            return _unique(own, key)
    text = text_of_html(record.html) or record.text or record.title
    if not text:
        return None
    return f"{_site(key)}#{_hash(chr(10).join(part or '' for part in (record.author, record.time, text)))}"


def _unique(own: str, key: str) -> str:
    """An id that is unique beyond the site: the pages of one site, and no others, share its ids."""
    own = clean_text(own) or ""
    name = own if _GLOBAL.fullmatch(own) else f"{_site(key)}#{own}"
    return name if len(name) <= _LONGEST_ID else f"{_site(key)}#{_hash(own)}"


def _site(key: str) -> str:
    return key.partition("/")[0].removeprefix("www.")


def _hash(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


def _kind(record: Record, title: str | None) -> PostKind:
    if record.kind in _KINDS:
        return _KINDS[record.kind]
    if record.repost_of:
        return PostKind.REPOST
    if record.reply_to:
        return PostKind.REPLY
    return PostKind.ARTICLE if title else PostKind.POST


def _time(text: str | None) -> datetime | None:
    """A time as `<time datetime>` gives it, in Unix seconds or milliseconds, or as in e-mails. No zone means UTC."""
    if not text:
        return None
    moment = parse_time(text)
    # "20261120" is a day, not a number of seconds: whatever is ISO 8601 is read as that.
    if moment is not None:
        return moment
    unix = _UNIX.fullmatch(text.strip())
    if unix:
        return datetime.fromtimestamp(int(unix[1]) if unix[1] else int(unix[2]) / 1000, UTC)
    try:
        parsed = parsedate_to_datetime(text[:100])
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError, TypeError):
        return None


@lru_cache(maxsize=16_384)
def _profile(address: str | None) -> Profile | None:
    """The profile at an address. Cached: the posts of a page are by few."""
    if not address:
        return None
    try:
        return profile_key(Platform.WEB, address)
    except NotAProfile:
        return None


def _media(given: list[Attached]) -> bytes | None:
    return media_json(
        medium(
            one.type or "link",
            one.url,
            preview_url=one.preview_url,
            width=one.width,
            height=one.height,
            alt=one.alt,
        )
        for one in given
    )


def _place(latitude: str | None, longitude: str | None) -> tuple[float | None, float | None]:
    try:
        north, east = float(latitude or ""), float(longitude or "")
    except ValueError:
        return None, None
    return (north, east) if abs(north) <= 90 and abs(east) <= 180 else (None, None)
