"""Entries of Reddit's feeds as posts."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scrape_assets.posts.model import Post, Rejected, RejectReason
from scrape_assets.sources.answer import Answer
from scrape_assets.sources.direct.envelope import item_line
from scrape_assets.sources.direct.feed_document import read_document
from scrape_assets.sources.direct.reddit_feed import SOURCE
from scrape_assets_tests.sources.direct.feed_server import NOON, parsed_here
from scrape_assets_tests.sources.direct.reddit_feed_entries import entry, listing

__all__ = ["parsed_here"]

LINK = "https://www.reddit.com/r/tea/comments/1abc01/some_leaves/"
ENTRY = {"id": "t3_1abc01", "link": LINK, "published": "2026-11-20T10:00:00+00:00"}


def from_feed(*entries: str) -> Iterator[Post | Rejected | None]:
    answer = Answer(200, {}, listing(*entries).encode())
    for one in read_document(answer, "r/tea", "https://www.reddit.com/r/tea", "https://www.reddit.com/x").items:
        yield SOURCE.mapping.map_line(item_line("r/tea", NOON, one)[:-1], last=False)


def mapped(**changes: Any) -> Post | Rejected | None:
    line = item_line("r/tea", NOON, json.dumps({**ENTRY, **changes}).encode())
    return SOURCE.mapping.map_line(line[:-1], last=False)


def test_a_post_of_text_arrives_whole(parsed_here: None) -> None:
    text = '<p>A <em>pot</em> &amp; <a href="/u/bob">/u/bob</a></p><p>Two</p>'
    (found,) = from_feed(entry("1abc01", 3, text))
    assert isinstance(found, Post)
    assert found.text
    assert found.text.startswith("A pot & /u/bob")
    assert found.text.endswith("\n\nTwo")
    assert found._replace(text=None) == Post(
        platform="reddit",
        post_id="1abc01",
        url=LINK,
        kind="post",
        author_key="user/jane_tea",
        author_handle="jane_tea",
        author_id=None,
        author_name="jane_tea",
        author_url="https://www.reddit.com/user/jane_tea",
        title="Leaves & water",
        text=None,
        posted_at=NOON - timedelta(hours=3),
        collected_at=NOON,
        hashtags=None,
        mentions=None,
        media=None,
        like_count=None,
        comment_count=None,
        share_count=None,
        view_count=None,
        save_count=None,
        reposted_from=None,
        feed_key="r/tea",
        repairs=None,
    )


@pytest.mark.parametrize(
    ("aim", "kind", "media"),
    [
        (None, "post", [{"type": "image", "url": "https://b.thumbs.example/1.jpg"}]),
        ("https://i.redd.it/1.jpeg", "post", [{"type": "image", "url": "https://i.redd.it/1.jpeg"}]),
        ("https://v.redd.it/abc", "video", [{"type": "video", "url": "https://v.redd.it/abc"}]),
        ("https://a.example/x.mp4?y=1&z=2", "post", [{"type": "video", "url": "https://a.example/x.mp4?y=1&z=2"}]),
        ("https://a.example/page", "post", [{"type": "link", "url": "https://a.example/page"}]),
        ("https://www.reddit.com/gallery/1abc01", "post", [{"type": "image", "url": "https://b.thumbs.example/1.jpg"}]),
    ],
)
def test_what_a_post_links_to(aim: str | None, kind: str, media: list[dict[str, str]], parsed_here: None) -> None:
    thumbnail = "https://b.thumbs.example/1.jpg"
    (found,) = from_feed(entry("1abc01", text=None, aim=aim, more=f'<media:thumbnail url="{thumbnail}"/>'))
    assert isinstance(found, Post)
    assert found.kind == kind
    assert found.text is None
    if media[0]["url"] != thumbnail:
        media = [{**media[0], "preview_url": thumbnail}]
    assert json.loads(found.media or b"") == media


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"id": LINK}, "1abc01"),  # as feeds of 2016 had it
        ({"id": None}, "1abc01"),
        ({"id": "https://www.reddit.com/r/tea/new/t3_1abc01"}, "1abc01"),
        ({"id": "t1_c9", "link": f"{LINK}c9/"}, "t1_c9"),
    ],
)
def test_the_id_is_bare(changes: dict[str, Any], expected: str) -> None:
    found = mapped(**changes)
    assert isinstance(found, Post)
    assert found.post_id == expected
    if expected.startswith("t1_"):
        assert (found.kind, found.reply_to) == ("comment", "1abc01")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": None, "link": None}, RejectReason.NO_ID),
        ({"id": "t5_2qq", "link": "https://www.reddit.com/r/tea/"}, RejectReason.NO_ID),
        ({"published": None}, RejectReason.NO_TIME),
    ],
)
def test_what_cannot_be_a_row_is_rejected(changes: dict[str, Any], reason: RejectReason) -> None:
    found = mapped(**changes)
    assert isinstance(found, Rejected)
    assert found.reason is reason


def test_a_deleted_author_is_nobody() -> None:
    found = mapped(author="/u/[deleted]", author_detail={"name": "/u/[deleted]"})
    assert isinstance(found, Post)
    assert (found.author_key, found.author_handle, found.author_name) == (None, None, None)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.booleans())
def test_no_bytes_raise(line: bytes, last: bool) -> None:
    assert isinstance(SOURCE.mapping.map_line(line, last), Rejected)
