import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrape_assets.posts.counts import count


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (0, 0),
        (7886, 7886),
        ("7886", 7886),
        (" 12 ", 12),
        ("0", 0),
        (12.0, 12),
        (10**11, 10**11),
        (1e11, 10**11),
    ],
)
def test_a_count_is_read_whatever_its_form(value: object, number: int) -> None:
    assert count(value, "like_count") == (number, None)


@pytest.mark.parametrize("value", [None, ""])
def test_a_count_not_given_is_no_zero_and_no_repair(value: object) -> None:
    assert count(value, "like_count") == (None, None)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (5.5e32, "5.5e+32"),
        (3.6302382604729335e21, "3.6302382604729335e+21"),
        (10**11 + 1, "100000000001"),
        (-1, "-1"),
        (1.5, "1.5"),
        (math.nan, "nan"),
        (math.inf, "inf"),
        (True, "True"),
        ("15.033", "'15.033'"),
        ("1,204", "'1,204'"),
        ("-3", "'-3'"),
        ("٣", "'\\u0663'"),
        ("many", "'many'"),
        ("9\x00", "'9\\x00'"),
        ([1], "a list"),
        ({}, "a dict"),
    ],
)
def test_what_is_no_count_is_set_aside_with_a_note(value: object, shown: str) -> None:
    assert count(value, "like_count") == (None, f"like_count: {shown} is no count")


def test_a_number_too_long_to_print_is_described() -> None:
    assert count(10**5000, "like_count") == (None, "like_count: a number of 16610 bits is no count")


@given(st.one_of(st.integers(), st.floats(), st.text(), st.booleans(), st.none(), st.binary()))
def test_anything_is_a_plausible_count_or_none(value: object) -> None:
    number, note = count(value, "views")
    assert number is None or 0 <= number <= 10**11
    assert note is None or (number is None and len(note) < 80)
