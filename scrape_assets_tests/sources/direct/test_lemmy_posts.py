"""How Lemmy's posts and comments become posts, field by field, in both versions of its API."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scrape_assets.posts.model import Post, Rejected, RejectReason
from scrape_assets.sources.direct.envelope import document_line, item_line
from scrape_assets.sources.direct.lemmy import SOURCE
from scrape_assets_tests.sources.direct import lemmy_server
from scrape_assets_tests.sources.direct.collecting import NOON
from scrape_assets_tests.sources.direct.lemmy_server import HOST, comment, of_version_4

KEY = "u/ada@lemmy.example.com"
POSTED = datetime(2026, 11, 20, 9, 29, 1, 123456, tzinfo=UTC)
IMAGE = "https://pictures.example.com/tea.webp"


def a_post(**changes: Any) -> dict[str, Any]:
    return lemmy_server.post(7, 1, **changes)


def mapped(view: object) -> Post | Rejected | None:
    return SOURCE.mapping.map_line(item_line(KEY, NOON, json.dumps(view).encode())[:-1], last=False)


def post(view: object) -> Post:
    result = mapped(view)
    assert isinstance(result, Post), result
    return result


@pytest.mark.parametrize("version", [3, 4])
def test_a_post_is_the_same_in_both_versions(version: int) -> None:
    view = a_post(url=IMAGE, url_content_type="image/webp", thumbnail_url="https://example.com/t", alt_text="A cup")
    view["image_details"] = {"link": IMAGE, "width": 640, "height": 480, "content_type": "image/webp"}
    assert post(view if version == 3 else of_version_4(view)) == Post(
        platform="lemmy",
        post_id=f"{HOST}/post/7",
        url=f"{HOST}/post/7",
        kind="post",
        author_key=KEY,
        author_handle="ada@lemmy.example.com",
        author_id=f"{HOST}/u/ada",
        author_name="ada" if version == 3 else "Ada L.",
        author_url=f"{HOST}/u/ada",
        title="Tea 7",
        text="We **love** tea.",
        posted_at=POSTED,
        collected_at=NOON,
        hashtags=None,
        mentions=None,
        media=json.dumps(
            [
                {
                    "type": "image",
                    "url": IMAGE,
                    "preview_url": "https://example.com/t",
                    "width": 640,
                    "height": 480,
                    "alt": "A cup",
                }
            ],
            separators=(",", ":"),
        ).encode(),
        like_count=4,
        comment_count=3,
        share_count=None,
        view_count=None,
        save_count=None,
        reposted_from=None,
        feed_key=KEY,
        repairs=None,
    )


@pytest.mark.parametrize("version", [3, 4])
def test_a_comment_is_the_same_in_both_versions(version: int) -> None:
    view = comment(9, 1)
    found = post(view if version == 3 else of_version_4(view))
    assert (found.kind, found.post_id, found.text) == ("comment", f"{HOST}/comment/9", "So do I 9.")
    assert (found.title, found.media) == (None, None)
    assert (found.like_count, found.comment_count) == (2, 1)
    assert found.reply_to == f"{HOST}/post/7"
    assert found.author_key == KEY
    assert found.posted_at == POSTED


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"url": "https://example.com/page"}, "link"),
        ({"url": "https://example.com/page.jpg", "url_content_type": "text/html; charset=utf-8"}, "link"),
        ({"url": "https://example.com/a.JPG?w=1"}, "image"),
        ({"url": "https://example.com/a", "url_content_type": "video/mp4"}, "video"),
        ({"url": "https://example.com/a.mp3"}, "audio"),
        ({"thumbnail_url": "https://example.com/t"}, "image"),
    ],
)
def test_what_is_attached(changes: dict[str, object], kind: str) -> None:
    media = post(a_post(**changes)).media
    assert media is not None
    assert [one["type"] for one in json.loads(media)] == [kind]


def test_an_embedded_video_is_attached_beside_its_page() -> None:
    media = post(a_post(url="https://example.com/v", embed_video_url="https://example.com/v/embed")).media
    assert media is not None
    assert [one["type"] for one in json.loads(media)] == ["link", "video"]


@pytest.mark.parametrize(
    ("view", "field", "value"),
    [
        (a_post(published="2026-11-20T09:29:01.123456"), "posted_at", POSTED),  # before 0.19.4
        (a_post(published="2026-11-20T09:29:01Z"), "posted_at", POSTED.replace(microsecond=0)),
        (a_post(body=""), "text", None),
        (a_post(name=["Tea"]), "title", None),
        (a_post(name=["Tea"]), "text", "We **love** tea."),
        (a_post(url=7), "media", None),
        (a_post() | {"counts": None}, "like_count", None),
        (a_post() | {"counts": {"upvotes": 0, "comments": None}}, "like_count", 0),
        (a_post() | {"counts": {"upvotes": -3}}, "repairs", ["like_count: -3 is no count"]),
        (a_post() | {"counts": {"upvotes": {}, "comments": 3}}, "comment_count", 3),
        (a_post() | {"creator": None}, "author_key", None),
        (a_post() | {"creator": 7}, "author_key", None),
        (a_post() | {"creator": {"name": "ada"}}, "author_handle", "ada"),
        (
            a_post() | {"creator": {"name": "eve", "actor_id": "https://toots.example.com/users/eve"}},
            "author_key",
            "u/eve@toots.example.com",
        ),
        (
            a_post() | {"creator": {"name": "eve", "actor_id": "https://toots.example.com/users/eve"}},
            "author_url",
            "https://toots.example.com/users/eve",
        ),
        (a_post() | {"creator": {"name": "eve", "actor_id": "http://[x"}}, "author_key", None),
        (comment(9, 1, path="0.8.9"), "reply_to", None),
        (comment(9, 1, path=None), "reply_to", None),
        (comment(9, 1) | {"post": None}, "reply_to", None),
        (comment(9, 1, content=None), "text", None),
    ],
)
def test_one_odd_field_costs_that_field(view: dict[str, Any], field: str, value: object) -> None:
    assert getattr(post(view), field) == value


@pytest.mark.parametrize(
    ("view", "reason"),
    [
        ({}, RejectReason.NO_ID),
        (a_post(ap_id=None), RejectReason.NO_ID),
        (a_post(ap_id=7), RejectReason.NO_ID),
        (comment(9, 1, ap_id=None), RejectReason.NO_ID),
        (a_post(published=None), RejectReason.NO_TIME),
        (a_post(published="soon"), RejectReason.NO_TIME),
        (a_post(published="1980-01-01T00:00:00Z"), RejectReason.IMPLAUSIBLE_TIME),
        (a_post(published="2027-01-01T00:00:00Z"), RejectReason.IMPLAUSIBLE_TIME),
        (7, RejectReason.NOT_AN_OBJECT),
    ],
)
def test_a_view_that_is_no_post_is_set_aside_with_its_reason(view: object, reason: RejectReason) -> None:
    result = mapped(view)
    assert isinstance(result, Rejected)
    assert result.reason is reason


def test_a_document_is_no_record() -> None:
    assert SOURCE.mapping.map_line(document_line(KEY, NOON, "<feed/>")[:-1], last=False) is None


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.binary(), st.binary().map(lambda junk: item_line(KEY, NOON, junk)[:-1])), st.booleans())
def test_no_bytes_raise(line: bytes, last: bool) -> None:
    SOURCE.mapping.map_line(line, last)


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=4,
)


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(["post", "comment", "creator", "counts"]),
    st.sampled_from(["ap_id", "name", "url", "path", "published", "actor_id", "upvotes", "comments", "alt_text"]),
    _ANYTHING,
)
def test_no_values_raise(part: str, field: str, value: object) -> None:
    for view in (a_post(url=IMAGE), comment(9, 1)):
        changed = view | {part: view.get(part, {}) | {field: value}}
        for given_view in (changed, view | {part: value}):
            assert isinstance(mapped(given_view), Post | Rejected)
