"""How a video of TikTok's Research API becomes a post. No calls."""

import re
from datetime import datetime, timedelta
from functools import lru_cache

import msgspec

from scrape_assets.posts.identity import Profile
from scrape_assets.posts.identity.cached import cached_profiles
from scrape_assets.posts.model import Post, PostKind, Rejected, RejectReason, new_post
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.tags import hashtags, once
from scrape_assets.posts.text import clean_text
from scrape_assets.posts.times import EPOCH, parse_time, tiktok_id_time, time_after_upload
from scrape_assets.sources.datasets.mentions import TIKTOK_MENTION
from scrape_assets.sources.datasets.tiktok import LAUNCH
from scrape_assets.sources.datasets.vendor_row import Number, Text, first_count, identifier, shown
from scrape_assets.sources.direct.envelope import Item, item_mapping
from scrape_assets.sources.direct.mending import MendingReader
from scrape_assets.sources.rows import rejected


class _Hashtag(msgspec.Struct, gc=False):
    hashtag_name: str | None = None


class _Video(msgspec.Struct, gc=False):
    """The fields that are used. Ids are numbers of 64 bits: never read as doubles, which lose their last digits."""

    id: Text = None
    video_id: Text = None  # its older name
    username: str | None = None
    video_description: str | None = None
    create_time: Text = None
    hashtag_names: list[str | None] | None = None
    hashtag_info_list: list[_Hashtag | None] | None = None
    video_mention_list: list[str | None] | None = None
    like_count: Number = None
    comment_count: Number = None
    share_count: Number = None
    view_count: Number = None
    favorites_count: Number = None
    favourites_count: Number = None  # its older name


_ITEMS = MendingReader(_Video)
_ID = re.compile(r"\d{1,20}", re.ASCII)
_UNIX_SECONDS = re.compile(r"\d{1,11}", re.ASCII)


def video_id_of(*given: Text) -> str | None:
    """The first that is a video's number, as text."""
    for one in given:
        number = identifier(one)
        if number and _ID.fullmatch(number):
            return number
    return None


def video_time(given: Text) -> datetime | None:
    """Unix seconds as a time; None when they are none."""
    text = identifier(given)
    if text and _UNIX_SECONDS.fullmatch(text):
        return EPOCH + timedelta(seconds=int(text))
    return parse_time(text)


def _mapped(item: Item[_Video]) -> Post | Rejected:
    video, repairs = item.record, item.repairs
    post_id = video_id_of(video.id, video.video_id)
    if not post_id:
        given = f"id: {shown(video.id)}, video_id: {shown(video.video_id)}"
        return rejected(RejectReason.NO_ID, "; ".join([given, *repairs]))
    stated, in_id = video_time(video.create_time), tiktok_id_time(post_id)
    posted_at, correction = time_after_upload(stated, in_id, item.collected_at, LAUNCH)
    if posted_at is None:
        reason = RejectReason.IMPLAUSIBLE_TIME if stated or in_id else RejectReason.NO_TIME
        detail = f"{post_id}: create_time: {shown(video.create_time)}; collected {item.collected_at}"
        return rejected(reason, detail)
    if correction:
        repairs.append(correction)

    handle = identifier(video.username)
    author = _named(handle) if handle else None
    text = clean_text(video.video_description)
    return new_post(
        platform=Platform.TIKTOK.value,
        post_id=post_id,
        url=f"{author.url}/video/{post_id}" if author else None,
        kind=PostKind.VIDEO.value,
        author_key=author.key if author else None,
        author_handle=author.handle if author else handle,
        author_id=None,  # the API knows people by their names alone
        author_name=None,
        author_url=author.url if author else None,
        title=None,
        text=text,
        posted_at=posted_at,
        collected_at=item.collected_at,
        hashtags=_hashtags(video),
        mentions=_mentions(video, text),
        media=None,  # the API gives no address of what it describes
        like_count=first_count("like_count", repairs, video.like_count),
        comment_count=first_count("comment_count", repairs, video.comment_count),
        share_count=first_count("share_count", repairs, video.share_count),
        view_count=first_count("view_count", repairs, video.view_count),
        save_count=first_count("save_count", repairs, video.favorites_count, video.favourites_count),
        reposted_from=None,
        feed_key=item.feed_key,
        repairs=repairs or None,
    )


_profile = cached_profiles(Platform.TIKTOK)


@lru_cache(maxsize=16_384)
def _named(handle: str) -> Profile | None:
    return _profile(f"https://www.tiktok.com/@{handle.removeprefix('@')}")


def _hashtags(video: _Video) -> list[str] | None:
    named = hashtags(video.hashtag_names)
    if named or not video.hashtag_info_list:
        return named
    return hashtags(one.hashtag_name for one in video.hashtag_info_list if one)


def _mentions(video: _Video, text: str | None) -> list[str] | None:
    """Whom the video tags, then whom its description names. Some entries are shown names, with spaces in them."""
    handles = [name.strip() for name in video.video_mention_list or () if name]
    if text and "@" in text:
        handles += TIKTOK_MENTION.findall(text)
    return once(profile.key for handle in handles if (profile := _named(handle)))


MAPPING = item_mapping(Platform.TIKTOK, _ITEMS, _mapped)
"""How items of TikTok's Research API are read."""
