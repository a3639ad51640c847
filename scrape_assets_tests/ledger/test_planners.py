"""The planners, by the properties that hold for every input."""

import random
from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrape_assets.ledger.planners import expires_at, next_check, plan_batches, plan_ranges
from scrape_assets_tests.ledger.invented import NOW

SPANS = st.timedeltas(timedelta(milliseconds=1), timedelta(days=30))
MILLISECOND = timedelta(milliseconds=1)


@given(st.integers(0, 10_000), SPANS, SPANS, SPANS, st.integers())
def test_the_next_look_is_never_before_the_floor_and_never_after_the_cap(
    tries: int, base: timedelta, cap: timedelta, floor: timedelta, seed: int
) -> None:
    wait = next_check(tries, NOW, random.Random(seed), base=base, cap=cap, floor=floor) - NOW
    assert floor - MILLISECOND <= wait <= max(cap, floor) + MILLISECOND


def test_waits_grow_with_the_tries_and_are_spread_over_the_whole_span() -> None:
    rng = random.Random(1)
    base, cap = timedelta(seconds=10), timedelta(minutes=10)
    longest = []
    for tries in range(8):
        waits = [next_check(tries, NOW, rng, base=base, cap=cap) - NOW for _ in range(500)]
        ceiling = min(cap, base * 2**tries)
        assert min(waits) < ceiling / 5
        assert max(waits) > ceiling * 0.95
        longest.append(max(waits))
    assert longest[:6] == sorted(longest[:6])


def test_a_retry_after_is_waited_for() -> None:
    wait = next_check(
        0,
        NOW,
        random.Random(1),
        base=timedelta(seconds=5),
        cap=timedelta(minutes=1),
        floor=timedelta(minutes=7),
    )
    assert wait - NOW == timedelta(minutes=7)


def test_what_the_source_accepted_is_sure_for_16_days() -> None:
    assert expires_at(NOW) - NOW == timedelta(days=16)


ITEMS = st.lists(st.tuples(st.sampled_from("abc"), st.integers()), max_size=60)


@given(ITEMS, st.integers(1, 7))
def test_batches_hold_every_item_once_in_its_order_with_equals_only(items: list[tuple[str, int]], size: int) -> None:
    batches = plan_batches(items, size, key=lambda item: item[0])
    assert Counter(item for batch in batches for item in batch.items) == Counter(items)
    for batch in batches:
        assert 1 <= len(batch.items) <= size
        assert {item[0] for item in batch.items} == {batch.key}
    for kind in "abc":
        of_kind = [batch for batch in batches if batch.key == kind]
        assert [item for batch in of_kind for item in batch.items] == [item for item in items if item[0] == kind]
        assert all(len(batch.items) == size for batch in of_kind[:-1])


def test_the_batch_with_the_most_urgent_item_comes_first() -> None:
    batches = plan_batches(["b1", "a1", "b2", "a2", "b3"], 2, key=lambda item: item[0])
    assert [batch.items for batch in batches] == [("b1", "b2"), ("a1", "a2"), ("b3",)]


REGISTERED = st.lists(st.integers(0, 200).map("k-{:03}".format), unique=True, max_size=60)


@given(REGISTERED, st.sets(st.integers(0, 200).map("k-{:03}".format)), st.integers(1, 9))
def test_ranges_cover_exactly_the_wanted_registered_keys_without_a_gap(
    registered: list[str], wanted: set[str], size: int
) -> None:
    ranges = plan_ranges(registered, wanted, size)
    assert [key for one in ranges for key in one.keys] == [key for key in registered if key in wanted]
    for one in ranges:
        first, last = registered.index(one.start), registered.index(one.end)
        assert tuple(registered[first : last + 1]) == one.keys
        assert len(one.keys) <= size
    for one, following in pairwise(ranges):
        touching = registered.index(following.start) == registered.index(one.end) + 1
        assert not touching or len(one.keys) == size


def test_a_thousand_neighbours_are_five_ranges() -> None:
    keys = [f"k-{number:04}" for number in range(1000)]
    assert [len(one.keys) for one in plan_ranges(keys, set(keys), 200)] == [200] * 5


def test_sizes_below_one_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        plan_batches(["a"], 0, key=str)
    with pytest.raises(ValueError, match="at least 1"):
        plan_ranges(["a"], {"a"}, 0)
