"""Hacker News over real HTTP: what is asked, where paging ends, and what an error comes to."""

from collections.abc import Collection, Set
from datetime import UTC, datetime, timedelta

import pytest

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.posts.identity import Profile, ProfileKind
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.search import Place, Search
from scrape_assets.sources.direct.hackernews import PAGE_SIZE, SOURCE
from scrape_assets.sources.direct.source import DirectSource, Target
from scrape_assets.sources.mapping import TimeWindow
from scrape_assets_tests.sources.direct.collecting import collect
from scrape_assets_tests.sources.direct.hackernews_server import (
    SECOND,
    WINDOW,
    about,
    by,
    comment,
    hackernews,
    story,
    user,
)

A_SOURCE: DirectSource = SOURCE  # held against the contract by the type checker


def test_a_user_s_stories_and_comments_come_newest_first_in_one_call() -> None:
    with hackernews(story(1, SECOND), comment(2, SECOND - 5), story(3, SECOND - 9, author="bob")) as (search, url):
        collected = collect(SOURCE, url, by())
    assert collected.ids(SOURCE) == ["1", "2"]
    assert [page.cursor for page in collected.pages] == [None]
    assert search.asked == [
        (
            "/api/v1/search_by_date",
            {
                "tags": "author_ada,(story,comment,poll,job)",
                "numericFilters": f"created_at_i>={SECOND - 1_000_000},created_at_i<={SECOND}",
                "hitsPerPage": str(PAGE_SIZE),
                "page": "0",
            },
        )
    ]
    assert [call.operation for call in collected.calls] == ["page"]


def test_the_window_ends_before_its_end() -> None:
    at = datetime.fromtimestamp(SECOND, UTC)
    with hackernews(story(1, SECOND), story(2, SECOND - 1), story(3, SECOND - 3)) as (_, url):
        assert collect(SOURCE, url, by(window=TimeWindow(at - timedelta(seconds=1), at))).ids(SOURCE) == ["2"]


def test_an_empty_window_is_not_asked_for() -> None:
    with hackernews(story(1, SECOND)) as (search, url):
        assert collect(SOURCE, url, by(window=TimeWindow(WINDOW.end, WINDOW.end))).pages == []
    assert search.asked == []


def test_more_than_the_search_reaches_is_read_to_the_end() -> None:
    hits = [comment(number, SECOND - number // 3) for number in range(2_500)]
    with hackernews(*hits) as (search, url):
        collected = collect(SOURCE, url, by())
    assert set(collected.ids(SOURCE)) == {str(number) for number in range(2_500)}
    assert len(search.asked) == 13  # 2,500 of 200, and a few asked for twice
    assert {params["page"] for _, params in search.asked} == {"0"}


@pytest.mark.parametrize("newer", [0, 1, 50])
def test_a_second_that_fills_pages_is_read_by_number(newer: int) -> None:
    hits = [story(number, SECOND - 1) for number in range(newer)]
    hits += [comment(1_000 + number, SECOND - 2) for number in range(700)]
    hits += [story(5_000, SECOND - 3)]
    with hackernews(*hits) as (search, url):
        collected = collect(SOURCE, url, by())
    assert set(collected.ids(SOURCE)) == {hit["objectID"] for hit in hits}
    assert len(search.asked) <= 6
    assert collected.pages[-1].cursor is None


def test_a_second_with_more_than_can_be_reached_does_not_hide_what_is_older() -> None:
    hits = [comment(number, SECOND - 2) for number in range(1_200)] + [story(5_000, SECOND - 3)]
    with hackernews(*hits) as (_, url):
        collected = collect(SOURCE, url, by())
    ids = set(collected.ids(SOURCE))
    assert "5000" in ids
    assert len(ids) == 1_001
    assert collected.error is None


def test_every_cursor_leads_to_the_rest() -> None:
    hits = [comment(number, SECOND - number // 2) for number in range(900)]
    with hackernews(*hits) as (_, url):
        whole = collect(SOURCE, url, by())
        for number, page in enumerate(whole.pages[:-1]):
            assert page.cursor is not None
            rest = collect(SOURCE, url, by(), cursor=page.cursor)
            assert rest.pages == whole.pages[number + 1 :]


def test_paging_stops_where_all_is_known() -> None:
    hits = [comment(number, SECOND - number) for number in range(900)]

    def known(post_ids: Collection[str]) -> Set[str]:
        return {post_id for post_id in post_ids if int(post_id) >= 150}

    with hackernews(*hits) as (search, url):
        collected = collect(SOURCE, url, by(), known=known)
    assert len(search.asked) == 2  # the first page still held something new
    assert collected.pages[-1].cursor is None


def test_a_user_of_the_same_name_in_other_letters_is_another() -> None:
    with hackernews(story(1, SECOND, author="Ada"), story(2, SECOND - 1)) as (_, url):
        assert collect(SOURCE, url, by()).ids(SOURCE) == ["2"]


def test_a_quiet_user_is_told_from_none() -> None:
    with hackernews(users=("ada",)) as (search, url):
        quiet = collect(SOURCE, url, by("ada"))
        nobody = collect(SOURCE, url, by("nobody-here"))
    assert quiet.error is None
    assert [page.items for page in quiet.pages] == [[]]
    assert nobody.error is not None
    assert nobody.error.error_class is ErrorClass.NOT_FOUND
    assert nobody.error.message == "there is no user nobody-here on Hacker News"
    assert [path for path, _ in search.asked] == [
        "/api/v1/search_by_date",
        "/api/v1/users/ada",
        "/api/v1/search_by_date",
        "/api/v1/users/nobody-here",
    ]


def test_each_keyword_is_searched_in_turn_as_a_phrase() -> None:
    hits = [story(1, SECOND, title="Green tea"), story(2, SECOND - 1, title="Coffee"), comment(3, SECOND - 2)]
    with hackernews(*hits) as (search, url):
        collected = collect(SOURCE, url, about('green "tea"', "#Coffee", "green tea", "cocoa"))
    assert collected.ids(SOURCE) == ["1", "2"]
    assert [params["query"] for _, params in search.asked] == ['"green tea"', '"Coffee"', '"cocoa"']
    assert [page.cursor is None for page in collected.pages] == [False, False, True]
    assert {params["tags"] for _, params in search.asked} == {"(story,comment,poll,job)"}


def test_a_search_of_several_keywords_is_resumed_at_its_keyword() -> None:
    hits = [story(number, SECOND - number, title="tea" if number % 2 else "milk") for number in range(900)]
    with hackernews(*hits) as (_, url):
        whole = collect(SOURCE, url, about("tea", "milk"))
        for number, page in enumerate(whole.pages[:-1]):
            assert collect(SOURCE, url, about("tea", "milk"), page.cursor).pages == whole.pages[number + 1 :]
    assert set(whole.ids(SOURCE)) == {str(number) for number in range(900)}


def test_a_search_is_read_on_though_all_is_known() -> None:
    hits = [story(number, SECOND - number, title="tea") for number in range(300)]
    with hackernews(*hits) as (_, url):
        collected = collect(SOURCE, url, about("tea"), known=lambda post_ids: set(post_ids))
    assert len(set(collected.ids(SOURCE))) == 300


def test_a_long_keyword_is_cut_to_what_the_search_takes() -> None:
    with hackernews() as (search, url):
        collect(SOURCE, url, about("tea " * 400))
        collect(SOURCE, url, about("茶" * 400))
    assert all(len(params["query"].encode()) <= 512 for _, params in search.asked)


@pytest.mark.parametrize(
    "target",
    [
        Target("search:x", WINDOW, search=Search((), Place(52.5, 13.4, 10))),
        Target("search:x", WINDOW, search=Search((' "" ', "#"))),
        Target("search:x", WINDOW),
        Target("in/jane", WINDOW, profile=Profile(Platform.LINKEDIN, "in/jane", "https://x", "j", ProfileKind.PERSON)),
        Target("a,b", WINDOW, profile=user("a,story_1")),
    ],
)
def test_what_cannot_be_asked_is_refused_with_a_reason(target: Target) -> None:
    with hackernews() as (search, url), pytest.raises(ValueError, match="Hacker News"):
        collect(SOURCE, url, target)
    assert search.asked == []


@pytest.mark.parametrize("cursor", ["", "nonsense", "{}", "[1]", '{"before": "x"}'])
def test_a_cursor_of_another_source_is_refused(cursor: str) -> None:
    with hackernews() as (_, url), pytest.raises(ValueError, match="no cursor"):
        collect(SOURCE, url, by(), cursor=cursor)
