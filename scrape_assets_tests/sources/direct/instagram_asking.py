"""What the tests of Instagram's API ask for. No tests."""

from datetime import timedelta
from typing import Any

from scrape_assets.posts.identity import Profile, ProfileKind
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.search import Place, Search
from scrape_assets.sources.direct.instagram import SOURCE
from scrape_assets.sources.direct.source import Target
from scrape_assets.sources.mapping import TimeWindow
from scrape_assets_tests.sources.direct.collecting import NOON, Collected
from scrape_assets_tests.sources.direct.instagram_server import KEYS
from scrape_assets_tests.sources.direct.keyed_collecting import collect_with

WEEK = TimeWindow(NOON - timedelta(days=7), NOON)


def account(name: str = "adas.kettle") -> Profile:
    return Profile(Platform.INSTAGRAM, name, f"https://www.instagram.com/{name}", name, ProfileKind.ACCOUNT)


def by(name: str = "adas.kettle", window: TimeWindow = WEEK) -> Target:
    return Target(name, window, profile=account(name))


def about(*keywords: str, place: Place | None = None, window: TimeWindow = WEEK) -> Target:
    return Target("search:event:7", window, search=Search(keywords, place))


def collect(url: str, target: Target, cursor: str | None = None, **more: Any) -> Collected:
    return collect_with(KEYS, SOURCE, url, target, cursor, **more)
