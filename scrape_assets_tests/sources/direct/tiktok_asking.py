"""What the tests of TikTok's API ask for. No tests."""

from datetime import timedelta
from typing import Any

from scrape_assets.posts.identity import Profile, ProfileKind
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.search import Place, Search
from scrape_assets.sources.direct.source import Target
from scrape_assets.sources.direct.tiktok import SOURCE
from scrape_assets.sources.mapping import TimeWindow
from scrape_assets_tests.sources.direct.collecting import NOON, Collected
from scrape_assets_tests.sources.direct.keyed_collecting import collect_with
from scrape_assets_tests.sources.direct.tiktok_server import KEYS

WEEK = TimeWindow(NOON - timedelta(days=7), NOON)
HUNDRED_DAYS = TimeWindow(NOON - timedelta(days=100), NOON)


def user(name: str = "ada.kettle") -> Profile:
    return Profile(Platform.TIKTOK, name, f"https://www.tiktok.com/@{name}", name, ProfileKind.ACCOUNT)


def by(name: str = "ada.kettle", window: TimeWindow = WEEK) -> Target:
    return Target(name, window, profile=user(name))


def about(*keywords: str, place: Place | None = None, window: TimeWindow = WEEK) -> Target:
    return Target("search:event:7", window, search=Search(keywords, place))


def collect(url: str, target: Target, cursor: str | None = None, **more: Any) -> Collected:
    return collect_with(KEYS, SOURCE, url, target, cursor, **more)
