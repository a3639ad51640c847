"""Entries of feeds as posts, a field at a time, down to what nobody would call an entry."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scrape_assets.posts.model import Post, Rejected, RejectReason
from scrape_assets.sources.direct.envelope import document_line, item_line
from scrape_assets.sources.direct.feed import SOURCE
from scrape_assets.sources.direct.feed_record import Record
from scrape_assets_tests.sources.direct.feed_entries import ENTRY, FEED, LINK, mapped, post
from scrape_assets_tests.sources.direct.feed_server import KEY, NOON


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"id": "https://a.example/1"}, "https://a.example/1"),
        ({"id": "urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a"}, "urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a"),
        ({"id": "tag:a.example,2005:/x"}, "tag:a.example,2005:/x"),
        ({"id": " 17 "}, f"{KEY}#17"),
        ({"id": "post:17"}, f"{KEY}#post:17"),
        ({"id": "https://"}, f"{KEY}#https://"),
        ({"id": "two words"}, f"{KEY}#two words"),
        ({"id": 17}, f"{KEY}#17"),
        ({"id": None}, LINK),
        ({"id": "  "}, LINK),
        ({"id": ["x"]}, LINK),
        ({"id": "x" * 501}, f"{KEY}#sha256:"),
    ],
)
def test_ids_are_unique_across_feeds(changes: dict[str, Any], expected: str) -> None:
    assert post(**changes).post_id.startswith(expected)
    assert len(post(**changes).post_id) <= 500


def test_an_entry_without_id_and_link_is_known_by_what_it_says() -> None:
    bare = {"id": None, "link": None}
    one, same, other = post(**bare), post(**bare, tags=["x"]), post(**bare, title="Water")
    assert one.post_id == same.post_id != other.post_id
    assert one.post_id.startswith(f"{KEY}#sha256:")
    assert one.url is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": None, "link": None, "title": None}, RejectReason.NO_ID),
        ({"published": None}, RejectReason.NO_TIME),
        ({"published": "yesterday"}, RejectReason.NO_TIME),
        ({"published": "2031-01-01T00:00:00Z"}, RejectReason.IMPLAUSIBLE_TIME),
        (
            {"published": "Thu, 01 Jan 1970 00:00:00 GMT", "published_parsed": "1970-01-01T00:00:00Z"},
            RejectReason.IMPLAUSIBLE_TIME,
        ),
    ],
)
def test_what_cannot_be_a_row_is_rejected(changes: dict[str, Any], reason: RejectReason) -> None:
    found = mapped({**ENTRY, **changes})
    assert isinstance(found, Rejected)
    assert found.reason is reason
    assert found.input_url == KEY


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"published": "20 Nov 26 09:00 EST", "published_parsed": "2026-11-20T14:00:00Z"}, 14),
        ({"published": "nonsense", "updated": "2026-11-20T15:00:00Z"}, 15),
        ({"published": None, "created": "x", "created_parsed": "2026-11-20T16:00:00Z"}, 16),
        ({"published": None, "date_modified": "2026-11-20T17:00:00Z"}, 17),
    ],
)
def test_the_time_is_the_first_that_can_be_true(changes: dict[str, Any], expected: int) -> None:
    found = post(**changes)
    assert found.posted_at == datetime(2026, 11, 20, expected, tzinfo=UTC)
    assert bool(found.repairs) is ("nonsense" in changes.values())


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        ({"title": None}, "kind", "post"),
        ({"yt_videoid": "AAAAAAAAAAA", "media_starrating": {"count": "12"}}, "like_count", 12),
        ({"yt_videoid": "AAAAAAAAAAA"}, "kind", "video"),
        ({"media_starrating": {"count": "12"}}, "like_count", None),
        ({"media_statistics": {"views": "345"}}, "view_count", 345),
        ({"slash_comments": "0"}, "comment_count", 0),
        ({"link": "12345", "id": "12345"}, "url", None),
        ({"link": "javascript:alert(1)"}, "url", None),
        ({"link": None, "external_url": "https://elsewhere.example.com/x"}, "url", "https://elsewhere.example.com/x"),
        ({"geo_lat": "1.5", "geo_long": "2.5"}, "longitude", 2.5),
        ({"geo_lat": "1.5"}, "latitude", None),
        ({"geo_lat": "91", "geo_long": "2.5"}, "latitude", None),
        ({"geo_lat": "nan", "geo_long": "2.5"}, "latitude", None),
        ({"where": {"type": "Point", "coordinates": [None, 1]}}, "latitude", None),
        ({"where": {"type": "Box", "coordinates": [[1, 2], [3, 4]]}}, "latitude", None),
        ({"author": "jane@example.com", "author_detail": {"email": "jane@example.com"}}, "author_name", "Ada Invented"),
        ({"author": "Jane (Tea)"}, "author_name", "Jane (Tea)"),
        ({"summary": "1 < 2 & 3", "summary_detail": {"type": "text/plain"}}, "text", "1 < 2 & 3"),
        ({"summary": "<p>1 &lt; 2</p>", "summary_detail": {"type": "text/html"}}, "text", "1 < 2"),
        ({"image": {"href": "data:image/gif;base64,AA"}}, "media", None),
        ({"links": [{"rel": "enclosure", "href": "https://a.example/x.pdf?y", "length": "0"}]}, "media",
         b'[{"type":"document","url":"https://a.example/x.pdf?y"}]'),
    ],
)  # fmt: skip
def test_each_field_by_itself(changes: dict[str, Any], field: str, expected: object) -> None:
    assert getattr(post(**changes), field) == expected


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"title": 5}, "title"),
        ({"links": [{"href": 7, "rel": "alternate"}, {"rel": "enclosure", "href": "/1.mp3"}]}, "links[0].href"),
        ({"tags": {"term": "x"}}, "tags"),
        ({"slash_comments": "many"}, "comment_count"),
        ({"where": "here"}, "where"),
    ],
)
def test_one_bad_field_costs_that_field(changes: dict[str, Any], note: str) -> None:
    found = post(**changes)
    assert found.repairs is not None
    assert found.repairs[0].startswith(note)
    assert found.post_id == LINK


def test_a_document_is_no_record() -> None:
    assert SOURCE.mapping.map_line(document_line(KEY, NOON, "<rss/>\x00\ud800")[:-1], last=False) is None


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.booleans())
def test_no_bytes_raise(line: bytes, last: bool) -> None:
    assert isinstance(SOURCE.mapping.map_line(line, last), Rejected)


_NAMES = st.sampled_from(["href", "rel", "term", "url", "type", "value", "name", "coordinates", "count"])
_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3),
    max_leaves=6,
)
_FIELDS = st.sampled_from([field.encode_name for field in msgspec.structs.fields(Record)])


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(_FIELDS, _ANYTHING, max_size=6))
def test_no_entry_raises(entry: dict[str, Any]) -> None:
    line = item_line(KEY, NOON, json.dumps({**ENTRY, "feed": FEED, **entry}).encode())
    assert isinstance(SOURCE.mapping.map_line(line[:-1], last=False), Post | Rejected)
