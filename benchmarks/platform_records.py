"""Invented records of every mapping, about 2 KB each: the vendor's from the simulator, the others from the tests."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from scrape_assets.posts.identity import profile_key
from scrape_assets.simulator.datasets import DATASETS as CATALOGUE
from scrape_assets.simulator.jobs import Order, SimulatedJob
from scrape_assets.simulator.settings import ContentSettings
from scrape_assets.sources.direct.envelope import item_line
from scrape_assets.sources.mapping import Mapping, TimeWindow
from scrape_assets.sources.registry import DATASETS, direct_source
from scrape_assets_tests.flow.test_every_platform import PROFILES
from scrape_assets_tests.sources.direct.bluesky_server import view
from scrape_assets_tests.sources.direct.hackernews_server import comment, story
from scrape_assets_tests.sources.direct.instagram_server import picture
from scrape_assets_tests.sources.direct.mastodon_server import status
from scrape_assets_tests.sources.direct.reddit_server import t3
from scrape_assets_tests.sources.direct.tiktok_server import video as tiktok_video
from scrape_assets_tests.sources.direct.x_server import tweet
from scrape_assets_tests.sources.direct.youtube_server import video as youtube_video

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BYTES = 2_000
RECORDS = 1_000
WORDS = "A pot of tea stands on the table and nobody asks who has put it there, today or ever. "

LINK = '<a href="https://example.com/tea">https://example.com/tea</a>'
ITEMS: dict[str, Callable[[int, str], dict[str, Any]]] = {
    "hackernews": lambda n, text: story(n, 1_790_000_000 + n, story_text=f"<p>{text}</p>{LINK}"),
    "hackernews (comments)": lambda n, text: comment(n, 1_790_000_000 + n, comment_text=f"{text}<p>{LINK}"),
    "mastodon": lambda n, text: status(n, content=f"<p>{text}</p><p>{LINK}</p>"),
    "bluesky": lambda n, text: {"post": view(n), "padding": text},
    "x": lambda n, text: {
        "post": tweet(NOW - timedelta(minutes=n), n, text=f"{text[:280]} #tea @ada https://example.com/tea"),
        "includes": {"users": [{"id": "7001", "username": "Ada_L", "name": "Ada", "description": text}]},
    },
    "youtube": lambda n, _: youtube_video(f"abcdefg{n:04d}", NOW - timedelta(hours=n)),
    "reddit": lambda n, text: t3(f"1abc{n}", NOW - timedelta(hours=n), selftext=text),
    "instagram": lambda n, text: {"media": picture(n, caption=f"{text} #tea"), "account": {"username": "ada"}},
    "tiktok": lambda n, text: tiktok_video(n, video_description=f"{text} #tea"),
}


def platform_lines() -> Iterator[tuple[str, Mapping, list[bytes]]]:
    """(name, mapping, lines) of every mapping that has invented records."""
    window = TimeWindow(NOW - timedelta(days=30), NOW)
    for platform, datasets in DATASETS.items():
        for dataset in datasets:
            asked = dataset.request_input(profile_key(platform, PROFILES[platform]), window)
            yield f"{platform} by the vendor ({dataset.name})", dataset.mapping, _simulated(dataset.dataset_id, asked)
    for name, make in ITEMS.items():
        yield f"{name} by its API", direct_source(name.split(" ")[0]).mapping, _items(make)


def _simulated(dataset_id: str, asked: Any) -> list[bytes]:
    order = Order(dataset_id=dataset_id, discover_by=asked.discover_by, inputs=(asked.input,), include_errors=True)
    content = ContentSettings(error_rate=0.0, rows_per_input=RECORDS)
    job = SimulatedJob(
        snapshot_id="s_bench", order=order, created=NOW, ready_at=NOW + timedelta(seconds=9), seed=1, content=content
    )
    find_rows = CATALOGUE[dataset_id].find_rows
    assert find_rows is not None
    rows = find_rows(job, 0, RECORDS)
    return [json.dumps(rows.row(place), ensure_ascii=False).encode() for place in range(min(rows.posts, RECORDS))]


def _items(make: Callable[[int, str], dict[str, Any]]) -> list[bytes]:
    bare = len(json.dumps(make(1, "")))
    text = (WORDS * 30)[: max(BYTES - bare, 20)]
    return [item_line("asked", NOW, json.dumps(make(number, text)).encode())[:-1] for number in range(1, RECORDS + 1)]
