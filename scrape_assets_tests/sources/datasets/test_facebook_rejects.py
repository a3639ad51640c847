"""Rows that are no posts, and why."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrape_assets.posts.model import Post, Rejected, RejectReason
from scrape_assets.sources.datasets.facebook import map_line
from scrape_assets_tests.sources.datasets.facebook_rows import ACME, reject, row, without

FAILED = {
    "timestamp": "2026-03-20T08:00:01.500Z",
    "input": {"url": ACME, "num_of_posts": "", "start_date": "2026-03-10", "end_date": "2026-03-20"},
}


@pytest.mark.parametrize(
    ("said", "reason", "code"),
    [
        ({"error": "private", "error_code": "dead_page"}, RejectReason.SOURCE_ERROR, "dead_page"),
        ({"warning": "Wrong posted date.", "warning_code": "dead_page"}, RejectReason.SOURCE_WARNING, "dead_page"),
        ({"error": None, "error_code": "crawl_failed"}, RejectReason.SOURCE_ERROR, "crawl_failed"),
    ],
)
def test_a_failed_row_says_why_and_for_which_input(said: dict[str, str], reason: RejectReason, code: str) -> None:
    rejected = reject(FAILED | said)
    assert (rejected.reason, rejected.code, rejected.input_url) == (reason, code, ACME)


def test_an_error_beside_content_is_an_error_and_null_ones_are_none() -> None:
    assert reject(row(error="blocked", error_code=None)).reason == RejectReason.SOURCE_ERROR
    assert isinstance(map_line(json.dumps(row(error=None, warning="")).encode(), last=False), Post)


@pytest.mark.parametrize(
    ("value", "reason", "detail"),
    [
        (without("post_id"), RejectReason.NO_ID, "no id"),
        (row(post_id=" \x00"), RejectReason.NO_ID, "no id"),
        (row(post_id=1.393461115000001e15), RejectReason.BAD_FIELD, "post_id: "),
        (row(post_id="x" * 3000), RejectReason.BAD_FIELD, "3000 letters"),
        (row(timestamp=1742457601), RejectReason.BAD_FIELD, "timestamp: "),
        (without("timestamp"), RejectReason.NO_TIME, "when the vendor looked"),
        (row(date_posted=None), RejectReason.NO_TIME, "date_posted: missing"),
        (row(date_posted="3d"), RejectReason.NO_TIME, "date_posted: '3d'"),
        (row(date_posted="1905-03-22T00:00:00.000Z"), RejectReason.IMPLAUSIBLE_TIME, "1905-03-22"),
        (row(date_posted="2026-03-22T00:00:00.000Z"), RejectReason.IMPLAUSIBLE_TIME, "2026-03-22"),
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
    assert reject(without("post_id")).input_url == f"{ACME}/"


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
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["url", "type", "video_url", "x"]), inner)
    ),
    max_leaves=6,
)


@given(st.binary(), st.booleans())
def test_no_bytes_make_it_raise(line: bytes, last: bool) -> None:
    assert isinstance(map_line(line, last), Post | Rejected)


@given(anything)
def test_no_json_makes_it_raise(value: object) -> None:
    assert isinstance(map_line(json.dumps(value).encode(), last=False), Post | Rejected)


@given(st.dictionaries(st.sampled_from([*row(), "error", "warning", "post_image", "post_external_link"]), anything))
def test_no_value_in_any_field_makes_it_raise_and_all_texts_can_be_stored(changes: dict[str, object]) -> None:
    result = map_line(json.dumps(row(**changes)).encode(), last=False)
    assert isinstance(result, Post | Rejected)
    for value in result:
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str):
                assert "\x00" not in text
                text.encode()
