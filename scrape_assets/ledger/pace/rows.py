"""The lanes as rows of `source_state`: each change is one short transaction of the caller's, with the row locked.

No lock is held while anybody waits or calls: whoever may not call is told until when, and the transaction is over.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection, RowMapping
from sqlalchemy.dialects.postgresql import insert

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.pace import decisions
from scrape_assets.ledger.pace.breaker import is_half_open
from scrape_assets.ledger.pace.lane import Lane, LaneState
from scrape_assets.ledger.pace.record import LaneRecord, Outcome, Paced, Permit, Wait
from scrape_assets.storage.schema import source_state

_state = source_state.c
_KEY = (_state.source, _state.platform, _state.credential)
_VALUES = tuple(field.name for field in fields(LaneRecord) if field.name != "lane")
_ROWS = sa.select(*_KEY, *(_state[name] for name in _VALUES))
# Built once: every call to a source passes here twice.
_LOCKED = _ROWS.where(sa.tuple_(*_KEY).in_(sa.bindparam("lanes", expanding=True))).order_by(*_KEY).with_for_update()
_CHANGED = (
    sa.update(source_state)
    .where(*(column == sa.bindparam(f"of_{column.name}") for column in _KEY))
    .values({name: sa.bindparam(name, type_=_state[name].type) for name in (*_VALUES, "updated_at")})
)
_ANY = random.Random()  # noqa: S311 - for jitter


def take(conn: Connection, passage: Sequence[Paced], now: datetime, hold: timedelta) -> tuple[Permit, ...] | Wait:
    """Let one call through all lanes that it passes, or through none.

    Args:
        conn: in a transaction of its own, to be committed before the call is made.
        passage: the lanes and their limits.
        now: aware; one clock for all hosts.
        hold: how long the call may be under way: a process that dies in it holds its place no longer.
    """
    records = _locked(conn, [paced.lane for paced in passage])
    granted: list[tuple[LaneRecord, Permit]] = []
    for paced in passage:
        answer = decisions.ask(records[paced.lane], paced, now, hold)
        if isinstance(answer, Wait):
            return answer
        granted.append(answer)
    for record, _ in granted:
        _write(conn, record, now)
    return tuple(permit for _, permit in granted)


def give_back(
    conn: Connection, permits: Sequence[Permit], outcome: Outcome, now: datetime, rng: random.Random = _ANY
) -> None:
    """Note what came of a call, in each lane that it passed."""
    records = _locked(conn, [permit.paced.lane for permit in permits])
    for permit in permits:
        _write(conn, decisions.settle(records[permit.paced.lane], permit, outcome, now, rng), now)


def block(conn: Connection, lane: Lane, *, until: datetime, error_class: ErrorClass, error: str, now: datetime) -> None:
    """Ask a lane for nothing until then: what the source said, of itself or in other words than a 429."""
    _change(conn, lane, lambda record: decisions.blocked(record, until, error_class, error), now)


def unblock(conn: Connection, source: str, error_class: ErrorClass, now: datetime) -> None:
    """Ask again whatever lane of a source was left alone for a reason of this class."""
    conn.execute(
        sa.update(source_state)
        .where(_state.source == source, _state.error_class == error_class, _state.blocked_until > now)
        .values(blocked_until=None, updated_at=now)
    )


def trip(conn: Connection, lane: Lane, why: str, now: datetime, rng: random.Random = _ANY) -> None:
    """Open a lane's breaker because what it is asked for brings nothing.

    It is closed by `revive` alone; once its time is over, `take_probe` says who tries.
    """
    _change(conn, lane, lambda record: decisions.opened(record, why, now, rng, dry=True), now)


def revive(conn: Connection, lane: Lane, now: datetime) -> None:
    """Close a breaker that `trip` has opened: something came."""
    _change(conn, lane, lambda record: decisions.closed(record) if record.dry else record, now)


def take_probe(conn: Connection, lane: Lane, now: datetime, hold: timedelta) -> bool | None:
    """Be the one who tries a lane whose breaker `trip` has opened, once its time is over.

    Returns:
        Whether the caller is the one, for as long as `hold`; None when there is nothing to try.
    """
    record = _locked(conn, [lane])[lane]
    if not record.dry:
        return None
    if not record.is_half_open(now) or record.is_being_probed(now):
        return False
    conn.execute(sa.update(source_state).where(*_is(lane)).values(probing_until=now + hold, updated_at=now))
    return True


def lane_states(conn: Connection, now: datetime) -> list[LaneState]:
    """How every lane stands that was ever asked or left alone."""
    return [_read(row).seen(now) for row in conn.execute(_ROWS.order_by(*_KEY)).mappings()]


def lane_state(conn: Connection, lane: Lane, now: datetime) -> LaneState:
    """How one lane stands."""
    row = conn.execute(_ROWS.where(*_is(lane))).mappings().one_or_none()
    return (_read(row) if row else LaneRecord(lane)).seen(now)


def shut_lanes(conn: Connection, now: datetime) -> list[LaneState]:
    """The lanes through which nothing goes now."""
    moments = (_state.blocked_until, _state.open_until, _state.probing_until)
    query = _ROWS.where(sa.or_(*(moment > now for moment in moments))).order_by(*_KEY)
    states = [_read(row).seen(now) for row in conn.execute(query).mappings()]
    return [state for state in states if state.shut_until(now)]


def is_being_tried(state: LaneState, now: datetime) -> bool:
    """Whether the next collection of a lane is the probe of its breaker, because earlier ones brought nothing."""
    return state.dry and is_half_open(state.open_until, now)


def _change(conn: Connection, lane: Lane, change: Callable[[LaneRecord], LaneRecord], now: datetime) -> None:
    record = _locked(conn, [lane])[lane]
    changed = change(record)
    if changed != record:
        _write(conn, changed, now)


def _locked(conn: Connection, lanes: Sequence[Lane]) -> dict[Lane, LaneRecord]:
    """The rows, locked, always in the same order; those that are new are written first."""
    wanted = sorted(set(lanes))
    these = {"lanes": [(lane.source, lane.platform, lane.credential) for lane in wanted]}
    found = {record.lane: record for record in map(_read, conn.execute(_LOCKED, these).mappings())}
    if len(found) == len(wanted):
        return found
    new = [
        {"source": lane.source, "platform": lane.platform, "credential": lane.credential}
        for lane in wanted
        if lane not in found
    ]
    conn.execute(insert(source_state).values(new).on_conflict_do_nothing())
    return {record.lane: record for record in map(_read, conn.execute(_LOCKED, these).mappings())}


def _read(row: RowMapping) -> LaneRecord:
    values = {name: row[name] for name in _VALUES}
    for name in ("in_flight", "throttled_at"):
        values[name] = tuple(values[name])
    return LaneRecord(Lane(row["source"], row["platform"], row["credential"]), **values)


def _write(conn: Connection, record: LaneRecord, now: datetime) -> None:
    values: dict[str, object] = {name: getattr(record, name) for name in _VALUES}
    for name in ("in_flight", "throttled_at"):
        values[name] = list(getattr(record, name))
    lane = record.lane
    of = {"of_source": lane.source, "of_platform": lane.platform, "of_credential": lane.credential}
    conn.execute(_CHANGED, {**of, **values, "updated_at": now})


def _is(lane: Lane) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        _state.source == lane.source,
        _state.platform == lane.platform,
        _state.credential == lane.credential,
    )
