"""Keeping snapshots held, and getting back those that a process left in a trigger or in processing."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, case, func

from scrape_assets.ledger import leases
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.guards import SNAPSHOTS, change_many, held_by
from scrape_assets.ledger.snapshots.records import SNAPSHOT_COLUMNS, Snapshot, snapshot_of
from scrape_assets.ledger.spending import Spending
from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets.storage.schema import snapshots

_TRIGGERING = frozenset({SnapshotStatus.TRIGGERING})
_PROCESSING = frozenset({SnapshotStatus.PROCESSING})
_snapshots = snapshots.c


def renew_leases(conn: Connection, owner: str, lease: timedelta, now: datetime) -> int:
    """Prolong the leases of all snapshots that `owner` holds, to `lease` from now; say how many."""
    return leases.renew(conn, SNAPSHOTS, _TRIGGERING | _PROCESSING, owner, now + lease)


def reclaim_expired(conn: Connection, now: datetime) -> list[Snapshot]:
    """Get back the snapshots of processes that died: those held whose lease is over.

    triggering → unknown, to be looked up in the source's list at once; processing → ready with the attempt
    counted, or → dead when it was the last. The jobs of dead ones are the caller's to settle, in the same
    transaction.

    Returns:
        The snapshots as they are now.
    """
    return _take_back(conn, [leases.lease_is_over(snapshots, now)], now, count_attempt=True)


def release_run(conn: Connection, owner: str, now: datetime, count_attempt: bool) -> list[Snapshot]:
    """Get back what one owner, known to be gone, still held; see `reclaim_expired`.

    Args:
        conn: in the caller's transaction.
        owner: who held them.
        now: aware.
        count_attempt: False when the run was cut off on purpose; then no attempt at processing is counted or
            noted. A trigger in the middle is unknown all the same.
    """
    return _take_back(conn, held_by(snapshots, owner), now, count_attempt=count_attempt)


def _take_back(
    conn: Connection, where: Iterable[ColumnElement[bool]], now: datetime, *, count_attempt: bool
) -> list[Snapshot]:
    conditions = list(where)
    untriggered = change_many(
        conn,
        SNAPSHOTS,
        leaving=_TRIGGERING,
        to=frozenset({SnapshotStatus.UNKNOWN}),
        values={
            "status": SnapshotStatus.UNKNOWN,
            "next_check_at": now,
            **_blame("ended before the answer to the trigger came; the source's list is asked for it"),
            **leases.NO_LEASE,
        },
        where=conditions,
        returning=SNAPSHOT_COLUMNS,
    )
    spending = Spending(snapshots, ErrorClass.LEASE_LOST)
    counted = {
        "status": case((spending.is_last, SnapshotStatus.DEAD), else_=SnapshotStatus.READY),
        **spending.values,
        **_blame("ended while it processed the snapshot"),
    }
    uncounted = {"status": SnapshotStatus.READY}
    unprocessed = change_many(
        conn,
        SNAPSHOTS,
        leaving=_PROCESSING,
        to=frozenset({SnapshotStatus.READY, SnapshotStatus.DEAD}),
        values={**(counted if count_attempt else uncounted), "next_check_at": now, **leases.NO_LEASE},
        where=conditions,
        returning=SNAPSHOT_COLUMNS,
    )
    return [snapshot_of(row) for row in [*untriggered, *unprocessed]]


def _blame(what_happened: str) -> dict[str, object]:
    holder = func.coalesce(_snapshots.lease_owner, "that held it")
    return {
        "error_class": ErrorClass.LEASE_LOST,
        "error": func.concat("The process ", holder, " ", what_happened),
    }
