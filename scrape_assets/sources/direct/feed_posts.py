"""Entries of feeds as posts: whose they are, when, what they say. No HTTP, no paging."""

import hashlib
import re
from datetime import datetime

from scrape_assets.posts.counts import count
from scrape_assets.posts.model import Post, PostKind, Rejected, RejectReason, new_post
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.tags import hashtags
from scrape_assets.posts.text import clean_text, text_of_html
from scrape_assets.posts.times import is_plausible, parse_time
from scrape_assets.sources.direct.envelope import Item, item_mapping
from scrape_assets.sources.direct.feed_http import resolved
from scrape_assets.sources.direct.feed_media import media_of
from scrape_assets.sources.direct.feed_record import NO_FEED, READER, Person, Record, Tag, each
from scrape_assets.sources.rows import rejected

_LONGEST_ID = 500  # characters; longer ones cannot be indexed, and stand as their hash
# Unique in the world. "post:123" is a URI as well, and every second site has it.
_GLOBAL = re.compile(
    r"https?://[^\s/?#]+[/?#]?\S*|urn:[a-z0-9][a-z0-9-]+:\S+|tag:[^\s,]+,\d{4}[^\s]*|at://\S+|yt:video:\S+",
    re.IGNORECASE,
)
# Its picture is among the media; text_of_html would write down where a click on it leads.
_LINKED_PICTURE = re.compile(r"<a\b[^<>]*+>\s*+<img\b[^<>]*+>\s*+</a>", re.IGNORECASE)


def _post(item: Item[Record]) -> Post | Rejected:
    record, collected_at, feed_key, repairs = item
    feed = record.feed or NO_FEED
    key = feed.key or feed_key
    link = link_of(record)
    markup, plain = texts(record)
    post_id = _post_id(record, key, link, markup or plain)
    if post_id is None:
        return rejected(RejectReason.NO_ID, "the entry has no id, no link, no title and no text", input_url=feed_key)
    posted_at = posting_time_of(item)
    if isinstance(posted_at, Rejected):
        return posted_at
    video = record.yt_videoid is not None
    likes, likes_note = count(
        record.media_starrating.count if video and record.media_starrating else None, "like_count"
    )
    views, views_note = count(record.media_statistics.views if record.media_statistics else None, "view_count")
    said = record.slash_comments if record.slash_comments is not None else record.thr_total
    comments, comments_note = count(said, "comment_count")
    repairs.extend(filter(None, (likes_note, views_note, comments_note)))
    latitude, longitude = place_of(record)
    answered = clean_text(record.in_reply_to.ref) if record.in_reply_to else None
    title = title_of(record)
    # An entry taken over from another feed is not by the one that shows it.
    own = record.source is None
    return new_post(
        platform=Platform.FEED.value,
        post_id=post_id,
        url=link,
        kind=_kind(video, answered, title).value,
        author_key=key if own else None,
        author_handle=None,
        author_id=None,
        author_name=_author_name(record),
        author_url=clean_text(feed.url) if own else None,
        title=title,
        text=clean_text(plain) if markup is None else text_of_html(_LINKED_PICTURE.sub("", markup)),
        posted_at=posted_at,
        collected_at=collected_at,
        hashtags=hashtags(_terms(record)),
        mentions=None,
        media=media_of(record, markup, link),
        like_count=likes,
        comment_count=comments,
        share_count=None,
        view_count=views,
        save_count=None,
        reposted_from=None,
        feed_key=feed_key,
        repairs=repairs or None,
        language=_language(record),
        reply_to=_unique(answered, key) if answered else None,
        latitude=latitude,
        longitude=longitude,
    )


def _kind(video: bool, answered: str | None, title: str | None) -> PostKind:
    if video:
        return PostKind.VIDEO
    if answered:
        return PostKind.REPLY
    return PostKind.ARTICLE if title else PostKind.POST  # microblogs have no titles


def _post_id(record: Record, key: str, link: str | None, text: str | None) -> str | None:
    guid = clean_text(str(record.id)) if record.id is not None else None
    if guid and guid.strip():
        return _unique(guid.strip(), key)
    if link:
        return _unique(link, key)
    if not (record.title or text):
        return None
    said = "\n".join(part or "" for part in (record.title, record.published or record.date_published, text))
    return f"{key}#{_hash(said)}"


def _unique(guid: str, key: str) -> str:
    """An id that no other feed has for another entry: what is none in the world gets the feed's key before it."""
    name = guid if _GLOBAL.fullmatch(guid) else f"{key}#{guid}"
    return name if len(name) <= _LONGEST_ID else f"{key[:300]}#{_hash(guid)}"


def _hash(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


def link_of(record: Record) -> str | None:
    """The address of the entry itself."""
    base = (record.feed or NO_FEED).address or ""
    guid = record.id if isinstance(record.id, str) else None
    # A guid is a permalink unless it says it is none, and feedparser gives "12345" as the link then.
    given = [record.link if record.link != guid or _GLOBAL.fullmatch(guid or "") else None]
    given += [link.href for link in each(record.links) if link.rel == "alternate"]
    given += [record.url, record.external_url]
    return next((clean_text(aim) for aim in (resolved(base, one) for one in given if one) if aim), None)


def texts(record: Record) -> tuple[str | None, str | None]:
    """What the entry says, as HTML and as plain text: one of them, or neither. The whole text before a summary."""
    for content in each(record.content):
        if content.value:
            return (None, content.value) if content.type == "text/plain" else (content.value, None)
    if record.content_html or record.content_text:
        return record.content_html, None if record.content_html else record.content_text
    if not record.summary:
        return None, None
    # JSON Feed's summaries have no type, and are plain. Those of videos are said to be HTML, and are plain too.
    detail = record.summary_detail
    if detail is None or detail.type == "text/plain" or record.yt_videoid:
        return None, record.summary
    return record.summary, None


def title_of(record: Record) -> str | None:
    """The title, as its readers see it."""
    if not record.title:
        return None
    plain = record.title_detail is None or record.title_detail.type == "text/plain"
    return clean_text(record.title) if plain else text_of_html(record.title)


def posting_time_of(item: Item[Record]) -> datetime | Rejected:
    """When it was published, or else last changed; a `Rejected` when that is not known."""
    record = item.record
    given = (
        (record.published, record.published_parsed),
        (record.date_published, None),
        (record.updated, record.updated_parsed),
        (record.date_modified, None),
        (record.created, record.created_parsed),
    )
    stated: list[str] = []
    reason = RejectReason.NO_TIME
    for written, parsed in given:
        if not written:
            continue
        stated.append(written)
        # As written first: what feedparser makes of it has no fractions of a second.
        moment = parse_time(written) or parse_time(parsed)
        if moment is None:
            continue
        if is_plausible(moment, item.collected_at):
            if len(stated) > 1:
                item.repairs.append(f"posted_at: {stated[0][:50]!r} is no time it can have been published")
            return moment
        reason = RejectReason.IMPLAUSIBLE_TIME
    if not stated:
        return rejected(RejectReason.NO_TIME, "the entry does not say when it was published", input_url=item.feed_key)
    return rejected(reason, f"published {stated}; collected {item.collected_at}", input_url=item.feed_key)


def person_of(record: Record) -> Person | None:
    """Who the entry says wrote it, or else the feed."""
    stated = record.author if isinstance(record.author, Person) else None
    candidates = (record.author_detail, *each(record.authors), stated)
    return next((one for one in candidates if one and one.name), None)


def _author_name(record: Record) -> str | None:
    person = person_of(record)
    written = record.author if isinstance(record.author, str) and "@" not in record.author else None
    name = person.name if person else written
    if not name and record.source:
        name = record.source.title
    elif not name:
        feed = record.feed or NO_FEED
        name = (feed.author.name if feed.author else None) or text_of_html(feed.title)
    return clean_text(name.strip()) if name else None


def _terms(record: Record) -> list[str | None]:
    return [tag if isinstance(tag, str) else _term(tag) for tag in record.tags or () if tag is not None]


def _term(tag: Tag) -> str | None:
    """A category's name: its term, unless that is an address and the label is the name."""
    return tag.label if tag.label and (not tag.term or "://" in tag.term) else tag.term


def _language(record: Record) -> str | None:
    in_content = next((content.language for content in each(record.content) if content.language), None)
    language = clean_text(in_content or record.language or (record.feed or NO_FEED).language)
    return language.strip()[:35] or None if language else None


def place_of(record: Record) -> tuple[float | None, float | None]:
    """Latitude and longitude of the point the entry names; areas and lines have none."""
    latitude: object = record.geo_lat
    longitude: object = record.geo_long
    where = record.where
    if where and where.type == "Point" and where.coordinates and len(where.coordinates) >= 2:
        longitude, latitude = where.coordinates[:2]
    try:
        north, east = float(latitude), float(longitude)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None, None
    return (north, east) if abs(north) <= 90 and abs(east) <= 180 else (None, None)


MAPPING = item_mapping(Platform.FEED, READER, _post)
"""How entries of feeds are read."""
