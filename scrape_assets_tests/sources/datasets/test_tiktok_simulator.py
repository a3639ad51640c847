"""The simulated vendor's TikTok rows: true in shape, odd as the real ones, and mapped with the rejects meant."""

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scrape_assets.posts.model import Post, Rejected
from scrape_assets.simulator import datasets, tiktok
from scrape_assets.simulator.content import GeneratedRows
from scrape_assets.simulator.jobs import Order, SimulatedJob
from scrape_assets.simulator.settings import ContentSettings
from scrape_assets.sources.datasets.tiktok import map_line
from scrape_assets_tests.sources.datasets import tiktok_rows

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
JANE = "https://www.tiktok.com/@jane.doe"


@pytest.fixture(autouse=True)
def _in_the_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    made = dataclasses.replace(
        datasets.DATASETS[tiktok.POSTS_DATASET], check_input=tiktok.check_input, find_rows=tiktok.find_rows
    )
    monkeypatch.setitem(datasets.DATASETS, tiktok.POSTS_DATASET, made)


def job(*inputs: dict[str, Any], by: str | None = "profile_url", **content: Any) -> SimulatedJob:
    return SimulatedJob(
        snapshot_id="s_test",
        order=Order(
            dataset_id=tiktok.POSTS_DATASET,
            discover_by=by,
            inputs=inputs,
            include_errors=True,
            limit_per_input=content.pop("limit", None),
        ),
        created=content.pop("at", NOON),
        ready_at=NOON + timedelta(seconds=10),
        seed=1,
        content=ContentSettings(**{"error_rate": 0.0, **content}),
    )


def lines_of(made: SimulatedJob) -> list[bytes]:
    return list(GeneratedRows(made).texts())


def posts_of(made: SimulatedJob) -> list[Post]:
    found = [map_line(line, last=False) for line in lines_of(made)]
    assert all(isinstance(one, Post) for one in found), [one for one in found if isinstance(one, Rejected)][:3]
    return [one for one in found if isinstance(one, Post)]


def test_all_rows_of_a_profile_map_and_are_as_odd_as_the_real_ones() -> None:
    made = job({"url": JANE}, limit=400)
    posts = posts_of(made)
    assert len({post.post_id for post in posts}) == 400
    assert {(post.feed_key, post.author_key) for post in posts} == {("jane.doe", "jane.doe")}
    assert {post.kind for post in posts} == {"post", "video"}
    assert all(post.media and post.text for post in posts)
    for post in posts:
        counts = (post.like_count, post.comment_count, post.share_count, post.view_count, post.save_count)
        assert None not in counts
    assert any(post.mentions for post in posts)
    times = [post.posted_at for post in posts if post.posted_at]
    assert times not in (sorted(times), sorted(times, reverse=True))
    notes = [note for post in posts for note in post.repairs or ()]
    assert notes
    assert all("thousandth" in note for note in notes)
    rows = [json.loads(line) for line in lines_of(made)]
    assert {type(row["share_count"]) for row in rows} == {str, int}
    assert any("num_share_count" in row for row in rows)


def test_a_search_finds_posts_of_many_and_not_only_what_it_looked_for() -> None:
    posts = posts_of(job({"search_keyword": "winter tea"}, {"search_keyword": "#tea"}, by="keyword", limit=60))
    assert {post.feed_key for post in posts} == {"search:winter tea", "search:tea"}
    assert len({post.author_key for post in posts}) > 10
    hits = [post for post in posts if post.feed_key == "search:winter tea" and "winter tea" in (post.text or "")]
    assert 40 < len(hits) < 60
    assert any("tea" in (post.hashtags or ()) for post in posts)
    again = posts_of(job({"search_keyword": "winter tea"}, by="keyword", limit=60))
    assert {post.post_id for post in again} <= {post.post_id for post in posts}
    assert len(posts_of(job({"search_keyword": "tea"}, by="keyword", rows_per_input=200))) == 200


def test_the_window_is_honoured_but_for_a_pinned_post() -> None:
    window = {"url": JANE, "start_date": "09-03-2026", "end_date": "10-08-2026"}
    posts = posts_of(job(window))
    inside = [post for post in posts if post.posted_at and datetime(2026, 9, 3, tzinfo=UTC) <= post.posted_at]
    assert all(post.posted_at and post.posted_at < datetime(2026, 10, 9, tzinfo=UTC) for post in inside)
    assert len(posts) - len(inside) <= 1
    assert len(inside) > 10
    assert len({post.post_id for post in posts_of(job(window, rows_per_input=300))}) == 300


def test_reposts_stand_in_a_feed_when_they_are_asked_for() -> None:
    given = {"url": JANE, "what_to_collect": "Posts & Reposts"}
    authors = {post.author_key for post in posts_of(job(given, limit=200))}
    assert "jane.doe" in authors
    assert len(authors) > 3


def test_counts_grow_and_posts_stay() -> None:
    window = {"url": JANE, "start_date": "11-01-2026", "end_date": "11-30-2026"}
    first = {post.post_id: post for post in posts_of(job(window, at=NOON - timedelta(days=3)))}
    later = {post.post_id: post for post in posts_of(job(window))}
    assert first.keys() <= later.keys()
    assert all(first[post_id].text == later[post_id].text for post_id in first)
    assert all((first[post_id].like_count or 0) <= (later[post_id].like_count or 0) for post_id in first)


def test_a_post_collected_by_its_address_is_the_one_of_its_authors_feed() -> None:
    for seen in posts_of(job({"url": JANE}, limit=40)):
        (collected,) = posts_of(job({"url": seen.url}, by=None))
        assert (collected.post_id, collected.text, collected.feed_key) == (seen.post_id, seen.text, None)
    (unknown,) = posts_of(job({"url": f"{JANE}/video/7400300200100900800"}, by=None))
    assert unknown.post_id == "7400300200100900800"


@pytest.mark.parametrize(
    ("given", "by", "asked"),
    [
        ({"url": "https://www.tiktok.com/@missing"}, "profile_url", "https://www.tiktok.com/@missing"),
        ({"url": JANE, "start_date": "2026-10-06"}, "profile_url", JANE),
        ({"url": JANE, "start_date": "11-20-2030"}, "profile_url", JANE),
        ({"search_keyword": "missing"}, "keyword", "search:missing"),
    ],
)
def test_an_input_that_leads_nowhere_is_one_rejected_row(given: dict[str, Any], by: str, asked: str) -> None:
    (line,) = lines_of(job(given, by=by))
    rejected = map_line(line, last=False)
    assert isinstance(rejected, Rejected)
    assert (rejected.code, rejected.input_url) == ("dead_page", asked)


def test_posts_that_could_not_be_collected_are_error_rows() -> None:
    found = [map_line(line, last=False) for line in lines_of(job({"url": JANE}, limit=100, error_rate=0.2))]
    failed = [one for one in found if isinstance(one, Rejected)]
    assert {(one.code, one.input_url) for one in failed} == {("crawl_failed", JANE)}
    assert 15 <= len(failed) <= 25


@pytest.mark.parametrize(
    ("given", "by", "field"),
    [
        ({}, "profile_url", "url"),
        ({"url": "jane"}, "profile_url", "url"),
        ({"url": "https://example.com/@jane"}, None, "url"),
        ({"url": JANE}, "profile_url", None),
        ({"search_keyword": " "}, "keyword", "search_keyword"),
        ({"url": JANE}, "keyword", "search_keyword"),
        ({"search_keyword": "tea"}, "keyword", None),
        ({"URL": "https://www.tiktok.com/discover/tea"}, "url", None),
    ],
)
def test_inputs_are_checked(given: dict[str, Any], by: str | None, field: str | None) -> None:
    assert [name for name, _ in tiktok.check_input(given, by)] == ([field] if field else [])


def test_rows_have_the_keys_of_the_invented_fixture_which_has_those_of_real_ones() -> None:
    for line in lines_of(job({"url": JANE}, limit=50)):
        assert tiktok_rows.row().keys() <= json.loads(line).keys()
