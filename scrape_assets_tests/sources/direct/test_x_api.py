"""X's API over real HTTP: what is asked, and where paging ends."""

from collections.abc import Collection, Set
from datetime import UTC, datetime, timedelta

import pytest

from scrape_assets.posts.identity import Profile, ProfileKind
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.search import Place
from scrape_assets.sources.direct.source import DirectSource, Target
from scrape_assets.sources.direct.x import SOURCE
from scrape_assets.sources.mapping import TimeWindow
from scrape_assets_tests.sources.direct.collecting import NOON
from scrape_assets_tests.sources.direct.x_asking import DAY, FIVE, IDS, PLACE, about, by_ada, collect
from scrape_assets_tests.sources.direct.x_server import (
    x_server,
)

A_SOURCE: DirectSource = SOURCE  # held against the contract by the type checker


def test_a_timeline_is_read_to_the_page_without_a_token() -> None:
    with x_server(*FIVE) as (server, url):
        collected = collect(url, by_ada())
    assert collected.ids(SOURCE) == IDS
    assert server.paths == ["/2/users/by/username/ada_l", *["/2/users/7001/tweets"] * 3]
    first, last = server.asked[1][1], server.asked[3][1]
    assert first["max_results"] == "100"
    assert first["start_time"] == "2026-11-20T12:00:00Z"
    assert "end_time" not in first  # the last seconds are X's to leave out
    assert "pagination_token" not in first
    assert last["pagination_token"] == "at-4"
    assert "referenced_tweets.id" in first["expansions"]
    assert [page.cursor is None for page in collected.pages] == [False, False, True]
    assert [call.operation for call in collected.calls] == ["profile", "page", "page", "page"]


def test_what_is_known_ends_a_timeline_and_costs_nothing_more() -> None:
    def known(ids: Collection[str]) -> Set[str]:
        return set(ids) & set(IDS[2:])

    with x_server(*FIVE) as (server, url):
        assert collect(url, by_ada(), known=known).ids(SOURCE) == IDS[:4]
    assert len(server.asked) == 3


def test_each_cursor_resumes_with_the_rest_and_without_looking_the_account_up_again() -> None:
    with x_server(*FIVE) as (server, url):
        whole = collect(url, by_ada())
        for number, page in enumerate(whole.pages[:-1], 1):
            server.asked.clear()
            assert collect(url, by_ada(), page.cursor).ids(SOURCE) == IDS[2 * number :]
            assert "/2/users/by/username/ada_l" not in server.paths


def test_an_account_known_by_number_is_not_looked_up() -> None:
    by_id = Profile(Platform.X, "id/7001", "https://x.com/i/user/7001", None, ProfileKind.ACCOUNT, "7001")
    with x_server(*FIVE[:1]) as (server, url):
        assert collect(url, by_ada(profile=by_id)).ids(SOURCE) == IDS[:1]
    assert server.paths == ["/2/users/7001/tweets"]


def test_a_past_window_has_an_end_of_whole_seconds() -> None:
    window = TimeWindow(NOON - timedelta(days=9), NOON - timedelta(days=8, microseconds=1))
    with x_server() as (server, url):
        assert collect(url, by_ada(window)).pages[0].items == []
    asked = server.asked[1][1]
    assert (asked["start_time"], asked["end_time"]) == ("2026-11-12T12:00:00Z", "2026-11-13T12:00:00Z")


def test_a_start_before_x_knows_timelines_is_left_out() -> None:
    with x_server() as (server, url):
        collect(url, by_ada(TimeWindow(datetime(2008, 1, 1, tzinfo=UTC), NOON)))
    assert "start_time" not in server.asked[1][1]


@pytest.mark.parametrize(
    "window",
    [TimeWindow(NOON, NOON + timedelta(days=1)), TimeWindow(NOON - timedelta(days=2), NOON - timedelta(days=2))],
    ids=["not yet", "empty"],
)
@pytest.mark.parametrize("search", [False, True])
def test_a_window_without_a_past_is_not_asked_for(window: TimeWindow, search: bool) -> None:
    with x_server(*FIVE) as (server, url):
        assert collect(url, about("flood", window=window) if search else by_ada(window)).pages == []
    assert server.asked == []


def test_a_search_of_the_last_week_asks_the_cheaper_endpoint_with_one_query() -> None:
    target = about("flood", "#HighWater", 'the "old" bridge', "OR", "from:ada", "  ", place=PLACE)
    with x_server(*FIVE) as (server, url):
        collected = collect(url, target)
    assert collected.ids(SOURCE) == IDS
    assert set(server.paths) == {"/2/tweets/search/recent"}
    first, second = server.asked[0][1], server.asked[1][1]
    assert first["query"] == (
        'flood OR #HighWater OR "the old bridge" OR "OR" OR "from:ada" OR point_radius:[13.4 52.52 13km]'
    )
    assert first["max_results"] == "100"
    assert second["next_token"] == "at-2"
    assert {post.feed_key for post in collected.posts(SOURCE)} == {"in/asked"}


def test_a_wide_place_is_cut_to_what_x_takes() -> None:
    with x_server() as (server, url):
        collected = collect(url, about(place=Place(-33.9, 151.2, 300)))
    assert server.asked[0][1]["query"] == "point_radius:[151.2 -33.9 40km]"
    assert [page.notice for page in collected.pages] == [
        "the circle of 300 km was cut to 40 km, the widest that can be asked for"
    ]


def test_an_older_window_asks_the_archive_one_call_a_second() -> None:
    window = TimeWindow(NOON - timedelta(days=30), NOON)
    with x_server(*FIVE, rate={"x_rate_limit_limit": "300", "x_rate_limit_remaining": "290"}) as (server, url):
        collected = collect(url, about("flood", window=window))
    assert server.paths == ["/2/tweets/search/all"] * 3
    assert server.asked[0][1]["max_results"] == "500"
    assert collected.slept == [1, 1]


def test_a_long_query_is_split_and_every_cursor_resumes() -> None:
    words = [f"keyword{number:03d}" for number in range(60)]
    with x_server(*FIVE) as (server, url):
        whole = collect(url, about(*words))
        queries = list(dict.fromkeys(query["query"] for _, query in server.asked))
        assert len(queries) == 2
        assert all(len(query) <= 512 for query in queries)
        assert " OR ".join(queries).split(" OR ") == words
        assert whole.ids(SOURCE) == IDS * 2
        for number, page in enumerate(whole.pages[:-1], 1):
            rest = collect(url, about(*words), page.cursor)
            assert rest.items == [item for later in whole.pages[number:] for item in later.items]


def test_a_search_that_outlived_the_week_begins_anew_in_the_archive() -> None:
    with x_server(*FIVE) as (server, url):
        cursor = collect(url, about("flood")).pages[0].cursor
        server.asked.clear()
        later = collect(url, about("flood"), cursor, now=NOON + timedelta(days=8))
    assert later.ids(SOURCE) == IDS
    assert server.paths[0] == "/2/tweets/search/all"
    assert "next_token" not in server.asked[0][1]


def test_a_cursor_of_another_version_begins_anew() -> None:
    with x_server(*FIVE) as (_, url):
        assert collect(url, by_ada(), "page=3").ids(SOURCE) == IDS


def test_a_search_without_finds_is_an_empty_page() -> None:
    with x_server() as (_, url):
        collected = collect(url, about("flood"))
    assert [(list(page.items), page.cursor) for page in collected.pages] == [([], None)]


@pytest.mark.parametrize(
    ("target", "why"),
    [
        (about(), "needs a keyword or a place"),
        (about("word " * 200), "X takes 512"),
        (Target("k", DAY), "neither"),
        (
            Target("k", DAY, profile=Profile(Platform.REDDIT, "r/a", "https://r", "a", ProfileKind.COMMUNITY)),
            "not on X",
        ),
    ],
)
def test_what_x_cannot_be_asked_is_said_before_a_call(target: Target, why: str) -> None:
    with x_server() as (server, url):
        with pytest.raises(ValueError, match=why):
            collect(url, target)
        assert server.asked == []
