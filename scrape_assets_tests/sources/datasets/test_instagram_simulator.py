"""The simulated vendor's Instagram rows: true in shape, odd as the real ones, and mapped with the rejects meant."""

import dataclasses
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scrape_assets.posts.model import Post, Rejected
from scrape_assets.simulator import datasets, instagram
from scrape_assets.simulator.content import GeneratedRows
from scrape_assets.simulator.jobs import Order, SimulatedJob
from scrape_assets.simulator.settings import ContentSettings
from scrape_assets.sources.datasets.instagram import map_line
from scrape_assets_tests.sources.datasets.test_instagram_recorded import RECORDED

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
JANE = "https://www.instagram.com/jane.doe"
IDS = (instagram.POSTS_DATASET, instagram.REELS_DATASET)


@pytest.fixture(autouse=True)
def _in_the_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    for dataset_id in IDS:
        made = dataclasses.replace(
            datasets.DATASETS[dataset_id], check_input=instagram.check_input, find_rows=instagram.find_rows
        )
        monkeypatch.setitem(datasets.DATASETS, dataset_id, made)


def job(*inputs: dict[str, Any], dataset_id: str = IDS[0], by: str | None = "url", **content: Any) -> SimulatedJob:
    return SimulatedJob(
        snapshot_id="s_test",
        order=Order(
            dataset_id=dataset_id,
            discover_by=by,
            inputs=inputs,
            include_errors=True,
            limit_per_input=content.pop("limit", None),
        ),
        created=content.pop("at", NOON),
        ready_at=NOON + timedelta(seconds=10),
        seed=content.pop("seed", 1),
        content=ContentSettings(**{"error_rate": 0.0, **content}),
    )


def lines_of(made: SimulatedJob) -> list[bytes]:
    return list(GeneratedRows(made).texts())


def posts_of(made: SimulatedJob) -> list[Post]:
    found = [map_line(line, last=False) for line in lines_of(made)]
    assert all(isinstance(one, Post) for one in found), [one for one in found if isinstance(one, Rejected)][:3]
    return [one for one in found if isinstance(one, Post)]


@pytest.mark.parametrize("dataset_id", IDS)
def test_all_rows_map_and_are_as_odd_as_the_real_ones(dataset_id: str) -> None:
    posts = posts_of(job({"url": JANE}, dataset_id=dataset_id, limit=400))
    assert len(posts) == 400
    assert len({post.post_id for post in posts}) == 400
    assert {post.feed_key for post in posts} == {"jane.doe"}
    authors = Counter(post.author_key for post in posts)
    assert authors.most_common(1)[0][0] == "jane.doe"
    assert len(authors) > 5
    assert all("jane.doe" in (post.mentions or ()) for post in posts if post.author_key != "jane.doe")
    assert all(set(post.tagged or ()) <= set(post.mentions or ()) for post in posts)
    assert any(post.tagged and post.tagged != post.mentions for post in posts)  # others are only named
    times = [post.posted_at for post in posts if post.posted_at]
    assert times not in (sorted(times), sorted(times, reverse=True))
    assert any(post.hashtags for post in posts)
    assert all(post.media for post in posts)
    assert all(post.like_count is not None and post.comment_count is not None for post in posts)
    assert any(post.view_count for post in posts)
    kinds = {post.kind for post in posts}
    assert kinds == ({"post", "reel"} if dataset_id == IDS[0] else {"reel"})
    notes = [note for post in posts for note in post.repairs or ()]
    assert all("names no zone" in note for note in notes)
    assert bool(notes) == (dataset_id == IDS[0])


def test_a_reel_is_the_same_post_in_both_datasets() -> None:
    window = {"url": JANE, "start_date": "06-01-2026", "end_date": "11-19-2026"}
    seen = {post.post_id: post for post in posts_of(job(window)) if post.kind == "reel"}
    reels = {post.post_id: post for post in posts_of(job(window, dataset_id=IDS[1]))}
    assert seen.keys() == reels.keys()
    for post_id, reel in reels.items():
        assert (reel.author_id, reel.text) == (seen[post_id].author_id, seen[post_id].text)
        assert reel.posted_at == seen[post_id].posted_at


def test_the_window_is_honoured_but_for_a_pinned_post() -> None:
    window = {"url": JANE, "start_date": "09-03-2026", "end_date": "10-08-2026"}
    posts = posts_of(job(window))
    inside = [post for post in posts if post.posted_at and datetime(2026, 9, 3, tzinfo=UTC) <= post.posted_at]
    assert all(post.posted_at and post.posted_at < datetime(2026, 10, 9, tzinfo=UTC) for post in inside)
    assert len(posts) - len(inside) <= 1
    assert len(inside) > 10
    dense = posts_of(job(window, rows_per_input=300))
    assert len({post.post_id for post in dense}) == 300


def test_counts_grow_and_posts_stay() -> None:
    window = {"url": JANE, "start_date": "11-01-2026", "end_date": "11-30-2026"}
    first = {post.post_id: post for post in posts_of(job(window, at=NOON - timedelta(days=3)))}
    later = {post.post_id: post for post in posts_of(job(window))}
    assert first.keys() <= later.keys()
    assert all(first[post_id].text == later[post_id].text for post_id in first)
    assert all((first[post_id].like_count or 0) <= (later[post_id].like_count or 0) for post_id in first)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"url": "https://www.instagram.com/missing.person"}, "dead_page"),
        ({"url": JANE, "start_date": "2026-10-06"}, "dead_page"),
        ({"url": JANE, "start_date": "11-20-2030"}, "dead_page"),
    ],
)
def test_an_input_that_leads_nowhere_is_one_rejected_row(given: dict[str, Any], code: str) -> None:
    (line,) = lines_of(job(given))
    rejected = map_line(line, last=False)
    assert isinstance(rejected, Rejected)
    assert (rejected.code, rejected.input_url) == (code, given["url"])


def test_posts_that_could_not_be_collected_are_error_rows() -> None:
    found = [map_line(line, last=False) for line in lines_of(job({"url": JANE}, limit=100, error_rate=0.2))]
    failed = [one for one in found if isinstance(one, Rejected)]
    assert {(one.code, one.input_url) for one in failed} == {("crawl_failed", JANE)}
    assert 15 <= len(failed) <= 25


def test_a_post_collected_by_its_address_has_its_code() -> None:
    address = "https://www.instagram.com/p/Ddx9_2ABcde/"
    (post,) = posts_of(job({"url": address}, by=None))
    assert (post.post_id, post.feed_key) == ("Ddx9_2ABcde", None)


@pytest.mark.parametrize(
    ("given", "field"),
    [({}, "url"), ({"url": "jane"}, "url"), ({"url": "https://example.com/jane"}, "url"), ({"url": JANE}, None)],
)
def test_inputs_are_checked(given: dict[str, Any], field: str | None) -> None:
    assert [name for name, _ in instagram.check_input(given, "url")] == ([field] if field else [])


def test_unused_inputs_come_back_empty() -> None:
    row = json.loads(lines_of(job({"url": JANE}, limit=1))[0])
    assert row["discovery_input"]["url"] == JANE
    assert row["discovery_input"]["post_type"] == ""


def test_rows_have_the_keys_and_types_of_the_recorded_ones(recorded_rows: list[dict[str, Any]]) -> None:
    types: dict[str, set[type]] = {}
    for row in recorded_rows:
        for key, value in row.items():
            types.setdefault(key, set()).add(type(value))
    made = [json.loads(line) for line in lines_of(job({"url": JANE}, limit=200))]
    for row in made:
        assert types.keys() <= row.keys()
        for key in types:
            if row[key] is not None:
                assert type(row[key]) in types[key] | ({list} if key in ("videos_duration",) else set()), key


@pytest.fixture
def recorded_rows() -> list[dict[str, Any]]:
    file: Path = RECORDED
    if not file.is_file():
        pytest.skip(f"no recorded rows: there is no file {file}")
    return [json.loads(line) for line in file.read_bytes().splitlines()]
