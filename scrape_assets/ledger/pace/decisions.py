"""May this call be made, and what follows from what came of it: one lane's record in, another out. Pure."""

import random
from dataclasses import replace
from datetime import datetime, timedelta

from scrape_assets.ledger.errors import ErrorClass, recordable
from scrape_assets.ledger.pace import gcra, throttling
from scrape_assets.ledger.pace.breaker import FAILURES_IN_A_ROW, open_for, why_failed
from scrape_assets.ledger.pace.record import (
    Answered,
    Failed,
    Good,
    LaneRecord,
    Neutral,
    Outcome,
    Paced,
    Permit,
    Throttled,
    Wait,
)

A_MOMENT = timedelta(seconds=0.25)
"""After which it is worth looking whether somebody else's call has come back."""
A_WHILE = timedelta(seconds=5)
"""For whoever does not want to wait for somebody else's call."""


def ask(record: LaneRecord, paced: Paced, now: datetime, hold: timedelta) -> tuple[LaneRecord, Permit] | Wait:
    """Let a call through, or say why not.

    Args:
        record: of the lane.
        paced: the lane and its limit.
        now: aware.
        hold: how long the call may be under way; after that nobody will come back from it.
    """
    record = record.tidied(now, guarded=paced.limit.guard is not None)
    for rule in (_shut, _guarded, _crowded, _paced):
        wait = rule(record, paced, now)
        if wait:
            return wait
    probe = record.is_half_open(now) and not record.dry
    permit = Permit(
        paced, now, now + hold, probe, spotless=not probe and record.failures == 0 and record.open_until is None
    )
    record = replace(record, in_flight=(*record.in_flight, permit.until))
    if probe:
        record = replace(record, probing_until=permit.until)
    if paced.limit.rate is not None:
        step = gcra.interval(paced.limit.rate, record.pace)
        record = replace(record, next_free_at=gcra.after_call(record.next_free_at, now, step))
    return record, permit


def _shut(record: LaneRecord, paced: Paced, now: datetime) -> Wait | None:  # noqa: ARG001 - a rule as the others
    why = record.seen(now).why(now)
    until = max(filter(None, (record.blocked_until, record.open_until)), default=now)
    if until > now and why:
        return Wait(record.lane, why, until, until)
    if record.is_being_probed(now) and not record.dry and why:
        return Wait(record.lane, why, now + A_MOMENT, now + A_WHILE)
    return None


def _guarded(record: LaneRecord, paced: Paced, now: datetime) -> Wait | None:
    """Even if each call under way comes back as a 429, the vendor's rule is not reached."""
    guard = paced.limit.guard
    if guard is None:
        return None
    throttled, under_way = record.throttled_at, len(record.in_flight)
    until = throttling.guarded_until(throttled, guard)
    if until:
        return Wait(record.lane, f"guarded: {why_guarded(len(throttled), guard, until)}", until, until)
    if len(throttled) + under_way >= guard or (under_way and len(throttled) >= throttling.ONE_BY_ONE_FROM):
        why = (
            f"{len(throttled)} answers of 429 within five minutes and {under_way} calls under way: their end is awaited"
        )
        return Wait(record.lane, why, now + A_MOMENT, now + A_WHILE, passing=True)
    return None


def why_guarded(throttled: int, guard: int, until: datetime) -> str:
    """Why a guard is shut, in plain words."""
    return (
        f"{throttled} answers of 429 within five minutes, and at {guard} nothing more is asked, because the source "
        f"blocks an address that goes on; asked again from {until:%H:%M:%S} UTC on"
    )


def _crowded(record: LaneRecord, paced: Paced, now: datetime) -> Wait | None:
    most, under_way = paced.limit.in_flight, len(record.in_flight)
    if most is None or under_way < most:
        return None
    why = f"busy: {under_way} calls are under way, and no more than {most} are made at once"
    return Wait(record.lane, why, now + A_MOMENT, now + A_WHILE, passing=True)


def _paced(record: LaneRecord, paced: Paced, now: datetime) -> Wait | None:
    limit = paced.limit
    if limit.rate is None:
        return None
    step = gcra.interval(limit.rate, record.pace)
    burst = max(1, int(limit.burst * record.pace))
    free_at = gcra.free_at(record.next_free_at, now, step, burst)
    if free_at <= now:
        return None
    slowed = f", at {record.pace:.0%} of it after answers of 429" if record.pace < 1 else ""
    why = f"out of pace: {limit.calls} calls in {limit.seconds:g} s{slowed}"
    # Whoever goes away comes back when there is something to come back for, and not for a single call.
    return Wait(
        record.lane, why, free_at, gcra.free_at(record.next_free_at, now, step, burst, max(1, burst // 2)), passing=True
    )


def settle(record: LaneRecord, permit: Permit, outcome: Outcome, now: datetime, rng: random.Random) -> LaneRecord:
    """What a lane is once a call has come back."""
    limit = permit.paced.limit
    record = _without(record, permit.until).tidied(now, guarded=limit.guard is not None)
    if isinstance(outcome, Throttled):
        # Calls that were under way at the last 429 say nothing about the pace that followed from it.
        is_new = not record.throttled_at or permit.taken_at >= record.throttled_at[-1]
        record = replace(record, throttled_at=throttling.recent((*record.throttled_at, now), now))
        record = _guard_shut(record, permit.paced, now)
        if not permit.paced.only_counts:
            record = replace(record, pace=throttling.slower(record.pace), pace_at=now) if is_new else record
            wait = outcome.retry_after
            if wait is None:
                wait = throttling.wait_after(len(record.throttled_at), rng)
            record = blocked(record, now + wait, ErrorClass.THROTTLED, outcome.message)
    elif isinstance(outcome, Good | Answered):
        record = replace(record, pace=throttling.faster(record.pace, record.pace_at, now), pace_at=now)
    return record if isinstance(outcome, Answered) else _breaker(record, permit, outcome, now, rng)


def _without(record: LaneRecord, until: datetime) -> LaneRecord:
    under_way = list(record.in_flight)
    if until in under_way:  # else its time was over, or it was given back before
        under_way.remove(until)
    return replace(record, in_flight=tuple(under_way))


def _guard_shut(record: LaneRecord, paced: Paced, now: datetime) -> LaneRecord:
    """Write down that the guard has shut, for those who read only the row."""
    guard = paced.limit.guard
    until = throttling.guarded_until(record.throttled_at, guard) if guard else None
    if guard is None or until is None or until <= (record.blocked_until or now):
        return record
    return blocked(record, until, ErrorClass.THROTTLED, why_guarded(len(record.throttled_at), guard, until))


def blocked(record: LaneRecord, until: datetime, error_class: ErrorClass, error: str) -> LaneRecord:
    """A lane that is asked for nothing until then; a longer block stays, with its reason."""
    if record.blocked_until and record.blocked_until > until:
        return record
    return replace(record, blocked_until=until, error_class=str(error_class), error=recordable(error))


def _breaker(record: LaneRecord, permit: Permit, outcome: Outcome, now: datetime, rng: random.Random) -> LaneRecord:
    tells = permit.probe and record.probing_until == permit.until
    if tells:
        record = replace(record, probing_until=None)
    if record.open_until and not record.dry and not tells:
        return record  # it was under way when the breaker opened, and is told apart from the probe
    match outcome:
        case Good():
            return closed(record) if not record.dry else replace(record, failures=0)
        case Failed():
            record = replace(record, failures=record.failures + 1)
            if tells or record.failures >= FAILURES_IN_A_ROW:
                return opened(record, why_failed(record.failures, outcome.message), now, rng, dry=record.dry)
            return record
        case Answered() | Throttled() | Neutral():
            return record


def opened(record: LaneRecord, why: str, now: datetime, rng: random.Random, *, dry: bool) -> LaneRecord:
    """A lane with an open breaker, for longer than the last time."""
    return replace(
        record,
        failures=0 if dry else record.failures,
        openings=record.openings + 1,
        open_until=now + open_for(record.openings, dry=dry, rng=rng),
        open_why=recordable(why),
        dry=dry,
        probing_until=None,
    )


def closed(record: LaneRecord) -> LaneRecord:
    """A lane with a closed breaker."""
    return replace(record, failures=0, openings=0, open_until=None, open_why=None, dry=False, probing_until=None)
