"""Instagram posts and reels through the vendor: what to ask for a profile, and how a row becomes a post. No HTTP.

One mapping for both datasets, because a reel is in both, under two ids. Facts behind the rules were read off real
rows; where a rule would surprise, the fact stands beside it.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from scrape_assets.posts.identity import Profile
from scrape_assets.posts.identity.cached import cached_profiles
from scrape_assets.posts.identity.instagram import post_code
from scrape_assets.posts.model import Post, PostKind, Rejected, RejectReason, new_post
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.tags import hashtags, once
from scrape_assets.posts.text import clean_text
from scrape_assets.posts.times import EPOCH, parse_time, time_after_upload
from scrape_assets.sources.abilities import Abilities, How
from scrape_assets.sources.datasets.dataset import MOST_OF_A_PROFILE, VendorDataset
from scrape_assets.sources.datasets.instagram_media import media_of
from scrape_assets.sources.datasets.instagram_record import Profiles, Record, Tagged
from scrape_assets.sources.datasets.mentions import INSTAGRAM_MENTION
from scrape_assets.sources.datasets.vendor_row import (
    collected,
    discovered_by,
    feed_key_of,
    first_count,
    identifier,
    refusal_of,
    shown,
    untimed,
)
from scrape_assets.sources.mapping import Dataset, RequestInput, TimeWindow, american_date
from scrape_assets.sources.rows import RowReader, rejected

LAUNCH = datetime(2010, 10, 6, tzinfo=UTC)

_READER = RowReader(Record, required=frozenset({"timestamp"}))
_NUMBER = re.compile(r"(\d{1,20})(?:_(\d+))?", re.ASCII)
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_ID_EPOCH = EPOCH + timedelta(milliseconds=1_314_220_021_721)
_FIRST_TIMED_ID = 10**15  # older ones were counted, and hold no time
_AMERICAN_TIME = "%m/%d/%Y %H:%M:%S"

_ABILITIES = Abilities(
    creators=True,
    events=False,
    creator_time=How.CHECKED,
    remark="The time range is asked for in whole days; posts pinned to the profile come along whatever their age.",
)


class InstagramDataset(VendorDataset):
    """One of the vendor's two datasets, both discovered by the profile's address; see `Dataset`."""

    def profile_input(self, profile: Profile, window: TimeWindow) -> RequestInput:
        """What to ask for a profile; see `Dataset`."""
        dates = {"start_date": american_date(window.start), "end_date": american_date(window.end)}
        return RequestInput("url", {"url": profile.url, **dates})

    def limit_per_input(self, discover_by: str | None, posts_per_profile: int) -> int | None:  # noqa: ARG002
        """A guard of the purse: whether the window is always honoured is not known; see `Dataset`."""
        return MOST_OF_A_PROFILE


def map_line(line: bytes, last: bool) -> Post | Rejected:
    """One row of either dataset as a post, or the reason why it is none. Never raises; see `Mapping`."""
    row = _READER.read(line, last)
    if isinstance(row, Rejected):
        return row
    record, repairs = row
    number = _number(record)
    post_id = identifier(record.shortcode) or post_code(record.url or "") or _code(number.post)
    refusal = refusal_of(record, post_id, repairs)
    if refusal is not None or post_id is None:
        return refusal or rejected(RejectReason.NO_ID, "the row has no id")
    return _post(record, post_id, number, repairs)


def _post(record: Record, post_id: str, number: "_Number", repairs: list[str]) -> Post | Rejected:
    collected_at = collected(record)
    if isinstance(collected_at, Rejected):
        return collected_at
    stated, in_id = _time(record.date_posted, repairs), _id_time(number.post)
    posted_at, correction = time_after_upload(stated, in_id, collected_at, LAUNCH)
    if posted_at is None:
        return untimed(record, collected_at, "date_posted", record.date_posted, stated, in_id)
    if correction:
        repairs.append(correction)

    author = _author(record, number)
    text = clean_text(record.description)
    tagged = _tagged(record, author.key)
    return new_post(
        platform=Platform.INSTAGRAM.value,
        post_id=post_id,
        url=clean_text(record.url),
        kind=_kind(record).value,
        author_key=author.key,
        author_handle=author.handle,
        author_id=author.user_id,
        author_name=None,  # neither dataset gives it
        author_url=author.url,
        title=None,
        text=text,
        posted_at=posted_at,
        collected_at=collected_at,
        hashtags=hashtags([record.hashtags] if isinstance(record.hashtags, str) else record.hashtags),
        mentions=_mentions(tagged, text),
        media=media_of(record),
        like_count=first_count("like_count", repairs, record.likes),
        comment_count=first_count("comment_count", repairs, record.num_comments),
        share_count=None,
        # Plays are in both datasets, and what the app shows; views of three seconds and more are an older measure.
        view_count=first_count("view_count", repairs, record.video_play_count, record.views, record.video_view_count),
        save_count=None,
        reposted_from=None,
        feed_key=feed_key_of(discovered_by(record), _profile),
        repairs=repairs or None,
        tagged=tagged,
    )


class _Number(NamedTuple):
    """The platform's number of a post, and, in rows of reels, that of its author."""

    post: int | None
    author: str | None


def _number(record: Record) -> _Number:
    post: int | None = None
    author: str | None = None
    for given in (record.pk, record.post_id):
        found = _NUMBER.fullmatch(given) if isinstance(given, str) else None
        if found:
            post, author = post or int(found[1]), author or found[2]
        elif isinstance(given, int) and given > 0:
            post = post or given
    return _Number(post, author)


def _code(number: int | None) -> str | None:
    """The code in a post's address: its number, written with 64 letters. So both datasets have one id for a reel."""
    if not number or number.bit_length() > 64:
        return None
    code = ""
    while number:
        number, letter = divmod(number, 64)
        code = _LETTERS[letter] + code
    return code


def _id_time(number: int | None) -> datetime | None:
    """When the upload began, to the millisecond: the bits above the lowest 23, counted from August 2011."""
    if not number or not _FIRST_TIMED_ID <= number < 1 << 63:
        return None
    return _ID_EPOCH + timedelta(milliseconds=number >> 23)


def _time(text: str | None, repairs: list[str]) -> datetime | None:
    """A stated time; some rows have it as `07/23/2026 16:00:22`, which names no zone and is taken for UTC."""
    moment = parse_time(text)
    if moment is not None or not text:
        return moment
    try:
        moment = datetime.strptime(text.strip(), _AMERICAN_TIME).replace(tzinfo=UTC)
    except ValueError:
        repairs.append(f"date_posted: {shown(text)} is no time")
        return None
    repairs.append(f"date_posted: {shown(text)} names no zone and is taken for UTC")
    return moment


_profile = cached_profiles(Platform.INSTAGRAM)


@lru_cache(maxsize=16_384)
def _named(handle: str) -> Profile | None:
    return _profile(f"https://www.instagram.com/{handle}")


class _Author(NamedTuple):
    key: str | None
    handle: str | None
    user_id: str | None
    url: str | None


def _author(record: Record, number: _Number) -> _Author:
    """Who wrote the post, by the row's own word: a feed holds posts of co-authors, its owner is never assumed."""
    handle = identifier(record.user_posted)
    user_id = identifier(record.user_posted_id) or number.author
    profile = _profile(record.profile_url or record.user_profile_url)
    if profile is None and handle:
        profile = _named(handle)
    if profile is None:
        return _Author(None, handle, user_id, None)
    return _Author(profile.key, profile.handle, user_id or profile.platform_user_id, profile.url)


def _kind(record: Record) -> PostKind:
    stated = (record.content_type or "").casefold()
    # Rows of reels state no kind; they alone have `video_url`.
    if stated == "reel" or record.product_type == "clips" or record.video_url or "/reel" in (record.url or ""):
        return PostKind.REEL
    return PostKind.VIDEO if stated == "video" else PostKind.POST


def _tagged(record: Record, author_key: str | None) -> list[str] | None:
    """Whom the post tags in its pictures, its co-authors and who paid for it among them."""
    keys = _keys(record.tagged_users)
    keys += [key for key in _keys(record.coauthor_producers) if key != author_key]
    keys += _keys(record.partnership_details)
    return once(keys)


def _mentions(tagged: list[str] | None, text: str | None) -> list[str] | None:
    """Whom the post tags, then whom its text names."""
    if not text or "@" not in text:
        return tagged
    named = map(_named, INSTAGRAM_MENTION.findall(text))
    return once([*(tagged or ()), *(profile.key if profile else None for profile in named)])


def _keys(given: Profiles) -> list[str | None]:
    if not given:
        return []
    found = []
    for one in given if isinstance(given, list) else [given]:
        if isinstance(one, Tagged):
            profile = _named(one.username) if one.username else _profile(one.profile_url)
        else:
            profile = _named(one) if one else None
        found.append(profile.key if profile else None)
    return found


DATASETS: tuple[Dataset, ...] = tuple(
    InstagramDataset(
        name=name,
        platform=Platform.INSTAGRAM,
        dataset_id=dataset_id,
        abilities=_ABILITIES,
        map_line=map_line,
        version=2,  # says who is tagged
    )
    for name, dataset_id in (("posts", "gd_lk5ns7kz21pck8jpis"), ("reels", "gd_lyclm20il4r5helnj"))
)
"""The default first: its rows hold reels too."""
