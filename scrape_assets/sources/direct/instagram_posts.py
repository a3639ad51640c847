"""How a medium of Instagram's API becomes a post. No calls."""

import re
from functools import lru_cache

import msgspec

from scrape_assets.posts.counts import count
from scrape_assets.posts.identity import Profile
from scrape_assets.posts.identity.cached import cached_profiles
from scrape_assets.posts.identity.instagram import post_code
from scrape_assets.posts.media import Medium, media_json, medium
from scrape_assets.posts.model import Post, PostKind, Rejected, RejectReason, new_post
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.tags import hashtags, once
from scrape_assets.posts.text import clean_text
from scrape_assets.posts.times import parse_time, posting_time
from scrape_assets.sources.datasets.instagram import LAUNCH
from scrape_assets.sources.datasets.mentions import INSTAGRAM_MENTION
from scrape_assets.sources.datasets.vendor_row import Number, shown
from scrape_assets.sources.direct.envelope import Item, item_mapping
from scrape_assets.sources.direct.mending import MendingReader
from scrape_assets.sources.rows import rejected


class _Author(msgspec.Struct, gc=False):
    username: str | None = None
    name: str | None = None


class _Child(msgspec.Struct, gc=False):
    media_type: str | None = None
    media_url: str | None = None
    thumbnail_url: str | None = None


class _Children(msgspec.Struct, gc=False):
    data: list[_Child | None] | None = None


class _Media(msgspec.Struct, gc=False):
    """The fields that are used. What is hidden, or protected against copying, is left out by Instagram."""

    caption: str | None = None
    media_type: str | None = None
    media_product_type: str | None = None
    media_url: str | None = None
    thumbnail_url: str | None = None
    permalink: str | None = None
    timestamp: str | None = None
    like_count: Number = None
    comments_count: Number = None
    view_count: Number = None
    children: _Children | None = None


class _Found(msgspec.Struct, gc=False):
    """The envelope: whose medium it is stands above the list in Instagram's answer."""

    author: _Author | None = None
    media: _Media | None = None


_ITEMS = MendingReader(_Found)
_USUAL_LINK = re.compile(r"https://www\.instagram\.com/(?:p|reel|tv)/([A-Za-z0-9_-]{1,64})/?")
# The signs stand first and what stands before them second: so a text is searched seven times as fast.
# A run of hashtags may have nothing in between. It holds the vowel signs and other marks of scripts that have them,
# which are no letters to `re`; an address's fragment and an entity are none.
_MARKS = r"\u0300-\u036f\u0591-\u05bd\u064b-\u065f\u0900-\u0963\u0966-\u0e3a\u0e40-\u0e4e\u200c\u200d"
_HASHTAGS = re.compile(rf"#(?<![\w&/#]#)([\w#{_MARKS}]{{1,500}})")


def code_of(permalink: str | None) -> str | None:
    """The code in the address of a post: the one mark of it that the vendor's rows have as well."""
    if not permalink:
        return None
    usual = _USUAL_LINK.fullmatch(permalink)
    return usual[1] if usual else post_code(permalink)


def _mapped(item: Item[_Found]) -> Post | Rejected:
    media, repairs = item.record.media or _Media(), item.repairs
    post_id = code_of(media.permalink)
    if not post_id:
        return rejected(RejectReason.NO_ID, f"permalink: {shown(media.permalink)}, so its code is not known")
    stated = parse_time(media.timestamp)
    posted_at, _ = posting_time(stated, None, item.collected_at, LAUNCH)
    if posted_at is None:
        reason = RejectReason.IMPLAUSIBLE_TIME if stated else RejectReason.NO_TIME
        return rejected(reason, f"{post_id}: timestamp: {shown(media.timestamp)}; collected {item.collected_at}")

    author = item.record.author
    handle = clean_text(author.username) if author else None
    profile = _named(handle) if handle else None
    text = clean_text(media.caption)
    likes, likes_note = count(media.like_count, "like_count")
    comments, comments_note = count(media.comments_count, "comment_count")
    views, views_note = count(media.view_count, "view_count")
    repairs.extend(filter(None, (likes_note, comments_note, views_note)))
    return new_post(
        platform=Platform.INSTAGRAM.value,
        post_id=post_id,
        url=clean_text(media.permalink),
        kind=_kind(media).value,
        author_key=profile.key if profile else None,
        author_handle=profile.handle if profile else handle,
        author_id=None,  # the API numbers accounts anew: its numbers are not those which profiles are known by
        author_name=clean_text(author.name) if author else None,
        author_url=profile.url if profile else None,
        title=None,
        text=text,
        posted_at=posted_at,
        collected_at=item.collected_at,
        hashtags=_hashtags(text) if text and ("#" in text or "\uff03" in text) else None,
        mentions=_mentions(text) if text and "@" in text else None,
        media=media_json(_attached(media)),
        like_count=likes,
        comment_count=comments,
        share_count=None,
        view_count=views,
        save_count=None,
        reposted_from=None,
        feed_key=item.feed_key,
        repairs=repairs or None,
    )


_profile = cached_profiles(Platform.INSTAGRAM)


@lru_cache(maxsize=16_384)
def _named(handle: str) -> Profile | None:
    return _profile(f"https://www.instagram.com/{handle}")


def _kind(media: _Media) -> PostKind:
    if (media.media_product_type or "").upper() == "REELS" or "/reel/" in (media.permalink or ""):
        return PostKind.REEL
    return PostKind.VIDEO if (media.media_type or "").upper() == "VIDEO" else PostKind.POST


def _hashtags(text: str) -> list[str] | None:
    """The hashtags of a caption, which are given nowhere else. A mere number is none."""
    runs = _HASHTAGS.findall(text.replace("\uff03", "#"))
    return hashtags(tag for run in runs for tag in run.split("#") if not tag.isdecimal())


def _mentions(text: str) -> list[str] | None:
    profiles = map(_named, INSTAGRAM_MENTION.findall(text))
    return once(profile.key if profile else None for profile in profiles)


def _attached(media: _Media) -> list[Medium | None]:
    """The parts of an album, or the one picture or video. An album's own address is that of its first part."""
    parts = (media.children.data if media.children else None) or ()
    found = [_part(one.media_type, one.media_url, one.thumbnail_url) for one in parts if one]
    return found if any(found) else [_part(media.media_type, media.media_url, media.thumbnail_url)]


def _part(kind: str | None, url: str | None, preview: str | None) -> Medium | None:
    if (kind or "").upper() != "VIDEO":
        return medium("image", url)
    # The address of a video with music of others is withheld; what it shows at its beginning is not.
    return medium("video", url, preview_url=preview) if url else medium("image", preview)


MAPPING = item_mapping(Platform.INSTAGRAM, _ITEMS, _mapped)
"""How items of Instagram's API are read."""
