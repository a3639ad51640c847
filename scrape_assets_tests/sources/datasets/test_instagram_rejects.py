"""Rows of the Instagram datasets that are no posts, and why."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrape_assets.posts.model import Post, Rejected, RejectReason
from scrape_assets.sources.datasets.instagram import map_line
from scrape_assets_tests.sources.datasets.instagram_rows import reel, reject, row, without

ACME = "https://www.instagram.com/acme/"
DEAD = {
    "timestamp": "2026-10-02T08:00:01.500Z",
    "input": {"url": ACME, "start_date": "", "end_date": "", "post_type": ""},
    "error": "4XX page - dead page.",
    "error_code": "dead_page",
}


def test_an_error_row_says_what_failed_for_which_input() -> None:
    assert reject(DEAD) == Rejected(RejectReason.SOURCE_ERROR, "4XX page - dead page.", "dead_page", ACME)
    warned = {"timestamp": DEAD["timestamp"], "input": {"url": ACME}, "warning": "none", "warning_code": "dead_page"}
    assert reject(warned) == Rejected(RejectReason.SOURCE_WARNING, "none", "dead_page", ACME)


@pytest.mark.parametrize(
    ("value", "reason", "detail"),
    [
        (row(shortcode=None, url=None, pk=None, post_id=None), RejectReason.NO_ID, "no id"),
        (row(shortcode=" \x00", url="https://instagram.com/jane", pk="x", post_id=0), RejectReason.NO_ID, "no id"),
        (row(shortcode=None, url=None, pk=3.9e18, post_id=[1]), RejectReason.NO_ID, "no id"),
        (row(shortcode="x" * 3000), RejectReason.BAD_FIELD, "3000 letters"),
        (row(timestamp=1742457601), RejectReason.BAD_FIELD, "timestamp: "),
        (without("timestamp"), RejectReason.NO_TIME, "when the vendor looked"),
        (row(timestamp="soon"), RejectReason.NO_TIME, "timestamp: 'soon'"),
        (row(date_posted=None, pk=None, post_id=None), RejectReason.NO_TIME, "date_posted: missing"),
        (row(date_posted="3d", pk=12345, post_id=None), RejectReason.NO_TIME, "date_posted: '3d'"),
        (row(date_posted="2010-10-05", pk=None, post_id=None), RejectReason.IMPLAUSIBLE_TIME, "2010-10-05"),
        (row(date_posted="2026-10-04", pk=None, post_id=None), RejectReason.IMPLAUSIBLE_TIME, "2026-10-04"),
        (row(date_posted=None, pk=4 * 10**18), RejectReason.IMPLAUSIBLE_TIME, "time in id: 2026-10-03"),
        ([row()], RejectReason.NOT_AN_OBJECT, "a list"),
        ({}, RejectReason.NO_ID, "no id"),
    ],
)  # fmt: skip
def test_a_row_that_is_no_post_is_set_aside_with_the_reason(value: object, reason: RejectReason, detail: str) -> None:
    rejected = reject(value)
    assert rejected.reason == reason
    assert detail in rejected.detail


def test_a_rejected_row_names_the_input_it_answers() -> None:
    assert reject(without("timestamp")).input_url == "https://instagram.com/acme/"


def test_only_a_last_line_can_be_cut_off() -> None:
    line = json.dumps(row()).encode()
    for last, reason in ((True, RejectReason.TRUNCATED), (False, RejectReason.NOT_JSON)):
        result = map_line(line[:200], last)
        assert isinstance(result, Rejected)
        assert result.reason == reason


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["url", "username", "type", "video_duration", "x"]), inner)
    ),
    max_leaves=6,
)


@given(st.binary(), st.booleans())
def test_no_bytes_make_it_raise(line: bytes, last: bool) -> None:
    assert isinstance(map_line(line, last), Post | Rejected)


@given(anything)
def test_no_json_makes_it_raise(value: object) -> None:
    assert isinstance(map_line(json.dumps(value).encode(), last=False), Post | Rejected)


@given(st.dictionaries(st.sampled_from(sorted({*row(), *reel(), "error", "warning", "videos"})), anything))
def test_no_value_in_any_field_makes_it_raise_and_all_texts_can_be_stored(changes: dict[str, object]) -> None:
    for made in (row(**changes), reel(**changes)):
        result = map_line(json.dumps(made).encode(), last=False)
        assert isinstance(result, Post | Rejected)
        for value in result:
            for text in value if isinstance(value, list) else [value]:
                if isinstance(text, str):
                    assert "\x00" not in text
                    text.encode()


@given(st.text(st.characters(exclude_categories=())))
def test_no_text_makes_it_raise(text: str) -> None:
    made = row(description="@" + text, url=f"https://www.instagram.com/p/{text}", shortcode=None, date_posted=text)
    assert isinstance(map_line(json.dumps(made).encode(), last=False), Post | Rejected)
