"""How media of Instagram's API become posts: invented ones field by field, recorded ones as they came."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scrape_assets.posts.model import Post, Rejected, RejectReason
from scrape_assets.sources.direct.envelope import document_line, item_line
from scrape_assets.sources.direct.instagram import SOURCE
from scrape_assets.sources.mapping import TimeWindow
from scrape_assets_tests.sources.direct.collecting import NOON
from scrape_assets_tests.sources.direct.instagram_asking import about, by, collect
from scrape_assets_tests.sources.direct.instagram_server import instagram, picture, stamp

RECORDED = Path(__file__).parents[4] / "shared/recorded/instagram"
recorded = pytest.mark.skipif(not RECORDED.exists(), reason="the recorded answers are kept outside the project")
ADA = {"username": "adas.kettle", "name": "Ada's Kettle"}


def mapped(media: object, author: object = ADA) -> Post | Rejected | None:
    item = json.dumps({"author": author, "media": media}).encode()
    return SOURCE.mapping.map_line(item_line("adas.kettle", NOON, item)[:-1], last=False)


def post(media: object, author: object = ADA) -> Post:
    result = mapped(media, author)
    assert isinstance(result, Post), result
    return result


def without(media: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in media.items() if name not in names}


def test_a_picture() -> None:
    assert post(picture(7)) == Post(
        platform="instagram",
        post_id="C7",
        url="https://www.instagram.com/p/C7/",
        kind="post",
        author_key="adas.kettle",
        author_handle="adas.kettle",
        author_id=None,
        author_name="Ada's Kettle",
        author_url="https://www.instagram.com/adas.kettle",
        title=None,
        text="Tea 7 #tea",
        posted_at=NOON - timedelta(hours=1),
        collected_at=NOON,
        hashtags=["tea"],
        mentions=None,
        media=b'[{"type":"image","url":"https://cdn.example.com/7.jpg?oh=1"}]',
        like_count=17,
        comment_count=3,
        share_count=None,
        view_count=None,
        save_count=None,
        reposted_from=None,
        feed_key="adas.kettle",
        repairs=None,
    )


def test_a_post_found_by_its_hashtag_has_no_author() -> None:
    found = post(picture(7), author=None)
    assert (found.author_key, found.author_handle, found.author_name, found.author_url) == (None, None, None, None)
    assert found.post_id == "C7"


def test_an_album_is_its_parts() -> None:
    children = {
        "data": [
            {"media_type": "IMAGE", "media_url": "https://cdn.example.com/a.jpg", "id": "1"},
            {"media_type": "VIDEO", "media_url": "https://cdn.example.com/b.mp4", "id": "2"},
            {"media_type": "VIDEO", "id": "3"},
            None,
        ]
    }
    album = picture(7, media_type="CAROUSEL_ALBUM", children=children)
    assert json.loads(post(album).media or b"") == [
        {"type": "image", "url": "https://cdn.example.com/a.jpg"},
        {"type": "video", "url": "https://cdn.example.com/b.mp4"},
    ]
    bare = picture(7, media_type="CAROUSEL_ALBUM", children={"data": [{"id": "1"}]})
    assert json.loads(post(bare).media or b"") == [{"type": "image", "url": "https://cdn.example.com/7.jpg?oh=1"}]


VIDEO = picture(
    7,
    media_type="VIDEO",
    media_product_type="REELS",
    media_url="https://cdn.example.com/v.mp4",
    thumbnail_url="https://cdn.example.com/t.jpg",
    permalink="https://www.instagram.com/reel/Cab_c-7/",
    view_count=1234,
)


def test_a_reel() -> None:
    found = post(VIDEO)
    assert (found.post_id, found.kind, found.view_count) == ("Cab_c-7", "reel", 1234)
    assert json.loads(found.media or b"") == [
        {"type": "video", "url": "https://cdn.example.com/v.mp4", "preview_url": "https://cdn.example.com/t.jpg"}
    ]


def test_of_a_protected_video_its_picture_is_left() -> None:
    found = post(without(VIDEO, "media_url"))
    assert json.loads(found.media or b"") == [{"type": "image", "url": "https://cdn.example.com/t.jpg"}]
    assert post(without(VIDEO, "media_url", "thumbnail_url")).media is None


@pytest.mark.parametrize(
    ("media", "field", "value"),
    [
        (picture(7, timestamp="2026-08-17T19:00:42+0000"), "posted_at", datetime(2026, 8, 17, 19, 0, 42, tzinfo=UTC)),
        (picture(7, timestamp="2026-08-17T19:00:42+0200"), "posted_at", datetime(2026, 8, 17, 17, 0, 42, tzinfo=UTC)),
        (without(picture(7), "like_count"), "like_count", None),
        (picture(7, like_count=0), "like_count", 0),
        (picture(7, like_count="12"), "like_count", 12),
        (picture(7, like_count=-1), "like_count", None),
        (picture(7, like_count=-1), "repairs", ["like_count: -1 is no count"]),
        (picture(7, like_count={}), "like_count", None),
        (without(picture(7), "caption"), "text", None),
        (without(picture(7), "caption"), "hashtags", None),
        (picture(7, caption=["x"]), "text", None),
        (picture(7, caption="Tea\0 \ud83d"), "text", "Tea \ufffd"),
        (picture(7, caption="a#b https://example.com/#c &#39; #1"), "hashtags", None),
        (picture(7, caption="#2nd #Tea_time, #tea_TIME"), "hashtags", ["2nd", "Tea_time"]),
        (picture(7, caption="##tea#milk \uff03茶 x/#y &#x27; #"), "hashtags", ["tea", "milk", "茶"]),
        (picture(7, caption="#चाय! #ชา (#Thé)"), "hashtags", ["चाय", "ชา", "Thé"]),
        (picture(7, caption="with @Bob.B. and @bob.b, not ada@example.com"), "mentions", ["bob.b"]),
        (without(picture(7), "media_url"), "media", None),
        (picture(7, media_type=5), "kind", "post"),
        (picture(7, media_type="VIDEO"), "kind", "video"),
        (picture(7, permalink="https://www.instagram.com/reel/Cx/"), "kind", "reel"),
        (picture(7, permalink="https://instagram.com/ada/p/Cx_9/?x=1"), "post_id", "Cx_9"),
        (picture(7, children="none"), "like_count", 17),
        (picture(7, children={"data": [5, {"media_url": 7}]}), "post_id", "C7"),
    ],
)
def test_one_odd_field_costs_that_field(media: dict[str, Any], field: str, value: object) -> None:
    assert getattr(post(media), field) == value


@pytest.mark.parametrize(
    ("author", "key", "handle"),
    [
        ({"username": "Ada"}, "ada", "ada"),
        ({"username": "no name"}, None, "no name"),
        ({"username": 5, "name": "Ada"}, None, None),
        ("ada", None, None),
        ([], None, None),
    ],
)
def test_an_odd_author_costs_the_author(author: object, key: str | None, handle: str | None) -> None:
    found = post(picture(7), author)
    assert (found.author_key, found.author_handle) == (key, handle)


@pytest.mark.parametrize(
    ("media", "reason"),
    [
        (without(picture(7), "permalink"), RejectReason.NO_ID),
        (picture(7, permalink="https://example.com/p/C7"), RejectReason.NO_ID),
        (picture(7, permalink=7), RejectReason.NO_ID),
        (without(picture(7), "timestamp"), RejectReason.NO_TIME),
        (picture(7, timestamp="yesterday"), RejectReason.NO_TIME),
        (picture(7, timestamp=stamp(NOON + timedelta(days=2))), RejectReason.IMPLAUSIBLE_TIME),
        (picture(7, timestamp="2009-01-01T00:00:00+0000"), RejectReason.IMPLAUSIBLE_TIME),
        ("no object", RejectReason.NO_ID),
        (None, RejectReason.NO_ID),
    ],
)
def test_what_is_no_post_is_set_aside_with_its_reason(media: object, reason: RejectReason) -> None:
    result = mapped(media)
    assert isinstance(result, Rejected)
    assert result.reason is reason
    assert result.input_url == "adas.kettle"


def test_a_document_is_no_record() -> None:
    assert SOURCE.mapping.map_line(document_line("ada", NOON, "<feed/>")[:-1], last=False) is None


@recorded
def test_recorded_pages_become_posts() -> None:
    with instagram() as (api, url):
        pages = [RECORDED / f"business_discovery_paged_p{number}.json" for number in (1, 2)]
        api.script.replies = [(200, {}, page.read_bytes()) for page in pages]
        collected = collect(url, by(window=TimeWindow(datetime(2021, 9, 1, tzinfo=UTC), NOON)))
    assert collected.error is None
    assert len(api.script.asked) == 2  # the second has no cursor
    media = [one for page in pages for one in json.loads(page.read_bytes())["business_discovery"]["media"]["data"]]
    posts = collected.posts(SOURCE)
    assert [found.post_id for found in posts] == [one["permalink"].split("/")[-2] for one in media]
    for one, found in zip(media, posts, strict=True):
        assert (found.like_count, found.comment_count) == (one["like_count"], one["comments_count"])
        assert found.posted_at == datetime.fromisoformat(one["timestamp"])
        assert found.kind == ("video" if one["media_type"] == "VIDEO" else "post")
        assert found.repairs is None
        assert (found.media is None) == ("media_url" not in one)


@recorded
def test_recorded_pages_of_a_hashtag_are_followed_and_lack_what_makes_a_post() -> None:
    with instagram() as (api, url):
        pages = [RECORDED / f"hashtags_hashtag_recent_medias_p{number}.json" for number in (1, 2)]
        lookup = b'{"data": [{"id": "17843826142012701"}]}'
        api.script.replies = [(200, {}, lookup), *[(200, {}, page.read_bytes()) for page in pages]]
        collected = collect(url, about("tea"))
    assert collected.error is None
    assert len(api.script.asked) == 3
    results = collected.mapped(SOURCE)
    assert len(results) == 10
    # They were asked for without permalink and timestamp.
    assert {one.reason for one in results if isinstance(one, Rejected)} == {RejectReason.NO_ID}


@pytest.mark.parametrize("kept", [10, 150, -1])
def test_a_line_that_is_cut_off_says_so(kept: int) -> None:
    item = json.dumps({"author": ADA, "media": picture(7)}).encode()
    result = SOURCE.mapping.map_line(item_line("ada", NOON, item)[:-1][:kept], last=True)
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
@given(st.dictionaries(st.sampled_from([*sorted(VIDEO), "children"]), _ANYTHING), _ANYTHING)
def test_no_values_raise(changes: dict[str, object], author: object) -> None:
    assert isinstance(mapped(VIDEO | changes, author), Post | Rejected)
