"""Reddit's API over real HTTP: what is asked, and where paging ends."""

from collections.abc import Collection, Set
from datetime import timedelta

import pytest

from scrape_assets.posts.identity import Profile, ProfileKind
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.search import Place
from scrape_assets.sources.direct.reddit import SOURCE
from scrape_assets.sources.direct.source import DirectSource, Target
from scrape_assets.sources.mapping import TimeWindow
from scrape_assets_tests.sources.direct.collecting import NOON
from scrape_assets_tests.sources.direct.reddit_asking import ADA, FIVE, IDS, TEA, WEEK, about, by, collect
from scrape_assets_tests.sources.direct.reddit_server import (
    TOKEN_PATH,
    hours_ago,
    reddit_server,
    t3,
)

A_SOURCE: DirectSource = SOURCE  # held against the contract by the type checker


@pytest.mark.parametrize(
    ("profile", "path", "params"),
    [
        (ADA, "/user/ada_l/submitted", {"limit": "100", "raw_json": "1", "sort": "new"}),
        (TEA, "/r/teatime/new", {"limit": "100", "raw_json": "1"}),
    ],
)
def test_a_listing_is_read_with_one_token_to_its_null(profile: Profile, path: str, params: dict[str, str]) -> None:
    with reddit_server(*FIVE) as (server, url):
        collected = collect(url, by(profile))
    assert collected.ids(SOURCE) == IDS
    assert server.asked == [
        (TOKEN_PATH, {}),
        (path, params),
        (path, {**params, "after": "t3_a2"}),
        (path, {**params, "after": "t3_a4"}),
    ]
    assert [call.operation for call in collected.calls] == ["token", "page", "page", "page"]
    assert [page.cursor is None for page in collected.pages] == [False, False, True]
    agents = {headers["user-agent"] for headers in server.headers}
    assert len(agents) == 1
    assert agents.pop().startswith("python:scrape_assets:")


def test_a_listing_is_read_until_a_page_is_older_than_the_window() -> None:
    with reddit_server(*FIVE) as (server, url):
        assert collect(url, by(window=TimeWindow(hours_ago(1.5), NOON))).ids(SOURCE) == IDS[:4]
    assert len(server.asked) == 3


def test_what_is_known_ends_a_listing() -> None:
    def known(ids: Collection[str]) -> Set[str]:
        return set(ids) & set(IDS[2:])

    with reddit_server(*FIVE) as (_, url):
        assert collect(url, by(), known=known).ids(SOURCE) == IDS[:4]


def test_old_posts_that_are_pinned_or_out_of_order_do_not_end_a_listing() -> None:
    old = hours_ago(9_000)
    posts = [t3("p1", old, pinned=True), t3("p2", old, stickied=True), FIVE[0], t3("o1", old), *FIVE[1:]]
    with reddit_server(*posts) as (_, url):
        assert collect(url, by(TEA)).ids(SOURCE) == ["p1", "p2", "a1", "o1", *IDS[1:]]


def test_each_cursor_resumes_with_the_rest() -> None:
    with reddit_server(*FIVE) as (_, url):
        for number, page in enumerate(collect(url, by()).pages[:-1], 1):
            assert collect(url, by(), page.cursor).ids(SOURCE) == IDS[2 * number :]


@pytest.mark.parametrize(
    ("days", "span"), [(0.03, "hour"), (0.5, "day"), (3, "week"), (20, "month"), (200, "year"), (900, "all")]
)
def test_a_search_goes_back_as_far_as_the_window(days: float, span: str) -> None:
    window = TimeWindow(NOON - timedelta(days=days), NOON)
    with reddit_server() as (server, url):
        collect(url, about("tea", window=window))
    assert server.asked[1] == (
        "/search",
        {"limit": "100", "raw_json": "1", "sort": "new", "type": "link", "t": span, "q": '"tea"'},
    )


def test_each_keyword_is_searched_for_in_turn_and_every_cursor_resumes() -> None:
    target = about("#tea", "old  bridge", 'say "no"', "OR", "  ", "tea")
    with reddit_server(*FIVE, size=3) as (server, url):
        whole = collect(url, target)
        queries = [query["q"] for path, query in server.asked if path == "/search"]
        assert list(dict.fromkeys(queries)) == ['"tea"', '"old bridge"', '"say no"', '"OR"']
        assert whole.ids(SOURCE) == IDS * 4
        for number, page in enumerate(whole.pages[:-1], 1):
            rest = collect(url, target, page.cursor)
            assert rest.items == [item for later in whole.pages[number:] for item in later.items]


def test_a_search_ends_when_it_is_old_enough_but_not_at_what_is_known() -> None:
    with reddit_server(*FIVE) as (_, url):
        window = TimeWindow(hours_ago(1.5), NOON)
        assert collect(url, about("tea", window=window)).ids(SOURCE) == IDS[:4]
        assert collect(url, about("tea"), known=lambda ids: frozenset(ids)).ids(SOURCE) == IDS


@pytest.mark.parametrize(
    ("target", "why"),
    [
        (about(place=Place(1, 2, 3)), "name no place"),
        (about("word " * 200), "Reddit takes 512"),
        (Target("k", WEEK), "neither"),
        (by(Profile(Platform.X, "ada", "https://x.com/ada", "ada", ProfileKind.ACCOUNT)), "not on Reddit"),
    ],
)
def test_what_reddit_cannot_be_asked_is_said_before_a_call(target: Target, why: str) -> None:
    with reddit_server() as (server, url):
        with pytest.raises(ValueError, match=why):
            collect(url, target)
        assert server.asked == []
