"""Mastodon's listings, read over HTTP from a server on loopback: what is asked, where it ends, what stops it."""

import json
from collections.abc import Collection, Set
from datetime import datetime, timedelta
from typing import Any

import pytest

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.posts.identity import Profile, ProfileKind
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.search import Place, Search
from scrape_assets.sources.direct.mastodon import SEARCH_HOST, SOURCE
from scrape_assets.sources.direct.source import Target
from scrape_assets.sources.mapping import TimeWindow
from scrape_assets_tests.sources.direct.collecting import NOON, collect
from scrape_assets_tests.sources.direct.mastodon_server import mastodon, reply, status, uris

ALWAYS = TimeWindow(NOON - timedelta(days=3650), NOON)
LOOKUP = ("/api/v1/accounts/lookup", {"acct": "jo"})
LISTING = "/api/v1/accounts/109/statuses"


def creator(window: TimeWindow = ALWAYS, name: str = "jo") -> Target:
    key = f"{name}@social.example"
    profile = Profile(Platform.MASTODON, key, f"https://social.example/@{name}", key, ProfileKind.PERSON)
    return Target(key, window, profile=profile)


def event(*keywords: str, window: TimeWindow = ALWAYS) -> Target:
    return Target("event:7", window, search=Search(keywords))


def newest_first(count: int) -> list[dict[str, Any]]:
    return [status(number) for number in range(count, 0, -1)]


def since(hours: float) -> TimeWindow:
    return TimeWindow(NOON - timedelta(hours=hours), NOON)


def test_a_creator_is_looked_up_at_home_and_read_by_following_the_links_to_the_end() -> None:
    with mastodon(newest_first(100)) as (instance, url):
        found = collect(SOURCE, url, creator())
    assert found.error is None
    assert found.ids(SOURCE) == uris(*range(100, 0, -1))
    assert instance.asked == [
        LOOKUP,
        (LISTING, {"limit": "40"}),
        (LISTING, {"limit": "40", "max_id": "page-40"}),
        (LISTING, {"limit": "40", "max_id": "page-80"}),
    ]
    assert [call.operation for call in found.calls] == ["profile", "page", "page", "page"]
    assert [page.cursor is None for page in found.pages] == [False, False, True]


def test_the_rest_can_be_read_from_every_cursor_without_a_lookup() -> None:
    with mastodon(newest_first(100)) as (instance, url):
        whole = collect(SOURCE, url, creator())
        for place, page in enumerate(whole.pages[:-1], start=1):
            instance.asked.clear()
            rest = collect(SOURCE, url, creator(), page.cursor)
            assert rest.items == [item for later in whole.pages[place:] for item in later.items]
            assert LOOKUP not in instance.asked


@pytest.mark.parametrize("cursor", ["", "nonsense", "0 ", "0 https://elsewhere.example/", "-1 /x"])
def test_a_cursor_of_nobody_begins_anew(cursor: str) -> None:
    with mastodon(newest_first(3)) as (_, url):
        assert collect(SOURCE, url, creator(), cursor).ids(SOURCE) == uris(3, 2, 1)


def test_reading_stops_at_the_page_that_is_older_than_the_window() -> None:
    with mastodon(newest_first(200)) as (_, url):
        found = collect(SOURCE, url, creator(since(830)))
    assert found.ids(SOURCE) == uris(*range(200, 120, -1))  # 170 is at the start; 160 to 121 are older altogether
    assert found.pages[-1].cursor is None


def test_reading_stops_at_a_page_of_known_posts_and_not_before() -> None:
    def known(post_ids: Collection[str]) -> Set[str]:
        return {post_id for post_id in post_ids if int(post_id.rpartition("/")[2]) <= 150}

    with mastodon(newest_first(200)) as (_, url):
        found = collect(SOURCE, url, creator(), known=known)
    assert found.ids(SOURCE) == uris(*range(200, 80, -1))


def test_pinned_old_and_misplaced_statuses_do_not_stop_the_reading() -> None:
    pinned = [status(number, pinned=True) for number in range(1, 41)]
    late = [status(90, NOON - timedelta(days=9)), *newest_first(60)[1:]]  # federated late: older than what follows
    with mastodon([*pinned, *late]) as (instance, url):
        found = collect(SOURCE, url, creator(since(1000)))
    assert len(found.items) == 100
    assert len(instance.asked) == 4


def test_an_empty_listing_and_an_empty_last_page_are_ends() -> None:
    with mastodon([]) as (_, url):
        assert [page.items for page in collect(SOURCE, url, creator()).pages] == [[]]
    with mastodon(newest_first(41)) as (instance, url):
        link = {"Link": '<https://social.example/api/v1/x?max_id=0>; rel="next"'}
        instance.replies = [None, None, reply(200, [], link)]
        found = collect(SOURCE, url, creator())
    assert [len(page.items) for page in found.pages] == [40, 0]
    assert found.pages[-1].cursor is None


def test_a_listing_that_turns_in_circles_ends() -> None:
    def page(path: str) -> Any:
        link = {"Link": f'<https://social.example{path}>; rel="next"'}
        return reply(200, [status(1)], link)

    with mastodon() as (instance, url):
        instance.replies = [None, *(page(f"{LISTING}?limit=40&max_id=1") for _ in range(50))]
        assert collect(SOURCE, url, creator()).pages[-1].cursor is None
        assert len(instance.asked) < 6
        instance.asked.clear()
        instance.replies = [None, *(page(f"{LISTING}?limit=40&max_id={turn}") for turn in range(50))]
        assert collect(SOURCE, url, creator()).pages[-1].cursor is None
        assert len(instance.asked) < 10


@pytest.mark.parametrize(
    ("link", "leads"),
    [
        ('<https://evil.example/api/v1/accounts/109/statuses?max_id=page-0>; rel="next"', True),
        ("<https://social.example/prefix/api/v1/accounts/109/statuses?limit=2&max_id=page-0>; rel=next", True),
        ('</api/v1/accounts/109/statuses?limit=2&max_id=page-0>; title="a, b"; rel="last next"', True),
        ('<https://169.254.0.1/latest/meta-data>; rel="next"', False),
        ('<https://social.example/api/v1/x y>; rel="next"', False),
        ('<https://social.example/api/v1/x>; rel="prev"', False),
        ("nonsense <<>> ;rel=next", False),
    ],
)
def test_a_link_is_followed_on_the_asked_server_only(link: str, leads: bool) -> None:
    with mastodon(newest_first(1)) as (instance, url):
        instance.replies = [None, reply(200, [status(9)], {"Link": link}), reply(200, [])]
        found = collect(SOURCE, url, creator())
    assert found.error is None
    assert len(found.pages) == (2 if leads else 1)
    assert all("evil" not in call.url for call in found.calls)


def test_each_keyword_of_one_word_is_a_tag_timeline() -> None:
    with mastodon(flood=newest_first(41), Überfall=[status(77)]) as (instance, url):
        target = event("#flood", "Überfall", "FLOOD", "two words", "2024", window=since(2000))
        found = collect(SOURCE, url, target)
        assert found.ids(SOURCE) == uris(*range(41, 0, -1), 77)
        tag = "/api/v1/timelines/tag/"
        assert instance.asked == [
            (f"{tag}flood", {"limit": "40"}),
            (f"{tag}flood", {"limit": "40", "max_id": "page-40"}),
            (f"{tag}%C3%9Cberfall", {"limit": "40"}),
        ]
        for place, page in enumerate(found.pages[:-1], start=1):
            rest = collect(SOURCE, url, target, page.cursor)
            assert rest.items == [item for later in found.pages[place:] for item in later.items]


def test_a_post_known_from_its_creator_does_not_end_a_search_but_age_does() -> None:
    with mastodon(flood=newest_first(120)) as (_, url):
        assert len(collect(SOURCE, url, event("flood"), known=set).items) == 120
        assert len(collect(SOURCE, url, event("flood", window=since(890))).items) == 80


@pytest.mark.parametrize(
    ("target", "why"),
    [
        (Target("x", ALWAYS), "neither"),
        (event("two words", "2024", "#"), "single word"),
        (Target("x", ALWAYS, search=Search(place=Place(1, 2, 3))), "single word"),
        (
            Target("x", ALWAYS, Profile(Platform.X, "jo", "https://x.com/jo", "jo", ProfileKind.PERSON)),
            "not on mastodon",
        ),
    ],
)
def test_what_cannot_be_asked_is_said(target: Target, why: str) -> None:
    with mastodon() as (instance, url), pytest.raises(ValueError, match=why):
        collect(SOURCE, url, target)
    assert instance.asked == []


REFUSED, GONE = ErrorClass.REFUSED, ErrorClass.NOT_FOUND


@pytest.mark.parametrize(
    ("answers", "error_class", "says"),
    [
        ([reply(404, {"error": "Record not found"})], GONE, "Record not found"),
        ([None, reply(410, {"error": "Gone"})], GONE, "410"),
        ([None, reply(401, {"error": "This API requires an authenticated user"})], REFUSED, "strangers"),
        ([reply(403, b"<html>blocked</html>")], REFUSED, "strangers"),
        ([None, reply(422, {"error": "This method requires an authenticated user"})], REFUSED, "strangers"),
        ([reply(301, b"", {"Location": "https://new.example/api"})], GONE, "sends on to https://new.example/api"),
        ([reply(200, b"<html>")], ErrorClass.BAD_DATA, "cannot be read"),
        ([reply(200, {"error": "x"})], ErrorClass.BAD_DATA, "cannot be read"),
        ([None, reply(200, {"error": "x"})], ErrorClass.BAD_DATA, "cannot be read"),
        ([None, reply(200, b"[" * 100_000)], ErrorClass.BAD_DATA, "cannot be read"),
        ([None, *[reply(503, b"busy")] * 3], ErrorClass.SERVER, "busy"),
    ],
)
def test_refusals_are_told_apart(answers: list[Any], error_class: ErrorClass, says: str) -> None:
    with mastodon(newest_first(3)) as (instance, url):
        instance.replies = list(answers)
        error = collect(SOURCE, url, creator()).error
    assert error is not None
    assert error.error_class is error_class
    assert says in error.message


def test_a_server_that_stumbles_once_is_asked_again() -> None:
    with mastodon(newest_first(3)) as (instance, url):
        instance.replies = [None, reply(502, b"bad gateway"), reply(200, [status(1)], {"Content-Length": "999999"})]
        found = collect(SOURCE, url, creator())
    assert found.error is None
    assert found.ids(SOURCE) == uris(3, 2, 1)
    assert [call.status_code for call in found.calls] == [200, 502, 200, 200]


@pytest.mark.parametrize(
    ("remaining", "reset", "slept", "retry_after"),
    [
        ("0", NOON + timedelta(seconds=12), [12.0], None),
        ("0", NOON + timedelta(minutes=5), [], timedelta(minutes=5)),
        ("1", NOON + timedelta(minutes=5), [], None),
    ],
)
def test_a_spent_limit_is_waited_for_or_put_aside(
    remaining: str, reset: datetime, slept: list[float], retry_after: timedelta | None
) -> None:
    headers = {"X-RateLimit-Remaining": remaining, "X-RateLimit-Reset": reset.strftime("%Y-%m-%dT%H:%M:%S.000000Z")}
    link = {"Link": f'<https://social.example{LISTING}?limit=40&max_id=page-0>; rel="next"'}
    with mastodon(newest_first(3)) as (instance, url):
        instance.replies = [None, reply(200, [status(9)], headers | link)]
        found = collect(SOURCE, url, creator())
    assert found.slept == slept
    assert (found.error.retry_after if found.error else None) == retry_after
    assert found.ids(SOURCE) == (uris(9) if retry_after else uris(9, 3, 2, 1))


def test_too_many_requests_say_when_to_come_back() -> None:
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "2026-11-21T12:15:00.399976Z"}
    with mastodon() as (instance, url):
        instance.replies = [None, reply(429, {"error": "Too many requests"}, headers)]
        error = collect(SOURCE, url, creator()).error
    assert error is not None
    assert error.error_class is ErrorClass.THROTTLED
    assert error.retry_after == timedelta(minutes=15, microseconds=399976)


def test_a_broken_status_costs_itself() -> None:
    broken: list[Any] = ["text", 7, None, {"uri": 9}, {"uri": "https://social.example/x", "created_at": []}]
    with mastodon([*broken, *newest_first(2)]) as (_, url):
        found = collect(SOURCE, url, creator())
    assert found.ids(SOURCE) == uris(2, 1)
    assert len(found.items) == 7


def test_items_are_byte_for_byte_what_came() -> None:
    body = b'[ {"uri": "https:\\/\\/social.example\\/1",  "created_at":"2026-11-01T00:00:00.000Z", "x": 1.50e3 } ]'
    with mastodon() as (instance, url):
        instance.replies = [None, reply(200, body)]
        found = collect(SOURCE, url, creator())
    assert found.items == [body.strip(b"[] ")]
    assert json.loads(found.items[0])["x"] == 1500


def test_what_is_declared_is_what_is_done() -> None:
    assert (SOURCE.name, SOURCE.platform, SOURCE.base_url) == ("mastodon", Platform.MASTODON, None)
    assert SOURCE.keys == SOURCE.optional_keys == ()
    assert SOURCE.abilities.creators
    assert SOURCE.abilities.events
    assert SEARCH_HOST.removeprefix("https://") in SOURCE.abilities.remark
