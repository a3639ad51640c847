"""The simulated Reddit dataset: rows of true shape that map, but for the rejects that were meant."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scrape_assets.posts.identity import profile_key
from scrape_assets.posts.model import Post, Rejected
from scrape_assets.posts.search import Search
from scrape_assets.simulator.content import GeneratedRows
from scrape_assets.simulator.datasets import DATASETS as CATALOGUE
from scrape_assets.simulator.jobs import JobInput, Order, SimulatedJob
from scrape_assets.simulator.reddit import DISCOVERS, POSTS_DATASET, check_input, find_rows
from scrape_assets.simulator.settings import ContentSettings
from scrape_assets.sources.datasets.reddit import DATASETS, map_line
from scrape_assets.sources.mapping import TimeWindow

Row = dict[str, Any]
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
WINDOW = TimeWindow(NOON - timedelta(days=30), NOON)
COMMUNITY = "https://www.reddit.com/r/QuietGrids/"
NEWEST = {"url": COMMUNITY, "sort_by": "New"}


def job(given: JobInput, by: str | None, *, at: datetime = NOON, seed: int = 1, **content: Any) -> SimulatedJob:
    return SimulatedJob(
        snapshot_id="s_test",
        order=Order(dataset_id=POSTS_DATASET, discover_by=by, inputs=(given,), include_errors=True),
        created=at,
        ready_at=at + timedelta(seconds=10),
        seed=seed,
        content=ContentSettings(**{"error_rate": 0.0, **content}),
    )


def rows_of(made: SimulatedJob, limit: int | None = None) -> list[Row]:
    found = find_rows(made, 0, limit)
    return [json.loads(json.dumps(found.row(position))) for position in range(found.posts + found.failures)]


def results(rows: list[Row]) -> list[Post | Rejected]:
    return [map_line(json.dumps(row).encode(), last=False) for row in rows]


def posts(rows: list[Row]) -> list[Post]:
    return [result for result in results(rows) if isinstance(result, Post)]


def test_everything_that_is_asked_for_is_accepted_and_its_rows_map() -> None:
    dataset = replace(DATASETS[0], now=lambda: NOON)
    wanted = [("r/quietgrids", dataset.request_input(profile_key("reddit", COMMUNITY), WINDOW))]
    wanted += dataset.search_inputs(Search(("harbour forum", "#tea")), WINDOW)
    for key, (discover_by, given) in wanted:
        assert discover_by in DISCOVERS
        assert check_input(given, discover_by) == []
        rows = rows_of(job(given, discover_by), limit=20)
        found = posts(rows)
        assert len(found) == len(rows) > 10
        assert {post.feed_key for post in found} == {key}
        assert len({post.post_id for post in found}) == len(found)
        assert not any("_" in post.post_id for post in found)
        if discover_by == "keyword":
            assert all(post.posted_at and WINDOW.start <= post.posted_at <= WINDOW.end for post in found)


def test_a_community_is_written_by_many_and_a_search_goes_through_many_communities() -> None:
    own = rows_of(job(NEWEST, "subreddit_url"), limit=200)
    assert {row["community_name"] for row in own} == {"QuietGrids"}
    assert len({post.author_key for post in posts(own)}) > 20
    found = rows_of(job({"keyword": "harbour forum", "date": "Past year"}, "keyword"), limit=200)
    assert len({row["community_name"] for row in found}) > 3
    assert 0.7 < sum("harbour forum" in row["title"] for row in found) / len(found) < 1


def test_a_post_pinned_by_the_moderators_is_older_than_all_others() -> None:
    names = [f"https://www.reddit.com/r/Community{number}" for number in range(10)]
    gaps = []
    for name in names:
        times = [post.posted_at for post in posts(rows_of(job({"url": name}, "subreddit_url"), limit=10))]
        assert times[0] is not None
        assert times[-1] is not None
        gaps.append(times[-1] - times[0])
    assert any(gap > timedelta(days=300) for gap in gaps)
    assert any(gap < timedelta(days=30) for gap in gaps)


def test_rows_are_as_odd_as_the_real_ones() -> None:
    rows = rows_of(job(NEWEST, "subreddit_url"), limit=500)
    found = posts(rows)
    assert {row["post_id"].startswith("t3_") for row in rows} == {True, False}
    assert any(isinstance(row["num_upvotes"], str) for row in rows)
    assert any(row["user_posted"] == "[deleted]" for row in rows)
    assert any("&amp;" in json.dumps(row) for row in rows)
    assert any("photos" not in row for row in rows)
    assert any(row.get("photos") == [] for row in rows)
    assert {post.kind for post in found} == {"post", "video"}
    assert any(post.repairs for post in found)
    assert any(post.mentions for post in found)
    assert any(post.text is None and post.media for post in found)
    assert any(post.author_key is None for post in found)
    assert not any("&amp;" in text for post in found for text in (post.title, post.text) if text)


def test_a_post_is_seen_again_on_a_later_day_with_grown_counts() -> None:
    first = {post.post_id: post for post in posts(rows_of(job(NEWEST, "subreddit_url"), limit=50))}
    later_job = job(NEWEST, "subreddit_url", at=NOON + timedelta(days=3))
    later = {post.post_id: post for post in posts(rows_of(later_job, limit=50))}
    again = first.keys() & later.keys()
    assert len(again) > 20
    assert later.keys() - first.keys()
    for post_id in again:
        assert first[post_id].posted_at == later[post_id].posted_at
        assert (first[post_id].like_count or 0) <= (later[post_id].like_count or 0)


def test_some_cannot_be_collected_and_a_missing_community_is_a_warning() -> None:
    rows = rows_of(job(NEWEST, "subreddit_url", error_rate=0.3), limit=50)
    assert len(rows) == 50
    errors = [result for result in results(rows) if isinstance(result, Rejected)]
    assert {(error.code, error.input_url) for error in errors} == {("crawl_failed", COMMUNITY)}
    (missing,) = results(rows_of(job({"url": "https://www.reddit.com/r/missing_one"}, "subreddit_url")))
    assert isinstance(missing, Rejected)
    assert missing.code == "dead_page"


def test_load_rows_are_as_many_as_asked_for_with_ids_of_their_own() -> None:
    found = posts(rows_of(job(NEWEST, "subreddit_url", rows_per_input=2000)))
    assert len({post.post_id for post in found}) == 2000
    again = posts(rows_of(job(NEWEST, "subreddit_url", rows_per_input=2000, fat=True, at=NOON + timedelta(hours=1))))
    assert {post.post_id for post in again} == {post.post_id for post in found}


def test_a_post_collected_by_its_address_keeps_the_id() -> None:
    (row,) = rows_of(job({"url": "https://www.reddit.com/r/QuietGrids/comments/1tea4qz/tea/"}, None))
    (post,) = posts([row])
    assert (post.post_id, post.feed_key, "discovery_input" in row) == ("1tea4qz", None, False)


def test_another_seed_invents_other_posts() -> None:
    ids = [{row["post_id"] for row in rows_of(job(NEWEST, "subreddit_url", seed=seed))} for seed in (1, 2)]
    assert not ids[0] & ids[1]


@pytest.mark.parametrize(
    ("given", "by", "field"),
    [
        ({}, "subreddit_url", "url"),
        ({"url": "r/tea"}, "subreddit_url", "url"),
        ({"url": "https://www.linkedin.com/in/jane"}, "subreddit_url", "url"),
        ({"url": COMMUNITY, "sort_by": "new"}, "subreddit_url", "sort_by"),
        ({"url": COMMUNITY, "end_date": "2026-11-01"}, "subreddit_url", "end_date"),
        ({"keyword": ""}, "keyword", "keyword"),
        ({"keyword": "tea", "date": "Last week"}, "keyword", "date"),
    ],
)
def test_a_bad_input_is_refused_with_its_field(given: JobInput, by: str, field: str) -> None:
    assert [name for name, _ in check_input(given, by)] == [field]


def test_a_snapshot_holds_its_rows_unsorted(monkeypatch: pytest.MonkeyPatch) -> None:
    known = replace(CATALOGUE[POSTS_DATASET], check_input=check_input, find_rows=find_rows)
    monkeypatch.setitem(CATALOGUE, POSTS_DATASET, known)
    rows = GeneratedRows(job(NEWEST, "subreddit_url", error_rate=0.1))
    summary = rows.summary()
    found = [map_line(text, last=False) for text in rows.texts()]
    times = [post.posted_at for post in found if isinstance(post, Post) and post.posted_at]
    assert (len(times), len(found)) == (summary.records, summary.records + summary.errors)
    assert times not in (sorted(times), sorted(times, reverse=True))
    assert [map_line(text, last=False) for text in rows.texts()] == found
