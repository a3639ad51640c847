"""Rows of the YouTube dataset that are no posts, and why."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrape_assets.posts.model import Post, Rejected, RejectReason
from scrape_assets.sources.datasets.youtube import map_line
from scrape_assets_tests.sources.datasets.youtube_rows import post, reject, row, without

JANE = "https://www.youtube.com/@JaneDoe"
FAILED = {
    "timestamp": "2026-03-20T08:00:01.500Z",
    "input": {"url": "https://www.youtube.com/watch?v=tEa-4_Every"},
    "discovery_input": {"url": JANE},
    "error": "Collection failed after multiple attempts",
    "error_code": "crawl_failed",
}
WARNED = {
    "timestamp": "2026-03-20T08:00:01.500Z",
    "input": {"keyword": "#Harbour  forum", "country": ""},
    "warning": "No posts found",
    "warning_code": "dead_page",
}


def test_an_error_row_says_what_failed_for_which_input() -> None:
    assert reject(FAILED) == Rejected(
        RejectReason.SOURCE_ERROR, "Collection failed after multiple attempts", "crawl_failed", JANE
    )


def test_a_search_that_found_nothing_is_named_by_its_key() -> None:
    assert reject(WARNED) == Rejected(
        RejectReason.SOURCE_WARNING, "No posts found", "dead_page", "search:harbour forum"
    )


def test_a_warning_beside_a_post_is_noted_and_the_post_kept() -> None:
    warned = post(row(warning="some comments are missing", warning_code="partial"))
    assert warned.repairs == ["the vendor warns: 'some comments are missing'"]


@pytest.mark.parametrize(
    ("value", "reason", "detail"),
    [
        (without("video_id", "shortcode"), RejectReason.NO_ID, "no id"),
        (row(video_id=None, shortcode=" \x00"), RejectReason.NO_ID, "no id"),
        (row(video_id=["tEa-4_Every"]), RejectReason.BAD_FIELD, "video_id: "),
        (row(video_id="x" * 3000), RejectReason.BAD_FIELD, "3000 letters"),
        (row(timestamp=1742457601), RejectReason.BAD_FIELD, "timestamp: "),
        (without("timestamp"), RejectReason.NO_TIME, "when the vendor looked"),
        (row(date_posted=None), RejectReason.NO_TIME, "date_posted: missing"),
        (row(date_posted="3 days ago"), RejectReason.NO_TIME, "date_posted: '3 days ago'"),
        (row(date_posted="2005-04-22"), RejectReason.IMPLAUSIBLE_TIME, "2005-04-22"),
        (row(date_posted="2026-03-22"), RejectReason.IMPLAUSIBLE_TIME, "2026-03-22"),
        ([row()], RejectReason.NOT_AN_OBJECT, "a list"),
        (None, RejectReason.NOT_AN_OBJECT, "null"),
        ({}, RejectReason.NO_ID, "no id"),
    ],
)
def test_a_row_that_is_no_post_is_set_aside_with_the_reason(value: object, reason: RejectReason, detail: str) -> None:
    rejected = reject(value)
    assert rejected.reason == reason
    assert detail in rejected.detail


@pytest.mark.parametrize("stated", ["2026-03-17T10:30:06Z", "2026-03-17T10:30:06", "2026-03-17T11:30:06+01:00"])
def test_times_of_several_forms_are_read(stated: str) -> None:
    assert post(row(date_posted=stated)).posted_at == post(row()).posted_at


def test_only_a_last_line_can_be_cut_off() -> None:
    line = json.dumps(row()).encode()
    for end in (1, 100, len(line) - 1):
        for last, reason in ((True, RejectReason.TRUNCATED), (False, RejectReason.NOT_JSON)):
            result = map_line(line[:end], last)
            assert isinstance(result, Rejected)
            assert result.reason == reason


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["url", "hashtag", "language"]), inner),
    max_leaves=6,
)


@given(st.binary(), st.booleans())
def test_no_bytes_make_it_raise(line: bytes, last: bool) -> None:
    assert isinstance(map_line(line, last), Post | Rejected)


@given(anything)
def test_no_json_makes_it_raise(value: object) -> None:
    assert isinstance(map_line(json.dumps(value).encode(), last=False), Post | Rejected)


@given(st.dictionaries(st.sampled_from([*row(), "error", "warning"]), anything))
def test_no_value_in_any_field_makes_it_raise_and_all_texts_can_be_stored(changes: dict[str, object]) -> None:
    result = map_line(json.dumps(row(**changes)).encode(), last=False)
    assert isinstance(result, Post | Rejected)
    for value in result:
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str):
                assert "\x00" not in text
                text.encode()


@given(st.text(st.sampled_from("@ab.\u00b7-_ \n/:#youtube.com/channel/UCX\u00e9"), max_size=80))
def test_no_description_makes_it_raise(text: str) -> None:
    found = post(row(description=text))
    assert all(key.startswith(("@", "channel/")) for key in found.mentions or ())
