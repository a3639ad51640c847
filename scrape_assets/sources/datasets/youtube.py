"""YouTube videos through the vendor: what to ask for a channel or a search, and how a row becomes a post. No HTTP."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from scrape_assets.posts.counts import count
from scrape_assets.posts.identity import Profile
from scrape_assets.posts.identity.cached import cached_profiles
from scrape_assets.posts.media import media_json, medium
from scrape_assets.posts.model import Post, PostKind, Rejected, RejectReason, new_post
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.search import Search, search_key
from scrape_assets.posts.tags import hashtags, once
from scrape_assets.posts.text import clean_text
from scrape_assets.posts.times import parse_time, posting_time
from scrape_assets.sources.abilities import Abilities, How
from scrape_assets.sources.datasets.dataset import VendorDataset
from scrape_assets.sources.datasets.vendor_row import (
    Number,
    collected,
    discovered_by,
    feed_key_of,
    identifier,
    refusal_of,
    shown,
    untimed,
)
from scrape_assets.sources.datasets.youtube_record import Hashtag, Record
from scrape_assets.sources.datasets.youtube_text import CHANNEL_ID, mentioned_channels, spoken_language
from scrape_assets.sources.mapping import RequestInput, TimeWindow, american_date
from scrape_assets.sources.rows import RowReader, rejected

LAUNCH = datetime(2005, 4, 23, tzinfo=UTC)
"""The day of the first video."""

_SITE = "https://www.youtube.com/"
_READER = RowReader(Record, required=frozenset({"video_id", "timestamp"}))
_VIDEO_ID = re.compile(r"[\w-]{11}", re.ASCII)
_RESOLUTION = re.compile(r"(\d{2,5})x(\d{2,5})\b", re.ASCII)
_LONGEST = 14 * 86_400  # seconds; live streams run for days

_ABILITIES = Abilities(
    creators=True,
    events=True,
    creator_time=How.CHECKED,
    event_time=How.CHECKED,
    keywords=How.CHECKED,
    remark="Time ranges are asked for by whole days; a search finds what YouTube finds relevant, words or not.",
)


class YouTubeVideos(VendorDataset):
    """The vendor's dataset of YouTube videos, discovered by channel, keyword or hashtag; see `Dataset`."""

    def profile_input(self, profile: Profile, window: TimeWindow) -> RequestInput:
        """What to ask for a channel; see `Dataset`."""
        return RequestInput("url", {"url": profile.url, **_days(window)})

    def search_inputs(self, search: Search, window: TimeWindow) -> list[tuple[str, RequestInput]]:
        """What to ask for each keyword; one that begins with '#' is asked for as a hashtag; see `Dataset`."""
        inputs: dict[tuple[str, str], RequestInput] = {}  # each search once, however often it is spelled
        for keyword in search.keywords:
            discover_by = "hashtag" if keyword.lstrip().startswith("#") else "keyword"
            words = " ".join(keyword.strip().lstrip("#").split())
            if words:
                # A hashtag has no spaces: "#harbour forum" is the tag #harbourforum.
                asked = words.replace(" ", "") if discover_by == "hashtag" else words
                request = RequestInput(discover_by, {discover_by: asked, **_days(window)})
                inputs.setdefault((search_key(asked), discover_by), request)
        return [(key, request) for (key, _), request in inputs.items()]

    def limit_per_input(self, discover_by: str | None, posts_per_profile: int) -> int | None:  # noqa: ARG002
        """Always a number: that the vendor heeds the days is documented, but was not seen; see `Dataset`."""
        return posts_per_profile


def _days(window: TimeWindow) -> dict[str, str]:
    # Month first, as for Instagram: working clients of this dataset send it so.
    return {"start_date": american_date(window.start), "end_date": american_date(window.end)}


def map_line(line: bytes, last: bool) -> Post | Rejected:
    """One row of the dataset as a post, or the reason why it is none. Never raises; see `Mapping`."""
    row = _READER.read(line, last)
    if isinstance(row, Rejected):
        return row
    record, repairs = row
    post_id = identifier(record.video_id) or identifier(record.shortcode)
    refusal = refusal_of(record, post_id, repairs)
    if refusal is not None or post_id is None:
        return refusal or rejected(RejectReason.NO_ID, "the row has no id")
    return _post(record, post_id, repairs)


def _post(record: Record, post_id: str, repairs: list[str]) -> Post | Rejected:
    collected_at = collected(record)
    if isinstance(collected_at, Rejected):
        return collected_at
    stated = parse_time(record.date_posted)
    posted_at, _ = posting_time(stated, None, collected_at, LAUNCH)
    if posted_at is None:
        return untimed(record, collected_at, "date_posted", record.date_posted, stated)

    author = _author(record)
    title, text = clean_text(record.title), clean_text(record.description)
    views, views_note = count(record.views, "view_count")
    likes, likes_note = count(record.likes, "like_count")
    comments, comments_note = count(record.num_comments, "comment_count")
    seconds, seconds_note = _seconds(record.video_length)
    repairs.extend(filter(None, (views_note, likes_note, comments_note, seconds_note)))
    is_short = (record.post_type or "").casefold() == "short" or "/shorts/" in (record.url or "")
    url = _page(post_id, is_short) or clean_text(record.url)
    return new_post(
        platform=Platform.YOUTUBE.value,
        post_id=post_id,
        url=url,
        # An ordinary video is called "post" in the rows.
        kind=PostKind.REEL.value if is_short else PostKind.VIDEO.value,
        author_key=author.key,
        author_handle=author.handle,
        author_id=author.user_id,
        author_name=clean_text(record.handle_name),
        author_url=author.url,
        title=title,
        text=text,
        posted_at=posted_at,
        collected_at=collected_at,
        hashtags=hashtags(_written_tags(record)),
        mentions=_mentions(title, text, author),
        media=_media(record, url, seconds),
        like_count=likes,
        comment_count=comments,
        share_count=None,
        view_count=views,
        save_count=None,
        reposted_from=None,
        feed_key=clean_text(feed_key_of(discovered_by(record), _profile)),
        repairs=repairs or None,
        language=_language(record),
    )


_profile = cached_profiles(Platform.YOUTUBE)


class _Author(NamedTuple):
    key: str | None
    handle: str | None
    user_id: str | None
    url: str | None
    keys: tuple[str, ...]  # all that lead to the channel


def _author(record: Record) -> _Author:
    return _channel(record.youtuber_id, record.youtuber, record.channel_url_decoded, record.channel_url)


@lru_cache(maxsize=16_384)
def _channel(channel_id: str | None, youtuber: str | None, *addresses: str | None) -> _Author:
    """Who published the video, by the row's own word.

    The channel's id is the key wherever it is given: the handle can change, and YouTube's API and feeds give the
    id alone. Rows of channels with an old name instead of a handle say "cJaneDoe" for youtube.com/c/JaneDoe, in
    `youtuber` and in the address: that leads nowhere.
    """
    by_id = _profile(f"{_SITE}channel/{channel_id}") if channel_id and CHANNEL_ID.fullmatch(channel_id) else None
    by_name = _profile(_SITE + youtuber) if youtuber and youtuber.startswith("@") else None
    for address in addresses:
        if by_id is None or by_name is None:
            found = _profile(address)
            if found and found.platform_user_id:
                by_id = by_id or found
            elif found and found.key.startswith("@"):
                by_name = by_name or found
    known = by_id or by_name
    return _Author(
        key=known.key if known else None,
        handle=by_name.handle if by_name else None,
        user_id=by_id.platform_user_id if by_id else None,
        url=known.url if known else None,
        keys=tuple(profile.key for profile in (by_id, by_name) if profile),
    )


def _page(post_id: str, is_short: bool) -> str | None:
    """The video's page: rows come with what the client sent or was recommended with, such as `&t=18s&pp=…`."""
    if not _VIDEO_ID.fullmatch(post_id):
        return None
    return f"{_SITE}shorts/{post_id}" if is_short else f"{_SITE}watch?v={post_id}"


def _written_tags(record: Record) -> Iterator[str | None]:
    for tag in record.hashtags or ():
        yield tag.hashtag if isinstance(tag, Hashtag) else tag


def _mentions(title: str | None, text: str | None, author: _Author) -> list[str] | None:
    """Channels named in the title or the description, but for the author's own, named in most descriptions."""
    profiles = map(_profile, mentioned_channels(title, text))
    return once(profile.key for profile in profiles if profile and profile.key not in author.keys)


def _language(record: Record) -> str | None:
    if not record.transcript_language:
        return None
    names = [given if isinstance(given, str) else given and given.language for given in record.transcript_language]
    return spoken_language(*(name for name in names if name))


def _media(record: Record, url: str | None, seconds: float | None) -> bytes | None:
    size = _RESOLUTION.match(record.current_optimal_res or "")
    return media_json(
        [
            medium(
                "video",
                # Often null; the page stands in, so that length and preview are not lost.
                record.video_url or url,
                preview_url=record.preview_image,
                width=int(size[1]) if size else None,
                height=int(size[2]) if size else None,
                duration=seconds,
            )
        ]
    )


def _seconds(value: Number) -> tuple[float | None, str | None]:
    """A length, or None; and a note when one was given that is none. Zero is what live streams have."""
    if value is None or value == "" or value == 0:
        return None, None
    try:
        seconds = None if isinstance(value, bool) else float(value)
    except (ValueError, OverflowError):
        seconds = None
    if seconds is None or not 0 <= seconds <= _LONGEST:
        return None, f"video_length: {shown(value)} is no length"
    return (int(seconds) if seconds.is_integer() else seconds), None


DATASETS: tuple[YouTubeVideos, ...] = (
    YouTubeVideos(
        name="videos",
        platform=Platform.YOUTUBE,
        dataset_id="gd_lk56epmy2i5g7lzu0k",
        abilities=_ABILITIES,
        map_line=map_line,
    ),
)
"""What the vendor offers for YouTube; the default first."""
