"""What the tests of Reddit's API ask for. No tests."""

from datetime import timedelta
from typing import Any

from scrape_assets.posts.identity import Profile, ProfileKind
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.search import Place, Search
from scrape_assets.sources.direct.reddit import SOURCE
from scrape_assets.sources.direct.source import Target
from scrape_assets.sources.errors import SourceError
from scrape_assets.sources.mapping import TimeWindow
from scrape_assets_tests.sources.direct.collecting import NOON, Collected
from scrape_assets_tests.sources.direct.keyed_collecting import collect_with
from scrape_assets_tests.sources.direct.reddit_server import (
    KEYS,
    hours_ago,
    t3,
)

WEEK = TimeWindow(NOON - timedelta(days=7), NOON)
FIVE = [t3(f"a{number}", hours_ago(number)) for number in range(1, 6)]
IDS = [post["id"] for post in FIVE]
ADA = Profile(Platform.REDDIT, "user/ada_l", "https://www.reddit.com/user/ada_l", "ada_l", ProfileKind.ACCOUNT)
TEA = Profile(Platform.REDDIT, "r/teatime", "https://www.reddit.com/r/teatime", "teatime", ProfileKind.COMMUNITY)


def by(profile: Profile = ADA, window: TimeWindow = WEEK) -> Target:
    return Target(profile.key, window, profile=profile)


def about(*keywords: str, window: TimeWindow = WEEK, place: Place | None = None) -> Target:
    return Target("event:7", window, search=Search(keywords, place))


def collect(url: str, target: Target, cursor: str | None = None, **more: Any) -> Collected:
    return collect_with(KEYS, SOURCE, url, target, cursor, **more)


def error_of(collected: Collected) -> SourceError:
    assert collected.error is not None
    return collected.error
