"""Lemmy over real HTTP: both versions of its API, what is asked, where paging ends, what an error comes to."""

import json
from collections.abc import Collection, Set
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.posts.identity import Profile, ProfileKind
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.search import Place, Search, search_key
from scrape_assets.sources.direct.api import Api
from scrape_assets.sources.direct.lemmy import PAGE_SIZE, SOURCE
from scrape_assets.sources.direct.source import DirectSource, Target
from scrape_assets.sources.http import HttpTransport
from scrape_assets.sources.mapping import TimeWindow
from scrape_assets_tests.sources.direct.collecting import collect, nothing_known
from scrape_assets_tests.sources.direct.lemmy_server import HOST, NEWEST, comment, fault, lemmy, ok, post
from scrape_assets_tests.sources.wire import Wire, reply

A_SOURCE: DirectSource = SOURCE  # held against the contract by the type checker
WINDOW = TimeWindow(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC))
RECENT = TimeWindow(NEWEST - timedelta(minutes=60), WINDOW.end)


def ada(key: str = "u/ada@lemmy.example.com", window: TimeWindow = WINDOW) -> Target:
    section, _, account = key.partition("/")
    kind = ProfileKind.COMMUNITY if section == "c" else ProfileKind.ACCOUNT
    url = f"{HOST}/{section}/{account.partition('@')[0]}"
    return Target(key, window, profile=Profile(Platform.LEMMY, key, url, account, kind))


def tea(window: TimeWindow = WINDOW) -> Target:
    return ada("c/tea@lemmy.example.com", window)


def about(*keywords: str, window: TimeWindow = WINDOW) -> Target:
    return Target(search_key(keywords[0]), window, search=Search(keywords))


def ids(*views: dict[str, Any]) -> set[str]:
    return {view.get("comment", view["post"])["ap_id"] for view in views}


def test_a_user_s_posts_and_comments_are_read_until_a_page_is_empty() -> None:
    views = [*(post(n, n) for n in range(60)), *(comment(1_000 + n, n * 2) for n in range(120)), post(9, 1, "bob")]
    with lemmy(*views) as (server, url):
        collected = collect(SOURCE, url, ada())
    assert set(collected.ids(SOURCE)) == ids(*views[:-1])
    assert len(collected.items) == 180
    assert server.asked == [
        (
            "/api/v3/user",
            {"username": "ada@lemmy.example.com", "sort": "New", "page": str(page), "limit": str(PAGE_SIZE)},
        )
        for page in (1, 2, 3, 4)
    ]
    assert collected.pages[-1].cursor is None


def test_a_community_s_posts_are_linked_and_pinned_ones_do_not_end_it() -> None:
    views = [post(n, n) for n in range(200)]
    pinned = [post(1_000 + n, 400_000 + n, featured_community=True) for n in range(PAGE_SIZE)]
    with lemmy(*views, *pinned, comment(5_000, 1)) as (server, url):
        collected = collect(SOURCE, url, tea(RECENT))
    assert collected.ids(SOURCE) == [view["post"]["ap_id"] for view in pinned + views[:150]]
    assert [params.get("page_cursor") for _, params in server.asked] == [None, "P50", "P100", "P150"]
    assert server.asked[0][1] == {
        "community_name": "tea@lemmy.example.com",
        "type_": "All",
        "sort": "New",
        "limit": str(PAGE_SIZE),
    }


def test_a_server_of_1_0_is_asked_for_users_in_version_4() -> None:
    views = [*(post(n, n * 2) for n in range(60)), *(comment(1_000 + n, n * 2 + 1) for n in range(60))]
    with lemmy(*views, version="1.0") as (server, url):
        collected = collect(SOURCE, url, ada())
    assert set(collected.ids(SOURCE)) == ids(*views)
    assert [(path, params.get("page_cursor")) for path, params in server.asked] == [
        ("/api/v3/user", None),
        ("/api/v4/person/content", None),
        ("/api/v4/person/content", "P50"),
        ("/api/v4/person/content", "P100"),
        ("/api/v4/person/content", "P120"),
    ]
    assert collected.error is None


def test_a_server_of_1_0_is_asked_for_the_rest_of_a_community_in_version_4() -> None:
    views = [post(n, n) for n in range(120)]
    with lemmy(*views, version="1.0") as (server, url):
        collected = collect(SOURCE, url, tea())
    assert set(collected.ids(SOURCE)) == ids(*views)
    assert [path for path, _ in server.asked] == ["/api/v3/post/list"] + 4 * ["/api/v4/post/list"]
    assert server.asked[1][1]["sort"] == "new"


def test_a_server_of_1_0_is_searched_in_version_4() -> None:
    views = [post(n, n) for n in range(120)]
    with lemmy(*views, version="1.0") as (server, url):
        collected = collect(SOURCE, url, about("tea"))
    assert set(collected.ids(SOURCE)) == ids(*views)
    assert collected.error is None
    assert server.asked[-1][1]["search_term"] == "tea"


def test_a_search_takes_each_keyword_in_turn() -> None:
    views = [post(1, 1, name="Green tea"), post(2, 2, name="Coffee"), comment(3, 3, content="COFFEE!"), post(4, 4)]
    with lemmy(*views) as (server, url):
        collected = collect(SOURCE, url, about("green  tea", "#coffee", "Green tea"))
    assert collected.ids(SOURCE) == [f"{HOST}/post/1", f"{HOST}/post/2", f"{HOST}/comment/3", f"{HOST}/post/1"]
    assert [(params["q"], params["page"]) for _, params in server.asked] == [
        ("green tea", "1"),
        ("green tea", "2"),
        ("coffee", "1"),
        ("coffee", "2"),
        ("Green tea", "1"),
        ("Green tea", "2"),
    ]
    assert server.asked[0][1]["listing_type"] == "All"


@pytest.mark.parametrize("target", [ada(), tea(), about("tea", "milk")])
@pytest.mark.parametrize("version", ["0.19", "1.0"])
def test_every_cursor_leads_to_the_rest(target: Target, version: str) -> None:
    views = [*(post(n, n * 2, body="milk") for n in range(60)), *(comment(1_000 + n, n * 2 + 1) for n in range(60))]
    with lemmy(*views, version=version) as (_, url):
        whole = collect(SOURCE, url, target)
        for number, page in enumerate(whole.pages[:-1]):
            assert page.cursor is not None
            rest = collect(SOURCE, url, target, cursor=page.cursor)
            # A search that is resumed in version 3 of a server of 1.0 notices one page later.
            assert set(rest.items) >= {item for page in whole.pages[number + 1 :] for item in page.items}
            assert rest.pages[-1].cursor is None
    assert whole.error is None


def test_paging_stops_where_all_is_older_or_known() -> None:
    views = [post(n, n) for n in range(200)]

    def known(post_ids: Collection[str]) -> Set[str]:
        return {post_id for post_id in post_ids if int(post_id.rsplit("/", 1)[1]) >= 60}

    with lemmy(*views) as (server, url):
        collect(SOURCE, url, ada(window=RECENT))
        assert [params["page"] for _, params in server.asked] == ["1", "2", "3"]
        server.asked.clear()
        collected = collect(SOURCE, url, tea(), known=known)
        assert [params.get("page_cursor") for _, params in server.asked] == [None, "P50", "P100"]
        server.asked.clear()
        collect(SOURCE, url, about("tea", window=RECENT), known=lambda post_ids: set(post_ids))
        assert [params["page"] for _, params in server.asked] == ["1", "2", "3"]
    assert collected.pages[-1].cursor is None


def test_a_profile_is_asked_for_at_its_home_and_a_search_at_the_largest_server() -> None:
    wire = Wire(reply(200, '{"posts": [], "comments": []}'))
    with HttpTransport("lemmy", wire.calls.append, backend=wire.transport()._client._transport) as transport:
        list(SOURCE.pages(Api(transport), ada(), None, nothing_known))
        list(SOURCE.pages(Api(transport), about("tea"), None, nothing_known))
    assert [request.url.host for request in wire.requests] == ["lemmy.example.com", "lemmy.world"]


@pytest.mark.parametrize(
    "target",
    [
        Target("search:x", WINDOW, search=Search((), Place(52.5, 13.4, 10))),
        Target("search:x", WINDOW, search=Search(("#", " "))),
        Target("search:x", WINDOW),
        Target("in/jane", WINDOW, profile=Profile(Platform.LINKEDIN, "in/jane", "https://x", "j", ProfileKind.PERSON)),
        ada("u/ada"),
        ada("x/ada@lemmy.example.com"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_a_reason(target: Target) -> None:
    with lemmy() as (server, url), pytest.raises(ValueError, match="Lemmy"):
        collect(SOURCE, url, target)
    assert server.asked == []


@pytest.mark.parametrize("cursor", ["", "nonsense", "[1]", '{"listing": "x"}'])
def test_a_cursor_of_another_source_is_refused(cursor: str) -> None:
    with lemmy() as (_, url), pytest.raises(ValueError, match="no cursor"):
        collect(SOURCE, url, ada(), cursor=cursor)


@pytest.mark.parametrize(
    ("given", "error_class", "tries"),
    [
        (fault(404, "not_found"), ErrorClass.NOT_FOUND, 1),
        (fault(404, "couldnt_find_person"), ErrorClass.NOT_FOUND, 1),
        (fault(400, "couldnt_find_that_username_or_email"), ErrorClass.NOT_FOUND, 1),
        (fault(400, "instance_is_private"), ErrorClass.REFUSED, 1),
        (fault(401, "not_logged_in"), ErrorClass.REFUSED, 1),
        (fault(400, "rate_limit_error"), ErrorClass.THROTTLED, 1),
        (fault(429, "too_many_requests"), ErrorClass.THROTTLED, 1),
        ((429, {}, b""), ErrorClass.THROTTLED, 1),
        (fault(400, "invalid_query"), ErrorClass.BAD_REQUEST, 1),
        ((403, {}, b"<html>go away"), ErrorClass.REFUSED, 1),
        ((400, {}, b'{"error": 7}'), ErrorClass.BAD_REQUEST, 1),
        ((503, {}, b"<html>down"), ErrorClass.SERVER, 3),
        ((200, {}, b""), ErrorClass.BAD_DATA, 1),
        ((200, {}, b"<html>"), ErrorClass.BAD_DATA, 1),
        ((200, {}, b"[]"), ErrorClass.BAD_DATA, 1),
        ((200, {}, b'{"person_view": {}}'), ErrorClass.BAD_DATA, 1),
        ((200, {}, b'{"posts": null, "comments": {}}'), ErrorClass.BAD_DATA, 1),
    ],
)
def test_an_error_comes_to_its_class(
    given: tuple[int, dict[str, str], bytes], error_class: ErrorClass, tries: int
) -> None:
    with lemmy(post(1, 1)) as (server, url):
        server.first = [given] * 3
        collected = collect(SOURCE, url, ada())
    assert collected.error is not None
    assert collected.error.error_class is error_class
    assert len(server.asked) == tries


def test_an_unknown_user_is_not_found_by_either_version() -> None:
    for version in ("0.19", "1.0"):
        with lemmy(version=version) as (_, url):
            error = collect(SOURCE, url, ada("u/nobody@lemmy.example.com")).error
        assert error is not None
        assert error.error_class is ErrorClass.NOT_FOUND


def test_a_host_without_lemmy_is_no_missing_profile() -> None:
    with lemmy() as (server, url):
        server.first = [(404, {}, b"<html>404")] * 2
        error = collect(SOURCE, url, ada()).error
    assert error is not None
    assert error.error_class is ErrorClass.BAD_DATA
    assert [path for path, _ in server.asked] == ["/api/v3/user", "/api/v4/person/content"]


def test_a_half_broken_page_gives_what_can_be_used() -> None:
    broken = {"posts": [None, "x", post(1, 1), {"post": 7}, {"post": {"ap_id": 7}}], "comments": None}
    with lemmy() as (server, url):
        server.first = [ok(broken)]
        collected = collect(SOURCE, url, ada())
    assert collected.ids(SOURCE) == [f"{HOST}/post/1"]
    assert len(collected.mapped(SOURCE)) == 3


def test_a_broken_answer_is_asked_for_again() -> None:
    with lemmy(post(1, 1)) as (server, url):
        server.first = [(502, {}, b"<html>"), (200, {"Content-Length": "5000"}, b'{"posts": [')]
        collected = collect(SOURCE, url, ada())
    assert collected.ids(SOURCE) == [f"{HOST}/post/1"]


def test_a_listing_that_repeats_itself_or_runs_in_a_circle_is_left() -> None:
    page = ok({"posts": [post(1, 1)], "comments": []})
    with lemmy() as (server, url):
        server.first = [page] * 50
        collected = collect(SOURCE, url, ada())
        assert collected.error is not None
        assert len(server.asked) == 2
        server.first = [ok({"posts": [post(n, 1)], "next_page": f"P{n % 3}"}) for n in range(50)]
        server.asked.clear()
        collected = collect(SOURCE, url, tea())
        assert collected.error is not None
        assert collected.error.error_class is ErrorClass.BAD_DATA
        assert len(server.asked) == 4
    assert len(collected.pages) == 4


def test_pauses_are_kept_short_ones_here_and_long_ones_by_the_caller() -> None:
    views = [post(n, n) for n in range(120)]
    spent = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "7"}
    first = json.dumps({"posts": views[:50], "comments": []}).encode()
    with lemmy(*views) as (server, url):
        server.first = [(200, spent, first)]
        collected = collect(SOURCE, url, ada())
        assert collected.slept == [7]
        assert set(collected.ids(SOURCE)) == ids(*views)
        server.first = [(200, {}, first), (429, spent | {"x-ratelimit-reset": "300"}, b'{"error":"too_many_requests"}')]
        collected = collect(SOURCE, url, ada())
        rest = collect(SOURCE, url, ada(), cursor=collected.pages[-1].cursor)
    assert collected.error is not None
    assert collected.error.error_class is ErrorClass.THROTTLED
    assert collected.error.retry_after == timedelta(seconds=300)
    assert set(collected.ids(SOURCE) + rest.ids(SOURCE)) == ids(*views)
