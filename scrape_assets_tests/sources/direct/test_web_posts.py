"""What rules found on pages, as posts."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scrape_assets.posts.model import Post, Rejected, RejectReason
from scrape_assets.sources.direct.envelope import document_line, item_line
from scrape_assets.sources.direct.web import SOURCE
from scrape_assets.sources.direct.web_counts import shown_count
from scrape_assets_tests.sources.direct.collecting import NOON

KEY = "gazette.example.com/people/jane"
ITEM = {"id": "p1", "time": "2026-11-20T10:00:00+01:00", "text": "Words"}


def mapped(item: dict[str, Any], key: str = KEY) -> Post | Rejected | None:
    line = item_line(key, NOON, json.dumps(item).encode())
    return SOURCE.mapping.map_line(line[:-1], last=False)


def post(**changes: Any) -> Post:
    found = mapped({**ITEM, **changes})
    assert isinstance(found, Post), found
    return found


@pytest.mark.parametrize(
    ("changes", "post_id"),
    [
        ({}, "gazette.example.com#p1"),
        ({"id": " p1 ", "url": "https://gazette.example.com/1"}, "gazette.example.com#p1"),
        ({"id": "urn:uuid:1234"}, "urn:uuid:1234"),
        ({"id": "https://gazette.example.com/1"}, "https://gazette.example.com/1"),
        ({"id": None, "url": "https://gazette.example.com/day#post-2"}, "https://gazette.example.com/day#post-2"),
        ({"id": " ", "url": "https://gazette.example.com/1"}, "https://gazette.example.com/1"),
        ({"id": "\x00"}, None),
        ({"id": "x" * 600}, None),
        ({"id": None}, None),
    ],
)
def test_the_id_is_the_site_s_or_the_address_or_a_hash(changes: dict[str, Any], post_id: str | None) -> None:
    found = post(**changes).post_id
    assert found == post_id or (post_id is None and found.startswith("gazette.example.com#"))
    assert len(found) <= 500


def test_two_posts_of_one_site_differ_and_of_two_sites_never_agree() -> None:
    assert post(id=None).post_id == post(id=None, likes="5").post_id
    assert post(id=None).post_id != post(id=None, text="Other words").post_id
    there = mapped(ITEM, "www.other.example.org/people/jane")
    assert isinstance(there, Post)
    assert there.post_id == "other.example.org#p1"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2026-11-20T10:00:00Z", datetime(2026, 11, 20, 10, tzinfo=UTC)),
        ("2026-11-20 10:00", datetime(2026, 11, 20, 10, tzinfo=UTC)),
        ("2026-11-20", datetime(2026, 11, 20, tzinfo=UTC)),
        ("20261120", datetime(2026, 11, 20, tzinfo=UTC)),
        ("Fri, 20 Nov 2026 10:00:00 +0100", datetime(2026, 11, 20, 9, tzinfo=UTC)),
        ("1795168800", datetime(2026, 11, 20, 10, tzinfo=UTC)),
        ("1795168800123", datetime(2026, 11, 20, 10, 0, 0, 123000, tzinfo=UTC)),
    ],
)
def test_times_are_read_as_machines_write_them(given: str, expected: datetime) -> None:
    assert post(time=given).posted_at == expected


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"time": None}, RejectReason.NO_TIME),
        ({"time": "3 hours ago"}, RejectReason.NO_TIME),
        ({"time": "99999999999999999999"}, RejectReason.NO_TIME),
        ({"time": "1066-10-14"}, RejectReason.IMPLAUSIBLE_TIME),
        ({"time": "2027-11-20"}, RejectReason.IMPLAUSIBLE_TIME),
        ({"id": None, "text": None}, RejectReason.NO_ID),
    ],
)
def test_what_is_no_post_is_rejected_with_a_reason(changes: dict[str, Any], reason: RejectReason) -> None:
    found = mapped({**ITEM, **changes})
    assert isinstance(found, Rejected)
    assert found.reason is reason
    assert found.input_url == KEY


def test_all_fields_arrive() -> None:
    found = post(
        url="https://gazette.example.com/1",
        author="Jane Invented",
        author_url="https://Gazette.example.com/people/jane#top",
        title="A walk",
        html='<p>On &amp; <a href="https://example.com/x">on</a></p>',
        tags=["#Tea", "tea", "Water"],
        mentions=["https://gazette.example.com/people/tom", "nonsense of a link"],
        likes="1,234",
        comments="12 comments",
        shares="3.4K",
        views="1.5 Mio. Aufrufe",
        saves="Save",
        language="en-GB",
        repost_of="https://gazette.example.com/0",
        reply_to="p0",
        latitude="51.5",
        longitude="-0.12",
        media=[{"type": "image", "url": "https://example.com/1.png", "width": 3, "height": 2, "alt": "A pot"}],
    )
    assert found.media == b'[{"type":"image","url":"https://example.com/1.png","width":3,"height":2,"alt":"A pot"}]'
    assert found._replace(media=None) == Post(
        platform="web",
        post_id="gazette.example.com#p1",
        url="https://gazette.example.com/1",
        kind="repost",
        author_key=KEY,
        author_handle=None,
        author_id=None,
        author_name="Jane Invented",
        author_url=f"https://{KEY}",
        title="A walk",
        text="On & on (https://example.com/x)",
        posted_at=datetime(2026, 11, 20, 9, tzinfo=UTC),
        collected_at=NOON,
        hashtags=["Tea", "Water"],
        mentions=["gazette.example.com/people/tom"],
        media=None,
        like_count=1234,
        comment_count=12,
        share_count=3400,
        view_count=1_500_000,
        save_count=None,
        reposted_from="https://gazette.example.com/0",
        feed_key=KEY,
        repairs=None,
        language="en-GB",
        reply_to="gazette.example.com#p0",
        latitude=51.5,
        longitude=-0.12,
    )


def test_kinds_and_owners() -> None:
    assert post().kind == "post"
    assert post(title="T").kind == "article"
    assert post(reply_to="p0").kind == "reply"
    assert post(kind="video", title="T").kind == "video"
    assert post(kind="poem").kind == "post"
    assert post().author_key is None, "whose page it is, is not thereby its author"
    assert post(own=True).author_key == KEY
    assert post(own=True, author_url="https://example.org/tom").author_key == "example.org/tom"


def test_one_bad_field_costs_that_field() -> None:
    found = post(
        likes={"a": 1}, media="none", latitude="north", longitude="0", author_url="mailto:jane", comments="5-6"
    )
    assert (found.like_count, found.media, found.latitude, found.author_key) == (None, None, None, None)
    assert [note.partition(":")[0] for note in found.repairs or ()] == ["media", "likes", "comment_count"]
    assert post(media=[{"url": None}, {"url": "https://example.com/x"}]).media == (
        b'[{"type":"link","url":"https://example.com/x"}]'
    )


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("0", 0),
        ("17", 17),
        ("1,234", 1234),
        ("1.234 Likes", 1234),
        ("1 234 567", 1234567),
        ("1'234", 1234),
        ("(3)", 3),
        ("1.2K", 1200),
        ("1,2 k", 1200),
        ("1.234M views", 1_234_000),
        ("3 Mio", 3_000_000),
        ("12 Tsd. Aufrufe", 12_000),
        ("3 bookmarks", 3),
        ("Like", None),
        ("", None),
        (None, None),
    ],
)
def test_counts_are_read_as_people_see_them(shown: str | None, expected: int | None) -> None:
    assert shown_count(shown, "like_count") == (expected, None)


@pytest.mark.parametrize("shown", ["1.2", "5 of 10", "-3", "12h", "1,23,456", "9" * 30, "1e9", "3" * 200])
def test_what_is_no_count_is_noted(shown: str) -> None:
    number, note = shown_count(shown, "like_count")
    assert number is None
    assert note is not None
    assert note.startswith("like_count: ")


def test_a_document_is_no_post() -> None:
    assert SOURCE.mapping.map_line(document_line(KEY, NOON, "<html>")[:-1], last=False) is None


@given(st.binary(max_size=200), st.booleans())
@settings(max_examples=300, deadline=None)
def test_no_bytes_raise(item: bytes, last: bool) -> None:
    SOURCE.mapping.map_line(item, last)
    SOURCE.mapping.map_line(item_line(KEY, NOON, item)[:-1], last)


TEXTS = st.one_of(st.none(), st.text(max_size=30), st.integers(), st.lists(st.text(max_size=5)), st.floats())


@given(st.dictionaries(st.sampled_from([*ITEM, "url", "likes", "tags", "media", "latitude", "html", "own"]), TEXTS))
@settings(max_examples=300, deadline=None)
def test_no_fields_raise(fields: dict[str, Any]) -> None:
    found = mapped({**ITEM, **fields})
    assert isinstance(found, Post | Rejected)
