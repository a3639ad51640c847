"""Partition keys: what is one, and what a snapshot's says."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrape_assets.ledger.keys import MAX_KEY_LENGTH, new_snapshot_id, parse_snapshot_id, validate_key

MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
DATES = st.dates(date(2025, 1, 1), date(2200, 1, 1))
PLATFORMS = st.sampled_from(["linkedin", "x", "hackernews", "feed"])
ENTROPY = st.binary(min_size=5, max_size=16)


def test_a_snapshot_id_is_readable() -> None:
    key = new_snapshot_id("linkedin", date(2026, 11, 21), datetime(2026, 11, 21, 9, tzinfo=UTC), b"\0\1\2\3\4")
    assert re.fullmatch(r"linkedin-20261121-[0-9a-z]{18}", key)


@given(PLATFORMS, DATES, MOMENTS, ENTROPY)
def test_a_snapshot_id_is_a_valid_key_and_says_what_it_was_made_of(
    platform: str, day: date, now: datetime, entropy: bytes
) -> None:
    key = new_snapshot_id(platform, day, now, entropy)
    validate_key(key)
    parsed = parse_snapshot_id(key)
    assert (parsed.platform, parsed.collection_date, parsed.chance) == (platform, day, entropy[:5])
    assert timedelta(0) <= now - parsed.created_at < timedelta(milliseconds=1)


@given(PLATFORMS, DATES, MOMENTS, MOMENTS, ENTROPY, ENTROPY)
def test_ids_of_one_platform_and_date_sort_by_time(
    platform: str, day: date, first: datetime, second: datetime, entropy: bytes, other: bytes
) -> None:
    earlier, later = sorted([first, second])
    if later - earlier >= timedelta(milliseconds=1):
        assert new_snapshot_id(platform, day, earlier, entropy) < new_snapshot_id(platform, day, later, other)


def test_the_same_millisecond_gives_different_ids_by_chance() -> None:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    ids = {new_snapshot_id("x", now.date(), now, bytes([0, 0, 0, 0, chance])) for chance in range(256)}
    assert len(ids) == 256


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("", "empty"),
        ("Linkedin", "'L'"),
        ("a b", "' '"),
        ("a,b", "','"),
        ("2026-11-21|linkedin", r"'\|'"),
        ("über", "'ü'"),
        ("a\n", r"'\\n'"),
        ("a...b", r"'\.'"),
        ("a" * (MAX_KEY_LENGTH + 1), "129 characters"),
    ],
)
def test_what_is_no_key_is_refused_with_the_reason(key: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        validate_key(key)


@pytest.mark.parametrize(
    "key",
    [
        "linkedin",
        "linkedin-20261121",
        "linkedin-20261321-000000000000000000",
        "linkedin-20261121-00000000000000000",
        "linkedin-20261121-00000000000000000i",
        "linkedin-20261121-zzzzzzzzzz00000000",
    ],
)
def test_what_is_no_snapshot_key_is_not_parsed(key: str) -> None:
    with pytest.raises(ValueError, match="is no snapshot key"):
        parse_snapshot_id(key)


def test_a_platform_or_time_or_chance_that_makes_no_key_is_refused() -> None:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    with pytest.raises(ValueError, match="'L'"):
        new_snapshot_id("LinkedIn", now.date(), now, bytes(5))
    with pytest.raises(ValueError, match="no snapshot key"):
        new_snapshot_id("linked-in", now.date(), now, bytes(5))
    with pytest.raises(ValueError, match="aware"):
        new_snapshot_id("x", now.date(), now.replace(tzinfo=None), bytes(5))
    with pytest.raises(ValueError, match="random bytes"):
        new_snapshot_id("x", now.date(), now, bytes(4))
    with pytest.raises(ValueError, match="does not fit"):
        new_snapshot_id("x", now.date(), datetime(1969, 1, 1, tzinfo=UTC), bytes(5))
