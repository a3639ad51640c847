from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrape_assets.posts.times import (
    LINKEDIN_LAUNCH,
    X_LAUNCH,
    is_plausible,
    linkedin_id_time,
    parse_time,
    posting_time,
    same_time,
    x_id_time,
)

POSTED = datetime(2026, 3, 17, 10, 30, 6, 724_000, tzinfo=UTC)
COLLECTED = datetime(2026, 3, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-17T10:30:06.724Z",
        "2026-03-17T10:30:06.724",
        "2026-03-17T10:30:06.724000+00:00",
        "2026-03-17T12:30:06.724+02:00",
        "2026-03-17 10:30:06.724",
        " 2026-03-17T10:30:06.724Z ",
    ],
)
def test_iso_times_are_read_as_utc(text: str) -> None:
    parsed = parse_time(text)
    assert parsed == POSTED
    assert parsed is not None
    assert parsed.utcoffset() == timedelta(0)


@pytest.mark.parametrize("text", [None, "", "yesterday", "3d", "2026-13-01", "0001-01-01T00:00:00+23:00"])
def test_what_is_no_time_is_none(text: str | None) -> None:
    assert parse_time(text) is None


@given(st.integers(min_value=0, max_value=2**41), st.integers(min_value=0, max_value=2**22 - 1))
def test_an_activity_id_holds_its_time_to_the_millisecond(milliseconds: int, low_bits: int) -> None:
    moment = linkedin_id_time(str((milliseconds << 22) | low_bits))
    assert moment is not None
    assert (moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1) == milliseconds


@pytest.mark.parametrize("post_id", [None, "", "how-to-x-jane-doe", "7.25e18", "-5", "٣٤٥", "9" * 21, "9" * 5000])
def test_what_is_no_activity_id_holds_no_time(post_id: str | None) -> None:
    assert linkedin_id_time(post_id) is None


@given(st.integers(min_value=10**8, max_value=2**41), st.integers(min_value=0, max_value=2**22 - 1))
def test_a_post_id_of_x_holds_its_time_to_the_millisecond(milliseconds: int, low_bits: int) -> None:
    moment = x_id_time(str((milliseconds << 22) | low_bits))
    assert moment is not None
    since = moment - datetime(2010, 11, 4, 1, 42, 54, 657_000, tzinfo=UTC)
    assert since / timedelta(milliseconds=1) == milliseconds


@pytest.mark.parametrize(
    "post_id",
    [None, "", "20", "29700859247", str(10**13 - 1), "-5", "1.9e18", "٣٤٥", "how-to", "9" * 21, "9" * 5000],
)
def test_a_counted_id_of_x_and_what_is_no_id_hold_no_time(post_id: str | None) -> None:
    assert x_id_time(post_id) is None


def test_any_id_of_x_that_a_number_of_64_bits_can_be_is_read() -> None:
    assert x_id_time(str(2**64 - 1)) is not None
    assert x_id_time("9" * 20) is not None
    first = x_id_time(str(10**13))
    assert first is not None
    assert first > X_LAUNCH


def test_a_post_is_not_older_than_its_platform_nor_newer_than_its_collection() -> None:
    assert is_plausible(LINKEDIN_LAUNCH, COLLECTED, LINKEDIN_LAUNCH)
    assert not is_plausible(LINKEDIN_LAUNCH - timedelta(seconds=1), COLLECTED, LINKEDIN_LAUNCH)
    assert is_plausible(COLLECTED + timedelta(days=1), COLLECTED)
    assert not is_plausible(COLLECTED + timedelta(days=1, seconds=1), COLLECTED)
    assert not is_plausible(datetime(1989, 12, 31, tzinfo=UTC), COLLECTED)
    assert not is_plausible(datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC))


def test_times_two_seconds_apart_are_the_same() -> None:
    assert same_time(POSTED, POSTED + timedelta(seconds=2))
    assert same_time(POSTED, POSTED.astimezone(timezone(timedelta(hours=5))))
    assert not same_time(POSTED, POSTED + timedelta(seconds=2.001))


def test_the_stated_time_is_believed_when_the_id_agrees_or_holds_none() -> None:
    near = POSTED + timedelta(seconds=1.5)
    assert posting_time(near, POSTED, COLLECTED) == (near, None)
    assert posting_time(POSTED, None, COLLECTED) == (POSTED, None)


def test_the_time_in_the_id_wins_where_they_differ_and_the_difference_is_noted() -> None:
    moment, repair = posting_time(POSTED - timedelta(days=30), POSTED, COLLECTED)
    assert moment == POSTED
    assert repair is not None
    assert "stated 2026-02-15T10:30:06.724000+00:00, the id says 2026-03-17" in repair


def test_a_missing_time_is_filled_from_the_id_without_fuss() -> None:
    assert posting_time(None, POSTED, COLLECTED) == (POSTED, None)


def test_an_implausible_time_counts_as_not_given() -> None:
    future = COLLECTED + timedelta(days=400)
    assert posting_time(future, None, COLLECTED) == (None, None)
    assert posting_time(POSTED, future, COLLECTED) == (POSTED, None)
    assert posting_time(future, POSTED, COLLECTED).moment == POSTED
    assert posting_time(future, future, COLLECTED).moment is None
