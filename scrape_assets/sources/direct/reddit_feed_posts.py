"""Entries of Reddit's feeds as posts. No HTTP, no paging."""

import html
import re

from scrape_assets.posts.identity import Profile
from scrape_assets.posts.identity.cached import cached_profiles
from scrape_assets.posts.media import Medium, media_json, medium
from scrape_assets.posts.model import Post, PostKind, Rejected, RejectReason, new_post
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.text import clean_text, text_of_html
from scrape_assets.sources.direct.envelope import Item, item_mapping
from scrape_assets.sources.direct.feed_posts import link_of, person_of, posting_time_of, texts
from scrape_assets.sources.direct.feed_record import READER, Record, each
from scrape_assets.sources.rows import rejected

# Older feeds had the permalink for an id.
_ID = re.compile(r"(?:t3_|\S*/comments/)([0-9a-z]{2,13})(?:/\S*)?", re.ASCII)
_COMMENT = re.compile(r"\S*/comments/([0-9a-z]{2,13})/[^/\s]*/([0-9a-z]{2,13})/?(?:\?\S*)?", re.ASCII)
_BODY_BEGINS, _BODY_ENDS = "<!-- SC_OFF -->", "<!-- SC_ON -->"
_AIM = re.compile(r'<a href="([^"<>]{1,2000})">\[link\]</a>')
_PICTURE = re.compile(r"https?://(?:i\.redd\.it/|[^?#\s]+\.(?:jpe?g|png|gif|webp)(?:[?#]|\Z))", re.IGNORECASE)
_OWN_VIDEO = re.compile(r"https?://v\.redd\.it/", re.IGNORECASE)
_VIDEO = re.compile(r"https?://[^?#\s]+\.(?:mp4|webm|gifv)(?:[?#]|\Z)", re.IGNORECASE)
_GALLERY = re.compile(r"https?://(?:\w+\.)?reddit\.com/gallery/", re.IGNORECASE)


def _post(item: Item[Record]) -> Post | Rejected:
    record, collected_at, feed_key, repairs = item
    link = link_of(record)
    given = record.id if isinstance(record.id, str) else ""
    comment = _COMMENT.fullmatch(link or "") if given.startswith("t1_") else None
    # Feeds of comments number them apart from posts, so theirs keep the prefix.
    found = _ID.fullmatch(given) or _ID.fullmatch(link or "")
    if found is None and comment is None:
        return rejected(RejectReason.NO_ID, f"no id of a post: {record.id}, {link}", input_url=feed_key)
    posted_at = posting_time_of(item)
    if isinstance(posted_at, Rejected):
        return posted_at
    author = _author(record)
    markup = texts(record)[0] or ""
    aim = _aim(markup, link)
    return new_post(
        platform=Platform.REDDIT.value,
        post_id=f"t1_{comment[2]}" if comment else found[1] if found else "",
        url=link,
        kind=_kind(comment is not None, aim).value,
        author_key=author.key if author else None,
        author_handle=author.handle if author else None,
        author_id=None,
        author_name=author.handle if author else None,
        author_url=author.url if author else None,
        title=None if comment else clean_text(html.unescape(record.title)) if record.title else None,
        text=_text(markup),
        posted_at=posted_at,
        collected_at=collected_at,
        hashtags=None,
        mentions=None,
        media=media_json([_medium(record, aim)]),
        like_count=None,
        comment_count=None,
        share_count=None,
        view_count=None,
        save_count=None,
        reposted_from=None,
        feed_key=feed_key,
        repairs=repairs or None,
        reply_to=comment[1] if comment else None,
    )


def _text(markup: str) -> str | None:
    """What the author wrote, which stands between two comments; the rest is Reddit's "submitted by" and thumbnails."""
    _, begun, rest = markup.partition(_BODY_BEGINS)
    return text_of_html(rest.partition(_BODY_ENDS)[0]) if begun else None


def _kind(is_comment: bool, aim: str | None) -> PostKind:
    if is_comment:
        return PostKind.COMMENT
    return PostKind.VIDEO if aim and _OWN_VIDEO.match(aim) else PostKind.POST


def _aim(markup: str, link: str | None) -> str | None:
    """What a post links to, which for a post of text is the post itself."""
    found = _AIM.search(markup)
    aim = html.unescape(found[1]) if found else None
    return aim if aim and "/comments/" not in aim and aim != link else None


def _medium(record: Record, aim: str | None) -> Medium | None:
    preview = next((one.url for one in each(record.media_thumbnail) if one.url), None)
    if aim is None or _GALLERY.match(aim):
        return medium("image", preview)
    if _PICTURE.match(aim):
        return medium("image", aim, preview_url=preview)
    return medium("video" if _OWN_VIDEO.match(aim) or _VIDEO.match(aim) else "link", aim, preview_url=preview)


def _author(record: Record) -> Profile | None:
    person = person_of(record)
    return _profile((person.href or person.name or "").strip()) if person else None


_profile = cached_profiles(Platform.REDDIT)


MAPPING = item_mapping(Platform.REDDIT, READER, _post)
"""How entries of Reddit's feeds are read."""
