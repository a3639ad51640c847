"""Items of Reddit's API as posts."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrape_assets.posts.model import Post, Rejected, RejectReason
from scrape_assets.sources.direct.envelope import item_line
from scrape_assets.sources.direct.reddit import SOURCE
from scrape_assets_tests.sources.direct.collecting import NOON
from scrape_assets_tests.sources.direct.reddit_server import hours_ago, t3

RECORDED = Path(__file__).parents[4] / "shared/recorded/reddit/subreddit_new.1.json"
WHEN = hours_ago(5)
PREVIEW = {
    "images": [
        {"source": {"url": "https://preview.example.com/1.jpg?s=a&b=c", "width": 800, "height": 600}, "resolutions": []}
    ],
    "enabled": False,
}


def mapped(item: Any) -> Post | Rejected | None:
    return SOURCE.mapping.map_line(item_line("r/teatime", NOON, json.dumps(item).encode())[:-1], last=False)


def read(item: Any) -> Post:
    found = mapped(item)
    assert isinstance(found, Post), found
    return found


def media(item: Any) -> Any:
    post = read(item)
    assert post.repairs is None
    return json.loads(post.media) if post.media else None


def test_a_text_post() -> None:
    assert read(t3("a1", WHEN)) == Post(
        platform="reddit",
        post_id="a1",
        url="https://www.reddit.com/r/TeaTime/comments/a1/about/",
        kind="post",
        author_key="user/ada_l",
        author_handle="ada_l",
        author_id="t2_ada1",
        author_name="Ada_L",
        author_url="https://www.reddit.com/user/ada_l",
        title="About a1",
        text="Two & a half\n\nby u/Bo_B of r/Kettles, u/ada_l",
        posted_at=WHEN,
        collected_at=NOON,
        hashtags=None,
        mentions=["user/bo_b", "r/kettles"],
        media=None,
        like_count=34,
        comment_count=5,
        share_count=2,
        view_count=None,
        save_count=None,
        reposted_from=None,
        feed_key="r/teatime",
        repairs=None,
    )


def link(url: str, **fields: Any) -> dict[str, Any]:
    return t3("a1", WHEN, is_self=False, url=url, selftext="", **fields)


GALLERY = {
    "gallery_data": {"items": [{"media_id": "m2", "id": 1, "caption": "Second"}, {"media_id": "m1", "id": 2}]},
    "media_metadata": {
        "m1": {
            "status": "valid",
            "e": "Image",
            "m": "image/jpg",
            "s": {"x": 40, "y": 30, "u": "https://example.com/1"},
        },
        "m2": {"status": "valid", "e": "AnimatedImage", "s": {"x": 4, "y": 3, "mp4": "https://example.com/2.mp4"}},
        "m3": {"status": "failed"},
    },
}
VIDEO = {
    "reddit_video": {
        "fallback_url": "https://example.com/v/720.mp4",
        "hls_url": "https://example.com/v.m3u8",
        "width": 1280,
        "height": 720,
        "duration": 31,
        "is_gif": False,
    }
}
VIDEO_MEDIUM = {
    "type": "video",
    "url": "https://example.com/v/720.mp4",
    "preview_url": "https://preview.example.com/1.jpg?s=a&b=c",
    "width": 1280,
    "height": 720,
    "duration": 31,
}


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (
            link("https://www.example.com/news?a=1", preview=PREVIEW, post_hint="link"),
            [
                {
                    "type": "link",
                    "url": "https://www.example.com/news?a=1",
                    "preview_url": "https://preview.example.com/1.jpg?s=a&b=c",
                }
            ],
        ),
        (
            link("https://i.example.com/1.jpeg", preview=PREVIEW, post_hint="image"),
            [{"type": "image", "url": "https://i.example.com/1.jpeg", "width": 800, "height": 600}],
        ),
        (link("https://i.example.com/1.PNG?x=2"), [{"type": "image", "url": "https://i.example.com/1.PNG?x=2"}]),
        (
            link("https://v.example.com/1", media=VIDEO, preview=PREVIEW, is_video=True, post_hint="hosted:video"),
            [VIDEO_MEDIUM],
        ),
        (
            link("https://tube.example.com/1", media={"oembed": {"thumbnail_url": "https://example.com/t.jpg"}}),
            [{"type": "link", "url": "https://tube.example.com/1", "preview_url": "https://example.com/t.jpg"}],
        ),
        (
            link("https://www.reddit.com/gallery/a1", is_gallery=True, **GALLERY),
            [
                {"type": "video", "url": "https://example.com/2.mp4", "width": 4, "height": 3, "alt": "Second"},
                {"type": "image", "url": "https://example.com/1", "width": 40, "height": 30},
            ],
        ),
        (link("https://www.reddit.com/r/TeaTime/comments/b2/x/"), None),
        (link("/r/TeaTime/comments/b2/x/"), None),
        (
            t3("a1", WHEN, media_metadata=GALLERY["media_metadata"]),
            [
                {"type": "image", "url": "https://example.com/1", "width": 40, "height": 30},
                {"type": "video", "url": "https://example.com/2.mp4", "width": 4, "height": 3},
            ],
        ),
    ],
)
def test_media(item: dict[str, Any], expected: Any) -> None:
    assert media(item) == expected


def test_a_crosspost_is_a_repost_with_the_media_of_its_original() -> None:
    original = link("https://v.example.com/1", media=VIDEO, preview=PREVIEW, is_video=True)
    item = link(
        "/r/Kettles/comments/z9/x/", crosspost_parent="t3_z9", crosspost_parent_list=[original], title="Look at this"
    )
    post = read(item)
    assert (post.kind, post.reposted_from, post.title) == ("repost", "z9", "Look at this")
    assert (post.like_count, post.author_key) == (34, "user/ada_l")
    assert media(item) == [VIDEO_MEDIUM]


def test_kinds() -> None:
    assert read(link("https://v.example.com/1", is_video=True)).kind == "video"
    assert read(link("https://example.com")).kind == "post"


@pytest.mark.parametrize("word", ["[deleted]", "[removed]"])
def test_what_reddit_writes_in_place_of_what_is_gone_is_nothing(word: str) -> None:
    post = read(t3("a1", WHEN, author=word, author_fullname=None, selftext=word))
    assert (post.author_key, post.author_handle, post.author_name, post.text) == (None,) * 4


@pytest.mark.parametrize(
    ("fields", "likes", "noted"),
    [
        ({"ups": None, "score": 7}, 7, False),
        ({"ups": 0, "score": 0}, 0, False),
        ({"ups": None, "score": None}, None, False),
        ({"ups": "many"}, None, True),
        ({"ups": None, "score": -4}, None, True),
    ],
)
def test_votes(fields: dict[str, Any], likes: int | None, noted: bool) -> None:
    post = read(t3("a1", WHEN, **fields))
    assert post.like_count == likes
    assert bool(post.repairs) is noted


@pytest.mark.parametrize(
    ("fields", "spoiled"),
    [
        ({"title": 5}, "title"),
        ({"preview": "none", "is_self": False}, "preview"),
        ({"media_metadata": ["x"]}, "media_metadata"),
        ({"gallery_data": {"items": [5]}}, "gallery_data"),
        ({"crosspost_parent_list": {"a": 1}}, "crosspost_parent_list"),
        ({"is_video": "yes"}, "is_video"),
    ],
)
def test_one_bad_field_costs_that_field(fields: dict[str, Any], spoiled: str) -> None:
    post = read(t3("a1", WHEN, **fields))
    assert post.repairs is not None
    assert spoiled in " ".join(post.repairs)
    assert (post.author_key, post.posted_at) == ("user/ada_l", WHEN)


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (t3("a1", WHEN, id=None, name=None), RejectReason.NO_ID),
        (t3("a1", WHEN, id="not an id", name="t1_"), RejectReason.NO_ID),
        (t3("a1", WHEN, created_utc=None), RejectReason.NO_TIME),
        (t3("a1", WHEN, created_utc="noon"), RejectReason.NO_TIME),
        (t3("a1", WHEN, created_utc=1e300), RejectReason.NO_TIME),
        (t3("a1", WHEN, created_utc=1000.0), RejectReason.IMPLAUSIBLE_TIME),
        (t3("a1", NOON + timedelta(days=2)), RejectReason.IMPLAUSIBLE_TIME),
        ([], RejectReason.NOT_AN_OBJECT),
    ],
)
def test_rejects(item: Any, reason: RejectReason) -> None:
    found = mapped(item)
    assert isinstance(found, Rejected)
    assert found.reason is reason


@pytest.mark.parametrize(
    ("fields", "post_id"), [({"id": None}, "a1"), ({"id": "t3_A1"}, "a1"), ({"id": "b2", "name": None}, "b2")]
)
def test_the_id_is_bare(fields: dict[str, Any], post_id: str) -> None:
    assert read(t3("a1", WHEN, **fields)).post_id == post_id


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_are_mapped_without_an_error(line: bytes, last: bool) -> None:
    SOURCE.mapping.map_line(line, last)
    SOURCE.mapping.map_line(item_line("k", NOON, line), last)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=5,
)


@given(st.sampled_from(sorted([*t3("a1", WHEN), "preview", "media_metadata", "gallery_data"])), ANYTHING)
def test_any_value_of_a_field_is_mapped_without_an_error(field: str, value: Any) -> None:
    mapped(t3("a1", WHEN, is_self=False) | {field: value})


def test_all_recorded_posts_are_mapped() -> None:
    if not RECORDED.exists():
        pytest.skip("the recorded answers of Reddit are not on this machine")
    children = json.loads(RECORDED.read_bytes())["data"]["children"]
    posts = [read(child["data"]) for child in children]
    assert len(posts) == 100
    assert not any(post.repairs for post in posts)
    for post in posts:
        assert all((post.author_key, post.title, post.url))
        assert None not in (post.posted_at, post.like_count, post.comment_count)
    assert [post.posted_at for post in posts] == sorted((post.posted_at for post in posts), key=_time, reverse=True)


def _time(moment: datetime | None) -> datetime:
    assert moment is not None
    return moment
