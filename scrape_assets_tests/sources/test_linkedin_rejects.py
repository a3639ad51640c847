"""Rows that are no posts, and why."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrape_assets.posts.model import Post, Rejected, RejectReason
from scrape_assets.sources.datasets.linkedin import map_line
from scrape_assets_tests.sources.linkedin_rows import post, reject, row, without

ACME = "https://www.linkedin.com/company/acme"
FAILED = {
    "timestamp": "2026-03-20T08:00:01.500Z",
    "input": {"url": "https://www.linkedin.com/posts/acme_activity-7256719317646951026-e2IS"},
    "discovery_input": {"url": ACME},
    "error": "Collection failed after multiple attempts",
    "error_code": "crawl_failed",
}
WARNED = {
    "timestamp": "2026-03-20T08:00:01.500Z",
    "input": {"url": ACME},
    "warning": "Invalid input.url",
    "warning_code": "dead_page",
}


def test_an_error_row_says_what_failed_for_which_input() -> None:
    assert reject(FAILED) == Rejected(
        RejectReason.SOURCE_ERROR, "Collection failed after multiple attempts", "crawl_failed", ACME
    )


def test_a_warning_row_that_failed_in_discovery_has_only_the_clients_input() -> None:
    assert reject(WARNED) == Rejected(RejectReason.SOURCE_WARNING, "Invalid input.url", "dead_page", ACME)


@pytest.mark.parametrize("discovery_input", [None, {}, "", {"url": None}])
def test_an_empty_discovery_input_is_none(discovery_input: object) -> None:
    assert reject({**WARNED, "discovery_input": discovery_input}).input_url == ACME


def test_an_error_beside_content_is_an_error() -> None:
    assert reject(row(error="blocked", error_code=None)).reason == RejectReason.SOURCE_ERROR


@pytest.mark.parametrize("error", [{"message": "blocked"}, ["blocked"], 503, True, None])
def test_an_error_in_another_form_is_still_an_error(error: object) -> None:
    rejected = reject({**FAILED, "error": error, "error_code": 7})
    assert (rejected.reason, rejected.code) == (RejectReason.SOURCE_ERROR, "7")
    assert rejected.detail


def test_a_good_row_may_carry_null_error_keys() -> None:
    good = row(error=None, error_code=None, warning=None, warning_code="")
    assert post(good) == post(row())


@pytest.mark.parametrize(
    ("value", "reason", "detail"),
    [
        (without("id"), RejectReason.NO_ID, "no id"),
        (row(id=None), RejectReason.NO_ID, "no id"),
        (row(id=" \x00"), RejectReason.NO_ID, "no id"),
        (row(id=7.254476883021586e18), RejectReason.BAD_FIELD, "id: "),
        (row(id=["7254476883021586657"]), RejectReason.BAD_FIELD, "id: "),
        (row(id="x" * 3000), RejectReason.BAD_FIELD, "3000 letters"),
        (row(timestamp=1742457601), RejectReason.BAD_FIELD, "timestamp: "),
        (without("timestamp"), RejectReason.NO_TIME, "when the vendor looked"),
        (row(timestamp="soon"), RejectReason.NO_TIME, "timestamp: 'soon'"),
        (row(id="tea-jane-doe", date_posted=None), RejectReason.NO_TIME, "date_posted: missing"),
        (row(id="tea-jane-doe", date_posted="3d"), RejectReason.NO_TIME, "date_posted: '3d'"),
        (row(id="tea-jane-doe", date_posted="2003-05-04"), RejectReason.IMPLAUSIBLE_TIME, "2003-05-04"),
        (row(id="tea-jane-doe", date_posted="2026-03-22"), RejectReason.IMPLAUSIBLE_TIME, "2026-03-22"),
        (row(id="12345", date_posted=None), RejectReason.IMPLAUSIBLE_TIME, "time in id: 1970-01-01"),
        ([row()], RejectReason.NOT_AN_OBJECT, "a list"),
        ("text", RejectReason.NOT_AN_OBJECT, "a text"),
        (7, RejectReason.NOT_AN_OBJECT, "a number"),
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
        assert_reason(map_line(line[:end], last=True), RejectReason.TRUNCATED)
        assert_reason(map_line(line[:end], last=False), RejectReason.NOT_JSON)
    assert isinstance(map_line(line, last=True), Post)


def test_a_line_cut_in_the_middle_of_a_letter_is_cut_off() -> None:
    line = json.dumps(row(post_text="é"), ensure_ascii=False).encode()
    assert_reason(map_line(line[: line.index("é".encode()) + 1], last=True), RejectReason.TRUNCATED)


@pytest.mark.parametrize(
    "line", [b"", b"\x00", b"nonsense", b"{'id': 1}", b'{"id": 1}}', b"<html>", b'{"id":' + b"[" * 100_000]
)
def test_what_is_no_json_is_said_so(line: bytes) -> None:
    assert_reason(map_line(line, last=False), RejectReason.NOT_JSON)


@pytest.mark.parametrize("number", [b"NaN", b"-Infinity", b"1e999", b"9" * 400, b"9" * 5000])
def test_numbers_that_no_integer_holds_cost_the_count_only(number: bytes) -> None:
    line = json.dumps(row()).encode().replace(b'"num_likes": 12', b'"num_likes": ' + number)
    result = map_line(line, last=False)
    assert isinstance(result, Post)
    assert (result.like_count, result.comment_count) == (None, 0)
    assert result.repairs is not None
    assert result.repairs[0].endswith("is no count")


def test_broken_utf8_costs_a_letter_and_a_byte_order_mark_nothing() -> None:
    line = json.dumps(row(post_text="caf@"), ensure_ascii=False).encode()
    broken = map_line(line.replace(b"caf@", b"caf\xe9"), last=False)
    assert isinstance(broken, Post)
    assert broken.text == "caf\ufffd"
    assert map_line(b"\xef\xbb\xbf" + line, last=False) == map_line(line, last=False)


def test_details_are_short_and_can_be_stored() -> None:
    rejected = reject({**FAILED, "error": "\x00\ud800" + "x" * 10_000, "error_code": "c\x00" * 500})
    assert len(rejected.detail) == 500
    assert "\x00" not in rejected.detail + (rejected.code or "")
    rejected.detail.encode()


def assert_reason(result: Post | Rejected, reason: RejectReason) -> None:
    assert isinstance(result, Rejected)
    assert result.reason == reason
    assert result.detail


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["url", "link", "x"]), inner),
    max_leaves=6,
)


@given(st.binary(), st.booleans())
def test_no_bytes_make_it_raise(line: bytes, last: bool) -> None:
    assert isinstance(map_line(line, last), Post | Rejected)


@given(anything)
def test_no_json_makes_it_raise(value: object) -> None:
    assert isinstance(map_line(json.dumps(value).encode(), last=False), Post | Rejected)


@given(st.dictionaries(st.sampled_from([*row(), "error", "warning", "document_cover_image"]), anything))
def test_no_value_in_any_field_makes_it_raise_and_all_texts_can_be_stored(changes: dict[str, object]) -> None:
    result = map_line(json.dumps(row(**changes)).encode(), last=False)
    assert isinstance(result, Post | Rejected)
    for value in result:
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str):
                assert "\x00" not in text
                text.encode()
