"""How a video of YouTube's Data API becomes a post. No HTTP."""

import re
from functools import lru_cache
from typing import TypeVar

import msgspec

from scrape_assets.posts.counts import count
from scrape_assets.posts.identity import Profile
from scrape_assets.posts.identity.cached import cached_profiles
from scrape_assets.posts.media import media_json, medium
from scrape_assets.posts.model import Post, PostKind, Rejected, RejectReason, new_post
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.tags import hashtags, once
from scrape_assets.posts.text import clean_text
from scrape_assets.posts.times import parse_time, posting_time
from scrape_assets.sources.datasets.vendor_row import Number, Text, identifier, shown
from scrape_assets.sources.datasets.youtube import LAUNCH
from scrape_assets.sources.datasets.youtube_text import CHANNEL_ID, HASHTAG, mentioned_channels
from scrape_assets.sources.direct.envelope import Item, ItemReader, item_mapping
from scrape_assets.sources.direct.pieces import ABSENT
from scrape_assets.sources.rows import RowReader, rejected


class _Video(msgspec.Struct, gc=False):
    """Parts are read one by one, so that a broken field costs itself and not its part."""

    id: Text = None
    snippet: msgspec.Raw = ABSENT
    statistics: msgspec.Raw = ABSENT
    details: msgspec.Raw = msgspec.field(name="contentDetails", default=ABSENT)
    recording: msgspec.Raw = msgspec.field(name="recordingDetails", default=ABSENT)


class _Picture(msgspec.Struct, gc=False):
    url: str | None = None


class _Snippet(msgspec.Struct, gc=False):
    published: str | None = msgspec.field(name="publishedAt", default=None)
    channel_id: str | None = msgspec.field(name="channelId", default=None)
    channel_title: str | None = msgspec.field(name="channelTitle", default=None)
    title: str | None = None
    description: str | None = None
    language: str | None = msgspec.field(name="defaultLanguage", default=None)
    audio_language: str | None = msgspec.field(name="defaultAudioLanguage", default=None)
    thumbnails: dict[str, _Picture] | None = None


class _Statistics(msgspec.Struct, gc=False):
    views: Number = msgspec.field(name="viewCount", default=None)
    likes: Number = msgspec.field(name="likeCount", default=None)
    comments: Number = msgspec.field(name="commentCount", default=None)


class _Details(msgspec.Struct, gc=False):
    duration: str | None = None


class _Location(msgspec.Struct, gc=False):
    latitude: float | None = None
    longitude: float | None = None


class _Recording(msgspec.Struct, gc=False):
    location: _Location | None = None


_ITEMS = ItemReader(_Video, required=frozenset({"id"}))
_SNIPPETS = RowReader(_Snippet)
_STATISTICS = RowReader(_Statistics)
_DETAILS = RowReader(_Details)
_RECORDINGS = RowReader(_Recording)

_VIDEO_ID = re.compile(r"[\w-]{1,64}", re.ASCII)
_DURATION = re.compile(r"P(?:(\d{1,4})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?", re.ASCII)
P = TypeVar("P", bound=msgspec.Struct)
_SECONDS = (604_800, 86_400, 3_600, 60, 1)
_SIZES = ("maxres", "standard", "high", "medium", "default")
_NO_WORDS = "zxx"


def _mapped(item: Item[_Video]) -> Post | Rejected:
    video, repairs = item.record, item.repairs
    post_id = identifier(video.id)
    if not post_id or not _VIDEO_ID.fullmatch(post_id):
        return rejected(RejectReason.NO_ID, f"id: {shown(video.id)} is no id of a video")
    snippet = _part(_SNIPPETS, video.snippet, "snippet", repairs) or _Snippet()
    stated = parse_time(snippet.published)
    posted_at, _ = posting_time(stated, None, item.collected_at, LAUNCH)
    if posted_at is None:
        reason = RejectReason.IMPLAUSIBLE_TIME if stated else RejectReason.NO_TIME
        return rejected(reason, f"publishedAt: {shown(snippet.published)}; collected {item.collected_at}")

    statistics = _part(_STATISTICS, video.statistics, "statistics", repairs) or _Statistics()
    views, views_note = count(statistics.views, "view_count")
    likes, likes_note = count(statistics.likes, "like_count")
    comments, comments_note = count(statistics.comments, "comment_count")
    repairs.extend(filter(None, (views_note, likes_note, comments_note)))
    channel_id = clean_text(snippet.channel_id)
    channel = _channel(channel_id)
    title, text = clean_text(snippet.title), clean_text(snippet.description)
    url = f"https://www.youtube.com/watch?v={post_id}"
    latitude, longitude = _place(video.recording, repairs)
    return new_post(
        platform=Platform.YOUTUBE.value,
        post_id=post_id,
        url=url,
        # The API does not tell Shorts from other videos; their length and their form are no proof.
        kind=PostKind.VIDEO.value,
        author_key=channel.key if channel else None,
        author_handle=None,
        author_id=channel_id,
        author_name=clean_text(snippet.channel_title),
        author_url=channel.url if channel else None,
        title=title,
        text=text,
        posted_at=posted_at,
        collected_at=item.collected_at,
        # `tags` are words that the uploader hides for searches, no hashtags.
        hashtags=_hashtags(title, text),
        mentions=_mentions(title, text, channel),
        media=media_json(
            [medium("video", url, preview_url=_preview(snippet), duration=_duration(video.details, repairs))]
        ),
        like_count=likes,
        comment_count=comments,
        share_count=None,
        view_count=views,
        save_count=None,
        reposted_from=None,
        feed_key=item.feed_key,
        repairs=repairs or None,
        language=_language(snippet),
        latitude=latitude,
        longitude=longitude,
    )


def _part(reader: RowReader[P], given: msgspec.Raw, name: str, repairs: list[str]) -> P | None:
    body = bytes(given)
    if not body or body == b"null":
        return None
    row = reader.read(body, False)
    if isinstance(row, Rejected):
        repairs.append(f"{name}: {row.detail}")
        return None
    repairs.extend(row.repairs)
    return row.record


_profile = cached_profiles(Platform.YOUTUBE)


@lru_cache(maxsize=16_384)
def _channel(channel_id: str | None) -> Profile | None:
    """The profile of a channel, or None. Cached: the videos of a channel repeat it."""
    if not channel_id or not CHANNEL_ID.fullmatch(channel_id):
        return None
    return _profile(f"https://www.youtube.com/channel/{channel_id}")


def _hashtags(title: str | None, text: str | None) -> list[str] | None:
    written = [
        tag
        for given in (title, text)
        if given and ("#" in given or "\uff03" in given)
        for tag in HASHTAG.findall(given)
    ]
    return hashtags(written)


def _mentions(title: str | None, text: str | None, channel: Profile | None) -> list[str] | None:
    profiles = map(_profile, mentioned_channels(title, text))
    return once(profile.key for profile in profiles if profile and (channel is None or profile.key != channel.key))


def _language(snippet: _Snippet) -> str | None:
    """What is spoken, or else what the title is written in."""
    spoken = clean_text(snippet.audio_language)
    return spoken if spoken and spoken != _NO_WORDS else clean_text(snippet.language)


def _preview(snippet: _Snippet) -> str | None:
    pictures = snippet.thumbnails or {}
    return next((pictures[size].url for size in _SIZES if size in pictures and pictures[size].url), None)


def _duration(given: msgspec.Raw, repairs: list[str]) -> int | None:
    """Seconds of "P1DT2H3M4S"; None for what is or will be live, which comes as "P0D"."""
    details = _part(_DETAILS, given, "contentDetails", repairs)
    if details is None or not details.duration:
        return None
    found = _DURATION.fullmatch(details.duration)
    if not found:
        repairs.append(f"duration: {shown(details.duration)} is no length")
        return None
    return sum(int(number) * unit for number, unit in zip(found.groups(), _SECONDS, strict=True) if number) or None


def _place(given: msgspec.Raw, repairs: list[str]) -> tuple[float | None, float | None]:
    recording = _part(_RECORDINGS, given, "recordingDetails", repairs)
    place = recording.location if recording else None
    if place is None or place.latitude is None or place.longitude is None:
        return None, None
    if abs(place.latitude) > 90 or abs(place.longitude) > 180:
        repairs.append(f"location: {place.latitude}, {place.longitude} is not on earth")
        return None, None
    return place.latitude, place.longitude


MAPPING = item_mapping(Platform.YOUTUBE, _ITEMS, _mapped)
"""How items of YouTube's API are read."""
