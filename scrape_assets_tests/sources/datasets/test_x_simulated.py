"""The simulator's rows of X: as odd as the real ones, and each becomes what was meant."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scrape_assets.posts.model import Post, Rejected, RejectReason
from scrape_assets.posts.times import same_time, x_id_time
from scrape_assets.simulator.content import GeneratedRows
from scrape_assets.simulator.datasets import DATASETS, Dataset
from scrape_assets.simulator.jobs import Order, SimulatedJob
from scrape_assets.simulator.settings import ContentSettings
from scrape_assets.simulator.x import DISCOVERS, POSTS_DATASET, check_input, find_rows
from scrape_assets.sources.datasets.x import map_line
from scrape_assets_tests.sources.datasets.test_x_recorded import RECORDED

Row = dict[str, Any]
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
JANE = "https://x.com/Jane_Doe"
MIDNIGHT = "2026-11-19T00:00:00.000Z"


@pytest.fixture(autouse=True)
def _catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Dataset(POSTS_DATASET, "X posts", DISCOVERS, (), check_input, find_rows)
    monkeypatch.setitem(DATASETS, POSTS_DATASET, made)


def lines(
    *inputs: Row, by: str | None = "profile_url", at: datetime = NOON, limit: int | None = None, **content: Any
) -> list[bytes]:
    order = Order(dataset_id=POSTS_DATASET, discover_by=by, inputs=inputs, include_errors=True, limit_per_input=limit)
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
    found = posts({"url": JANE})
    assert len(found) == 100
    for post in found:
        in_id = x_id_time(post.post_id)
        assert post.repairs is None
        assert post.posted_at is not None
        assert in_id is not None
        assert same_time(post.posted_at, in_id)
        assert (post.feed_key, post.text is None and post.media is None) == ("jane_doe", False)
    assert {post.kind for post in found} == {"post", "quote", "reply"}
    assert len({post.post_id for post in found}) == 100
    assert any(post.author_key != "jane_doe" for post in found)
    assert any(post.mentions and post.hashtags for post in [*found, *posts({"url": "https://x.com/acme"})])
    assert any("Q&A <tonight>" in (post.text or "") for post in found)
    times = [post.posted_at for post in found if post.posted_at]
    assert times not in (sorted(times), sorted(times, reverse=True))


def test_posts_that_could_not_be_collected_are_error_rows() -> None:
    results = [map_line(line, last=False) for line in lines({"url": JANE}, error_rate=0.2)]
    failed = [result for result in results if isinstance(result, Rejected)]
    assert 15 <= len(failed) <= 25
    assert {(one.reason, one.code, one.input_url) for one in failed} == {
        (RejectReason.SOURCE_ERROR, "crawl_failed", JANE)
    }


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"url": "https://x.com/missing"}, RejectReason.SOURCE_WARNING),
        ({"url": JANE, "start_date": MIDNIGHT, "end_date": MIDNIGHT}, RejectReason.SOURCE_ERROR),
    ],
)
def test_a_dead_page_and_an_empty_window_are_said_so(given: Row, reason: RejectReason) -> None:
    (line,) = lines(given)
    result = map_line(line, last=False)
    assert isinstance(result, Rejected)
    assert (result.reason, result.code, result.input_url) == (reason, "dead_page", given["url"])


def test_the_window_and_the_limit_are_honoured() -> None:
    window = {"url": JANE, "start_date": "2026-11-01T00:00:00.000Z", "end_date": "2026-11-07"}
    found = posts(window)
    assert found
    assert all("2026-11-01" <= str(post.posted_at) < "2026-11-08" for post in found)
    assert len(posts(window, limit=2)) == 2
    dense = posts(window, rows_per_input=500)
    assert len({post.post_id for post in dense}) == 500
    assert all("2026-11-01" <= str(post.posted_at) < "2026-11-08" for post in dense)


def test_a_post_is_seen_again_with_grown_counts_and_by_its_address() -> None:
    first = {post.post_id: post for post in posts({"url": JANE})}
    later = {post.post_id: post for post in posts({"url": JANE}, at=NOON + timedelta(days=3))}
    again = first.keys() & later.keys()
    assert len(again) > 50
    assert later.keys() - first.keys()
    for post_id in again:
        before, after = first[post_id], later[post_id]
        assert (before.text, before.posted_at, before.kind) == (after.text, after.posted_at, after.kind)
        assert (before.like_count or 0) <= (after.like_count or 0)
    seen = next(post for post in first.values() if post.author_key == "jane_doe")
    (alone,) = posts({"url": seen.url}, by=None)
    assert (alone.post_id, alone.text, alone.feed_key) == (seen.post_id, seen.text, None)


def test_profiles_may_be_named_by_number_and_in_an_array() -> None:
    assert {post.author_key for post in posts({"url": "https://x.com/i/user/20000001"}, limit=1)} == {"id_20000001"}
    both = rows({"urls": [JANE, "https://x.com/acme"]}, by="profiles_array", limit=150)
    assert {row["user_posted"].lower() for row in both} >= {"jane_doe", "acme"}


@pytest.mark.parametrize(
    ("given", "by", "field"),
    [
        ({}, "profile_url", "url"),
        ({"url": "jane"}, "profile_url", "url"),
        ({"url": "https://example.com/jane"}, "profile_url", "url"),
        ({"url": JANE, "start_date": "10.03.2026"}, "profile_url", "start_date"),
        ({"urls": []}, "profiles_array", "urls"),
    ],
)
def test_inputs_the_vendor_refuses(given: Row, by: str, field: str) -> None:
    assert [name for name, _ in check_input(given, by)] == [field]


def test_inputs_the_vendor_takes() -> None:
    assert check_input({"url": JANE, "start_date": "", "end_date": "2026-03-16T23:59:59.999Z"}, "profile_url") == []
    assert check_input({"url": "https://twitter.com/jane/status/20"}, None) == []
    assert check_input({"urls": [JANE]}, "profiles_array") == []


def test_rows_have_the_keys_and_types_of_the_recorded_ones() -> None:
    if not RECORDED.is_file():
        pytest.skip(f"no recorded rows: there is no file {RECORDED}")
    real = [row for row in map(json.loads, RECORDED.read_bytes().splitlines()) if "warning" not in row]
    types: dict[str, set[type]] = {}
    for row in real:
        for key, value in row.items():
            types.setdefault(key, {type(None)}).add(type(value))
    types["hashtags"].add(list)  # none of the recorded posts has a hashtag
    made = rows({"url": JANE})
    assert all(types.keys() <= row.keys() for row in made)
    for row in made:
        for key, seen in types.items():
            assert type(row[key]) in seen, key
