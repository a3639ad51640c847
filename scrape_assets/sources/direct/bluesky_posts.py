"""How an entry of a Bluesky feed becomes a post. No HTTP."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from urllib.parse import quote

from scrape_assets.posts.counts import count
from scrape_assets.posts.identity import NotAProfile, Profile, profile_key
from scrape_assets.posts.media import Medium, media_json, medium
from scrape_assets.posts.model import Post, PostKind, Rejected, RejectReason, new_post
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.tags import hashtags, once
from scrape_assets.posts.text import clean_text
from scrape_assets.posts.times import is_plausible, parse_time
from scrape_assets.sources.datasets.vendor_row import LONGEST_ID
from scrape_assets.sources.direct.bluesky_facets import facets_of
from scrape_assets.sources.direct.bluesky_record import (
    Attached,
    Author,
    Embed,
    FeedItem,
    PostView,
    Ratio,
    Reason,
    Record,
)
from scrape_assets.sources.direct.envelope import Item, item_mapping
from scrape_assets.sources.direct.mending import MendingReader
from scrape_assets.sources.rows import rejected

_POSTS = "/app.bsky.feed.post/"
_LATE = timedelta(minutes=5)  # recorded clocks of authors run up to 9 s ahead
_READER = MendingReader(FeedItem)


def post_id_of(post_uri: str | None, reason: Reason | None) -> str | None:
    """The key of an entry: the repost's own where the feed gives one, else that of the post it shows.

    A repost is a record of its own, but older servers do not say its address. Such an entry is read as what it
    shows: the original post, by its true author, found in the feed.
    """
    clean = clean_text((reason.uri if reason and reason.is_repost and reason.uri else post_uri or "").strip())
    return clean if clean and clean.startswith("at://") and len(clean) <= LONGEST_ID else None


def posted_at_of(created_at: str | None, indexed_at: str | None) -> datetime | None:
    """When a post counts as written: the earlier of its author's word and its first sight, as the network sorts.

    The author's program may write any time; it cannot write the post after the network has seen it.
    """
    created, indexed = parse_time(created_at), parse_time(indexed_at)
    return min(created, indexed) if created and indexed else created or indexed


def _post(item: Item[FeedItem]) -> Post | Rejected:
    entry, collected_at, feed_key, repairs = item
    view = entry.post or PostView()
    repost = entry.reason if entry.reason and entry.reason.is_repost and entry.reason.uri else None
    post_id = post_id_of(view.uri, entry.reason)
    if post_id is None:
        why = "; ".join(["the entry has no at:// address that could be its key", *repairs])
        return rejected(RejectReason.NO_ID, why, input_url=feed_key)
    record = view.record or Record()
    posted_at = parse_time(repost.indexed_at) if repost else _written_at(view, record, collected_at, repairs)
    if posted_at is None or not is_plausible(posted_at, collected_at):
        given = repost.indexed_at if repost else f"{record.created_at}, seen {view.indexed_at}"
        reason = RejectReason.IMPLAUSIBLE_TIME if posted_at else RejectReason.NO_TIME
        why = "; ".join([f"posted_at: {given}; collected {collected_at}", *repairs])
        return rejected(reason, why, input_url=feed_key)

    likes = comments = shares = saves = None
    if repost is None:  # the counts are the original's
        likes, likes_note = count(view.like_count, "like_count")
        comments, comments_note = count(view.reply_count, "comment_count")
        shares, shares_note = count(view.repost_count, "share_count")
        saves, saves_note = count(view.bookmark_count, "save_count")
        repairs.extend(filter(None, (likes_note, comments_note, shares_note, saves_note)))
    who = (repost.by if repost else view.author) or Author()
    author = _profile(who.handle, who.did)
    facets = facets_of(record)
    reply_to = _reference(record.reply.parent.uri) if record.reply and record.reply.parent else None
    quote_of = _quoted(view.embed)
    return new_post(
        platform=Platform.BLUESKY.value,
        post_id=post_id,
        url=_url(view.uri),
        kind=_kind(repost, record, quote_of).value,
        author_key=author.key if author else None,
        author_handle=clean_text(who.handle),
        author_id=clean_text(who.did),
        author_name=clean_text((who.display_name or "").strip()),
        author_url=author.url if author else None,
        title=None,
        text=facets.text,
        posted_at=posted_at,
        collected_at=collected_at,
        hashtags=hashtags((*facets.tags, *(record.tags or ()))),
        mentions=once(_mentioned(handle, did) for handle, did in facets.mentions),
        media=media_json(_media(view.embed)) if view.embed else None,
        like_count=likes,
        comment_count=comments,
        share_count=shares,
        view_count=None,
        save_count=saves,
        reposted_from=_reference(view.uri) if repost else None,
        feed_key=feed_key,
        repairs=repairs or None,
        language=clean_text(next(filter(None, record.langs), None)) if record.langs else None,
        reply_to=None if repost else reply_to,
        quote_of=None if repost else quote_of,
    )


def _written_at(view: PostView, record: Record, collected_at: datetime, repairs: list[str]) -> datetime | None:
    """As `posted_at_of`, but a nonsensical word of the author's is no word."""
    created, indexed = parse_time(record.created_at), parse_time(view.indexed_at)
    if created is None or indexed is None:
        return created or indexed
    if not is_plausible(created, collected_at) or created - indexed > _LATE:
        repairs.append(f"posted_at: stated {created.isoformat()}, seen {indexed.isoformat()}")
        return indexed
    return min(created, indexed)


def _kind(repost: Reason | None, record: Record, quote_of: str | None) -> PostKind:
    if repost:
        return PostKind.REPOST
    if record.reply:
        return PostKind.REPLY
    return PostKind.QUOTE if quote_of else PostKind.POST


def _reference(uri: str | None) -> str | None:
    return post_id_of(uri, None)


def _quoted(embed: Embed | None) -> str | None:
    """The quoted post; a feed, a list or a starter pack can be embedded just so."""
    if embed is None or embed.record is None:
        return None
    uri = embed.record.uri or (embed.record.record.uri if embed.record.record else None)
    return _reference(uri) if uri and _POSTS in uri else None


def _url(uri: str | None) -> str | None:
    """Where people read it: by the DID, which outlives every handle."""
    did, found, key = (uri or "").removeprefix("at://").partition(_POSTS)
    if not found or not key or not did.startswith("did:"):
        return None
    return clean_text(f"https://bsky.app/profile/{quote(did, safe=':')}/post/{quote(key, safe='', errors='replace')}")


@lru_cache(maxsize=16_384)
def _profile(handle: str | None, did: str | None) -> Profile | None:
    """Whose profile it is: by the handle, by which people give it, or by the DID where that is none."""
    for spelling in (handle, did):
        if spelling:
            try:
                return profile_key(Platform.BLUESKY, spelling)
            except NotAProfile:
                continue
    return None


def _mentioned(handle: str | None, did: str) -> str | None:
    profile = _profile(handle, did)
    return profile.key if profile else None


def _media(embed: Embed) -> Iterator[Medium | None]:
    for attached in (embed, embed.media):
        if attached is not None:
            yield from _attached(attached)


def _attached(attached: Attached) -> Iterator[Medium | None]:
    for picture in (*(attached.images or ()), *(attached.items or ())):
        if picture:
            width, height = _size(picture.ratio)
            thumbnail = picture.thumb or picture.thumbnail
            yield medium("image", picture.fullsize, preview_url=thumbnail, width=width, height=height, alt=picture.alt)
    if attached.playlist:
        width, height = _size(attached.ratio)
        yield medium(
            "video", attached.playlist, preview_url=attached.thumbnail, width=width, height=height, alt=attached.alt
        )
    if attached.external:
        page = attached.external
        yield medium("link", page.uri, preview_url=page.thumb, alt=page.title)


def _size(ratio: Ratio | None) -> tuple[int | None, int | None]:
    if ratio is None or not all(type(side) is int and 0 < side < 1_000_000 for side in (ratio.width, ratio.height)):
        return None, None
    return ratio.width, ratio.height


MAPPING = item_mapping(Platform.BLUESKY, _READER, _post)
"""How entries of feeds are read."""
