"""YouTube's feeds of channels: the last 15 videos, without a key. The ids are those of the API."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.posts.counts import count
from scrape_assets.posts.identity.cached import cached_profiles
from scrape_assets.posts.media import media_json, medium
from scrape_assets.posts.model import Post, PostKind, Rejected, RejectReason, new_post
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.tags import hashtags, once
from scrape_assets.posts.text import clean_text
from scrape_assets.sources.abilities import Abilities
from scrape_assets.sources.answer import Answer
from scrape_assets.sources.datasets.youtube_text import CHANNEL_ID, HASHTAG, mentioned_channels
from scrape_assets.sources.direct.api import Api, PauseAfter
from scrape_assets.sources.direct.envelope import Item, item_mapping
from scrape_assets.sources.direct.feed_http import judge_feed
from scrape_assets.sources.direct.feed_media import whole
from scrape_assets.sources.direct.feed_pages import FeedAddress, feed_pages
from scrape_assets.sources.direct.feed_posts import person_of, posting_time_of
from scrape_assets.sources.direct.feed_record import NO_FEED, READER, Record, each
from scrape_assets.sources.direct.limits import no_headers
from scrape_assets.sources.direct.source import Known, Page, Target
from scrape_assets.sources.errors import SourceError
from scrape_assets.sources.mapping import Mapping
from scrape_assets.sources.rows import rejected

_SITE = "https://www.youtube.com"
_VIDEO_ID = re.compile(r"(?:yt:video:)?([\w-]{6,20})", re.ASCII)

_ABILITIES = Abilities(
    creators=True,
    events=False,
    remark="Only the last 15 videos of a channel, and none while YouTube's feeds are out of order.",
)


def _judge(answer: Answer) -> SourceError:
    """A 404 proves nothing: for weeks of 2024, 2025 and 2026 the feeds of living channels answered with it."""
    if answer.status_code in (404, 410):
        message = (
            f"YouTube has no feed for the channel now (HTTP {answer.status_code}), which is no proof that it is gone"
        )
        return SourceError(ErrorClass.SERVER, message, status_code=answer.status_code, retry_after=answer.retry_after)
    return judge_feed(answer)


def _post(item: Item[Record]) -> Post | Rejected:
    record, collected_at, feed_key, repairs = item
    found = _VIDEO_ID.fullmatch(record.yt_videoid or str(record.id or ""))
    if found is None:
        return rejected(RejectReason.NO_ID, f"no id of a video: {record.yt_videoid or record.id}", input_url=feed_key)
    video = found[1]
    posted_at = posting_time_of(item)
    if isinstance(posted_at, Rejected):
        return posted_at
    likes, likes_note = count(record.media_starrating.count if record.media_starrating else None, "like_count")
    views, views_note = count(record.media_statistics.views if record.media_statistics else None, "view_count")
    repairs.extend(filter(None, (likes_note, views_note)))
    person = person_of(record)
    channel = _channel(record)
    url = f"{_SITE}/watch?v={video}"
    title, text = clean_text(record.title), clean_text(record.summary)
    return new_post(
        platform=Platform.YOUTUBE.value,
        post_id=video,
        url=url,
        kind=PostKind.VIDEO.value,
        author_key=f"channel/{channel}" if channel else None,
        author_handle=None,
        author_id=channel,
        author_name=clean_text(person.name) if person else None,
        author_url=f"{_SITE}/channel/{channel}" if channel else None,
        title=title,
        text=text,
        posted_at=posted_at,
        collected_at=collected_at,
        hashtags=hashtags(tag for given in (text, title) if given for tag in HASHTAG.findall(given)),
        mentions=once(profile.key for profile in map(_profile, mentioned_channels(title, text)) if profile),
        media=_media(record, url),
        like_count=likes,
        comment_count=None,
        share_count=None,
        view_count=views,
        save_count=None,
        reposted_from=None,
        feed_key=feed_key,
        repairs=repairs or None,
    )


def _channel(record: Record) -> str | None:
    """The channel's id. The feed's own yt:channelId lacks the UC, an entry's has it; the author's address does too."""
    person = person_of(record)
    stated = (
        record.yt_channelid,
        (person.href or "").rpartition("/")[2] if person else None,
        (record.feed or NO_FEED).key,
    )
    candidates = (given.removeprefix("channel/") for given in stated if given)
    return next((given for given in candidates if CHANNEL_ID.fullmatch(given)), None)


_profile = cached_profiles(Platform.YOUTUBE)


def _media(record: Record, url: str) -> bytes | None:
    """The video under its page: what the feed gives as its content is a player for Flash."""
    preview = next((one.url for one in each(record.media_thumbnail) if one.url), None)
    size = next(each(record.media_content), None)
    width, height = (whole(size.width), whole(size.height)) if size else (None, None)
    return media_json([medium("video", url, preview_url=preview, width=width, height=height)])


MAPPING = item_mapping(Platform.YOUTUBE, READER, _post)
"""How entries of YouTube's feeds are read."""


@dataclass(frozen=True, slots=True)
class YouTubeFeed:
    """The feeds of YouTube's channels; see `DirectSource`."""

    name: str = "youtube_feed"
    platform: Platform = Platform.YOUTUBE
    abilities: Abilities = _ABILITIES
    mapping: Mapping = MAPPING
    base_url: str | None = _SITE
    keys: tuple[str, ...] = ()
    optional_keys: tuple[str, ...] = ()
    pause_after: PauseAfter = no_headers

    def pages(self, api: Api, target: Target, cursor: str | None, known: Known) -> Iterator[Page]:
        """Read a channel's feed; see `DirectSource.pages`."""
        profile = target.profile
        if profile is None:
            raise ValueError("YouTube's feeds cannot be searched")
        if profile.platform is not self.platform:
            raise ValueError(f"{profile.url} is a profile on {profile.platform}, not on {self.platform}")
        channel = profile.platform_user_id or profile.key.removeprefix("channel/")
        if not CHANNEL_ID.fullmatch(channel):
            raise ValueError(f"the feed of {profile.key} needs the channel's id, UC…: give https://…/channel/UC…")
        address = f"{_SITE}/feeds/videos.xml?channel_id={channel}"
        feed = FeedAddress(address, f"channel/{channel}", f"{_SITE}/channel/{channel}")
        return feed_pages(api, target, cursor, known, feed=feed, mapping=self.mapping, judge=_judge)


SOURCE = YouTubeFeed()
"""The one there is."""
