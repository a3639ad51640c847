"""How an item of Reddit's API, a "t3", becomes a post. No HTTP."""

import re
from datetime import datetime, timedelta

from scrape_assets.posts.counts import count
from scrape_assets.posts.media import media_json
from scrape_assets.posts.model import Post, PostKind, Rejected, RejectReason, new_post
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.text import clean_text
from scrape_assets.posts.times import EPOCH, posting_time
from scrape_assets.sources.datasets.reddit import LAUNCH
from scrape_assets.sources.datasets.reddit_text import NOBODY, SITE, mentions, profile_at
from scrape_assets.sources.datasets.vendor_row import Text, identifier, shown
from scrape_assets.sources.direct.envelope import Item, ItemReader, item_mapping
from scrape_assets.sources.direct.reddit_media import attached
from scrape_assets.sources.direct.reddit_record import Record
from scrape_assets.sources.rows import rejected

_ITEMS = ItemReader(Record)
_PREFIX = "t3_"  # of the full names of posts
_POST_ID = re.compile(r"[0-9a-z]{1,20}", re.ASCII | re.IGNORECASE)


def post_id_of(given: Text) -> str | None:
    """The bare id, out of an id or a full name."""
    name = identifier(given)
    bare = name.removeprefix(_PREFIX) if name else ""
    return bare.lower() if _POST_ID.fullmatch(bare) else None


def reddit_time(given: float | str | None) -> datetime | None:
    """Unix seconds as a time; None when they are none."""
    try:
        return EPOCH + timedelta(seconds=float(given)) if given is not None else None
    except (ValueError, OverflowError):
        return None


def _mapped(item: Item[Record]) -> Post | Rejected:
    record, repairs = item.record, item.repairs
    post_id = post_id_of(record.id) or post_id_of(record.name)
    if not post_id:
        return rejected(RejectReason.NO_ID, f"id: {shown(record.id)}, name: {shown(record.name)}")
    stated = reddit_time(record.created_utc)
    posted_at, _ = posting_time(stated, None, item.collected_at, LAUNCH)
    if posted_at is None:
        reason = RejectReason.IMPLAUSIBLE_TIME if stated else RejectReason.NO_TIME
        return rejected(reason, f"created_utc: {shown(record.created_utc)}; collected {item.collected_at}")

    name = clean_text((record.author or "").strip())
    name = None if name in NOBODY else name
    author = profile_at(f"{SITE}user/{name}") if name else None
    title, text = clean_text(record.title), clean_text(record.selftext)
    if text in NOBODY:  # what Reddit shows in place of a text that is gone
        repairs.append(f"text: {text} by Reddit")
        text = None
    ups, ups_note = count(record.ups if record.ups is not None else record.score, "like_count")
    comments, comments_note = count(record.num_comments, "comment_count")
    shares, shares_note = count(record.num_crossposts, "share_count")
    views, views_note = count(record.view_count, "view_count")
    repairs.extend(filter(None, (ups_note, comments_note, shares_note, views_note)))
    original = post_id_of(record.crosspost_parent)
    permalink = record.permalink or ""
    return new_post(
        platform=Platform.REDDIT.value,
        post_id=post_id,
        url=SITE + (permalink[1:] if permalink.startswith("/") else f"comments/{post_id}"),
        kind=_kind(record, original).value,
        author_key=author.key if author else None,
        author_handle=author.handle if author else name,
        author_id=identifier(record.author_fullname),
        author_name=name,
        author_url=author.url if author else None,
        title=title,
        text=text,
        posted_at=posted_at,
        collected_at=item.collected_at,
        hashtags=None,  # Reddit has none: a flair is the community's own label
        mentions=mentions(title, text, author.key if author else None, record.subreddit),
        media=media_json(attached(record)),
        like_count=ups,
        comment_count=comments,
        share_count=shares,
        view_count=views,
        save_count=None,
        reposted_from=original,
        feed_key=item.feed_key,
        repairs=repairs or None,
    )


def _kind(record: Record, original: str | None) -> PostKind:
    # A crosspost shows another post in a community of its own: a repost, though it has a title and votes of its own.
    if original:
        return PostKind.REPOST
    return PostKind.VIDEO if record.is_video else PostKind.POST


MAPPING = item_mapping(Platform.REDDIT, _ITEMS, _mapped)
"""How items of Reddit's API are read."""
