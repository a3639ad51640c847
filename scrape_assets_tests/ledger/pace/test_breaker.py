"""When a lane is left alone because nothing good comes of it, who tries it again, and what people are told."""

from datetime import timedelta

import pytest

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.pace import Answered, Failed, Good, Limit, Neutral, Permit, Throttled, decisions
from scrape_assets_tests.ledger.pace.lanes import HOLD, NOON, Tap

FREE = Limit()
BROKEN = Failed(ErrorClass.SERVER, "HTTP 502: bad gateway")


@pytest.fixture
def tap() -> Tap:
    return Tap(FREE)


@pytest.fixture
def opened(tap: Tap) -> Tap:
    for _ in range(6):
        tap.call(BROKEN)
    return tap


def open_until(tap: Tap) -> float:
    until = tap.refused().until
    return (until - tap.now).total_seconds()


def test_six_failures_in_a_row_open_it_with_the_reason(opened: Tap) -> None:
    assert 12 <= open_until(opened) <= 15
    assert opened.why() == "left alone until 2026-11-20 12:00 UTC: 6 failures in a row, the last: HTTP 502: bad gateway"


def test_one_good_answer_between_them_and_it_stays_closed(tap: Tap) -> None:
    for _ in range(20):
        for _ in range(5):
            tap.call(BROKEN)
        tap.call(Good())
    tap.permit()


@pytest.mark.parametrize("outcome", [Throttled("slow down", timedelta()), Neutral()])
def test_what_says_nothing_of_a_failure_neither_opens_nor_mends_it(tap: Tap, outcome: Throttled | Neutral) -> None:
    for _ in range(5):
        tap.call(BROKEN)
        tap.call(outcome)
    tap.call(BROKEN)
    tap.refused()


def test_then_exactly_one_call_tries_and_a_good_answer_closes_it(opened: Tap) -> None:
    opened.forward(15)
    probe = opened.permit()
    assert probe.probe
    assert "being tried with one call" in opened.refused().why
    opened.back(probe, Good())
    assert opened.why() is None
    for _ in range(5):
        opened.call(BROKEN)
    opened.permit()


def test_a_bad_one_opens_it_again_for_twice_as_long_up_to_half_an_hour(opened: Tap) -> None:
    lengths = []
    for _ in range(10):
        opened.forward(open_until(opened))
        opened.call(BROKEN)
        lengths.append(open_until(opened))
    for length, whole in zip(lengths, (30, 60, 120, 240, 480, 960, 1800, 1800, 1800, 1800), strict=True):
        assert 0.8 * whole <= length <= whole
    opened.forward(1800)
    opened.call(Good())
    for _ in range(6):
        opened.call(BROKEN)
    assert open_until(opened) <= 15, "the next trouble begins anew"


def test_a_probe_whose_process_was_killed_is_made_by_somebody_else_later(opened: Tap) -> None:
    opened.forward(15)
    lost = opened.permit()
    opened.forward(HOLD.total_seconds() - 1)
    opened.refused()
    opened.forward(1)
    second = opened.permit()
    assert second.probe
    opened.back(lost, BROKEN)  # it was only slow
    opened.back(second, Good())
    assert opened.why() is None


def test_a_probe_that_is_throttled_tells_nothing_and_is_made_again(opened: Tap) -> None:
    opened.forward(15)
    opened.back(opened.permit(), Throttled("slow down", timedelta(seconds=30)))
    assert "blocked until" in opened.refused().why
    opened.forward(30)
    assert opened.permit().probe


def test_what_was_under_way_when_it_opened_changes_nothing(tap: Tap) -> None:
    late = [tap.permit() for _ in range(3)]
    for _ in range(6):
        tap.call(BROKEN)
    until = tap.refused().until
    tap.back(late[0], Good())
    tap.back(late[1], BROKEN)
    assert tap.refused().until == until
    tap.forward(15)
    tap.back(late[2], Good())
    assert tap.permit().probe


def test_an_answer_that_begins_well_and_breaks_off_is_a_failure(tap: Tap) -> None:
    for _ in range(6):
        permit = tap.permit()
        tap.back(permit, Answered())
        assert tap.record.in_flight == ()
        tap.back(permit, BROKEN)
    tap.refused()


def dry(tap: Tap) -> Tap:
    tap.record = decisions.opened(tap.record, "nothing came", tap.now, tap.rng, dry=True)
    return tap


def test_a_lane_that_brings_nothing_is_left_alone_for_longer_and_no_answer_alone_closes_it(tap: Tap) -> None:
    dry(tap)
    wait = tap.refused()
    assert timedelta(minutes=12) <= wait.until - NOON <= timedelta(minutes=15)
    assert wait.why.endswith("UTC: nothing came")
    tap.now = wait.until
    # The probe is a collection, of as many calls as it needs; who makes it is decided elsewhere.
    first, second = tap.permit(), tap.permit()
    assert isinstance(first, Permit)
    tap.back(first, Good())
    tap.back(second, Good())
    assert tap.record.open_until is not None
    tap.record = decisions.closed(tap.record)
    assert tap.why() is None


def test_a_reason_is_told_for_as_long_as_it_holds_and_the_longest_first(opened: Tap) -> None:
    opened.record = decisions.blocked(opened.record, NOON + timedelta(hours=1), ErrorClass.PAYMENT, "no credit")
    assert opened.why() == "blocked until 2026-11-20 13:00 UTC: no credit"
    assert opened.record.seen(opened.now).shut_until(opened.now) == NOON + timedelta(hours=1)
    opened.forward(3600)
    assert opened.why() is None
    assert opened.permit().probe
