"""How a hit of Hacker News's search becomes a post. No calls."""

from datetime import UTC, datetime, timedelta

import msgspec

from scrape_assets.posts.counts import count
from scrape_assets.posts.identity.cached import cached_profiles
from scrape_assets.posts.media import media_json, medium
from scrape_assets.posts.model import Post, PostKind, Rejected, RejectReason, new_post
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.text import clean_text, text_of_html
from scrape_assets.posts.times import EPOCH, is_plausible, parse_time
from scrape_assets.sources.direct.envelope import Item, ItemReader, item_mapping
from scrape_assets.sources.rows import rejected

LAUNCH = datetime(2006, 10, 9, tzinfo=UTC)
"""Of Hacker News: no post is older."""


class Hit(msgspec.Struct, gc=False):
    """The fields that are used. A comment has no title, link or votes; a story has no parent."""

    object_id: str | int | None = msgspec.field(name="objectID", default=None)
    author: str | None = None
    title: str | None = None
    url: str | None = None
    points: int | float | str | None = None
    num_comments: int | float | str | None = None
    story_text: str | None = None
    comment_text: str | None = None
    parent_id: int | str | None = None
    created_at: str | None = None
    created_at_i: int | float | None = None
    tags: list[str | None] | None = msgspec.field(name="_tags", default=None)


_READER = ItemReader(Hit, required=frozenset({"object_id"}))


def hit_time(iso: str | None, seconds: object) -> datetime | None:
    """The time that a hit states in one of two ways: Unix seconds before text, which costs ten times as much."""
    if isinstance(seconds, int | float) and not isinstance(seconds, bool):
        try:
            return EPOCH + timedelta(seconds=seconds)
        except (OverflowError, ValueError):
            pass
    return parse_time(iso)


def _post(item: Item[Hit]) -> Post | Rejected:
    hit, repairs = item.record, item.repairs
    post_id = clean_text(str(hit.object_id).strip()) if hit.object_id is not None else None
    if post_id is None:
        return rejected(RejectReason.NO_ID, "the hit has no objectID", input_url=item.feed_key)
    posted_at = hit_time(hit.created_at, hit.created_at_i)
    if posted_at is None or not is_plausible(posted_at, item.collected_at, LAUNCH):
        detail = f"{post_id}: created_at: {hit.created_at}, created_at_i: {hit.created_at_i}"
        reason = RejectReason.NO_TIME if posted_at is None else RejectReason.IMPLAUSIBLE_TIME
        return rejected(reason, detail, input_url=item.feed_key)
    author = _author(hit.author)
    is_comment = _is_comment(hit)
    likes, likes_note = count(hit.points, "like_count")
    comments, comments_note = count(hit.num_comments, "comment_count")
    repairs.extend(filter(None, (likes_note, comments_note)))
    return new_post(
        platform=Platform.HACKERNEWS.value,
        post_id=post_id,
        url=f"https://news.ycombinator.com/item?id={post_id}",
        kind=PostKind.COMMENT.value if is_comment else PostKind.POST.value,
        author_key=author.key if author else None,
        author_handle=clean_text(hit.author),
        author_id=None,
        author_name=None,  # people have one name here, and it is the handle
        author_url=author.url if author else None,
        title=clean_text(hit.title),
        text=text_of_html(hit.comment_text if is_comment else hit.story_text),
        posted_at=posted_at,
        collected_at=item.collected_at,
        hashtags=None,
        mentions=None,
        media=media_json((medium("link", hit.url),)) if hit.url else None,
        like_count=likes,
        comment_count=comments,
        share_count=None,
        view_count=None,
        save_count=None,
        reposted_from=None,
        feed_key=item.feed_key,
        repairs=repairs or None,
        reply_to=clean_text(str(hit.parent_id)) if is_comment and hit.parent_id is not None else None,
    )


def _is_comment(hit: Hit) -> bool:
    return "comment" in hit.tags if hit.tags else hit.comment_text is not None


_author = cached_profiles(Platform.HACKERNEWS)


MAPPING = item_mapping(Platform.HACKERNEWS, _READER, _post)
"""How hits are read."""
