"""How videos of TikTok's Research API become posts: invented ones field by field, the documented one as it came."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scrape_assets.posts.model import Post, Rejected, RejectReason
from scrape_assets.sources.direct.envelope import document_line, item_line
from scrape_assets.sources.direct.tiktok import SOURCE
from scrape_assets.sources.mapping import TimeWindow
from scrape_assets_tests.sources.direct.collecting import NOON
from scrape_assets_tests.sources.direct.tiktok_asking import about, collect
from scrape_assets_tests.sources.direct.tiktok_server import tiktok, video

RECORDED = Path(__file__).parents[4] / "shared/recorded/tiktok/research_video_query_DOC_EXAMPLE.json"
POSTED = NOON - timedelta(days=1)
NUMBER = video(7)["id"]


def mapped(given: object) -> Post | Rejected | None:
    return SOURCE.mapping.map_line(item_line("ada.kettle", NOON, json.dumps(given).encode())[:-1], last=False)


def post(given: object) -> Post:
    result = mapped(given)
    assert isinstance(result, Post), result
    return result


def without(given: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name not in names}


def test_a_video() -> None:
    assert NUMBER > 2**53  # so that reading it as a double would be noticed
    assert post(video(7)) == Post(
        platform="tiktok",
        post_id=str(NUMBER),
        url=f"https://www.tiktok.com/@ada.kettle/video/{NUMBER}",
        kind="video",
        author_key="ada.kettle",
        author_handle="ada.kettle",
        author_id=None,
        author_name=None,
        author_url="https://www.tiktok.com/@ada.kettle",
        title=None,
        text="Tea 7 #Tea",
        posted_at=POSTED,
        collected_at=NOON,
        hashtags=["tea"],
        mentions=None,
        media=None,
        like_count=20,
        comment_count=2,
        share_count=1,
        view_count=1050,
        save_count=4,
        reposted_from=None,
        feed_key="ada.kettle",
        repairs=None,
    )


@pytest.mark.parametrize(
    ("given", "field", "value"),
    [
        (without(video(7), "id") | {"video_id": NUMBER}, "post_id", str(NUMBER)),
        (video(7, id=str(NUMBER)), "post_id", str(NUMBER)),
        (video(7, id=2**64 - 1), "post_id", str(2**64 - 1)),
        (without(video(7), "favorites_count") | {"favourites_count": 9}, "save_count", 9),
        (without(video(7), "like_count"), "like_count", None),
        (video(7, like_count=0), "like_count", 0),
        (video(7, like_count=-1), "repairs", ["like_count: -1 is no count"]),
        (video(7, like_count=[1]), "like_count", None),
        (video(7, username="Ada.Kettle"), "author_key", "ada.kettle"),
        (video(7, username="no name"), "author_key", None),
        (video(7, username="no name"), "author_handle", "no name"),
        (video(7, username="no name"), "url", None),
        (without(video(7), "username"), "url", None),
        (video(7, username=5), "author_handle", None),
        (video(7, video_description=""), "text", None),
        (video(7, video_description="Tea\0 \ud83d"), "text", "Tea \ufffd"),
        (without(video(7), "hashtag_names"), "hashtags", ["tea"]),
        (video(7, hashtag_names=["Tea", None, "tea", "#pov"]), "hashtags", ["Tea", "pov"]),
        (video(7, hashtag_names="tea", hashtag_info_list=None), "hashtags", None),
        (video(7, hashtag_names=[], hashtag_info_list=[None, 5, {"hashtag_name": "x"}]), "hashtags", ["x"]),
        (video(7, video_mention_list=["@Bob", "bob", "Prime Time", None, 7]), "mentions", ["bob"]),
        (video(7, video_description="with @Bob_1, not ada@example.com"), "mentions", ["bob_1"]),
        (video(7, create_time=str(int(POSTED.timestamp()))), "posted_at", POSTED),
        (video(7, create_time=int(POSTED.timestamp()) + 3600), "posted_at", POSTED + timedelta(hours=1)),
        (video(7, create_time=None), "posted_at", POSTED - timedelta(seconds=10)),
        (video(7, create_time=0), "posted_at", POSTED - timedelta(seconds=10)),
        (video(7, create_time="soon"), "posted_at", POSTED - timedelta(seconds=10)),
        (video(7, create_time=10**30), "posted_at", POSTED - timedelta(seconds=10)),
        (video(7, id=12345), "posted_at", POSTED),
        (video(7, music_id="x", video_tag=[], video_label=5), "repairs", None),
    ],
)
def test_one_odd_field_costs_that_field(given: dict[str, Any], field: str, value: object) -> None:
    assert getattr(post(given), field) == value


def test_a_time_from_before_its_id_is_corrected() -> None:
    found = post(video(7, create_time=int(POSTED.timestamp()) - 86_400))
    assert found.posted_at == POSTED - timedelta(seconds=10)
    assert found.repairs is not None
    assert "the id says" in found.repairs[0]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (without(video(7), "id"), RejectReason.NO_ID),
        (video(7, id=None), RejectReason.NO_ID),
        (video(7, id=float(NUMBER)), RejectReason.NO_ID),
        (video(7, id="../x"), RejectReason.NO_ID),
        (video(7, id=10**30), RejectReason.NO_ID),
        (without(video(7, id=123), "create_time"), RejectReason.NO_TIME),
        (video(7, id=123, create_time="soon"), RejectReason.NO_TIME),
        (video(7, id=123, create_time=0), RejectReason.IMPLAUSIBLE_TIME),
        (video(7, days_ago=-3), RejectReason.IMPLAUSIBLE_TIME),
        ("no object", RejectReason.NOT_AN_OBJECT),
        ([video(7)], RejectReason.NOT_AN_OBJECT),
    ],
)
def test_what_is_no_post_is_set_aside_with_its_reason(given: object, reason: RejectReason) -> None:
    result = mapped(given)
    assert isinstance(result, Rejected)
    assert result.reason is reason
    assert result.input_url == "ada.kettle"


def test_a_document_is_no_record() -> None:
    assert SOURCE.mapping.map_line(document_line("ada", NOON, "<feed/>")[:-1], last=False) is None


@pytest.mark.skipif(not RECORDED.exists(), reason="the recorded answers are kept outside the project")
def test_the_documented_page_becomes_posts() -> None:
    with tiktok() as (api, url):
        api.script.replies = [(200, {}, RECORDED.read_bytes())]
        window = TimeWindow(datetime(2021, 10, 1, tzinfo=UTC), datetime(2021, 10, 20, tzinfo=UTC))
        collected = collect(url, about("lol", window=window))
    assert [body.get("search_id") for body in api.bodies[:2]] == [None, "7201388525814961198"]
    first, second = collected.posts(SOURCE)
    assert first == second
    assert first.post_id == "702874395068494965"
    assert first.posted_at == datetime.fromtimestamp(1633823999, UTC)
    assert (first.text, first.hashtags) == ("lol #pov #avengers", ["avengers", "pov"])
    assert (first.view_count, first.comment_count, first.like_count) == (1050, 2, None)
    assert first.repairs is None


@pytest.mark.parametrize("kept", [10, 150, -1])
def test_a_line_that_is_cut_off_says_so(kept: int) -> None:
    line = item_line("ada", NOON, json.dumps(video(7)).encode())[:-1][:kept]
    result = SOURCE.mapping.map_line(line, last=True)
    assert isinstance(result, Rejected)
    assert result.reason is RejectReason.TRUNCATED


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.binary(), st.binary().map(lambda junk: item_line("ada", NOON, junk)[:-1])), st.booleans())
def test_no_bytes_raise(line: bytes, last: bool) -> None:
    SOURCE.mapping.map_line(line, last)


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=4,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from([*sorted(video(7)), "video_id", "video_mention_list"]), _ANYTHING))
def test_no_values_raise(changes: dict[str, object]) -> None:
    assert isinstance(mapped(video(7) | changes), Post | Rejected)
