"""Posts on X through the vendor: what to ask for a profile, and how a row becomes a post. No HTTP.

Facts behind the rules were read off real rows; where a rule would surprise, the fact stands beside it.
"""

import html
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote

from scrape_assets.posts.counts import count
from scrape_assets.posts.identity import Profile
from scrape_assets.posts.identity.cached import cached_profiles
from scrape_assets.posts.media import Medium, media_json, medium
from scrape_assets.posts.model import Post, PostKind, Rejected, RejectReason, new_post
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.tags import hashtags, once
from scrape_assets.posts.text import clean_text
from scrape_assets.posts.times import X_LAUNCH, parse_time, posting_time, x_id_time
from scrape_assets.sources.abilities import Abilities, How
from scrape_assets.sources.datasets.dataset import VendorDataset
from scrape_assets.sources.datasets.vendor_row import (
    Input,
    collected,
    discovered_by,
    feed_key_of,
    identifier,
    refusal_of,
    shown,
    untimed,
)
from scrape_assets.sources.datasets.x_record import Addresses, OtherPost, Record, Tagged, Video, Videos
from scrape_assets.sources.mapping import Dataset, RequestInput, TimeWindow, iso_milliseconds
from scrape_assets.sources.rows import RowReader, rejected

_READER = RowReader(Record, required=frozenset({"id", "timestamp"}))
_STATUS = re.compile(r"https?://(?:\w+\.)?(?:x|twitter)\.com/(\w{1,20})/status/(\d{1,20})", re.ASCII | re.IGNORECASE)
# Those that the rows have; all others would be the author's own, as in "?a=1&copy=2".
_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|#39|#x27);")
# As X itself reads them: no part of an e-mail address, of a web address or of a longer word.
_AT_NAME = re.compile(r"(?<![\w!#$%&*@/\uff20])[@\uff20](\w{1,20})(?![\w@\uff20]|://)", re.ASCII)
_SIZE = re.compile(r"/(\d{2,5})x(\d{2,5})/", re.ASCII)

_ABILITIES = Abilities(
    creators=True,
    events=False,
    creator_time=How.CHECKED,
    remark="The time range is asked for, but not always honoured; a profile yields at most about a hundred posts.",
)


class XPosts(VendorDataset):
    """The vendor's dataset of posts on X, discovered by profile; see `Dataset`.

    Without a limit, though it knows one: rows are unsorted, so a number would leave out posts of the window at random.
    """

    def profile_input(self, profile: Profile, window: TimeWindow) -> RequestInput:
        """What to ask for a profile; see `Dataset`."""
        dates = {"start_date": iso_milliseconds(window.start), "end_date": iso_milliseconds(window.end)}
        return RequestInput("profile_url", {"url": profile.url, **dates})


def map_line(line: bytes, last: bool) -> Post | Rejected:
    """One row of the dataset as a post, or the reason why it is none. Never raises; see `Mapping`."""
    row = _READER.read(line, last)
    if isinstance(row, Rejected):
        return row
    record, repairs = row
    post_id = identifier(record.id)
    refusal = refusal_of(record, post_id, repairs)
    if refusal is not None or post_id is None:
        return refusal or rejected(RejectReason.NO_ID, "the row has no id")
    return _post(record, post_id, repairs)


def _post(record: Record, post_id: str, repairs: list[str]) -> Post | Rejected:
    collected_at = collected(record)
    if isinstance(collected_at, Rejected):
        return collected_at
    stated, in_id = parse_time(record.date_posted), x_id_time(post_id)
    posted_at, correction = posting_time(stated, in_id, collected_at, X_LAUNCH)
    if posted_at is None:
        return untimed(record, collected_at, "date_posted", record.date_posted, stated, in_id)
    if stated is None and record.date_posted:
        repairs.append(f"date_posted: {shown(record.date_posted)} is no time")

    author = _author(record, post_id)
    text = clean_text(_unescaped(record.description))
    likes, likes_note = count(record.likes, "like_count")
    replies, replies_note = count(record.replies, "comment_count")
    reposts, reposts_note = count(record.reposts, "share_count")
    views, views_note = count(record.views, "view_count")
    bookmarks, bookmarks_note = count(record.bookmarks, "save_count")
    notes = (correction, likes_note, replies_note, reposts_note, views_note, bookmarks_note)
    repairs.extend(filter(None, notes))
    answers, quotes = _other(record.parent_post_details, post_id), _other(record.quoted_post, post_id)
    return new_post(
        platform=Platform.X.value,
        post_id=post_id,
        url=clean_text(record.url),
        kind=_kind(record, answers, quotes, post_id).value,
        author_key=author.key,
        author_handle=author.handle,
        author_id=author.user_id,
        author_name=clean_text(record.name),
        author_url=author.url,
        title=None,
        text=text,
        posted_at=posted_at,
        collected_at=collected_at,
        hashtags=hashtags(record.hashtags),
        mentions=_mentions(record.tagged_users, text),
        media=media_json(_media(record, repairs)),
        like_count=likes,
        comment_count=replies,
        share_count=reposts,
        view_count=views,
        save_count=bookmarks,
        reposted_from=None,
        feed_key=feed_key_of(discovered_by(record), _profile),
        repairs=repairs or None,
        reply_to=answers,
        quote_of=quotes,
    )


_profile = cached_profiles(Platform.X)


@lru_cache(maxsize=16_384)
def _named(handle: str | None) -> Profile | None:
    """The profile of that name. Cached like `_profile`."""
    name = handle.strip().lstrip("@") if handle else ""
    return _profile(f"https://x.com/{quote(name, safe='', errors='replace')}") if name else None


class _Author(NamedTuple):
    key: str | None
    handle: str | None
    user_id: str | None
    url: str | None


def _author(record: Record, post_id: str) -> _Author:
    """Who wrote the post, by the row's own word: a feed holds posts of others, its owner is never assumed."""
    profile = _named(record.user_posted)
    user_id = identifier(record.user_id)
    if profile is None and (at := _STATUS.match(record.url or "")):
        if at[1].isdecimal():
            user_id = user_id or at[1]
        else:
            profile = _named(at[1])
    if profile is None:
        profile = _profile(f"https://x.com/i/user/{user_id}") if user_id and user_id.isdecimal() else None
    if profile is None:
        return _Author(None, clean_text(record.user_posted), user_id, None)
    user_id = user_id or profile.platform_user_id or _id_in_input(record, post_id, profile)
    return _Author(profile.key, profile.handle, user_id, profile.url)


def _id_in_input(record: Record, post_id: str, author: Profile) -> str | None:
    """The author's number: rows of 2025 have it only in the address under which the post was discovered.

    Whose number stands there when a feed holds the post of another is not known, so that is not read.
    """
    found, owner = record.input, discovered_by(record)
    if not isinstance(found, Input) or not found.url or owner is None or _profile(owner) != author:
        return None
    at = _STATUS.match(found.url)
    return at[1] if at and at[1].isdecimal() and at[2] == post_id else None


def _other(other: OtherPost | None, post_id: str) -> str | None:
    """The id of the post that is quoted or answered; rows of 2026 name the post itself when there is none."""
    if other is None:
        return None
    found = identifier(other.post_id)
    if found is None and other.url and (at := _STATUS.match(other.url)):
        found = at[2]
    return found if found != post_id else None


def _kind(record: Record, answers: str | None, quotes: str | None, post_id: str) -> PostKind:
    if record.is_repost:
        return PostKind.REPOST
    if answers:
        return PostKind.REPLY
    quoted = record.quoted_post
    # A post that is no longer there was quoted all the same.
    if quotes or (quoted and (quoted.url or quoted.description) and identifier(quoted.post_id) != post_id):
        return PostKind.QUOTE
    return PostKind.POST


def _unescaped(text: str | None) -> str | None:
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), text) if text and "&" in text else text


def _mentions(tagged: list[Tagged | str | None] | None, text: str | None) -> list[str] | None:
    named = [_profile(one.url if isinstance(one, Tagged) else one) for one in tagged or ()]
    if text and ("@" in text or "\uff20" in text):
        named.extend(map(_named, dict.fromkeys(_AT_NAME.findall(text))))
    return once(profile.key if profile else None for profile in named)


def _media(record: Record, repairs: list[str]) -> Iterator[Medium | None]:
    for address in _each(record.photos):
        yield medium("image", address)
    yield from _videos(record.videos, repairs)
    for address in _each(record.external_image_urls):
        yield medium("image", address)
    yield from _videos(record.external_video_urls, repairs)
    if record.external_url:
        yield medium("link", record.external_url)


def _videos(given: Videos, repairs: list[str]) -> Iterator[Medium | None]:
    for video in given if isinstance(given, list) else [given]:
        if not isinstance(video, Video):
            yield medium("video", video)
            continue
        address = video.video_url or video.url
        size = _SIZE.search(address) if address else None
        milliseconds, note = count(video.duration, "media.duration")
        if note:
            repairs.append(note)
        yield medium(
            "video",
            address,
            width=int(size[1]) if size else None,
            height=int(size[2]) if size else None,
            duration=milliseconds / 1000 if milliseconds else None,
        )


def _each(given: Addresses) -> Iterable[str | None]:
    return given if isinstance(given, list) else [given]


DATASETS: tuple[Dataset, ...] = (
    XPosts(
        name="posts",
        platform=Platform.X,
        dataset_id="gd_lwxkxvnf1cynvib9co",
        abilities=_ABILITIES,
        map_line=map_line,
    ),
)
"""The vendor's datasets of X, the default first."""
