"""Reddit's feeds over real HTTP: listings, searches, and the one request a minute."""

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import parse_qs

import pytest

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.posts.identity import Profile, ProfileKind
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.search import Place, Search
from scrape_assets.sources.direct import reddit_feed
from scrape_assets.sources.direct.reddit_feed import SOURCE
from scrape_assets.sources.direct.source import DirectSource, Target
from scrape_assets.sources.errors import Throttled
from scrape_assets.sources.mapping import TimeWindow
from scrape_assets_tests.sources.direct.collecting import collect
from scrape_assets_tests.sources.direct.feed_server import MONTH, NOON, found, knowing, parsed_here, site
from scrape_assets_tests.sources.direct.platform_server import Reply, platform_server
from scrape_assets_tests.sources.direct.reddit_feed_entries import entry, listing

A_SOURCE: DirectSource = SOURCE  # held against the contract by the type checker

__all__ = ["parsed_here"]
pytestmark = pytest.mark.usefixtures("parsed_here")

TEA = Profile(Platform.REDDIT, "r/tea", "https://www.reddit.com/r/tea", "tea", ProfileKind.COMMUNITY)
JANE = Profile(Platform.REDDIT, "user/jane", "https://www.reddit.com/user/jane", "jane", ProfileKind.ACCOUNT)


def of(profile: Profile = TEA, window: TimeWindow = MONTH) -> Target:
    return Target(profile.key, window, profile=profile)


def about(*keywords: str, window: TimeWindow = MONTH) -> Target:
    return Target("search:event:1", window, search=Search(keywords))


def post_ids(first: int, number: int = 25) -> list[str]:
    return [f"1abc{one:02d}" for one in range(first, first - number, -1)]


class Listing:
    """Gives what comes after a post, 25 at a time, as Reddit does to strangers who ask for 100."""

    def __init__(self, *posts: str, headers: Mapping[str, str] | None = None) -> None:
        self.posts = list(posts)
        self.headers = headers or {}
        self.asked: list[tuple[str, dict[str, str]]] = []

    def __call__(
        self, method: str, path: str, query: dict[str, list[str]], headers: Mapping[str, str], body: bytes
    ) -> Reply:
        del method, headers, body
        self.asked.append((path, {name: values[0] for name, values in query.items()}))
        after = query.get("after", [""])[0].removeprefix("t3_")
        start = self.posts.index(after) + 1 if after else 0
        page = self.posts[start : start + 25]
        age = {one: number for number, one in enumerate(self.posts)}
        return found(listing(*[entry(one, hours_ago=age[one]) for one in page]), **self.headers)


def test_a_community_is_read_to_its_end() -> None:
    newest = Listing(*post_ids(60, 60))
    with platform_server(newest) as url:
        collected = collect(SOURCE, url, of())
    assert collected.ids(SOURCE) == post_ids(60, 60)
    common = {"sort": "new", "limit": "100"}
    assert newest.asked == [
        ("/r/tea/new/.rss", common),
        ("/r/tea/new/.rss", {**common, "after": "t3_1abc36"}),
        ("/r/tea/new/.rss", {**common, "after": "t3_1abc11"}),
    ]
    assert [page.cursor is None for page in collected.pages] == [False, False, True]
    assert all(page.documents for page in collected.pages)


def test_a_user_is_read_likewise() -> None:
    newest = Listing(*post_ids(3, 3))
    with platform_server(newest) as url:
        assert collect(SOURCE, url, of(JANE)).ids(SOURCE) == post_ids(3, 3)
    assert newest.asked == [("/user/jane/submitted/.rss", {"sort": "new", "limit": "100"})]


def test_every_cursor_gives_the_rest() -> None:
    with platform_server(Listing(*post_ids(60, 60))) as url:
        whole = collect(SOURCE, url, of())
        for number, page in enumerate(whole.pages[:-1]):
            rest = collect(SOURCE, url, of(), cursor=page.cursor)
            assert rest.items == [one for later in whole.pages[number + 1 :] for one in later.items]
        for cursor in ("{", '{"query": "other words"}'):
            assert collect(SOURCE, url, of(), cursor=cursor).items == whole.items


def test_reading_ends_with_what_is_old_or_known() -> None:
    with platform_server(Listing(*post_ids(60, 60))) as url:
        window = TimeWindow(NOON - timedelta(hours=30), NOON)
        assert len(collect(SOURCE, url, of(window=window)).pages) == 3, "the second page still holds wanted posts"
        window = TimeWindow(NOON - timedelta(hours=24.5), NOON)
        assert len(collect(SOURCE, url, of(window=window)).pages) == 2
        assert len(collect(SOURCE, url, of(), known=knowing(*post_ids(60))).pages) == 1
        assert len(collect(SOURCE, url, about("tea"), known=knowing(*post_ids(60))).pages) == 3


def test_a_listing_that_repeats_itself_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    same = found(listing(*[entry(one) for one in post_ids(30)]))
    with platform_server(lambda *_: same) as url:
        collected = collect(SOURCE, url, of())
    assert len(collected.pages) == 2

    monkeypatch.setattr(reddit_feed, "_MOST_PAGES", 1)
    with platform_server(Listing(*post_ids(60, 60))) as url:
        assert len(collect(SOURCE, url, of()).pages) == 1


def test_a_listing_that_ends_with_a_full_page_costs_one_call_more() -> None:
    with platform_server(Listing(*post_ids(50, 50))) as url:
        collected = collect(SOURCE, url, of())
    assert [len(page.items) for page in collected.pages] == [25, 25, 0]


@pytest.mark.parametrize(
    ("age", "span"),
    [
        (timedelta(minutes=50), "hour"),
        (timedelta(hours=20), "day"),
        (timedelta(days=6), "week"),
        (timedelta(days=30), "month"),
        (timedelta(days=31), "year"),
        (timedelta(days=999), "all"),
    ],
)
def test_a_search_asks_for_all_keywords_at_once(age: timedelta, span: str) -> None:
    newest = Listing(*post_ids(2, 2))
    with platform_server(newest) as url:
        target = about("#Black Tea", 'say "tea" (now)', " ", window=TimeWindow(NOON - age, NOON))
        assert collect(SOURCE, url, target).ids(SOURCE) == post_ids(2, 2)
    assert newest.asked == [
        (
            "/search.rss",
            {"q": '"Black Tea" OR "say tea now"', "sort": "new", "t": span, "type": "link", "limit": "100"},
        )
    ]


def test_many_keywords_are_several_searches_and_each_goes_on_from_its_cursor() -> None:
    words = [f"tea number {number} {'x' * 80}" for number in range(9)]
    newest = Listing(*post_ids(30, 30))
    with platform_server(newest) as url:
        whole = collect(SOURCE, url, about(*words))
        queries = [asked["q"] for _, asked in newest.asked]
        assert all(len(query) <= 512 for query in queries)
        assert [word for word in words if not any(f'"{word}"' in query for query in queries)] == []
        assert [asked.get("after") for _, asked in newest.asked] == [None, "t3_1abc06"] * 2
        for number, page in enumerate(whole.pages[:-1]):
            rest = collect(SOURCE, url, about(*words), cursor=page.cursor)
            assert rest.items == [one for later in whole.pages[number + 1 :] for one in later.items]


def test_a_short_pause_is_waited_for_and_a_long_one_is_not() -> None:
    for reset, slept in (("12", True), ("34", False)):
        headers = {"x_ratelimit_remaining": "0.0", "x_ratelimit_reset": reset, "x_ratelimit_used": "1"}
        newest = Listing(*post_ids(60, 60), headers=headers)
        with platform_server(newest) as url:
            collected = collect(SOURCE, url, of())
        assert bool(collected.slept) is slept
        if not slept:
            assert isinstance(collected.error, Throttled)
            assert collected.error.retry_after is not None
            assert collected.error.retry_after.total_seconds() == pytest.approx(34, abs=0.1)
            assert len(collected.pages) == 1, "what came before stays, with a cursor to go on from"
            assert collected.pages[0].cursor


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x-ratelimit-remaining": "0.0", "x-ratelimit-reset": "41"}, 41),
        ({"retry-after": "90", "x-ratelimit-reset": "41"}, 90),
        ({}, 60),
    ],
)
def test_too_many_requests(headers: dict[str, str], seconds: int) -> None:
    with site({"/r/tea/new/.rss?sort=new&limit=100": (429, headers, b"<html>whoa there, pardner!</html>")}) as (_, url):
        collected = collect(SOURCE, url, of())
    assert isinstance(collected.error, Throttled)
    assert collected.error.retry_after == timedelta(seconds=seconds)
    assert len(collected.calls) == 1


@pytest.mark.parametrize(
    ("reply", "expected", "says"),
    [
        ((404, {}, b'{"message": "Not Found", "error": 404}'), ErrorClass.NOT_FOUND, "Not Found"),
        ((403, {}, b'{"reason": "private", "message": "Forbidden", "error": 403}'), ErrorClass.REFUSED, "private"),
        ((403, {}, b"<body><!-- --><HTML>blocked"), ErrorClass.REFUSED, "without an account"),
        ((302, {"location": "/subreddits/search?q=tea"}, b""), ErrorClass.NOT_FOUND, "no such community"),
        ((302, {"location": "https://www.reddit.com/login/?dest=x"}, b""), ErrorClass.REFUSED, "login"),
        ((301, {"location": "https://www.reddit.com/r/other/"}, b""), ErrorClass.SERVER, "redirects"),
        (found("<html><title>Reddit</title></html>"), ErrorClass.BAD_DATA, "no feed"),
    ],
)
def test_what_is_no_listing_is_named(reply: Reply, expected: ErrorClass, says: str) -> None:
    with site({"/r/tea/new/.rss?sort=new&limit=100": reply}) as (asked, url):
        collected = collect(SOURCE, url, of())
    assert collected.error is not None
    assert collected.error.error_class is expected
    assert says in collected.error.message
    assert len(asked.asked) == 1


def test_what_it_cannot_be_asked_for_is_refused_in_plain_words() -> None:
    stranger = Profile(Platform.X, "ada", "https://x.com/ada", "ada", ProfileKind.ACCOUNT)
    for target, words in (
        (Target("ada", MONTH, profile=stranger), "not on reddit"),
        (Target("search:x", MONTH, search=Search(place=Place(1, 2, 3))), "by keywords"),
        (about(" # "), "by keywords"),
    ):
        with pytest.raises(ValueError, match=words):
            collect(SOURCE, "http://127.0.0.1:1", target)


def test_queries_are_what_people_would_type() -> None:
    assert parse_qs("q=%22black+tea%22")["q"] == ['"black tea"']
    assert reddit_feed._queries(Search(("tea", "a AND b"))) == ['"tea" OR "a AND b"']
