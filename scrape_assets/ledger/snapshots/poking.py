"""Making snapshots due now, because somebody outside says that it is time. What waits because it failed, waits on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, or_, select

from scrape_assets.ledger.guards import SNAPSHOTS, change_many
from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets.storage.schema import snapshots

AT_THE_SOURCE = frozenset({SnapshotStatus.UNKNOWN, SnapshotStatus.PENDING, SnapshotStatus.RUNNING})
_READY = frozenset({SnapshotStatus.READY})
_snapshots = snapshots.c


@dataclass(frozen=True)
class Poked:
    """What became due, and what was so already or has to wait."""

    asked_about: int  # unknown, pending, running: the next tick asks the source about them
    processed: int  # ready: the next tick requests a run for them
    due_before: int
    backing_off: int  # ready, but processing it has failed: its backoff is not cut short


def make_due(conn: Connection, source: str, now: datetime) -> Poked:
    """Make every open snapshot of a source due now. To do so again changes nothing.

    A ready snapshot whose processing has failed keeps its backoff: whoever calls every minute for ever would else
    spend all its attempts on one bad hour.
    """
    due = or_(_snapshots.next_check_at.is_(None), _snapshots.next_check_at <= now)
    own = _snapshots.source == source
    open_states = [*AT_THE_SOURCE, *_READY]
    before, backing_off = conn.execute(
        select(
            func.count().filter(due),
            func.count().filter(~due, _snapshots.status == SnapshotStatus.READY, _snapshots.attempts > 0),
        ).where(own, _snapshots.status.in_(open_states))
    ).one()
    asked_about = _bring_forward(conn, now, own, ~due)
    processed = change_many(
        conn,
        SNAPSHOTS,
        leaving=_READY,
        to=frozenset(),
        values={"next_check_at": None},
        where=[own, ~due, _snapshots.attempts == 0],
        returning=[_snapshots.snapshot_id],
    )
    return Poked(asked_about, len(processed), before, backing_off)


def ask_at_once(conn: Connection, snapshot_id: str, now: datetime) -> bool:
    """Have the source asked about a snapshot by the next tick; False when it is not at the source any more."""
    return bool(_bring_forward(conn, now, _snapshots.snapshot_id == snapshot_id))


def _bring_forward(conn: Connection, now: datetime, *where: ColumnElement[bool]) -> int:
    """Have the source asked now about those snapshots that it works on; says how many."""
    changed = change_many(
        conn,
        SNAPSHOTS,
        leaving=AT_THE_SOURCE,
        to=frozenset(),
        values={"next_check_at": now},
        where=where,
        returning=[_snapshots.snapshot_id],
    )
    return len(changed)
