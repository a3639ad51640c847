"""What the tests of YouTube's API ask for. No tests."""

from datetime import timedelta
from typing import Any

from scrape_assets.posts.identity import Profile, ProfileKind
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.search import Place, Search
from scrape_assets.sources.direct.source import Target
from scrape_assets.sources.direct.youtube import SOURCE
from scrape_assets.sources.mapping import TimeWindow
from scrape_assets_tests.sources.direct.collecting import NOON, Collected
from scrape_assets_tests.sources.direct.keyed_collecting import collect_with
from scrape_assets_tests.sources.direct.youtube_server import (
    CHANNEL,
    KEYS,
    hours_ago,
    video,
)

WEEK = TimeWindow(NOON - timedelta(days=7), NOON)
FIVE = [video(f"video-{number}", hours_ago(number)) for number in range(1, 6)]
IDS = [one["id"] for one in FIVE]
SITE = "https://www.youtube.com/"


def channel(key: str, url: str, user_id: str | None = None) -> Profile:
    return Profile(Platform.YOUTUBE, key, url, None, ProfileKind.ACCOUNT, user_id)


BY_ID = channel(f"channel/{CHANNEL}", f"{SITE}channel/{CHANNEL}", CHANNEL)
BY_HANDLE = channel("@adaskettle", f"{SITE}@AdasKettle")
BY_USER = channel("user/adaold", f"{SITE}user/AdaOld")


def by(profile: Profile = BY_ID, window: TimeWindow = WEEK) -> Target:
    return Target(profile.key, window, profile=profile)


def about(*keywords: str, place: Place | None = None, window: TimeWindow = WEEK) -> Target:
    return Target("event:7", window, search=Search(keywords, place))


def collect(url: str, target: Target, cursor: str | None = None, **more: Any) -> Collected:
    return collect_with(KEYS, SOURCE, url, target, cursor, **more)
