"""YouTube's Data API over real HTTP: what is asked, and where paging ends."""

from collections.abc import Collection, Set

import pytest

from scrape_assets.posts.identity import Profile, ProfileKind
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.search import Place
from scrape_assets.sources.direct.source import DirectSource, Target
from scrape_assets.sources.direct.youtube import SOURCE
from scrape_assets.sources.mapping import TimeWindow
from scrape_assets_tests.sources.direct.collecting import NOON
from scrape_assets_tests.sources.direct.youtube_asking import (
    BY_HANDLE,
    BY_ID,
    BY_USER,
    FIVE,
    IDS,
    SITE,
    WEEK,
    about,
    by,
    channel,
    collect,
)
from scrape_assets_tests.sources.direct.youtube_server import (
    CHANNEL,
    UPLOADS,
    hours_ago,
    video,
    youtube_server,
)

A_SOURCE: DirectSource = SOURCE  # held against the contract by the type checker


@pytest.mark.parametrize(
    ("profile", "asked"),
    [
        (BY_ID, {"id": CHANNEL}),
        (BY_HANDLE, {"forHandle": "@AdasKettle"}),
        (BY_USER, {"forUsername": "AdaOld"}),
    ],
)
def test_a_channel_is_read_through_its_uploads(profile: Profile, asked: dict[str, str]) -> None:
    with youtube_server(*FIVE) as (server, url):
        collected = collect(url, by(profile))
    assert collected.ids(SOURCE) == IDS
    assert server.asked[0] == ("/channels", {"part": "contentDetails", **asked})
    assert server.paths[1:] == ["/playlistItems", "/videos"] * 3
    assert server.asked[1][1] == {"part": "contentDetails", "playlistId": UPLOADS, "maxResults": "50"}
    assert server.asked[2][1] == {
        "part": "snippet,statistics,contentDetails,recordingDetails",
        "id": "video-1,video-2",
    }
    assert server.asked[3][1]["pageToken"] == "at2"
    assert [page.cursor is None for page in collected.pages] == [False, False, True]


def test_a_channel_is_read_until_a_page_is_older_than_the_window() -> None:
    window = TimeWindow(hours_ago(1.5), NOON)
    with youtube_server(*FIVE) as (server, url):
        assert collect(url, by(window=window)).ids(SOURCE) == IDS[:4]
    assert server.paths.count("/playlistItems") == 2


def test_what_is_known_ends_a_channel() -> None:
    def known(ids: Collection[str]) -> Set[str]:
        return set(ids) & set(IDS[2:])

    with youtube_server(*FIVE) as (server, url):
        assert collect(url, by(), known=known).ids(SOURCE) == IDS[:4]
    assert server.paths.count("/playlistItems") == 2


def test_a_private_video_and_an_old_one_put_up_late_do_not_end_a_channel() -> None:
    mixed = [FIVE[0], video("late", hours_ago(9_000)), video("private", hours_ago(3)), *FIVE[1:]]
    with youtube_server(*mixed, private=("private",)) as (_, url):
        collected = collect(url, by())
    assert collected.ids(SOURCE) == ["video-1", "late", *IDS[1:]]


def test_each_cursor_resumes_with_the_rest_and_without_looking_the_channel_up_again() -> None:
    with youtube_server(*FIVE) as (server, url):
        whole = collect(url, by())
        for number, page in enumerate(whole.pages[:-1], 1):
            server.asked.clear()
            assert collect(url, by(), page.cursor).ids(SOURCE) == IDS[2 * number :]
            assert "/channels" not in server.paths


def test_a_search_asks_for_all_keywords_at_once_and_then_for_the_place() -> None:
    place = Place(52.52, 13.405, 2_500)
    target = about("flood", "#HighWater", "old bridge", "-not|that", " ", place=place)
    with youtube_server(*FIVE) as (server, url):
        collected = collect(url, target)
    searches = [query for path, query in server.asked if path == "/search"]
    common = {
        "part": "snippet",
        "type": "video",
        "order": "date",
        "maxResults": "50",
        "publishedAfter": "2026-11-14T12:00:00Z",
        "publishedBefore": "2026-11-21T12:00:00Z",
    }
    assert searches[0] == {**common, "q": 'flood|#HighWater|"old bridge"|"-not|that"'}
    assert searches[3] == {**common, "location": "52.520000,13.405000", "locationRadius": "1000km"}
    assert len(searches) == 6
    # What the first search found is not looked up again for the second.
    assert collected.ids(SOURCE) == IDS
    assert server.paths.count("/videos") == 3


def test_pages_that_share_a_find_bring_it_once() -> None:
    with youtube_server(*FIVE, overlap=1) as (server, url):
        assert collect(url, about("tea")).ids(SOURCE) == IDS
    assert [query["id"] for path, query in server.asked if path == "/videos"] == [
        "video-1,video-2",
        "video-3,video-4",
        "video-5",
    ]


def test_each_cursor_of_a_search_resumes_with_the_rest() -> None:
    target = about("tea", place=Place(1, 2, 3))
    with youtube_server(*FIVE) as (_, url):
        whole = collect(url, target)
        assert len(whole.pages) == 6
        for number, page in enumerate(whole.pages[:-1], 1):
            rest = set(collect(url, target, page.cursor).ids(SOURCE))
            assert rest >= set(IDS[2 * number :])


def test_many_keywords_are_split() -> None:
    words = [f"keyword{number:03d}" for number in range(60)]
    with youtube_server() as (server, url):
        collect(url, about(*words))
    queries = [query["q"] for _, query in server.asked]
    assert len(queries) == 2
    assert "|".join(queries).split("|") == words


@pytest.mark.parametrize(
    ("target", "why"),
    [
        (about(), "needs a keyword or a place"),
        (by(channel("c/adaskettle", f"{SITE}c/AdasKettle")), "give the @handle"),
        (Target("k", WEEK), "neither"),
        (by(Profile(Platform.X, "ada", "https://x.com/ada", "ada", ProfileKind.ACCOUNT)), "not on YouTube"),
    ],
)
def test_what_youtube_cannot_be_asked_is_said_before_a_call(target: Target, why: str) -> None:
    with youtube_server() as (server, url):
        with pytest.raises(ValueError, match=why):
            collect(url, target)
        assert server.asked == []
