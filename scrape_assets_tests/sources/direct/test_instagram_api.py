"""Instagram's API over real HTTP: what is asked, and where paging ends."""

import json
from collections.abc import Collection, Set
from datetime import timedelta

import pytest

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.posts.identity import Profile, ProfileKind
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.search import Place
from scrape_assets.sources.direct.instagram import SOURCE
from scrape_assets.sources.direct.source import DirectSource, Target
from scrape_assets.sources.mapping import TimeWindow
from scrape_assets_tests.sources.direct.collecting import NOON
from scrape_assets_tests.sources.direct.instagram_asking import WEEK, about, account, by, collect
from scrape_assets_tests.sources.direct.instagram_server import TOKEN, USER, instagram, picture
from scrape_assets_tests.sources.direct.keyed_collecting import collect_with
from scrape_assets_tests.sources.direct.platform_server import Reply

A_SOURCE: DirectSource = SOURCE  # held against the contract by the type checker
MANY = [picture(number, hours_ago=number) for number in range(120)]
CODES = [f"C{number}" for number in range(120)]


def test_an_account_is_read_to_its_end() -> None:
    with instagram() as (api, url):
        api.accounts["adas.kettle"] = MANY
        collected = collect(url, by())
    assert collected.error is None
    assert collected.ids(SOURCE) == CODES
    assert [page.cursor for page in collected.pages] == ['{"after":"QVFI50"}', '{"after":"QVFI100"}', None]
    assert api.script.paths == [f"/v25.0/{USER}"] * 3
    assert {post.author_key for post in collected.posts(SOURCE)} == {"adas.kettle"}


def test_the_token_is_in_no_address_and_in_no_item() -> None:
    with instagram() as (api, url):
        api.accounts["adas.kettle"] = [
            picture(1, children={"data": [], "paging": {"next": f"https://graph.example.com/?access_token={TOKEN}"}})
        ]
        api.hashtags["tea"] = MANY
        collected = [collect(url, by()), collect(url, about("tea"))]
    assert TOKEN not in str(api.script.asked)
    for one in collected:
        assert one.pages
        assert TOKEN.encode() not in b"".join(one.items)
        assert TOKEN not in str([page.cursor for page in one.pages])
        assert TOKEN not in str(one.calls)
    assert {headers["authorization"] for headers in api.script.headers} == {f"Bearer {TOKEN}"}


def test_every_cursor_leads_to_the_rest_of_an_account() -> None:
    with instagram() as (api, url):
        api.accounts["adas.kettle"] = MANY
        whole = collect(url, by())
        for number, page in enumerate(whole.pages[:-1]):
            assert collect(url, by(), page.cursor).pages == whole.pages[number + 1 :]


def test_paging_stops_where_all_is_older_than_the_window() -> None:
    with instagram() as (api, url):
        api.accounts["adas.kettle"] = MANY
        collected = collect(url, by(window=TimeWindow(NOON - timedelta(hours=30), NOON)))
    assert collected.ids(SOURCE) == CODES[:100]  # the first page still held something new
    assert collected.pages[-1].cursor is None
    assert len(api.script.asked) == 2


def test_paging_stops_where_all_is_known() -> None:
    def known(post_ids: Collection[str]) -> Set[str]:
        return set(post_ids)

    with instagram() as (api, url):
        api.accounts["adas.kettle"] = MANY
        collected = collect(url, by(), known=known)
    assert len(api.script.asked) == 1
    assert collected.pages[-1].cursor is None


def test_an_old_post_among_new_ones_does_not_stop_paging() -> None:
    with instagram() as (api, url):
        pinned = picture(999, hours_ago=9_999)
        api.accounts["adas.kettle"] = [pinned, *MANY]
        collected = collect(url, by())
    assert collected.ids(SOURCE) == ["C999", *CODES]


def test_an_account_without_posts_gives_an_empty_page() -> None:
    with instagram() as (api, url):
        api.accounts["adas.kettle"] = []
        collected = collect(url, by())
    assert collected.error is None
    assert [(list(page.items), page.cursor) for page in collected.pages] == [([], None)]


def test_fields_that_the_api_does_not_know_are_left_out_from_then_on() -> None:
    with instagram() as (api, url):
        api.unknown_fields = frozenset({"view_count"})
        api.accounts["adas.kettle"] = MANY
        collected = collect(url, by())
    assert collected.ids(SOURCE) == CODES
    assert ["view_count" in fields for fields in api.fields] == [True, False, False, False]


def test_a_listing_that_repeats_itself_is_left() -> None:
    with instagram() as (api, url):
        page = {"data": MANY[:50], "paging": {"cursors": {"after": "QVFIagain"}}}
        body = json.dumps({"business_discovery": {"username": "adas.kettle", "media": page}}).encode()
        api.script.replies = [(200, {}, body)] * 20
        collected = collect(url, by())
    assert collected.error is None
    assert set(collected.ids(SOURCE)) == set(CODES[:50])
    assert len(api.script.asked) == 2


def test_each_keyword_is_asked_for_as_a_hashtag() -> None:
    with instagram() as (api, url):
        api.hashtags = {"rustconf": [picture(1)], "tea": [picture(2), picture(3)]}
        collected = collect(url, about("Rust Conf", "#RustConf", "Tea!", "nobodysword"))
    assert collected.error is None
    assert collected.ids(SOURCE) == ["C1", "C2", "C3"]
    searched = [params["q"] for path, params in api.script.asked if path.endswith("ig_hashtag_search")]
    assert searched == ["rustconf", "tea", "nobodysword"]
    assert [page.cursor is None for page in collected.pages] == [False, False, True]
    assert [call.operation for call in collected.calls] == ["hashtag", "page", "hashtag", "page", "hashtag"]


def test_a_hashtag_is_read_to_its_end_though_its_cursor_is_always_the_same() -> None:
    with instagram() as (api, url):
        api.hashtags = {"tea": MANY, "water": [picture(500)]}
        collected = collect(url, about("tea", "water"))
    assert collected.error is None
    assert collected.ids(SOURCE) == [*CODES, "C500"]
    assert len(api.script.asked) == 2 + 3 + 1
    assert {post.author_key for post in collected.posts(SOURCE)} == {None}


@pytest.mark.parametrize("given", [1, 2, 3])
def test_a_search_is_resumed_at_its_hashtag_and_page(given: int) -> None:
    with instagram() as (api, url):
        api.hashtags = {"tea": MANY, "water": [picture(500)]}
        whole = collect(url, about("tea", "water"))
        api.script.replies = [None] * (given + 1) + [(400, {}, b'{"error": {"code": 4, "message": "limit"}}')]
        begun = collect(url, about("tea", "water"))
        assert len(begun.pages) == given
        rest = collect(url, about("tea", "water"), begun.pages[-1].cursor)
    assert begun.items + rest.items == whole.items


def test_a_hashtag_that_gives_the_same_page_for_ever_is_left() -> None:
    with instagram() as (api, url):
        api.hashtags = {"tea": MANY, "water": [picture(500)]}
        page = {"data": MANY[:50], "paging": {"cursors": {"after": "x"}, "next": "https://graph.example.com/?after=x"}}
        endless: Reply = (200, {}, json.dumps(page).encode())
        api.script.replies = [None, *[endless] * 4]
        collected = collect(url, about("tea", "water"))
    assert set(collected.ids(SOURCE)) == {*CODES[:50], "C500"}
    assert len(api.script.asked) == 1 + 4 + 2


def test_a_search_is_read_on_though_all_is_known() -> None:
    with instagram() as (api, url):
        api.hashtags["tea"] = MANY
        collected = collect(url, about("tea"), known=lambda post_ids: set(post_ids))
    assert collected.ids(SOURCE) == CODES


def test_a_hashtag_too_many_is_named_and_costs_the_others_nothing() -> None:
    with instagram() as (api, url):
        api.hashtags = {"tea": [picture(1)], "water": [picture(2)], "milk": [picture(3)]}
        api.different_hashtags = 2
        collected = collect(url, about("tea", "milk", "water"))
        again = collect(url, about("tea", "water", "milk"))
    assert collected.ids(SOURCE) == ["C1", "C3"]
    assert again.ids(SOURCE) == ["C1", "C3"]
    for one in (collected, again):
        assert one.error is not None
        assert one.error.error_class is ErrorClass.BAD_REQUEST
        assert "#water: Instagram takes 30 different hashtags in 7 days and refuses a further one" in one.error.message


def test_hashtags_that_are_not_permitted_do_not_stop_the_accounts() -> None:
    permission = b'{"error": {"code": 10, "message": "(#10) To use Instagram Public Content Access, apply for it."}}'
    with instagram() as (api, url):
        api.hashtags = {"tea": MANY, "water": MANY}
        api.script.replies = [(403, {}, permission)]
        collected = collect(url, about("tea", "water"))
    assert len(api.script.asked) == 1
    assert collected.error is not None
    assert collected.error.error_class is ErrorClass.BAD_REQUEST
    assert "Instagram Public Content Access" in collected.error.message


@pytest.mark.parametrize(
    ("target", "why"),
    [
        (about(place=Place(52.5, 13.4, 10)), "hashtag"),
        (about("#", " ! "), "hashtag"),
        (Target("x", WEEK), "neither"),
        (by("ada) {id}"), "name"),
        (by("Ada"), "name"),
        (
            Target("in/j", WEEK, profile=Profile(Platform.LINKEDIN, "in/j", "https://x", "j", ProfileKind.PERSON)),
            "not on Instagram",
        ),
        (about("tea", window=TimeWindow(NOON - timedelta(days=7), NOON - timedelta(days=1))), "last 24 hours"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_a_reason(target: Target, why: str) -> None:
    with instagram() as (api, url), pytest.raises(ValueError, match=why):
        collect(url, target)
    assert api.script.asked == []


def test_without_its_keys_nothing_is_asked() -> None:
    with instagram() as (api, url):
        for missing in SOURCE.keys:
            keys = {name: "x" for name in SOURCE.keys if name != missing}
            collected = collect_with(keys, SOURCE, url, by())
            assert collected.error is not None
            assert collected.error.error_class is ErrorClass.NOT_CONFIGURED
            assert missing in collected.error.message
    assert api.script.asked == []


def test_a_half_broken_page_gives_what_can_be_used_and_leads_on() -> None:
    broken: list[object] = [None, "no object", 5, {"id": 7}, *MANY[:50]]
    page = {"data": broken, "paging": {"cursors": {"after": "QVFI50", "before": 3}}}
    body = json.dumps({"business_discovery": {"id": 5, "name": ["x"], "media": page}, "id": USER}).encode()
    with instagram() as (api, url):
        api.accounts["adas.kettle"] = MANY
        api.script.replies = [(200, {}, body)]
        collected = collect(url, by())
    assert collected.error is None
    assert collected.ids(SOURCE) == CODES
    assert {post.author_key for post in collected.posts(SOURCE)} == {"adas.kettle"}


def test_a_page_without_its_list_leads_on() -> None:
    body = b'{"business_discovery": {"media": {"paging": {"cursors": {"after": "QVFI50"}}}}}'
    with instagram() as (api, url):
        api.accounts["adas.kettle"] = MANY
        api.script.replies = [(200, {}, body)]
        assert collect(url, by()).ids(SOURCE) == CODES[50:]


def test_an_account_is_named_as_it_was_asked_for_where_the_answer_does_not_name_it() -> None:
    assert account().key == "adas.kettle"
    body = json.dumps({"business_discovery": {"media": {"data": [picture(1)]}, "id": "1"}}).encode()
    with instagram() as (api, url):
        api.script.replies = [(200, {}, body)]
        (post,) = collect(url, by()).posts(SOURCE)
    assert (post.author_key, post.author_name) == ("adas.kettle", None)
