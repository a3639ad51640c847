"""How fast a lane is asked: the burst, the pace, what an answer of 429 does to both."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scrape_assets.ledger.pace import Good, Limit, Permit, Throttled, fingerprint
from scrape_assets_tests.ledger.pace.lanes import NOON, Tap

SLOW_DOWN = Throttled("HTTP 429: slow down")


def test_after_a_rest_a_burst_goes_through_and_then_one_call_after_the_other() -> None:
    tap = Tap(Limit(70, 60, burst=10))  # ten at once, then one a second
    for _ in range(10):
        tap.call(Good())
    assert tap.refused().look_again_at == NOON + timedelta(seconds=1)
    tap.forward(0.999)
    tap.refused()
    tap.forward(0.001)
    tap.call(Good())
    tap.refused()
    tap.forward(3600)
    for _ in range(10):
        tap.call(Good())
    tap.refused()


@settings(max_examples=60, deadline=None)
@given(
    calls=st.integers(2, 60),
    burst=st.integers(1, 59),
    seconds=st.sampled_from([1.0, 60.0, 900.0]),
    pauses=st.lists(st.floats(0, 1), min_size=1, max_size=400),
)
def test_no_window_ever_holds_more_calls_than_the_limit_says(
    calls: int, burst: int, seconds: float, pauses: list[float]
) -> None:
    tap = Tap(Limit(calls, seconds, burst=min(burst, calls - 1)))
    made = []
    for pause in pauses:
        tap.forward(pause * seconds / calls * 2)
        while isinstance(answer := tap.ask(), Permit):
            tap.back(answer, Good())
            made.append(tap.now)
    for first, last in zip(made, made[calls:], strict=False):
        assert last - first >= timedelta(seconds=seconds) - timedelta(milliseconds=1)


def test_whoever_goes_away_comes_back_for_more_than_one_call() -> None:
    tap = Tap(Limit(200, 3600, burst=60))  # as Instagram: a call each 26 s
    for _ in range(60):
        tap.call(Good())
    wait = tap.refused()
    assert wait.passing
    assert wait.until - NOON == pytest.approx(timedelta(seconds=30 * 3600 / 140), abs=timedelta(seconds=1))
    tap.now = wait.until
    for _ in range(30):
        tap.call(Good())


def test_a_429_halves_the_pace_and_good_answers_give_it_back_over_ten_minutes() -> None:
    tap = Tap(Limit(700, 60, burst=100))
    tap.call(Throttled("slow down", timedelta(seconds=5)))
    assert tap.record.pace == 0.5
    paces = []
    for _ in range(6):
        tap.forward(60)
        tap.call(Good())
        paces.append(round(tap.record.pace, 3))
    assert paces == [0.6, 0.7, 0.8, 0.9, 1.0, 1.0]


def test_however_often_it_is_throttled_some_pace_is_left() -> None:
    tap = Tap(Limit(700, 60, burst=100))
    for _ in range(20):
        tap.call(Throttled("slow down", timedelta()))
        tap.forward(60)
    assert tap.record.pace == 0.02
    tap.permit()


def test_calls_that_were_under_way_at_a_429_do_not_slow_it_twice() -> None:
    tap = Tap(Limit(700, 60, burst=100))
    together = [tap.permit() for _ in range(8)]
    tap.forward(0.1)
    for permit in together:
        tap.back(permit, SLOW_DOWN)
    assert tap.record.pace == 0.5


def test_good_answers_between_do_not_hide_further_429s() -> None:
    tap = Tap(Limit(700, 60, burst=100))
    for _ in range(3):
        slow, quick = tap.permit(), tap.permit()
        tap.forward(1)
        tap.back(quick, Good())
        tap.back(slow, Throttled("slow down", timedelta()))
        tap.forward(10)
    assert tap.record.pace < 0.2


def test_retry_after_is_waited_for_to_the_second() -> None:
    tap = Tap(Limit(700, 60, burst=100))
    tap.call(Throttled("HTTP 429: too many", timedelta(seconds=90)))
    wait = tap.refused()
    assert (wait.look_again_at, wait.passing) == (NOON + timedelta(seconds=90), False)
    assert wait.why == "blocked until 2026-11-20 12:01 UTC: HTTP 429: too many"
    tap.forward(90)
    tap.permit()


def test_without_a_retry_after_the_wait_doubles_with_each_429() -> None:
    tap = Tap(Limit(700, 60, burst=100))
    waits = []
    for _ in range(6):
        tap.call(SLOW_DOWN)
        until = tap.refused().until
        waits.append((until - tap.now).total_seconds())
        tap.now = until
    for wait, whole in zip(waits, (2, 4, 8, 16, 32, 64), strict=True):
        assert 0.75 * whole <= wait <= whole
    assert all(after > before for before, after in pairwise(waits))


def test_a_longer_block_is_not_shortened_by_a_later_answer() -> None:
    tap = Tap(Limit(700, 60, burst=100))
    first, second = tap.permit(), tap.permit()
    tap.back(first, Throttled("the hour is over", timedelta(hours=1)))
    tap.back(second, Throttled("a moment", timedelta(seconds=1)))
    assert tap.refused().why.endswith("the hour is over")
    assert tap.refused().until == NOON + timedelta(hours=1)


def test_no_more_calls_are_under_way_at_once_than_the_limit_says() -> None:
    tap = Tap(Limit(600, 60, burst=100, in_flight=2))
    first = tap.permit()
    tap.permit()
    wait = tap.refused()
    assert wait.passing
    assert wait.why == "busy: 2 calls are under way, and no more than 2 are made at once"
    tap.back(first, Good())
    tap.permit()


def test_a_call_that_nobody_came_back_from_frees_its_place_when_its_time_is_over() -> None:
    tap = Tap(Limit(600, 60, burst=100, in_flight=1))
    tap.permit()  # and the process is killed
    tap.forward(99)
    tap.refused()
    tap.forward(1)
    tap.permit()


def test_a_lane_without_a_pace_of_its_own_is_shut_by_the_source_s_word_alone() -> None:
    tap = Tap(Limit())
    for _ in range(1_000):
        tap.call(Good())
    tap.call(Throttled("too many running jobs", timedelta(minutes=5)))
    tap.refused()


@pytest.mark.parametrize(("calls", "burst", "seconds"), [(5, 5, 60.0), (5, 9, 60.0), (5, 0, 60.0), (5, 1, 0.0)])
def test_a_limit_that_cannot_be_kept_is_refused(calls: int, burst: int, seconds: float) -> None:
    with pytest.raises(ValueError, match="burst"):
        Limit(calls, seconds, burst=burst)


def test_a_fingerprint_tells_keys_apart_and_gives_none_away() -> None:
    assert fingerprint("secret-one") != fingerprint("secret-two")
    assert fingerprint("secret-one") == fingerprint(None, "secret-one")
    assert "secret" not in fingerprint("secret-one")
    assert (fingerprint(), fingerprint(None, "")) == ("", "")
