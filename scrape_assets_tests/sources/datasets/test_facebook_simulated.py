"""The simulator's rows of Facebook pages: as odd as the real ones, and each becomes what was meant."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scrape_assets.posts.model import Post, Rejected, RejectReason
from scrape_assets.simulator.content import GeneratedRows
from scrape_assets.simulator.datasets import DATASETS, Dataset
from scrape_assets.simulator.facebook import DISCOVERS, POSTS_DATASET, check_input, find_rows
from scrape_assets.simulator.jobs import Order, SimulatedJob
from scrape_assets.simulator.settings import ContentSettings
from scrape_assets.sources.datasets.facebook import map_line
from scrape_assets_tests.sources.datasets.test_facebook_recorded import RECORDED

Row = dict[str, Any]
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ACME = "https://www.facebook.com/Acme.Tea"
YEAR = {"url": ACME, "start_date": "01-01-2026", "end_date": "11-20-2026", "num_of_posts": 1000}


@pytest.fixture(autouse=True)
def _catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Dataset(POSTS_DATASET, "Facebook page posts", DISCOVERS, (), check_input, find_rows)
    monkeypatch.setitem(DATASETS, POSTS_DATASET, made)


def lines(*inputs: Row, at: datetime = NOON, limit: int | None = None, **content: Any) -> list[bytes]:
    order = Order(dataset_id=POSTS_DATASET, discover_by=None, inputs=inputs, include_errors=True, limit_per_input=limit)
    job = SimulatedJob(
        snapshot_id="s_test",
        order=order,
        created=at,
        ready_at=at + timedelta(seconds=10),
        seed=1,
        content=ContentSettings(**{"error_rate": 0.0, **content}),
    )
    return list(GeneratedRows(job).texts())


def rows(*inputs: Row, **job: Any) -> list[Row]:
    return [json.loads(line) for line in lines(*inputs, **job)]


def posts(*inputs: Row, **job: Any) -> list[Post]:
    results = [map_line(line, last=False) for line in lines(*inputs, **job)]
    found = [result for result in results if isinstance(result, Post)]
    assert len(found) == len(results)
    return found


def test_every_row_is_a_post_without_repairs() -> None:
    found = posts(YEAR)
    assert len(found) > 150
    for post in found:
        assert post.repairs is None
        assert (post.feed_key, bool(post.text), bool(post.author_id)) == ("acmetea", True, True)
        assert (post.kind == "reel") == ("/reel/" in (post.url or ""))
        assert (post.kind == "reel") == (post.view_count is not None)
    assert {post.kind for post in found} == {"post", "reel", "repost"}
    assert len({post.post_id for post in found}) == len(found)
    assert any(post.reposted_from for post in found)
    assert any(post.author_key != "acmetea" for post in found)
    assert any(b'"duration"' in (post.media or b"") for post in found)
    times = [post.posted_at for post in found if post.posted_at]
    assert times not in (sorted(times), sorted(times, reverse=True))


def test_posts_that_could_not_be_collected_are_error_rows() -> None:
    results = [map_line(line, last=False) for line in lines(YEAR, error_rate=0.2)]
    failed = [result for result in results if isinstance(result, Rejected)]
    assert len(results) * 0.15 < len(failed) < len(results) * 0.25
    assert {(one.reason, one.code, one.input_url) for one in failed} == {
        (RejectReason.SOURCE_ERROR, "crawl_failed", ACME)
    }


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"url": f"{ACME}.missing"}, RejectReason.SOURCE_ERROR),
        ({"url": ACME, "start_date": "2026-10-06"}, RejectReason.SOURCE_WARNING),
        ({"url": ACME, "start_date": "11-20-2030", "end_date": "11-21-2030"}, RejectReason.SOURCE_WARNING),
    ],
)
def test_a_dead_page_and_dates_that_find_nothing_are_said_so(given: Row, reason: RejectReason) -> None:
    (line,) = lines(given)
    result = map_line(line, last=False)
    assert isinstance(result, Rejected)
    assert (result.reason, result.code, result.input_url) == (reason, "dead_page", given["url"])


def test_the_window_and_the_number_are_honoured() -> None:
    window = {"url": ACME, "start_date": "11-01-2026", "end_date": "11-07-2026"}
    found = posts(window)
    assert found
    assert all("2026-11-01" <= str(post.posted_at) < "2026-11-08" for post in found)
    assert len(posts({**window, "num_of_posts": 2})) == 2
    assert len(posts({"url": ACME})) >= 10
    left_out = [found[0].post_id]
    assert len(posts({**window, "posts_to_not_include": left_out})) == len(found) - 1
    dense = posts(window, rows_per_input=500)
    assert len({post.post_id for post in dense}) == 500


def test_a_row_echoes_the_client_s_input_with_the_unused_ones_empty() -> None:
    row = rows({"url": ACME})[0]
    unused = {"num_of_posts": "", "posts_to_not_include": "", "start_date": "", "end_date": ""}
    assert row["input"] == {**unused, "url": ACME}
    assert "discovery_input" not in row


def test_a_post_is_seen_again_with_grown_counts_and_a_shared_one_in_its_own_page() -> None:
    first = {post.post_id: post for post in posts(YEAR)}
    later = {post.post_id: post for post in posts(YEAR, at=NOON + timedelta(days=3))}
    again = first.keys() & later.keys()
    assert len(again) > 100
    for post_id in again:
        before, after = first[post_id], later[post_id]
        assert (before.text, before.posted_at, before.kind) == (after.text, after.posted_at, after.kind)
        assert (before.like_count or 0) <= (after.like_count or 0)
    visitor = next(post for post in first.values() if post.author_key != "acmetea")
    theirs = {post.post_id for post in posts(YEAR | {"url": visitor.author_url})}
    assert visitor.post_id in theirs


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "url"),
        ({"url": "acme"}, "url"),
        ({"url": "https://example.com/acme"}, "url"),
        ({"url": ACME, "num_of_posts": "many"}, "num_of_posts"),
    ],
)
def test_inputs_the_vendor_refuses(given: Row, field: str) -> None:
    assert [name for name, _ in check_input(given, None)] == [field]


def test_inputs_the_vendor_takes() -> None:
    assert check_input(YEAR, None) == check_input({"user_name": "acme"}, None) == []
    assert posts({"user_name": "acme"})
    assert posts({"url": "https://www.facebook.com/profile.php?id=100044541000001"})[0].author_id


@pytest.mark.parametrize("fat", [False, True])
def test_rows_are_lean_unless_fat_ones_are_wanted(fat: bool) -> None:
    texts = lines(YEAR, fat=fat)
    assert (sum(map(len, texts)) / len(texts) > 4000) == fat


def test_rows_have_the_keys_and_types_of_the_recorded_ones() -> None:
    if not RECORDED.is_file():
        pytest.skip(f"no recorded rows: there is no file {RECORDED}")
    real = [json.loads(line) for line in RECORDED.read_bytes().splitlines()]
    types = {key: {type(row[key]) for row in real} for key in real[0]}
    made = rows(YEAR)
    assert max(len(types.keys() & row.keys()) for row in made) == len(types)
    for row in (row for row in made if row["post_type"] == "Reel"):
        for key in types.keys() & row.keys():
            assert type(row[key]) in types[key] | {type(None)}, key
