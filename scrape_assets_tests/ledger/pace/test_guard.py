"""The vendor blocks an address at 25 answers of 429 within five minutes. We stop before, whoever is killed and when."""

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy.engine import Engine

from scrape_assets.flow.pacing.gate import Book, RowBook
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.pace import Failed, Good, Lane, Limit, Neutral, Outcome, Paced, Permit, Throttled, Wait
from scrape_assets.sources.limits import VENDOR_GUARD, VENDOR_RULE
from scrape_assets.storage.schema import source_state
from scrape_assets_tests.ledger.pace.lanes import HOLD, NOON, Tap
from scrape_assets_tests.ledger.pace.memory_book import MemoryBook

FIVE_MINUTES = timedelta(minutes=5)
GUARDED = Limit(6_000, 60, burst=1_000, guard=VENDOR_GUARD)
ACCOUNT = Lane("vendor", "", "key 0")
AT_ONCE = timedelta()


@dataclass
class Call:
    """One call of some process, as the vendor and we see it."""

    permits: tuple[Permit, ...]
    ends: datetime  # the vendor answers before, or nobody hears of it any more
    said: int | None = None  # the vendor's answer, given but perhaps not arrived


class Vendor(RuleBasedStateMachine):
    """Several processes call, the vendor answers whatever it likes, processes die with their calls under way."""

    make_book: Callable[[], Book] = MemoryBook

    def __init__(self) -> None:
        super().__init__()
        self.now = NOON
        self.under_way: list[Call] = []
        self.throttled: list[datetime] = []  # when the vendor answered with 429, by its own count
        self.refused = 0

    @initialize(jitter=st.integers(0, 2**16))
    def begin(self, jitter: int) -> None:
        self.book = type(self).make_book()
        self.rng = random.Random(jitter)

    @rule(trigger=st.booleans(), processes=st.integers(1, 12))
    def call(self, trigger: bool, processes: int) -> None:
        """So many processes try to call at the same moment."""
        account = Paced(ACCOUNT, GUARDED, only_counts=trigger)
        lanes = [account, Paced(Lane("vendor", "x", "key 0"), Limit())] if trigger else [account]
        for _ in range(processes):
            answer = self.book.take(lanes, self.now, HOLD)
            if isinstance(answer, Wait):
                assert answer.look_again_at > self.now
                self.refused += 1
            else:
                self.under_way.append(Call(answer, self.now + HOLD))

    @precondition(lambda self: self.under_way)
    @rule(which=st.integers(0), throttles=st.booleans())
    def answer(self, which: int, throttles: bool) -> None:
        """The vendor answers a call; whether anybody hears it is another matter."""
        call = self.under_way[which % len(self.under_way)]
        if call.said is None:
            self._answer(call, 429 if throttles else 200)

    @precondition(lambda self: self.under_way)
    @rule()
    def answer_all_with_429(self) -> None:
        for call in self.under_way:
            if call.said is None:
                self._answer(call, 429)

    @precondition(lambda self: self.under_way)
    @rule(which=st.integers(0), retry_after=st.sampled_from([None, AT_ONCE, timedelta(seconds=3)]))
    def come_back(self, which: int, retry_after: timedelta | None) -> None:
        call = self.under_way.pop(which % len(self.under_way))
        self._back(call, retry_after)

    @precondition(lambda self: self.under_way)
    @rule(retry_after=st.sampled_from([None, AT_ONCE]))
    def all_come_back(self, retry_after: timedelta | None) -> None:
        while self.under_way:
            self._back(self.under_way.pop(), retry_after)

    @precondition(lambda self: self.under_way)
    @rule(which=st.integers(0), heard=st.booleans())
    def kill(self, which: int, heard: bool) -> None:
        """A process dies with its call. The vendor goes on answering it, at the latest possible moment or now."""
        call = self.under_way.pop(which % len(self.under_way))
        if call.said is None:
            self.throttled.append(self.now if heard else call.ends)

    @rule(seconds=st.sampled_from([0.01, 1.0, 7.0, 50.0, 100.0, 150.0, 299.0, 300.0, 301.0, 400.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        for call in [call for call in self.under_way if call.ends <= self.now]:
            self.under_way.remove(call)
            if call.said is None:
                self.throttled.append(call.ends)  # in its last moment, and nobody heard it

    @invariant()
    def the_address_is_never_blocked(self) -> None:
        moments = sorted(self.throttled)
        for first, last in zip(moments, moments[VENDOR_GUARD:], strict=False):
            assert last - first > FIVE_MINUTES, f"more than {VENDOR_GUARD} within five minutes"
        assert VENDOR_GUARD < VENDOR_RULE

    def teardown(self) -> None:
        """And it does not stay shut for ever."""
        if hasattr(self, "book"):
            self.time_passes(400.0)
            self.time_passes(400.0)
            self.under_way.clear()
            answer = self.book.take([Paced(ACCOUNT, GUARDED)], self.now + timedelta(hours=1), HOLD)
            assert not isinstance(answer, Wait), answer

    def _answer(self, call: Call, status: int) -> None:
        call.said = status
        if status == 429:
            self.throttled.append(self.now)

    def _back(self, call: Call, retry_after: timedelta | None) -> None:
        match call.said:
            case 429:
                self.book.give_back(call.permits, Throttled("HTTP 429", retry_after), self.now)
            case None:  # it was cut off before the vendor had heard of it
                unheard = Failed(ErrorClass.NETWORK, "connection refused")
                outcomes: list[Outcome] = [unheard, Neutral()]
                self.book.give_back(call.permits, self.rng.choice(outcomes), self.now)
            case _:
                self.book.give_back(call.permits, Good(), self.now)


class TestInMemory(Vendor.TestCase):  # type: ignore[valid-type, misc]
    """Many lives of it, over the decisions alone."""

    settings = settings(max_examples=40, stateful_step_count=60, deadline=None)


def test_the_rows_keep_the_same_promise(db: Engine) -> None:
    """A few lives of it, over PostgreSQL."""

    class OverRows(Vendor):
        @staticmethod
        def make_book() -> Book:
            with db.begin() as conn:
                conn.execute(source_state.delete())
            return RowBook(db)

    run_state_machine_as_test(OverRows, settings=settings(max_examples=4, stateful_step_count=25, deadline=None))


@pytest.mark.parametrize("retry_after", [None, AT_ONCE, timedelta(seconds=5)])
def test_many_processes_against_a_vendor_that_only_throttles(retry_after: timedelta | None) -> None:
    book, now, throttled = MemoryBook(), NOON, []
    for _ in range(450):  # half an hour, and all of them try again and again
        now += timedelta(seconds=4)
        lanes = [Paced(ACCOUNT, GUARDED)]
        under_way = [answer for _ in range(12) if not isinstance(answer := book.take(lanes, now, HOLD), Wait)]
        for permits in under_way:
            throttled.append(now)
            book.give_back(permits, Throttled("HTTP 429", retry_after), now)
    assert len(throttled) >= 18, "it was really tried"
    for first, last in zip(throttled, throttled[VENDOR_GUARD:], strict=False):
        assert last - first > FIVE_MINUTES


def test_from_ten_in_five_minutes_on_one_call_at_a_time() -> None:
    tap = Tap(GUARDED)
    for _ in range(10):
        tap.call(Throttled("slow down", AT_ONCE))
    first = tap.permit()
    wait = tap.refused()
    assert wait.passing
    assert "10 answers of 429 within five minutes" in wait.why
    tap.back(first, Good())
    tap.permit()


def test_at_the_guard_it_shuts_with_the_reason_until_the_oldest_is_forgotten() -> None:
    tap = Tap(GUARDED)
    for _ in range(VENDOR_GUARD):
        tap.call(Throttled("slow down", AT_ONCE))
        tap.forward(1)
    wait = tap.refused()
    assert not wait.passing
    assert wait.until == NOON + timedelta(seconds=315)
    assert "18 answers of 429 within five minutes, and at 18 nothing more is asked" in str(tap.why())
    tap.now = wait.until
    tap.permit()


def test_calls_under_way_count_as_if_each_came_back_as_a_429() -> None:
    tap = Tap(GUARDED)
    under_way = [tap.permit() for _ in range(VENDOR_GUARD)]
    tap.refused()
    tap.back(under_way.pop(), Good())
    under_way.append(tap.permit())
    for permit in under_way:
        tap.back(permit, Throttled("slow down", AT_ONCE))
    assert tap.record.seen(tap.now).throttles == VENDOR_GUARD
    tap.refused()


def test_a_429_of_one_platform_s_triggers_counts_and_shuts_nothing_else() -> None:
    book, now = MemoryBook(), NOON
    account, triggers = Paced(ACCOUNT, GUARDED, only_counts=True), Lane("vendor", "x", "key 0")
    permits = book.take([account, Paced(triggers, Limit())], now, HOLD)
    assert not isinstance(permits, Wait)
    book.give_back(permits, Throttled("too many running jobs", timedelta(minutes=5)), now)

    again = book.take([account, Paced(triggers, Limit())], now, HOLD)
    assert isinstance(again, Wait)
    assert (again.lane, again.until) == (triggers, now + timedelta(minutes=5))
    others = [[Paced(ACCOUNT, GUARDED)], [account, Paced(Lane("vendor", "linkedin", "key 0"), Limit())]]
    for lanes in others:
        permits = book.take(lanes, now, HOLD)
        assert not isinstance(permits, Wait)
        book.give_back(permits, Good(), now)
    assert book.lanes[ACCOUNT].pace == 1
    assert len(book.lanes[ACCOUNT].throttled_at) == 1


def test_a_lost_call_counts_as_a_429_for_as_long_as_one() -> None:
    tap = Tap(GUARDED)
    for _ in range(VENDOR_GUARD):
        tap.permit()  # and all their processes are killed
    waits = []
    for _ in itertools.count():
        answer = tap.ask()
        if isinstance(answer, Permit):
            break
        waits.append(answer)
        tap.now = answer.look_again_at if not answer.passing else tap.now + timedelta(seconds=10)
    assert timedelta(seconds=415) <= tap.now - NOON <= timedelta(seconds=425)
