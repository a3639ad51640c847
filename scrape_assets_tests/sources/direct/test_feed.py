"""Feeds over real HTTP: conditional requests, redirects, and what goes wrong with them."""

import json
from collections.abc import Mapping
from datetime import timedelta

import pytest

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.posts.identity import Profile, ProfileKind
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.search import Search
from scrape_assets.sources.direct import feed_document
from scrape_assets.sources.direct.feed import SOURCE
from scrape_assets.sources.direct.source import DirectSource, Target
from scrape_assets.sources.errors import Throttled
from scrape_assets.sources.mapping import TimeWindow
from scrape_assets_tests.sources.direct.collecting import collect
from scrape_assets_tests.sources.direct.feed_server import (
    KEY,
    MONTH,
    NOON,
    Answering,
    found,
    ids,
    item,
    moved,
    of_feed,
    parsed_here,
    remembered,
    rss,
    site,
    unless_known,
)
from scrape_assets_tests.sources.direct.platform_server import Reply

A_SOURCE: DirectSource = SOURCE  # held against the contract by the type checker

__all__ = ["parsed_here"]
pytestmark = pytest.mark.usefixtures("parsed_here")


def test_a_feed_is_read_in_one_call_and_its_document_is_kept() -> None:
    body = rss(item(2), item(1, 3))
    with site({"/feed.xml": found(body)}) as (asked, url):
        collected = collect(SOURCE, url, of_feed())
    assert collected.ids(SOURCE) == ids(2, 1)
    assert [page.cursor for page in collected.pages] == [None]
    assert collected.pages[0].documents == (body,)
    assert asked.asked == ["/feed.xml"]
    assert "if-none-match" not in asked.headers[0]
    assert [call.error_class for call in collected.calls] == [None]


def test_an_unchanged_feed_costs_a_call_and_gives_nothing() -> None:
    with site({"/feed.xml": unless_known(found(rss(item(1)), last_modified="Fri, 20 Nov 2026"), '"a1"')}) as (
        asked,
        url,
    ):
        first = collect(SOURCE, url, of_feed())
        again = collect(SOURCE, url, of_feed(remembered=remembered(first)))
        third = collect(SOURCE, url, of_feed(remembered=remembered(again)))
    assert first.ids(SOURCE) == ids(1)
    assert again.items == third.items == []
    assert again.error is third.error is None
    assert [page.cursor for page in third.pages] == [None]
    assert asked.headers[2]["if-none-match"] == '"a1"'
    assert asked.headers[2]["if-modified-since"] == "Fri, 20 Nov 2026"
    assert again.calls[0].status_code == 304
    assert again.calls[0].error_class is None, "no fault of anybody's"


@pytest.mark.parametrize(
    ("before", "after", "asked_again"),
    [
        pytest.param(MONTH, MONTH, False, id="the same window"),
        pytest.param(MONTH, TimeWindow(MONTH.start + timedelta(days=1), MONTH.end), False, id="less"),
        pytest.param(MONTH, TimeWindow(MONTH.start - timedelta(days=1), MONTH.end), True, id="further back"),
        pytest.param(
            MONTH, TimeWindow(MONTH.start, MONTH.end + timedelta(days=9)), False, id="later: nothing newer in it"
        ),
        pytest.param(
            TimeWindow(MONTH.start, NOON - timedelta(days=5)),
            TimeWindow(MONTH.start, NOON),
            True,
            id="later: it held newer posts",
        ),
    ],
)
def test_an_unchanged_feed_is_read_again_for_a_window_that_it_was_not_read_for(
    before: TimeWindow, after: TimeWindow, asked_again: bool
) -> None:
    with site({"/feed.xml": unless_known(found(rss(item(1))), '"a1"')}) as (_, url):
        first = collect(SOURCE, url, of_feed(before))
        again = collect(SOURCE, url, of_feed(after, remembered(first)))
    assert bool(again.items) is asked_again


def test_what_moved_for_good_is_asked_for_there_from_then_on() -> None:
    answers = {"/feed.xml": moved("/new/"), "/new/": moved("/new.xml", 308), "/new.xml": found(rss(item(1)))}
    with site(answers) as (asked, url):
        first = collect(SOURCE, url, of_feed())
        second = collect(SOURCE, url, of_feed(remembered=remembered(first)))
    assert first.ids(SOURCE) == second.ids(SOURCE) == ids(1)
    assert asked.asked == ["/feed.xml", "/new/", "/new.xml", "/new.xml"]
    assert json.loads(first.items[0])["feed"]["key"] == KEY, "whose feed it is does not move"
    assert all(call.error_class is None for call in first.calls)


def test_what_moved_for_once_is_asked_for_where_it_was() -> None:
    answers: dict[str, Reply | Answering] = {
        "/feed.xml": moved("/cache.xml", 302),
        "/cache.xml": unless_known(found(rss(item(1))), '"c"'),
    }
    with site(answers) as (asked, url):
        first = collect(SOURCE, url, of_feed())
        second = collect(SOURCE, url, of_feed(remembered=remembered(first)))
    assert first.ids(SOURCE) == ids(1)
    assert second.items == []
    assert asked.asked == ["/feed.xml", "/cache.xml"] * 2
    assert ["if-none-match" in headers for headers in asked.headers] == [False, False, False, True]


def test_a_move_that_was_a_mistake_is_forgotten() -> None:
    gone = {"address": "https://blog.example.com/old-mistake.xml", "etag": '"x"'}
    with site({"/feed.xml": found(rss(item(1)))}) as (asked, url):
        collected = collect(SOURCE, url, of_feed(remembered=json.dumps(gone)))
    assert collected.ids(SOURCE) == ids(1)
    assert asked.asked == ["/old-mistake.xml", "/feed.xml"]
    assert "old-mistake" not in remembered(collected)


@pytest.mark.parametrize("text", ["{", "[]", '{"etag": 5}', '{"unknown": true}'])
def test_a_memory_that_cannot_be_read_is_none(text: str) -> None:
    with site({"/feed.xml": found(rss(item(1)))}) as (_, url):
        assert collect(SOURCE, url, of_feed(remembered=text)).ids(SOURCE) == ids(1)


def test_redirects_end() -> None:
    with site({"/feed.xml": moved("/feed.xml?again=1"), "/feed.xml?again=1": moved("/feed.xml")}) as (asked, url):
        collected = collect(SOURCE, url, of_feed())
    assert collected.error is not None
    assert collected.error.error_class is ErrorClass.REFUSED
    assert len(asked.asked) == 6


@pytest.mark.parametrize(
    "aim",
    [
        "http://169.254.169.254/meta",
        "http://localhost/x",
        "http://127.1/x",
        "http://[::1]/",
        "file:///etc/passwd",
        "http://[",
    ],
)
def test_no_feed_sends_us_into_our_own_network(aim: str) -> None:
    with site({"/feed.xml": moved(aim)}) as (asked, url):
        collected = collect(SOURCE, url, of_feed())
    assert collected.error is not None
    assert collected.error.error_class is ErrorClass.REFUSED
    assert asked.asked == ["/feed.xml"]


@pytest.mark.parametrize(
    ("reply", "expected", "says"),
    [
        ((410, {}, b""), ErrorClass.NOT_FOUND, "gone for good"),
        ((404, {}, b"no"), ErrorClass.NOT_FOUND, "404"),
        ((403, {}, b"bots are not welcome"), ErrorClass.REFUSED, "bots are not welcome"),
        ((301, {}, b""), ErrorClass.BAD_DATA, "nowhere"),
        ((304, {}, b""), ErrorClass.SERVER, "not asked"),
        (found("<!doctype html><title>Home</title>"), ErrorClass.BAD_DATA, "no feed"),
        (found(""), ErrorClass.BAD_DATA, "no feed"),
        (found('{"error": "none"}'), ErrorClass.BAD_DATA, "no feed"),
        (found('{"items": [}'), ErrorClass.BAD_DATA, "no feed"),
    ],
)
def test_what_is_no_feed_is_named(reply: Reply, expected: ErrorClass, says: str) -> None:
    with site({"/feed.xml": reply}) as (_, url):
        collected = collect(SOURCE, url, of_feed())
    assert collected.pages == []
    assert collected.error is not None
    assert collected.error.error_class is expected
    assert says in collected.error.message


def test_a_body_that_breaks_off_is_asked_for_again() -> None:
    whole = found(rss(item(1)))
    tries = [(200, {**whole[1], "content-length": "9999"}, whole[2]), (503, {}, b""), whole]

    def answer(headers: Mapping[str, str]) -> Reply:
        return tries.pop(0)

    with site({"/feed.xml": answer}) as (asked, url):
        collected = collect(SOURCE, url, of_feed())
    assert collected.ids(SOURCE) == ids(1)
    assert len(asked.asked) == 3


def test_retry_after_is_honoured() -> None:
    with site({"/feed.xml": (429, {"retry-after": "3600"}, b"slow down")}) as (asked, url):
        collected = collect(SOURCE, url, of_feed())
    assert isinstance(collected.error, Throttled)
    assert collected.error.retry_after == timedelta(hours=1)
    assert len(asked.asked) == 1

    answers = {
        "/feed.xml": found(rss(item(2), older="/feed.xml?page=2"), retry_after="7"),
        "/feed.xml?page=2": found(rss(item(1, 2))),
    }
    with site(answers) as (_, url):
        collected = collect(SOURCE, url, of_feed())
    assert collected.ids(SOURCE) == ids(2, 1)
    assert sum(collected.slept) == pytest.approx(7, abs=0.1)


def test_a_json_feed_is_read_too() -> None:
    first = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Leaves",
        "next_url": "https://blog.example.com/feed.xml?p=2",
        "items": [
            {
                "id": "https://blog.example.com/2",
                "content_text": "two",
                "date_published": "2026-11-20T10:00:00.5+01:00",
            },
            "no object",
            None,
            {},
        ],
    }
    second = {"items": [{"id": 1, "url": "/one", "title": "One", "date_published": "2026-11-19T10:00:00Z"}]}
    answers = {
        "/feed.xml": found("\ufeff" + json.dumps(first, indent=1), content_type="application/feed+json"),
        "/feed.xml?p=2": found(json.dumps(second)),
    }
    with site(answers) as (_, url):
        collected = collect(SOURCE, url, of_feed())
    assert collected.ids(SOURCE) == ["https://blog.example.com/2", f"{KEY}#1"]
    assert [page.documents for page in collected.pages] == [(), ()]
    assert collected.posts(SOURCE)[1].url == "https://blog.example.com/one"


def test_a_feed_too_long_to_be_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_document, "LONGEST_DOCUMENT", 1000)
    with site({"/feed.xml": found(rss(*[item(number) for number in range(20)]))}) as (_, url):
        collected = collect(SOURCE, url, of_feed())
    assert collected.error is not None
    assert collected.error.error_class is ErrorClass.BAD_DATA


def test_what_is_no_feed_s_is_refused_in_plain_words() -> None:
    with site({}) as (_, url):
        with pytest.raises(ValueError, match="cannot be searched"):
            collect(SOURCE, url, Target("search:tea", MONTH, search=Search(("tea",))))
        stranger = Profile(Platform.X, "jane", "https://x.com/jane", "jane", ProfileKind.ACCOUNT)
        with pytest.raises(ValueError, match="not a feed"):
            collect(SOURCE, url, Target("jane", MONTH, profile=stranger))
