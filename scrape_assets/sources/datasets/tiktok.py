"""TikTok posts through the vendor: what to ask for a profile or an event, and how a row becomes a post. No HTTP.

Facts behind the rules were read off real rows; where a rule would surprise, the fact stands beside it.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from scrape_assets.posts.identity import Profile
from scrape_assets.posts.identity.cached import cached_profiles
from scrape_assets.posts.media import media_json, medium
from scrape_assets.posts.model import Post, PostKind, Rejected, RejectReason, new_post
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.search import Search, search_key
from scrape_assets.posts.tags import hashtags, once
from scrape_assets.posts.text import clean_text
from scrape_assets.posts.times import EPOCH, parse_time, tiktok_id_time, time_after_upload
from scrape_assets.sources.abilities import Abilities, How
from scrape_assets.sources.datasets.dataset import MOST_OF_A_PROFILE, VendorDataset
from scrape_assets.sources.datasets.mentions import TIKTOK_MENTION
from scrape_assets.sources.datasets.tiktok_record import Picture, Record, Tagged
from scrape_assets.sources.datasets.vendor_row import (
    Number,
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

# Of musical.ly, whose videos and ids TikTok took over.
LAUNCH = datetime(2014, 4, 1, tzinfo=UTC)

_READER = RowReader(Record, required=frozenset({"timestamp"}))
_POST_URL = re.compile(r"/(?:@([^/?#]+)/)?(?:video|photo)/(\d{1,20})(?![^/?#])", re.ASCII)
_UNIX_SECONDS = re.compile(r"\d{9,11}", re.ASCII)
_WIDEST = 10_000
_LONGEST_VIDEO = 86_400.0

_ABILITIES = Abilities(
    creators=True,
    events=True,
    creator_time=How.CHECKED,
    event_time=How.AFTER,
    keywords=How.CHECKED,
    remark="Searches are limited by number of posts, not by time; posts pinned to a profile come along at any age.",
)


class TikTokPosts(VendorDataset):
    """The vendor's dataset of TikTok posts, discovered by profile or by keyword; see `Dataset`."""

    def profile_input(self, profile: Profile, window: TimeWindow) -> RequestInput:
        """What to ask for a profile; see `Dataset`."""
        dates = {"start_date": american_date(window.start), "end_date": american_date(window.end)}
        return RequestInput("profile_url", {"url": profile.url, **dates})

    def search_inputs(self, search: Search, window: TimeWindow) -> list[tuple[str, RequestInput]]:  # noqa: ARG002
        """What to ask for an event: the vendor searches for words and hashtags alike; see `Dataset`."""
        inputs: dict[str, RequestInput] = {}  # two spellings of one search are paid for once
        for keyword in search.keywords:
            inputs.setdefault(search_key(keyword), RequestInput("keyword", {"search_keyword": keyword.strip()}))
        return list(inputs.items())

    def limit_per_input(self, discover_by: str | None, posts_per_profile: int) -> int | None:
        """A number for searches, which know no window, and a guard of the purse for profiles; see `Dataset`."""
        return posts_per_profile if discover_by == "keyword" else MOST_OF_A_PROFILE


def map_line(line: bytes, last: bool) -> Post | Rejected:
    """One row of the dataset as a post, or the reason why it is none. Never raises; see `Mapping`."""
    row = _READER.read(line, last)
    if isinstance(row, Rejected):
        return row
    record, repairs = row
    in_url = _POST_URL.search(record.url or "")
    post_id = identifier(record.post_id) or identifier(record.shortcode) or (in_url[2] if in_url else None)
    refusal = refusal_of(record, post_id, repairs)
    if refusal is not None or post_id is None:
        return refusal or rejected(RejectReason.NO_ID, "the row has no id")
    return _post(record, post_id, in_url[1] if in_url else None, repairs)


def _post(record: Record, post_id: str, handle_in_url: str | None, repairs: list[str]) -> Post | Rejected:
    collected_at = collected(record)
    if isinstance(collected_at, Rejected):
        return collected_at
    stated, in_id = _time(record.create_time, repairs), tiktok_id_time(post_id)
    posted_at, correction = time_after_upload(stated, in_id, collected_at, LAUNCH)
    if posted_at is None:
        return untimed(record, collected_at, "create_time", record.create_time, stated, in_id)
    if correction:
        repairs.append(correction)

    author = _author(record, handle_in_url)
    text = clean_text(record.description)
    return new_post(
        platform=Platform.TIKTOK.value,
        post_id=post_id,
        url=clean_text(record.url),
        kind=_kind(record).value,
        author_key=author.key,
        author_handle=author.handle,
        author_id=identifier(record.profile_id),
        author_name=identifier(record.profile_username),
        author_url=author.url,
        title=None,
        text=text,
        posted_at=posted_at,
        collected_at=collected_at,
        hashtags=hashtags([record.hashtags] if isinstance(record.hashtags, str) else record.hashtags),
        mentions=_mentions(record, text),
        media=_media(record),
        like_count=first_count("like_count", repairs, record.digg_count),
        comment_count=first_count("comment_count", repairs, record.comment_count),
        # The same number twice in newer rows, the second as text.
        share_count=first_count("share_count", repairs, record.num_share_count, record.share_count),
        view_count=first_count("view_count", repairs, record.play_count),
        save_count=first_count("save_count", repairs, record.collect_count),
        reposted_from=None,
        feed_key=feed_key_of(discovered_by(record), _profile),
        repairs=repairs or None,
    )


def _time(given: str | int | None, repairs: list[str]) -> datetime | None:
    """A stated time. Some rows are from January 1970: Unix seconds that were read as milliseconds."""
    if given is None or given == "":
        return None
    text = str(given).strip()
    if _UNIX_SECONDS.fullmatch(text):
        return EPOCH + timedelta(seconds=int(text))
    moment = parse_time(text)
    if moment is None:
        repairs.append(f"create_time: {shown(given)} is no time")
    elif moment.year == EPOCH.year and moment > EPOCH:
        repairs.append(f"create_time: {shown(given)} is a thousandth of the time since 1970")
        moment = EPOCH + (moment - EPOCH) * 1000
    return moment


_profile = cached_profiles(Platform.TIKTOK)


@lru_cache(maxsize=16_384)
def _named(handle: str) -> Profile | None:
    return _profile(f"https://www.tiktok.com/@{handle.removeprefix('@')}")


class _Author(NamedTuple):
    key: str | None
    handle: str | None
    url: str | None


def _author(record: Record, handle_in_url: str | None) -> _Author:
    """Who wrote the post, by the row's own word: searches find anybody's, and feeds hold reposts."""
    handle = identifier(record.account_id) or clean_text(handle_in_url)
    profile = _profile(record.profile_url)
    if profile is None and handle:
        profile = _named(handle)
    return _Author(profile.key, profile.handle, profile.url) if profile else _Author(None, handle, None)


def _kind(record: Record) -> PostKind:
    stated = (record.post_type or "").casefold()
    if not stated:
        stated = "content" if record.carousel_images or "/photo/" in (record.url or "") else "video"
    return PostKind.VIDEO if stated == "video" else PostKind.POST


def _mentions(record: Record, text: str | None) -> list[str] | None:
    """Whom the post tags, then whom its text names."""
    profiles = []
    tagged = record.tagged_user
    for one in (tagged if isinstance(tagged, list) else [tagged]) if tagged else ():
        if isinstance(one, Tagged):
            profiles.append(_profile(one.user_url) or (_named(one.user_handle) if one.user_handle else None))
        elif one:
            profiles.append(_named(one))
    if text and "@" in text:
        profiles += map(_named, TIKTOK_MENTION.findall(text))
    return once(profile.key if profile else None for profile in profiles)


def _media(record: Record) -> bytes | None:
    given = record.carousel_images
    found = [
        medium("image", one.url if isinstance(one, Picture) else one)
        for one in ((given if isinstance(given, list) else [given]) if given else ())
    ]
    width, seconds = _positive(record.width, _WIDEST), _positive(record.video_duration, _LONGEST_VIDEO)
    found.append(
        medium(
            "video",
            record.video_url or record.cdn_url,
            preview_url=record.preview_image,
            width=int(width) if width else None,
            duration=seconds,
        )
    )
    if record.music:
        found.append(medium("audio", record.music.playurl, preview_url=record.music.covermedium))
    return media_json(found)


def _positive(given: Number, most: float) -> float | None:
    try:
        number = 0.0 if given is None or isinstance(given, bool) else float(given or 0)
    except (ValueError, OverflowError):
        return None
    return round(number, 3) if 0 < number <= most else None


DATASETS: tuple[Dataset, ...] = (
    TikTokPosts(
        name="posts",
        platform=Platform.TIKTOK,
        dataset_id="gd_lu702nij2f790tmv9h",
        abilities=_ABILITIES,
        map_line=map_line,
    ),
)
"""The default first."""
