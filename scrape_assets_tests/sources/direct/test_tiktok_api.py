"""TikTok's Research API over real HTTP: what is asked, and where paging ends."""

import json
from collections.abc import Collection, Set
from datetime import datetime, timedelta

import pytest

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.posts.identity import Profile, ProfileKind
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.search import Place
from scrape_assets.sources.direct.source import DirectSource, Target
from scrape_assets.sources.direct.tiktok import SOURCE
from scrape_assets.sources.mapping import TimeWindow
from scrape_assets_tests.sources.direct.collecting import NOON
from scrape_assets_tests.sources.direct.keyed_collecting import collect_with
from scrape_assets_tests.sources.direct.tiktok_asking import HUNDRED_DAYS, WEEK, about, by, collect
from scrape_assets_tests.sources.direct.tiktok_server import FINE, KEYS, tiktok, video

A_SOURCE: DirectSource = SOURCE  # held against the contract by the type checker
MANY = [video(number, days_ago=number / 100) for number in range(1, 251)]
IDS = [str(one["id"]) for one in MANY]
LONG = [video(number, days_ago=number) for number in range(1, 100)]


def test_a_user_is_read_to_the_end() -> None:
    other = video(999, username="bob")
    with tiktok(*MANY, other) as (api, url):
        collected = collect(url, by())
    assert collected.error is None
    assert collected.ids(SOURCE) == IDS
    search_id = "7201388525814961198"
    assert api.bodies == [
        {
            "query": {"and": [{"operation": "EQ", "field_name": "username", "field_values": ["ada.kettle"]}]},
            "start_date": "20261114",
            "end_date": "20261121",
            "max_count": 100,
            "cursor": place,
            "is_random": False,
        }
        | ({"search_id": search_id} if place else {})
        for place in (0, 100, 200)
    ]
    assert json.loads(collected.pages[0].cursor or "") == {
        "end": "2026-11-21",
        "place": 100,
        "search_id": search_id,
        "oldest": "2026-11-20",
    }
    assert collected.pages[-1].cursor is None
    assert [call.operation for call in collected.calls] == ["token", "page", "page", "page"]
    assert api.lookups == []


def test_a_page_may_hold_fewer_than_were_asked_for_or_none() -> None:
    gone = [one | {"deleted": 30 <= number < 200} for number, one in enumerate(MANY)]
    with tiktok(*gone) as (_, url):
        collected = collect(url, by())
    assert collected.ids(SOURCE) == IDS[:30] + IDS[200:]
    assert [len(page.items) for page in collected.pages] == [30, 0, 50]


def test_a_long_window_is_asked_for_in_slices_of_whole_days() -> None:
    with tiktok(*LONG) as (api, url):
        collected = collect(url, by(window=HUNDRED_DAYS))
    assert collected.ids(SOURCE) == [str(one["id"]) for one in LONG]
    assert [(body["start_date"], body["end_date"]) for body in api.bodies] == [
        ("20261023", "20261121"),
        ("20260923", "20261022"),
        ("20260824", "20260922"),
        ("20260813", "20260823"),
    ]
    assert [page.cursor is None for page in collected.pages] == [False, False, False, True]


def test_a_window_ends_before_its_end_and_today() -> None:
    midnight = NOON.replace(hour=0)
    with tiktok(*LONG) as (api, url):
        collect(url, by(window=TimeWindow(midnight - timedelta(days=2), midnight)))
        collect(url, by(window=TimeWindow(midnight, midnight + timedelta(days=9))))
        empty = [
            collect(url, by(window=TimeWindow(NOON + timedelta(days=1), NOON + timedelta(days=9)))),
            collect(url, by(window=TimeWindow(NOON, NOON))),
            collect(url, by(window=TimeWindow(datetime.min.replace(tzinfo=NOON.tzinfo), NOON - timedelta(days=9000)))),
        ]
    assert [(body["start_date"], body["end_date"]) for body in api.bodies] == [
        ("20261119", "20261120"),
        ("20261121", "20261121"),
    ]
    assert [one.pages for one in empty] == [[], [], []]


@pytest.mark.parametrize("window", [WEEK, HUNDRED_DAYS])
def test_every_cursor_leads_to_the_rest(window: TimeWindow) -> None:
    with tiktok(*MANY, *LONG) as (_, url):
        whole = collect(url, by(window=window))
        assert len(whole.pages) > 2
        for number, page in enumerate(whole.pages[:-1]):
            rest = collect(url, by(window=window), page.cursor)
            assert [one.items for one in rest.pages] == [one.items for one in whole.pages[number + 1 :]]


def test_a_cursor_of_another_version_begins_again() -> None:
    with tiktok(*MANY) as (_, url):
        for cursor in ("nonsense", "{}", '{"end": "2026-02-31"}', '{"end": "2020-01-01"}'):
            assert collect(url, by(), cursor).ids(SOURCE) == IDS


def test_paging_stops_where_all_is_known() -> None:
    def known(post_ids: Collection[str]) -> Set[str]:
        return set(post_ids) - set(IDS[:80])

    with tiktok(*MANY, *LONG) as (api, url):
        collected = collect(url, by(window=HUNDRED_DAYS), known=known)
    assert len(api.bodies) == 2  # the first page still held something new
    assert collected.pages[-1].cursor is None


def test_a_search_is_read_on_though_all_is_known() -> None:
    with tiktok(*MANY) as (_, url):
        assert collect(url, about("tea"), known=lambda post_ids: set(post_ids)).ids(SOURCE) == IDS


def test_a_quiet_user_is_told_from_none() -> None:
    with tiktok() as (api, url):
        quiet = collect(url, by(window=HUNDRED_DAYS))
        nobody = collect(url, by("nobody"))
    assert quiet.error is None
    assert [list(page.items) for page in quiet.pages] == [[]] * 4
    assert nobody.error is not None
    assert nobody.error.error_class is ErrorClass.NOT_FOUND
    assert "nobody" in nobody.error.message
    assert api.lookups == ["ada.kettle", "nobody"]


def test_keywords_are_one_query_for_descriptions_and_hashtags() -> None:
    found = [
        video(1, video_description="RUST CONF", hashtag_names=[]),
        video(2, video_description="", hashtag_names=["rustconf"]),
        video(3, video_description="milk", hashtag_names=["milk"]),
        video(4, video_description="tea", hashtag_names=["tea"], username="bob"),
        video(5, video_description="tea", hashtag_names=[]),
    ]
    with tiktok(*found) as (api, url):
        collected = collect(url, about("Rust  Conf", "#Tea", "#", "rust conf"))
    assert set(collected.ids(SOURCE)) == {str(found[number]["id"]) for number in (0, 1, 3)}
    conditions = api.bodies[0]["query"]["or"]
    assert [(one["field_name"], *one["field_values"]) for one in conditions] == [
        ("keyword", "Rust Conf"),
        ("hashtag_name", "rustconf"),
        ("hashtag_name", "tea"),
        ("keyword", "rust conf"),
    ]
    assert len(api.bodies) == 1


@pytest.mark.parametrize(
    ("target", "why"),
    [
        (about(place=Place(52.5, 13.4, 10)), "keyword"),
        (about("#", " "), "keyword"),
        (Target("x", WEEK), "neither"),
        (
            Target("in/j", WEEK, profile=Profile(Platform.LINKEDIN, "in/j", "https://x", "j", ProfileKind.PERSON)),
            "not on TikTok",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused_with_a_reason(target: Target, why: str) -> None:
    with tiktok() as (api, url), pytest.raises(ValueError, match=why):
        collect(url, target)
    assert api.tokens == []


def test_without_its_keys_nothing_is_asked() -> None:
    with tiktok() as (api, url):
        for missing in SOURCE.keys:
            keys = {name: value for name, value in KEYS.items() if name != missing}
            error = collect_with(keys, SOURCE, url, by()).error
            assert error is not None
            assert error.error_class is ErrorClass.NOT_CONFIGURED
            assert missing in error.message
    assert api.bodies == []


def test_a_lost_search_is_taken_up_on_the_day_where_it_was_lost() -> None:
    videos = [video(number, days_ago=0.1 + number / 60) for number in range(300)]
    with tiktok(*videos) as (api, url):
        begun = collect(url, by(window=HUNDRED_DAYS))
        api.forget()
        api.bodies.clear()
        rest = collect(url, by(window=HUNDRED_DAYS), begun.pages[1].cursor)
    assert rest.error is None
    expected = {str(one["id"]) for one in videos}
    assert {
        *(str(json.loads(item)["id"]) for page in begun.pages[:2] for item in page.items),
        *rest.ids(SOURCE),
    } == expected
    assert len(rest.ids(SOURCE)) < 200  # no more again than the day's
    assert [body.get("search_id") is None for body in api.bodies[:5]] == [False, False, False, True, False]
    assert api.bodies[3]["end_date"] == "20261118"
    assert rest.slept == [2, 8]


def test_a_search_that_is_lost_again_and_again_is_left_for_later() -> None:
    with tiktok(*[video(number) for number in range(250)]) as (api, url):
        api.forgets = True
        collected = collect(url, by())
    assert collected.error is not None
    assert collected.error.error_class is ErrorClass.SERVER
    assert "invalid or expired" in collected.error.message
    assert len(api.bodies) == 1 + 3 + 1 + 3


def test_a_search_that_goes_on_for_ever_is_left() -> None:
    page = {"videos": MANY[:3], "cursor": 100, "has_more": True, "search_id": "7"}
    with tiktok() as (api, url):
        api.script.replies = [(200, {}, json.dumps({"data": page, "error": FINE}).encode())] * 40
        collected = collect(url, by())
    assert set(collected.ids(SOURCE)) == set(IDS[:3])
    assert len(api.bodies) == 2

    with tiktok() as (api, url):
        endless = [page | {"cursor": 100 * number, "videos": []} for number in range(1, 40)]
        api.script.replies = [(200, {}, json.dumps({"data": one, "error": FINE}).encode()) for one in endless]
        collected = collect(url, about("tea"))
    assert collected.error is None
    assert len(api.bodies) == 10


def test_a_half_broken_page_gives_what_can_be_used_and_leads_on() -> None:
    broken: list[object] = [None, "no object", 5, {"id": {}}, *MANY[:100]]
    page = {"videos": broken, "cursor": "soon", "has_more": True}
    with tiktok(*MANY) as (api, url):
        first = collect(url, by())
        api.script.replies = [(200, {}, json.dumps({"data": page, "error": [FINE]}).encode())]
        collected = collect(url, by())
    assert collected.error is None
    assert collected.ids(SOURCE) == first.ids(SOURCE)
    assert api.bodies[-2]["cursor"] == 100
    assert "search_id" not in api.bodies[-2]


def test_a_page_without_its_list_leads_on() -> None:
    page = {"cursor": 100, "has_more": True}
    with tiktok(*MANY) as (api, url):
        api.script.replies = [(200, {}, json.dumps({"data": page, "error": FINE}).encode())]
        assert collect(url, by()).ids(SOURCE) == IDS[100:]
