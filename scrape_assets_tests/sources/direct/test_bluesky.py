"""Bluesky's feeds, read over HTTP from a server on loopback: what is asked, where it ends, what stops it."""

from collections.abc import Collection, Set
from datetime import timedelta
from typing import Any

import pytest

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.posts.identity import Profile, ProfileKind
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.search import Place, Search
from scrape_assets.sources.direct.bluesky import SOURCE
from scrape_assets.sources.direct.source import Target
from scrape_assets.sources.mapping import TimeWindow
from scrape_assets_tests.sources.direct.bluesky_server import (
    DID,
    FEED,
    KEYS,
    OTHER,
    bluesky,
    reply,
    repost,
    uri,
    uris,
    view,
)
from scrape_assets_tests.sources.direct.collecting import NOON, collect

ALWAYS = TimeWindow(NOON - timedelta(days=3650), NOON)
ASKED = {"actor": "jo.example.com", "filter": "posts_with_replies", "limit": "100"}


def creator(window: TimeWindow = ALWAYS, key: str = "jo.example.com", did: str | None = None) -> Target:
    handle = None if did else key
    profile = Profile(Platform.BLUESKY, key, f"https://bsky.app/profile/{key}", handle, ProfileKind.PERSON, did)
    return Target(key, window, profile=profile)


def event(*keywords: str, window: TimeWindow = ALWAYS) -> Target:
    return Target("event:7", window, search=Search(keywords))


def newest_first(count: int) -> list[dict[str, Any]]:
    return [{"post": view(number)} for number in range(count, 0, -1)]


def finds(count: int) -> list[dict[str, Any]]:
    return [view(number) for number in range(count, 0, -1)]


def since(hours: float) -> TimeWindow:
    return TimeWindow(NOON - timedelta(hours=hours), NOON)


def test_a_creators_feed_is_read_to_the_page_without_a_cursor() -> None:
    with bluesky(newest_first(250)) as (network, url):
        found = collect(SOURCE, url, creator())
    assert found.error is None
    assert found.ids(SOURCE) == uris(*range(250, 0, -1))
    assert network.asked == [(FEED, ASKED), (FEED, ASKED | {"cursor": "100"}), (FEED, ASKED | {"cursor": "200"})]
    assert found.pages[-1].cursor is None
    assert network.logins == []


def test_a_creator_known_by_a_did_is_asked_for_by_it() -> None:
    with bluesky(newest_first(1)) as (network, url):
        assert collect(SOURCE, url, creator(key=DID, did=DID)).ids(SOURCE) == uris(1)
    assert network.asked == [(FEED, ASKED | {"actor": DID})]


def test_the_rest_can_be_read_from_every_cursor() -> None:
    with bluesky(newest_first(250)) as (_, url):
        whole = collect(SOURCE, url, creator())
        for place, page in enumerate(whole.pages[:-1], start=1):
            rest = collect(SOURCE, url, creator(), page.cursor)
            assert rest.items == [item for later in whole.pages[place:] for item in later.items]


@pytest.mark.parametrize("cursor", ["", "nonsense", "7 100", "-1 x"])
def test_a_cursor_of_nobody_begins_anew(cursor: str) -> None:
    with bluesky(newest_first(3)) as (_, url):
        assert collect(SOURCE, url, creator(), cursor).ids(SOURCE) == uris(3, 2, 1)


def test_reading_stops_at_a_page_that_is_older_or_known() -> None:
    def known(post_ids: Collection[str]) -> Set[str]:
        return {post_id for post_id in post_ids if post_id <= uri(250)}

    with bluesky(newest_first(500)) as (_, url):
        # 500 is 500 hours old, 400 is 600 hours old.
        assert len(collect(SOURCE, url, creator(since(590))).items) == 200
        assert len(collect(SOURCE, url, creator(), known=known).items) == 400


def test_pins_and_reposts_of_old_posts_do_not_stop_the_reading() -> None:
    pins = [{"post": view(1), "reason": {"$type": "app.bsky.feed.defs#reasonPin"}}]
    old = view(2, NOON - timedelta(days=2000), author={"did": OTHER, "handle": "kim.example.com"})
    reposts = [{"post": old, "reason": repost(NOON - timedelta(hours=1))} for _ in range(99)]
    with bluesky([*pins, *reposts, *newest_first(3)]) as (_, url):
        found = collect(SOURCE, url, creator(since(1000)))
        assert len(found.items) == 103
        # Pins alone say nothing of what follows them.
        assert len(collect(SOURCE, url, creator(since(1000))).pages) == 2
    with bluesky([*(pins * 100), *newest_first(3)]) as (_, url):
        assert len(collect(SOURCE, url, creator(since(1000))).items) == 103


def test_old_reposts_of_new_posts_do_stop_it() -> None:
    entry = {"post": view(999), "reason": repost(NOON - timedelta(hours=2000))}
    with bluesky([entry] * 150) as (_, url):
        assert len(collect(SOURCE, url, creator(since(1000))).items) == 100


def test_empty_pages_in_between_are_passed_and_endless_ones_are_not() -> None:
    with bluesky(newest_first(1)) as (network, url):
        network.replies = [reply(200, {"feed": [], "cursor": "a"}), reply(200, {"feed": None, "cursor": "0"})]
        assert collect(SOURCE, url, creator()).ids(SOURCE) == uris(1)
        for cursor in ("same{:.0}", "{}"):
            network.asked.clear()
            network.replies = [
                reply(200, {"feed": newest_first(1), "cursor": cursor.format(str(turn))}) for turn in range(50)
            ]
            assert collect(SOURCE, url, creator()).pages[-1].cursor is None
            assert len(network.asked) < 10


@pytest.mark.parametrize(
    ("target", "why"),
    [
        (Target("x", ALWAYS), "neither"),
        (event(" ", '"'), "by keyword"),
        (Target("x", ALWAYS, search=Search(place=Place(1, 2, 3))), "by keyword"),
        (
            Target("x", ALWAYS, Profile(Platform.X, "jo", "https://x.com/jo", "jo", ProfileKind.PERSON)),
            "not on bluesky",
        ),
    ],
)
def test_what_cannot_be_asked_is_said(target: Target, why: str) -> None:
    with bluesky() as (network, url), pytest.raises(ValueError, match=why):
        collect(SOURCE, url, target)
    assert network.asked == []


@pytest.mark.parametrize(
    ("answers", "error_class", "says"),
    [
        (
            [reply(400, {"error": "InvalidRequest", "message": "Profile not found"})],
            ErrorClass.NOT_FOUND,
            "Profile not",
        ),
        ([reply(400, {"error": "AccountDeactivated", "message": "x"})], ErrorClass.NOT_FOUND, "AccountDeactivated"),
        ([reply(400, {"error": "BlockedActor", "message": "x"})], ErrorClass.BAD_REQUEST, "BlockedActor"),
        ([reply(400, b"<html>")], ErrorClass.BAD_REQUEST, "HTTP 400"),
        ([reply(400, [1])], ErrorClass.BAD_REQUEST, "HTTP 400"),
        ([reply(403, b"Request forbidden by administrative rules")], ErrorClass.REFUSED, "administrative rules"),
        (
            [reply(401, {"error": "AuthMissing", "message": "Authentication Required"})],
            ErrorClass.REFUSED,
            "AuthMissing",
        ),
        ([reply(200, b'{"feed": [{"post"')], ErrorClass.BAD_DATA, "cannot be read"),
        ([reply(200, {"feed": "none"})], ErrorClass.BAD_DATA, "cannot be read"),
        ([reply(200, {})], ErrorClass.BAD_DATA, "neither posts nor cursor"),
        ([reply(200, [])], ErrorClass.BAD_DATA, "cannot be read"),
        ([reply(502, b"upstream")] * 3, ErrorClass.SERVER, "upstream"),
    ],
)
def test_refusals_are_told_apart(answers: list[Any], error_class: ErrorClass, says: str) -> None:
    with bluesky(newest_first(3)) as (network, url):
        network.replies = list(answers)
        error = collect(SOURCE, url, creator()).error
    assert error is not None
    assert error.error_class is error_class
    assert says in error.message


def test_a_server_that_stumbles_once_is_asked_again() -> None:
    with bluesky(newest_first(3)) as (network, url):
        network.replies = [reply(503, b"busy"), reply(200, {"feed": []}, {"Content-Length": "99999"})]
        found = collect(SOURCE, url, creator())
    assert found.ids(SOURCE) == uris(3, 2, 1)
    assert [call.status_code for call in found.calls] == [503, 200, 200]


@pytest.mark.parametrize(
    ("status", "seconds", "slept", "retry_after"),
    [(200, 12, [12.0], None), (200, 300, [], 300.0), (429, 300, [], 300.0), (429, 12, [12.0], None)],
)
def test_a_spent_limit_is_waited_for_or_put_aside(
    status: int, seconds: int, slept: list[float], retry_after: float | None
) -> None:
    headers = {"RateLimit-Remaining": "0", "RateLimit-Reset": str(int(NOON.timestamp()) + seconds)}
    body = {"feed": newest_first(9)[:1], "cursor": "0"} if status == 200 else {"error": "RateLimitExceeded"}
    with bluesky(newest_first(3)) as (network, url):
        network.replies = [reply(status, body, headers)]
        found = collect(SOURCE, url, creator())
    assert found.slept == slept
    if retry_after is None:
        assert found.ids(SOURCE) == (uris(9, 3, 2, 1) if status == 200 else uris(3, 2, 1))
    else:
        assert found.error is not None
        assert found.error.error_class is ErrorClass.THROTTLED
        assert found.error.retry_after == timedelta(seconds=retry_after)


def test_retry_after_is_heeded_before_the_reset() -> None:
    headers = {"RateLimit-Remaining": "0", "RateLimit-Reset": "1", "Retry-After": "90"}
    with bluesky() as (network, url):
        network.replies = [reply(429, {"error": "RateLimitExceeded"}, headers)]
        error = collect(SOURCE, url, creator()).error
    assert error is not None
    assert error.retry_after == timedelta(seconds=90)


def test_a_broken_entry_costs_itself() -> None:
    broken: list[Any] = ["text", 7, None, {}, {"post": None}, {"post": {"uri": 9}}, {"post": view(1, uri="https://x")}]
    with bluesky([*broken, *newest_first(2)]) as (_, url):
        found = collect(SOURCE, url, creator())
    assert found.ids(SOURCE) == uris(2, 1)
    assert len(found.items) == 9


def test_what_is_declared_is_what_is_done() -> None:
    assert (SOURCE.name, SOURCE.platform, SOURCE.keys) == ("bluesky", Platform.BLUESKY, ())
    assert SOURCE.base_url == "https://public.api.bsky.app"
    assert set(SOURCE.optional_keys) == set(KEYS)
    assert set(SOURCE.abilities.event_keys) == set(KEYS)
