"""The simulated YouTube dataset: rows of true shape that map, but for the rejects that were meant."""

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
from scrape_assets.simulator.settings import ContentSettings
from scrape_assets.simulator.youtube import DISCOVERS, VIDEOS_DATASET, check_input, find_rows
from scrape_assets.sources.datasets.youtube import DATASETS, map_line
from scrape_assets.sources.mapping import TimeWindow

Row = dict[str, Any]
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
WINDOW = TimeWindow(NOON - timedelta(days=30), NOON)
CHANNEL = "https://www.youtube.com/@harbourforum"
BY_ID = "https://www.youtube.com/channel/UCtea4everybody_-2345678"


def job(given: JobInput, by: str | None, *, at: datetime = NOON, seed: int = 1, **content: Any) -> SimulatedJob:
    return SimulatedJob(
        snapshot_id="s_test",
        order=Order(dataset_id=VIDEOS_DATASET, discover_by=by, inputs=(given,), include_errors=True),
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
    dataset = DATASETS[0]
    wanted = [
        (profile_key("youtube", url).key, dataset.request_input(profile_key("youtube", url), WINDOW))
        for url in (CHANNEL, BY_ID)
    ]
    wanted += dataset.search_inputs(Search(("harbour forum", "#tea")), WINDOW)
    for key, (discover_by, given) in wanted:
        assert discover_by in DISCOVERS
        assert check_input(given, discover_by) == []
        rows = rows_of(job(given, discover_by), limit=200)
        found = posts(rows)
        assert len(found) == len(rows) > 10
        for post in found:
            assert (post.feed_key, post.author_key is not None) == (key, True)
            assert post.posted_at is not None
            assert WINDOW.start.date() <= post.posted_at.date() <= WINDOW.end.date()  # asked for by days
        assert len({post.post_id for post in found}) == len(found)


def test_a_channel_yields_its_own_videos_and_a_search_those_of_others() -> None:
    own = posts(rows_of(job({"url": CHANNEL}, "url"), limit=300))
    assert {post.author_handle for post in own} <= {"harbourforum", None}
    assert len({post.author_id for post in own}) == 1
    assert {post.author_key for post in posts(rows_of(job({"url": BY_ID}, "url")))} == {f"channel/{BY_ID[-24:]}"}
    found = posts(rows_of(job({"keyword": "harbour forum"}, "keyword"), limit=300))
    assert len({post.author_key for post in found}) > 20
    assert 0.7 < sum("harbour forum" in (post.title or "") for post in found) / len(found) < 1
    tagged = posts(rows_of(job({"hashtag": "HarbourForum"}, "hashtag"), limit=100))
    assert sum("HarbourForum" in (post.hashtags or ()) for post in tagged) > 70


def test_rows_are_as_odd_as_the_real_ones() -> None:
    rows = rows_of(job({"keyword": "tea"}, "keyword"), limit=1000)
    found = posts(rows)
    assert any(isinstance(row["views"], str) for row in rows)
    assert any(isinstance(row["views"], float) and row["views"] > 1e24 for row in rows)
    assert any(not row["youtuber"].startswith("@") for row in rows)
    assert any("post_type" not in row for row in rows)
    assert any(row["video_url"] is None for row in rows)
    assert any("&" in row["url"] for row in rows)
    assert {post.kind for post in found} == {"video", "reel"}
    assert any(post.like_count is None and post.repairs is None for post in found)
    assert any(post.repairs for post in found)
    assert {"en", "it", None} <= {post.language for post in found}
    assert any(post.mentions for post in found)
    assert all(post.media and post.title and post.text for post in found)


def test_a_video_is_seen_again_on_a_later_day_with_grown_counts() -> None:
    first = {post.post_id: post for post in posts(rows_of(job({"url": CHANNEL}, "url"), limit=50))}
    later_job = job({"url": CHANNEL}, "url", at=NOON + timedelta(days=3))
    later = {post.post_id: post for post in posts(rows_of(later_job, limit=50))}
    again = first.keys() & later.keys()
    assert len(again) > 20
    assert later.keys() - first.keys()
    for post_id in again:
        assert first[post_id].posted_at == later[post_id].posted_at
        assert (first[post_id].view_count or 0) <= (later[post_id].view_count or 0)


def test_some_cannot_be_collected_and_a_missing_channel_is_a_warning() -> None:
    rows = rows_of(job({"url": CHANNEL}, "url", error_rate=0.3), limit=50)
    assert len(rows) == 50
    errors = [result for result in results(rows) if isinstance(result, Rejected)]
    assert errors
    assert {(error.code, error.input_url) for error in errors} == {("crawl_failed", CHANNEL)}
    (row,) = rows_of(job({"url": "https://www.youtube.com/@missing-channel"}, "url"))
    (missing,) = results([row])
    assert isinstance(missing, Rejected)
    assert missing.code == "dead_page"
    dates = {"start_date": "01-01-1999", "end_date": "01-02-1999"}
    (nothing,) = results(rows_of(job({"url": CHANNEL, **dates}, "url")))
    assert isinstance(nothing, Rejected)


def test_load_rows_are_as_many_as_asked_for_with_ids_of_their_own() -> None:
    given = {"url": CHANNEL, "start_date": "11-01-2026", "end_date": "11-20-2026"}
    found = posts(rows_of(job(given, "url", rows_per_input=2000)))
    assert len({post.post_id for post in found}) == 2000
    fat = rows_of(job(given, "url", rows_per_input=5, fat=True))
    assert min(len(json.dumps(row)) for row in fat) > 30_000


def test_a_video_collected_by_its_address_keeps_the_id() -> None:
    (row,) = rows_of(job({"url": "https://www.youtube.com/watch?v=tEa-4_Every&t=3"}, None))
    (post,) = posts([row])
    assert (post.post_id, post.feed_key, "discovery_input" in row) == ("tEa-4_Every", None, False)


def test_another_seed_invents_other_videos() -> None:
    ids = [{row["video_id"] for row in rows_of(job({"url": CHANNEL}, "url", seed=seed))} for seed in (1, 2)]
    assert not ids[0] & ids[1]


@pytest.mark.parametrize(
    ("given", "by", "field"),
    [
        ({}, "url", "url"),
        ({"url": "jane"}, "url", "url"),
        ({"url": "https://www.linkedin.com/in/jane"}, "url", "url"),
        ({"url": CHANNEL, "start_date": "2026-11-01T00:00:00.000Z"}, "url", "start_date"),
        ({"keyword": ""}, "keyword", "keyword"),
        ({"hashtag": 7}, "hashtag", "hashtag"),
    ],
)
def test_a_bad_input_is_refused_with_its_field(given: JobInput, by: str, field: str) -> None:
    assert [name for name, _ in check_input(given, by)] == [field]


def test_a_snapshot_holds_its_rows_unsorted(monkeypatch: pytest.MonkeyPatch) -> None:
    known = replace(CATALOGUE[VIDEOS_DATASET], check_input=check_input, find_rows=find_rows)
    monkeypatch.setitem(CATALOGUE, VIDEOS_DATASET, known)
    rows = GeneratedRows(job({"url": CHANNEL}, "url", error_rate=0.1))
    summary = rows.summary()
    found = [map_line(text, last=False) for text in rows.texts()]
    times = [post.posted_at for post in found if isinstance(post, Post) and post.posted_at]
    assert (len(times), len(found)) == (summary.records, summary.records + summary.errors)
    assert times not in (sorted(times), sorted(times, reverse=True))
    assert [map_line(text, last=False) for text in rows.texts()] == found
