"""X's API over real HTTP: pauses, errors, keys, and pages that are broken."""

import json
from datetime import timedelta
from typing import Any

import pytest

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.sources.direct.source import Target
from scrape_assets.sources.direct.x import SOURCE
from scrape_assets.sources.errors import KeyRefused, NotConfigured, Throttled
from scrape_assets_tests.sources.direct.collecting import NOON
from scrape_assets_tests.sources.direct.keyed_collecting import collect_with
from scrape_assets_tests.sources.direct.platform_server import Reply
from scrape_assets_tests.sources.direct.x_asking import FIVE, IDS, about, by_ada, collect
from scrape_assets_tests.sources.direct.x_server import (
    CAPPED,
    NO_USER,
    TOKEN,
    TOO_MANY,
    ada,
    in_unix,
    minutes_ago,
    reply,
    tweet,
    x_server,
)


@pytest.mark.parametrize("body", [NO_USER, {"data": {"name": "Ada"}, **NO_USER}], ids=["alone", "beside data"])
def test_an_unknown_account_is_not_found(body: dict[str, Any]) -> None:
    with x_server(replies=[reply(200, body)]) as (_, url):
        error = collect(url, by_ada()).error
    assert error is not None
    assert error.error_class is ErrorClass.NOT_FOUND
    assert "Could not find user" in error.message


def test_errors_alone_instead_of_a_timeline_are_not_found() -> None:
    protected = {"errors": [{"title": "Authorization Error", "detail": "Sorry, you are not authorized to see it."}]}
    with x_server(replies=[None, reply(200, protected)]) as (_, url):
        error = collect(url, by_ada()).error
    assert error is not None
    assert error.error_class is ErrorClass.NOT_FOUND
    assert "not authorized" in error.message


def test_a_partial_answer_gives_what_it_has() -> None:
    partial = {"data": FIVE[:1], "errors": [{"detail": "a quoted post is gone"}], "meta": {"result_count": 1}}
    with x_server(replies=[None, reply(200, partial)]) as (_, url):
        collected = collect(url, by_ada())
    assert collected.ids(SOURCE) == IDS[:1]
    assert collected.error is None


def test_a_half_broken_page_gives_what_can_be_used() -> None:
    broken = {
        "data": [None, 3, FIVE[0], {"text": "no id"}, "x"],
        "includes": {"users": [None, ada(), {"id": {}}], "media": "none", "tweets": {"id": "1"}},
        "meta": {"result_count": 5, "next_token": "at-1"},
    }
    with x_server(*FIVE, replies=[None, reply(200, broken)], size=4) as (_, url):
        collected = collect(url, by_ada())
    assert collected.ids(SOURCE) == IDS
    assert collected.posts(SOURCE)[0].author_name == "Ada L. 🌱"


@pytest.mark.parametrize(
    "body", [b'{"data": [', b"[]", b"<html>", b"{}", b'{"meta": {"next_token": 5}}', b'{"data":7}']
)
def test_what_is_no_page_is_bad_data(body: bytes) -> None:
    with x_server(replies=[None, reply(200, body)]) as (_, url):
        error = collect(url, by_ada()).error
    assert error is not None
    assert error.error_class is ErrorClass.BAD_DATA


@pytest.mark.parametrize("target", [by_ada(), about("flood")], ids=["timeline", "search"])
def test_a_listing_that_turns_in_circles_ends(target: Target) -> None:
    same = reply(200, {"data": FIVE[:2], "meta": {"result_count": 2, "next_token": "at-0"}})
    new = [reply(200, {"data": FIVE[:2], "meta": {"next_token": f"at-{number}"}}) for number in range(1, 40)]
    for replies in ([same] * 50, new):
        script: list[Reply | None] = [reply(200, {"data": ada()}), *replies] if target.profile else [*replies]
        with x_server(replies=script) as (server, url):
            collected = collect(url, target)
        assert collected.error is None
        assert collected.pages[-1].cursor is None
        assert len(server.asked) < 15


def test_a_short_pause_is_slept_before_the_next_call() -> None:
    spent = {"x_rate_limit_remaining": "0", "x_rate_limit_reset": in_unix(NOON + timedelta(seconds=9))}
    with x_server(*FIVE[:1], replies=[reply(200, {"data": ada()}, **spent)]) as (_, url):
        collected = collect(url, by_ada())
    assert collected.slept == [9]
    assert collected.ids(SOURCE) == IDS[:1]


@pytest.mark.parametrize("status", [200, 429])
def test_a_long_pause_puts_the_target_aside(status: int) -> None:
    spent = {"x_rate_limit_remaining": "0", "x_rate_limit_reset": in_unix(NOON + timedelta(minutes=14))}
    body = TOO_MANY if status == 429 else {"data": FIVE[:2], "meta": {"next_token": "at-2"}}
    with x_server(*FIVE, replies=[None, reply(status, body, **spent)]) as (server, url):
        collected = collect(url, by_ada())
        assert isinstance(collected.error, Throttled)
        assert collected.error.retry_after == timedelta(minutes=14)
        assert len(server.asked) == 2
        cursor = collected.pages[-1].cursor if collected.pages else None
        rest = collect(url, by_ada(), cursor)
    assert collected.ids(SOURCE) + rest.ids(SOURCE) == IDS


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (429, CAPPED),
        (402, {"title": "CreditsDepleted", "detail": "Your account has no credits.", "type": "about:blank"}),
        (429, {"errors": [{"message": "Usage cap"}], "type": "https://api.x.com/2/problems/usage-capped"}),
    ],
)
def test_a_spent_credit_is_no_throttle_and_is_never_retried(status: int, body: dict[str, Any]) -> None:
    reset = {"x_rate_limit_remaining": "9", "x_rate_limit_reset": in_unix(NOON + timedelta(seconds=9))}
    with x_server(replies=[None, reply(status, body, **reset)]) as (server, url):
        collected = collect(url, by_ada())
    assert collected.error is not None
    assert collected.error.error_class is ErrorClass.PAYMENT
    assert not isinstance(collected.error, Throttled)
    assert len(server.asked) == 2
    assert collected.slept == []


@pytest.mark.parametrize(
    ("status", "body", "error_class"),
    [
        (400, {"errors": [{"message": "Invalid 'start_time'"}], "title": "Invalid Request"}, ErrorClass.BAD_REQUEST),
        (403, {"title": "Client Forbidden", "reason": "client-not-enrolled", "detail": "…"}, ErrorClass.REFUSED),
        (404, {"title": "Not Found", "detail": "no such page"}, ErrorClass.NOT_FOUND),
        (503, b"<html>", ErrorClass.SERVER),
    ],
)
def test_other_errors_go_by_their_status(status: int, body: Any, error_class: ErrorClass) -> None:
    with x_server(replies=[None, *[reply(status, body)] * 3]) as (server, url):
        collected = collect(url, by_ada())
    assert collected.error is not None
    assert collected.error.error_class is error_class
    assert len(server.asked) == (4 if status == 503 else 2)


def test_a_server_error_and_a_cut_answer_are_tried_again() -> None:
    cut: Reply = (200, {"content-length": "900"}, b'{"data": [')
    with x_server(*FIVE[:1], replies=[None, reply(503, b""), cut]) as (server, url):
        assert collect(url, by_ada()).ids(SOURCE) == IDS[:1]
    assert len(server.asked) == 4


def test_a_wrong_key_is_said_without_the_key() -> None:
    with x_server() as (_, url):
        collected = collect_with({"X_BEARER_TOKEN": "wrong"}, SOURCE, url, by_ada())
        missing = collect_with({}, SOURCE, url, by_ada())
    assert isinstance(collected.error, KeyRefused)
    assert isinstance(missing.error, NotConfigured)
    assert "wrong" not in collected.error.message


def test_the_key_is_in_no_address_cursor_or_item() -> None:
    with x_server(*FIVE) as (_, url):
        collected = collect(url, by_ada())
    written = [call.url for call in collected.calls] + [str(page.cursor) for page in collected.pages]
    assert TOKEN not in "".join(written) + str(collected.items)


def test_an_item_holds_only_what_its_post_refers_to() -> None:
    quoted = tweet(minutes_ago(90), 77, author_id="8002", text="quoted")
    quoting = tweet(minutes_ago(5), 1, referenced_tweets=[{"type": "quoted", "id": quoted["id"]}])
    pictured = tweet(minutes_ago(6), 2, attachments={"media_keys": ["3_1"]}, geo={"place_id": "p1"})
    includes = {
        "users": [ada(), {"id": "8002", "name": "Bo", "username": "bo"}],
        "tweets": [quoted],
        "media": [{"media_key": "3_1", "type": "photo", "url": "https://example.com/1.jpg"}, {"media_key": "3_2"}],
        "places": [{"id": "p1", "full_name": "Ede"}, {"id": "p2"}],
    }
    with x_server(quoting, pictured, includes=includes) as (_, url):
        first, second = (json.loads(item) for item in collect(url, about("flood")).items)
    assert first == {"post": quoting, "includes": {"users": includes["users"], "tweets": [quoted]}}
    assert second == {
        "post": pictured,
        "includes": {
            "users": [ada()],
            "media": [{"media_key": "3_1", "type": "photo", "url": "https://example.com/1.jpg"}],
            "places": [{"id": "p1", "full_name": "Ede"}],
        },
    }
