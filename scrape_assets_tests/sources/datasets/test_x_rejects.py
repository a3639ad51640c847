"""Rows that are no posts, and why."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrape_assets.posts.model import Post, Rejected, RejectReason
from scrape_assets.sources.datasets.x import map_line
from scrape_assets_tests.sources.datasets.x_rows import POST_ID, recent, reject, row, without

ACME = "https://x.com/acme"
WARNED = {
    "timestamp": "2026-03-20T08:00:01.500Z",
    "input": {"url": ACME, "start_date": "2026-01-01", "end_date": "2026-01-15"},
    "warning": "Invalid input.url",
    "warning_code": "dead_page",
}
FAILED = {
    "timestamp": "2026-03-20T08:00:01.500Z",
    "input": {"url": f"https://twitter.com/20000001/status/{POST_ID}"},
    "discovery_input": {"url": ACME},
    "error": "Collection failed after multiple attempts",
    "error_code": "crawl_failed",
}


def test_a_warning_row_that_failed_in_discovery_has_only_the_clients_input() -> None:
    assert reject(WARNED) == Rejected(RejectReason.SOURCE_WARNING, "Invalid input.url", "dead_page", ACME)


def test_an_error_row_says_what_failed_for_which_input() -> None:
    assert reject(FAILED) == Rejected(
        RejectReason.SOURCE_ERROR, "Collection failed after multiple attempts", "crawl_failed", ACME
    )


def test_an_error_beside_content_is_an_error_and_null_ones_are_none() -> None:
    assert reject(row(error="blocked", error_code=None)).reason == RejectReason.SOURCE_ERROR
    assert isinstance(map_line(json.dumps(row(error=None, warning="")).encode(), last=False), Post)


@pytest.mark.parametrize(
    ("value", "reason", "detail"),
    [
        (without("id"), RejectReason.NO_ID, "no id"),
        (row(id=" \x00"), RejectReason.NO_ID, "no id"),
        (row(id=float(POST_ID)), RejectReason.BAD_FIELD, "id: "),
        (row(id="x" * 3000), RejectReason.BAD_FIELD, "3000 letters"),
        (row(timestamp=1742457601), RejectReason.BAD_FIELD, "timestamp: "),
        (without("timestamp"), RejectReason.NO_TIME, "when the vendor looked"),
        (row(id="20000000000", date_posted=None), RejectReason.NO_TIME, "date_posted: missing"),
        (row(id="20000000000", date_posted="3d"), RejectReason.NO_TIME, "date_posted: '3d'"),
        (row(id="20", date_posted="2006-03-20T00:00:00.000Z"), RejectReason.IMPLAUSIBLE_TIME, "2006-03-20"),
        (row(id="20", date_posted="2026-03-22T00:00:00.000Z"), RejectReason.IMPLAUSIBLE_TIME, "2026-03-22"),
        (row(id="9" * 20, date_posted=None), RejectReason.IMPLAUSIBLE_TIME, "time in id: "),
        ([row()], RejectReason.NOT_AN_OBJECT, "a list"),
        (None, RejectReason.NOT_AN_OBJECT, "null"),
        ({}, RejectReason.NO_ID, "no id"),
    ],
)
def test_a_row_that_is_no_post_is_set_aside_with_the_reason(value: object, reason: RejectReason, detail: str) -> None:
    rejected = reject(value)
    assert rejected.reason == reason
    assert detail in rejected.detail


def test_a_rejected_row_names_the_input_it_answers() -> None:
    assert reject(without("id")).input_url == ACME


def test_only_a_last_line_can_be_cut_off() -> None:
    line = json.dumps(row()).encode()
    for end in (1, 100, len(line) - 1):
        cut, broken = map_line(line[:end], last=True), map_line(line[:end], last=False)
        assert isinstance(cut, Rejected)
        assert isinstance(broken, Rejected)
        assert (cut.reason, broken.reason) == (RejectReason.TRUNCATED, RejectReason.NOT_JSON)
    assert isinstance(map_line(line, last=True), Post)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["url", "post_id", "x"]), inner),
    max_leaves=6,
)


@given(st.binary(), st.booleans())
def test_no_bytes_make_it_raise(line: bytes, last: bool) -> None:
    assert isinstance(map_line(line, last), Post | Rejected)


@given(anything)
def test_no_json_makes_it_raise(value: object) -> None:
    assert isinstance(map_line(json.dumps(value).encode(), last=False), Post | Rejected)


@given(st.dictionaries(st.sampled_from([*recent(), "error", "warning"]), anything))
def test_no_value_in_any_field_makes_it_raise_and_all_texts_can_be_stored(changes: dict[str, object]) -> None:
    result = map_line(json.dumps(recent(**changes)).encode(), last=False)
    assert isinstance(result, Post | Rejected)
    for value in result:
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str):
                assert "\x00" not in text
                text.encode()
