"""What the tests of X's API ask for. No tests."""

import json
from datetime import timedelta
from typing import Any

from scrape_assets.posts.identity import Profile, ProfileKind
from scrape_assets.posts.model import Post, Rejected
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.search import Place, Search
from scrape_assets.sources.direct.envelope import item_line
from scrape_assets.sources.direct.source import Target
from scrape_assets.sources.direct.x import SOURCE
from scrape_assets.sources.mapping import TimeWindow
from scrape_assets_tests.sources.direct.collecting import NOON, Collected
from scrape_assets_tests.sources.direct.keyed_collecting import collect_with
from scrape_assets_tests.sources.direct.x_server import (
    KEYS,
    ada,
    minutes_ago,
    tweet,
)

DAY = TimeWindow(NOON - timedelta(days=1), NOON)
ADA = Profile(Platform.X, "ada_l", "https://x.com/ada_l", "ada_l", ProfileKind.ACCOUNT)
FIVE = [tweet(minutes_ago(10 * number), number) for number in range(1, 6)]
IDS = [post["id"] for post in FIVE]
PLACE = Place(52.52, 13.4, 12.2)


def by_ada(window: TimeWindow = DAY, profile: Profile = ADA) -> Target:
    return Target(profile.key, window, profile=profile)


def about(*keywords: str, window: TimeWindow = DAY, place: Place | None = None) -> Target:
    return Target("event:7", window, search=Search(keywords, place))


def collect(url: str, target: Target, cursor: str | None = None, **more: Any) -> Collected:
    return collect_with(KEYS, SOURCE, url, target, cursor, **more)


PHOTO = {
    "media_key": "3_9",
    "type": "photo",
    "url": "https://example.com/9.jpg",
    "width": 1200,
    "height": 800,
    "alt_text": "A boat",
}
VIDEO = {
    "media_key": "7_8",
    "type": "video",
    "preview_image_url": "https://example.com/8.jpg",
    "duration_ms": 12_500,
    "width": 720,
    "height": 1280,
    "variants": [
        {"content_type": "application/x-mpegURL", "url": "https://example.com/8.m3u8"},
        {"bit_rate": 256_000, "content_type": "video/mp4", "url": "https://example.com/8-low.mp4"},
        {"bit_rate": 2_176_000, "content_type": "video/mp4", "url": "https://example.com/8-high.mp4"},
    ],
}


def mapped(post: Any, **includes: Any) -> Post | Rejected | None:
    bag = {"post": post, "includes": {"users": [ada()], **includes}}
    return SOURCE.mapping.map_line(item_line("ada_l", NOON, json.dumps(bag).encode())[:-1], last=False)


def read(post: Any, **includes: Any) -> Post:
    found = mapped(post, **includes)
    assert isinstance(found, Post), found
    return found
