"""Rows of the TikTok dataset that are no posts, and why."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrape_assets.posts.model import Post, Rejected, RejectReason
from scrape_assets.sources.datasets.tiktok import map_line
from scrape_assets_tests.sources.datasets.tiktok_rows import reject, row, without

ACME = "https://www.tiktok.com/@acme"
DEAD = {
    "timestamp": "2026-10-02T08:00:01.500Z",
    "input": {"url": ACME, "start_date": "", "end_date": "", "sort_by": ""},
    "error": "There are no public posts in the profile.",
    "error_code": "dead_page",
}


def test_an_error_row_says_what_failed_for_which_input() -> None:
    said = "There are no public posts in the profile."
    assert reject(DEAD) == Rejected(RejectReason.SOURCE_ERROR, said, "dead_page", ACME)


def test_a_failed_search_is_named_by_its_key() -> None:
    failed = {
        "timestamp": DEAD["timestamp"],
        "input": {"search_keyword": "#Tea"},
        "warning": "none",
        "warning_code": "x",
    }
    assert reject(failed) == Rejected(RejectReason.SOURCE_WARNING, "none", "x", "search:tea")


@pytest.mark.parametrize(
    ("value", "reason", "detail"),
    [
        (row(post_id=None, shortcode=None, url="https://www.tiktok.com/@jane"), RejectReason.NO_ID, "no id"),
        (row(post_id=" \x00", shortcode="", url=None), RejectReason.NO_ID, "no id"),
        (row(post_id=7.6e18, shortcode=None, url=None), RejectReason.NO_ID, "no id"),
        (row(post_id="x" * 3000), RejectReason.BAD_FIELD, "3000 letters"),
        (row(timestamp=1742457601), RejectReason.BAD_FIELD, "timestamp: "),
        (without("timestamp"), RejectReason.NO_TIME, "when the vendor looked"),
        (row(timestamp="soon"), RejectReason.NO_TIME, "timestamp: 'soon'"),
        (row(post_id="12345", create_time=None), RejectReason.NO_TIME, "create_time: missing"),
        (row(post_id="12345", create_time="3d"), RejectReason.NO_TIME, "create_time: '3d'"),
        (row(post_id="12345", create_time="2014-03-31"), RejectReason.IMPLAUSIBLE_TIME, "2014-03-31"),
        (row(post_id="12345", create_time="2026-10-04"), RejectReason.IMPLAUSIBLE_TIME, "2026-10-04"),
        (row(post_id="9" * 19, create_time=None), RejectReason.IMPLAUSIBLE_TIME, "time in id: 2043"),
        ([row()], RejectReason.NOT_AN_OBJECT, "a list"),
        ({}, RejectReason.NO_ID, "no id"),
    ],
)
def test_a_row_that_is_no_post_is_set_aside_with_the_reason(value: object, reason: RejectReason, detail: str) -> None:
    rejected = reject(value)
    assert rejected.reason == reason
    assert detail in rejected.detail


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
        | st.dictionaries(st.sampled_from(["url", "user_handle", "user_url", "playurl", "x"]), inner)
    ),
    max_leaves=6,
)


@given(st.binary(), st.booleans())
def test_no_bytes_make_it_raise(line: bytes, last: bool) -> None:
    assert isinstance(map_line(line, last), Post | Rejected)


@given(anything)
def test_no_json_makes_it_raise(value: object) -> None:
    assert isinstance(map_line(json.dumps(value).encode(), last=False), Post | Rejected)


@given(st.dictionaries(st.sampled_from([*row(), "error", "warning", "num_share_count"]), anything))
def test_no_value_in_any_field_makes_it_raise_and_all_texts_can_be_stored(changes: dict[str, object]) -> None:
    result = map_line(json.dumps(row(**changes)).encode(), last=False)
    assert isinstance(result, Post | Rejected)
    for value in result:
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str):
                assert "\x00" not in text
                text.encode()


@given(st.text(st.characters(exclude_categories=())), st.integers())
def test_no_text_or_number_makes_it_raise(text: str, number: int) -> None:
    made = row(description="@" + text, url=f"https://www.tiktok.com/@{text}", create_time=text, post_id=number)
    assert isinstance(map_line(json.dumps(made).encode(), last=False), Post | Rejected)
