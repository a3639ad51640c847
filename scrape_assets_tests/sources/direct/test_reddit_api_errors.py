"""Reddit's API over real HTTP: pauses, errors, keys, and pages that are broken."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.sources.answer import Answer
from scrape_assets.sources.direct.reddit import SOURCE
from scrape_assets.sources.direct.reddit_answer import judge_reddit
from scrape_assets.sources.direct.source import Target
from scrape_assets.sources.errors import KeyRefused, NotConfigured, Throttled
from scrape_assets_tests.sources.direct.keyed_collecting import collect_with
from scrape_assets_tests.sources.direct.platform_server import Reply
from scrape_assets_tests.sources.direct.reddit_asking import FIVE, IDS, TEA, about, by, collect, error_of
from scrape_assets_tests.sources.direct.reddit_server import (
    KEYS,
    TOKEN_PATH,
    listing,
    reddit_server,
    reply,
)

RECORDED = Path(__file__).parents[4] / "shared/recorded/reddit"


def test_a_withdrawn_token_is_replaced_once() -> None:
    with reddit_server(*FIVE, withdrawn={"token-1"}) as (server, url):
        assert collect(url, by()).ids(SOURCE) == IDS
    assert server.paths.count(TOKEN_PATH) == 2

    with reddit_server(*FIVE, withdrawn={"token-1", "token-2"}) as (server, url):
        assert isinstance(collect(url, by()).error, KeyRefused)
    assert server.paths.count(TOKEN_PATH) == 2


def test_a_token_that_runs_out_is_replaced_before_it_does() -> None:
    slow = {"x_ratelimit_remaining": "0.0", "x_ratelimit_reset": "15"}
    with reddit_server(*FIVE, expires_in=70, rate=slow) as (server, url):
        collected = collect(url, by())
    assert collected.ids(SOURCE) == IDS
    assert collected.slept == [15, 15]
    # With less than a minute left the second one is fetched, though the pause comes between it and its use.
    listed = "/user/ada_l/submitted"
    assert server.paths == [TOKEN_PATH, listed, listed, TOKEN_PATH, listed]


@pytest.mark.parametrize(
    "said", [(401, {"message": "Unauthorized", "error": 401}), (200, {"error": "invalid_grant"}), (400, {"error": "x"})]
)
def test_a_refused_key_is_said_once_and_without_the_key(said: tuple[int, Any]) -> None:
    with reddit_server(replies=[reply(*said)] * 3) as (server, url):
        error = error_of(collect(url, by()))
    assert isinstance(error, KeyRefused)
    assert server.paths == [TOKEN_PATH]
    assert "invented" not in error.message


def test_missing_keys_are_named() -> None:
    with reddit_server() as (server, url):
        error = error_of(collect_with({"REDDIT_CLIENT_ID": "x"}, SOURCE, url, by()))
    assert isinstance(error, NotConfigured)
    assert "REDDIT_CLIENT_SECRET" in error.message
    assert server.asked == []


def test_neither_key_nor_token_is_in_an_address_a_cursor_or_an_item() -> None:
    with reddit_server(*FIVE) as (_, url):
        collected = collect(url, by())
    written = "".join([call.url for call in collected.calls] + [str(page.cursor) for page in collected.pages])
    assert not any(secret in written + str(collected.items) for secret in ("token-1", *KEYS.values()))


def test_a_short_pause_is_slept_before_the_next_call() -> None:
    with reddit_server(*FIVE[:3], rate={"x_ratelimit_remaining": "0.0", "x_ratelimit_reset": "7"}) as (_, url):
        collected = collect(url, by())
    assert collected.slept == [7]
    assert collected.ids(SOURCE) == IDS[:3]


@pytest.mark.parametrize("status", [200, 429])
def test_a_long_pause_puts_the_target_aside(status: int) -> None:
    spent = {"x_ratelimit_remaining": "0.0", "x_ratelimit_reset": "459"}
    body = {"message": "Too Many Requests", "error": 429}
    if status == 200:
        body = listing([{"kind": "t3", "data": post} for post in FIVE[:2]], "t3_a2")
    with reddit_server(*FIVE, replies=[None, reply(status, body, **spent)]) as (server, url):
        collected = collect(url, by())
        error = error_of(collected)
        assert isinstance(error, Throttled)
        assert error.retry_after == timedelta(seconds=459)
        assert len(server.asked) == 2
        rest = collect(url, by(), collected.pages[-1].cursor if collected.pages else None)
    assert collected.ids(SOURCE) + rest.ids(SOURCE) == IDS


@pytest.mark.parametrize(
    ("target", "said", "error_class"),
    [
        (by(), reply(404, {"message": "Not Found", "error": 404}), ErrorClass.NOT_FOUND),
        (by(TEA), reply(404, {"reason": "banned", "message": "Not Found", "error": 404}), ErrorClass.NOT_FOUND),
        (by(TEA), reply(403, {"reason": "private", "message": "Forbidden", "error": 403}), ErrorClass.NOT_FOUND),
        (by(), reply(403, {"error": 403}), ErrorClass.NOT_FOUND),
        (by(TEA), reply(302, b"", location="https://oauth.reddit.com/subreddits/search?q=tea"), ErrorClass.NOT_FOUND),
        (by(), reply(403, b"<!doctype html><title>Blocked</title>"), ErrorClass.REFUSED),
        (about("tea"), reply(403, {"message": "Forbidden", "error": 403}), ErrorClass.REFUSED),
        (
            about("tea"),
            reply(400, {"fields": ["q"], "explanation": "Too long.", "message": "Bad Request", "reason": "TOO_LONG"}),
            ErrorClass.BAD_REQUEST,
        ),
        (about("tea"), reply(429, b"<html>"), ErrorClass.THROTTLED),
    ],
)
def test_errors(target: Target, said: Reply, error_class: ErrorClass) -> None:
    with reddit_server(replies=[None, said]) as (server, url):
        assert error_of(collect(url, target)).error_class is error_class
    assert len(server.asked) == 2


def test_a_server_error_and_a_cut_answer_are_tried_again() -> None:
    cut: Reply = (200, {"content-length": "900"}, b'{"kind": "Listing", ')
    broken = reply(500, {"message": "Internal Server Error", "error": 500})
    with reddit_server(*FIVE[:1], replies=[None, broken, cut]) as (server, url):
        assert collect(url, by()).ids(SOURCE) == IDS[:1]
    assert len(server.asked) == 4


def test_a_half_broken_page_gives_what_can_be_used() -> None:
    children = [
        None,
        "x",
        {"kind": "t3", "data": None},
        {"kind": "t1", "data": {"id": "c1"}},
        {"kind": "more", "data": {"children": []}},
        {"kind": "t3", "data": FIVE[0] | {"stickied": "no"}},
        {"kind": 5, "data": FIVE[1]},
    ]
    with reddit_server(*FIVE, replies=[None, reply(200, listing(children, "t3_a1"))]) as (_, url):
        assert collect(url, by()).ids(SOURCE) == IDS


@pytest.mark.parametrize("children", [None, {}, "none", []])
def test_a_page_without_a_list_is_empty(children: Any) -> None:
    with reddit_server(replies=[None, reply(200, listing(children))]) as (_, url):
        collected = collect(url, by())
    assert [(list(page.items), page.cursor) for page in collected.pages] == [([], None)]


@pytest.mark.parametrize(
    "body", [b'{"data": {', b"[]", b"<html>", b"{}", b'{"data": null}', b'{"data": {"after": 5}}', b""]
)
def test_what_is_no_page_is_bad_data(body: bytes) -> None:
    with reddit_server(replies=[None, reply(200, body)]) as (_, url):
        assert error_of(collect(url, by())).error_class is ErrorClass.BAD_DATA


@pytest.mark.parametrize("target", [by(), about("tea")], ids=["user", "search"])
def test_a_listing_that_turns_in_circles_ends(target: Target) -> None:
    children = [{"kind": "t3", "data": FIVE[0]}]
    same: list[Reply | None] = [reply(200, listing(children, "t3_a1"))] * 20
    new: list[Reply | None] = [reply(200, listing(children, f"t3_b{number}")) for number in range(20)]
    for replies in (same, new):
        with reddit_server(replies=[None, *replies]) as (server, url):
            collected = collect(url, target)
        assert collected.error is None
        assert collected.pages[-1].cursor is None
        assert len(server.asked) < 7


@pytest.mark.parametrize(
    ("name", "status", "error_class"),
    [
        ("error_403_with_ratelimit_headers.1.json", 403, ErrorClass.NOT_FOUND),
        ("error.2.json", 500, ErrorClass.SERVER),
        ("error.4.json", 400, ErrorClass.BAD_REQUEST),
    ],
)
def test_recorded_errors(name: str, status: int, error_class: ErrorClass) -> None:
    if not (RECORDED / name).exists():
        pytest.skip("the recorded answers of Reddit are not on this machine")
    answer = Answer(status, {}, (RECORDED / name).read_bytes())
    assert judge_reddit(answer, "user/ada_l").error_class is error_class
