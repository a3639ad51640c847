"""Hacker News over real HTTP when it misbehaves: broken pages, endless ones, errors and pauses."""

import json
from datetime import timedelta

import pytest

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.sources.direct.hackernews import PAGE_SIZE, SOURCE
from scrape_assets_tests.sources.direct.collecting import collect
from scrape_assets_tests.sources.direct.hackernews_server import SECOND, by, comment, hackernews, story

FIRST_PAGE = {
    "tags": "author_ada,(story,comment,poll,job)",
    "numericFilters": f"created_at_i>=0,created_at_i<={SECOND}",
    "hitsPerPage": str(PAGE_SIZE),
    "page": "0",
}


def test_a_half_broken_page_gives_what_can_be_used() -> None:
    hits = [story(number, SECOND - number) for number in range(450)]
    hits[3]["created_at_i"] = SECOND - 3
    with hackernews(*hits) as (search, url):
        page = search.page(FIRST_PAGE)
        listed = page["hits"]
        assert isinstance(listed, list)
        listed[1:3] = [None, "no object", {"objectID": 7}, {"objectID": "8", "created_at_i": "soon", "author": "ada"}]
        search.first.append((200, {}, json.dumps(page | {"nbHits": "many", "nbPages": 3}).encode()))
        collected = collect(SOURCE, url, by())
    assert set(collected.ids(SOURCE)) == {str(number) for number in range(450)} - {"1", "2"}
    assert len([one for one in collected.mapped(SOURCE) if one]) - len(collected.posts(SOURCE)) == 4


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b"null", b'{"message": "try later"}', b'{"hits": {}}', b'{"hits": [{"objectID"', b"\xff"],
)
def test_what_is_no_page_is_bad_data(body: bytes) -> None:
    with hackernews(story(1, SECOND)) as (search, url):
        search.first = [(200, {}, body)]
        error = collect(SOURCE, url, by()).error
    assert error is not None
    assert error.error_class is ErrorClass.BAD_DATA


def test_a_search_that_repeats_itself_is_left() -> None:
    hits = [story(number, SECOND - number) for number in range(PAGE_SIZE)]
    with hackernews(*hits) as (search, url):
        search.changes = {"hits": hits, "nbHits": 10**9, "nbPages": 10**9}
        collected = collect(SOURCE, url, by())
    assert collected.error is not None
    assert collected.error.error_class is ErrorClass.BAD_DATA
    assert len(search.asked) == 2
    assert len(collected.pages) == 1  # what was given stays


def test_a_search_that_does_not_honour_the_time_is_left() -> None:
    with hackernews() as (search, url):
        late = {"hits": [story(1, SECOND + 1_000)], "nbHits": 9, "nbPages": 9}
        search.first = [(200, {}, json.dumps(late).encode())]
        collected = collect(SOURCE, url, by())
    assert collected.error is not None
    assert "does not honour the time" in collected.error.message


def test_a_wrong_number_of_hits_does_not_loop() -> None:
    hits = [story(number, SECOND - number) for number in range(5)]
    with hackernews(*hits) as (search, url):
        search.changes = {"nbHits": 10**9}
        collected = collect(SOURCE, url, by())
    assert set(collected.ids(SOURCE)) == {"0", "1", "2", "3", "4"}
    assert len(search.asked) <= 3


@pytest.mark.parametrize(
    ("status", "headers", "error_class", "tries"),
    [
        (400, {}, ErrorClass.BAD_REQUEST, 1),
        (403, {}, ErrorClass.REFUSED, 1),
        (404, {}, ErrorClass.NOT_FOUND, 1),
        (429, {}, ErrorClass.THROTTLED, 1),
        (500, {}, ErrorClass.SERVER, 3),
        (503, {}, ErrorClass.SERVER, 3),
    ],
)
def test_an_error_comes_to_its_class(status: int, headers: dict[str, str], error_class: ErrorClass, tries: int) -> None:
    with hackernews(story(1, SECOND)) as (search, url):
        search.first = [(status, headers, json.dumps({"message": "no", "status": status}).encode())] * 3
        collected = collect(SOURCE, url, by())
    assert collected.error is not None
    assert collected.error.error_class is error_class
    assert collected.error.status_code == status
    assert len(search.asked) == tries
    assert {call.error_class for call in collected.calls} == {error_class}


def test_a_broken_answer_is_asked_for_again() -> None:
    with hackernews(story(1, SECOND)) as (search, url):
        search.first = [(502, {}, b"<html>bad gateway"), (200, {"Content-Length": "5000"}, b'{"hits": [')]
        collected = collect(SOURCE, url, by())
    assert collected.ids(SOURCE) == ["1"]
    assert len(search.asked) == 3


def test_a_long_pause_is_the_callers_and_what_came_before_stays() -> None:
    hits = [comment(number, SECOND - number) for number in range(500)]
    with hackernews(*hits) as (search, url):
        whole = collect(SOURCE, url, by())
        search.first = [(200, {}, json.dumps(search.page(FIRST_PAGE)).encode())]
        search.first.append((429, {"Retry-After": "120"}, b'{"message": "Too many requests"}'))
        collected = collect(SOURCE, url, by())
        rest = collect(SOURCE, url, by(), cursor=collected.pages[-1].cursor)
    assert collected.error is not None
    assert collected.error.error_class is ErrorClass.THROTTLED
    assert collected.error.retry_after == timedelta(seconds=120)
    assert collected.pages + rest.pages == whole.pages


def test_a_short_pause_is_waited_for() -> None:
    hits = [comment(number, SECOND - number) for number in range(300)]
    with hackernews(*hits) as (search, url):
        search.first = [(200, {"Retry-After": "5"}, json.dumps(search.page(FIRST_PAGE)).encode())]
        collected = collect(SOURCE, url, by())
    assert len(set(collected.ids(SOURCE))) == 300
    assert collected.slept == [5]
