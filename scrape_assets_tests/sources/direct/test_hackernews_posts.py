"""How hits become posts: invented ones field by field, recorded ones as they came."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scrape_assets.posts.model import Post, Rejected, RejectReason
from scrape_assets.sources.direct.envelope import document_line, item_line
from scrape_assets.sources.direct.hackernews import SOURCE
from scrape_assets_tests.sources.direct.collecting import NOON
from scrape_assets_tests.sources.direct.hackernews_server import SECOND, comment, story

RECORDED = Path(__file__).parents[4] / "shared/recorded/hackernews/algolia_search_by_date_page0.json"
POSTED = datetime.fromtimestamp(SECOND, UTC)


def mapped(hit: object) -> Post | Rejected | None:
    return SOURCE.mapping.map_line(item_line("ada", NOON, json.dumps(hit).encode())[:-1], last=False)


def post(hit: object) -> Post:
    result = mapped(hit)
    assert isinstance(result, Post), result
    return result


def without(hit: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in hit.items() if name not in names}


def test_a_story() -> None:
    assert post(story(7, SECOND)) == Post(
        platform="hackernews",
        post_id="7",
        url="https://news.ycombinator.com/item?id=7",
        kind="post",
        author_key="ada",
        author_handle="ada",
        author_id=None,
        author_name=None,
        author_url="https://news.ycombinator.com/user?id=ada",
        title="Tea 7",
        text=None,
        posted_at=POSTED,
        collected_at=NOON,
        hashtags=None,
        mentions=None,
        media=b'[{"type":"link","url":"https://example.com/tea/7"}]',
        like_count=12,
        comment_count=3,
        share_count=None,
        view_count=None,
        save_count=None,
        reposted_from=None,
        feed_key="ada",
        repairs=None,
    )


def test_a_comment() -> None:
    found = post(comment(9, SECOND))
    assert found.kind == "comment"
    assert found.text == "I'd rather have tea 9."
    assert found.reply_to == "8"
    assert (found.title, found.media, found.like_count, found.comment_count) == (None, None, None, None)


def test_a_question_has_a_text_and_no_link() -> None:
    found = post(without(story(7, SECOND, story_text="Which tea?<p>Any.", title="Ask HN: Tea?"), "url"))
    assert (found.kind, found.title, found.media) == ("post", "Ask HN: Tea?", None)
    assert found.text is not None
    assert found.text.startswith("Which tea?")
    assert "<p>" not in found.text


@pytest.mark.parametrize(
    ("hit", "field", "value"),
    [
        (story(7, SECOND, objectID=7), "post_id", "7"),
        (story(7, SECOND) | {"author": None}, "author_key", None),
        (story(7, SECOND, author="Ada-X_1"), "author_key", "Ada-X_1"),
        (story(7, SECOND, author="not a name"), "author_key", None),
        (story(7, SECOND, author="not a name"), "author_handle", "not a name"),
        (story(7, SECOND, points=0), "like_count", 0),
        (story(7, SECOND, points=None), "like_count", None),
        (story(7, SECOND, points=-1), "like_count", None),
        (story(7, SECOND, points=-1), "repairs", ["like_count: -1 is no count"]),
        (story(7, SECOND, points={}), "like_count", None),
        (story(7, SECOND, title=["Tea"]), "title", None),
        (story(7, SECOND, url=""), "media", None),
        (story(7, SECOND, title="Tea\0 \ud83d"), "title", "Tea \ufffd"),
        (story(7, SECOND, _tags=["poll", "author_ada"]), "kind", "post"),
        (story(7, SECOND, _tags="story"), "kind", "post"),
        (without(comment(9, SECOND), "_tags"), "kind", "comment"),
        (without(comment(9, SECOND), "parent_id"), "reply_to", None),
        (comment(9, SECOND, parent_id="8"), "reply_to", "8"),
        (comment(9, SECOND, created_at_i=None), "posted_at", datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)),
        (comment(9, SECOND, created_at_i=10**30), "posted_at", datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)),
        (comment(9, SECOND, created_at_i="soon"), "posted_at", datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)),
        (without(comment(9, SECOND), "created_at"), "posted_at", POSTED),
    ],
)
def test_one_odd_field_costs_that_field(hit: dict[str, Any], field: str, value: object) -> None:
    assert getattr(post(hit), field) == value


@pytest.mark.parametrize(
    ("hit", "reason"),
    [
        (without(story(7, SECOND), "objectID"), RejectReason.NO_ID),
        (story(7, SECOND, objectID=""), RejectReason.NO_ID),
        (story(7, SECOND, objectID={"x": 1}), RejectReason.BAD_FIELD),
        (without(story(7, SECOND), "created_at", "created_at_i"), RejectReason.NO_TIME),
        (story(7, SECOND, created_at="soon", created_at_i=None), RejectReason.NO_TIME),
        (story(7, SECOND, created_at_i=0), RejectReason.IMPLAUSIBLE_TIME),
        (story(7, SECOND, created_at_i=2_000_000_000), RejectReason.IMPLAUSIBLE_TIME),
        ("no object", RejectReason.NOT_AN_OBJECT),
        ([story(7, SECOND)], RejectReason.NOT_AN_OBJECT),
    ],
)
def test_a_hit_that_is_no_post_is_set_aside_with_its_reason(hit: object, reason: RejectReason) -> None:
    result = mapped(hit)
    assert isinstance(result, Rejected)
    assert result.reason is reason


def test_a_document_is_no_record() -> None:
    assert SOURCE.mapping.map_line(document_line("ada", NOON, "<feed/>")[:-1], last=False) is None


@pytest.mark.skipif(not RECORDED.exists(), reason="the recorded answers are kept outside the project")
def test_recorded_hits_become_posts() -> None:
    hits = json.loads(RECORDED.read_bytes())["hits"]
    posts = [post(hit) for hit in hits]
    assert [found.post_id for found in posts] == [hit["objectID"] for hit in hits]
    for hit, found in zip(hits, posts, strict=True):
        assert found.author_key == hit["author"]
        assert found.kind == "comment"
        assert found.reply_to == str(hit["parent_id"])
        assert found.posted_at == datetime.fromtimestamp(hit["created_at_i"], UTC)
        assert found.text
        assert "&#x27;" not in found.text
        assert found.repairs is None


@pytest.mark.parametrize("broken", [rb"\ud83d", b"\xff", b"\xed\xa0\xbd"])
def test_a_broken_letter_costs_that_letter(broken: bytes) -> None:
    item = json.dumps(story(7, SECOND, title="Tea!")).encode().replace(b"Tea!", b"Tea" + broken)
    found = SOURCE.mapping.map_line(item_line("ada", NOON, item)[:-1], last=False)
    assert isinstance(found, Post)
    assert found.title is not None
    assert found.title.rstrip("\ufffd") == "Tea"
    assert (found.feed_key, found.collected_at) == ("ada", NOON)


@pytest.mark.parametrize("kept", [10, 150, -1])
def test_a_line_that_is_cut_off_says_so(kept: int) -> None:
    line = item_line("ada", NOON, json.dumps(story(7, SECOND)).encode())[:-1][:kept]
    result = SOURCE.mapping.map_line(line, last=True)
    assert isinstance(result, Rejected)
    assert result.reason is RejectReason.TRUNCATED


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.binary(), st.binary().map(lambda junk: item_line("ada", NOON, junk)[:-1])), st.booleans())
def test_no_bytes_raise(line: bytes, last: bool) -> None:
    SOURCE.mapping.map_line(line, last)


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=4,
)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(story(1, 1) | comment(1, 1))), _ANYTHING))
def test_no_values_raise(changes: dict[str, object]) -> None:
    for hit in (story(7, SECOND), comment(7, SECOND)):
        result = mapped(hit | changes)
        assert isinstance(result, Post | Rejected)
