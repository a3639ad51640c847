"""Looking at snapshots: what is to be asked about, to be processed, asked for, in which state."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, false, func, or_, select

from scrape_assets.ledger import leases
from scrape_assets.ledger.guards import SNAPSHOTS
from scrape_assets.ledger.snapshots.records import SNAPSHOT_COLUMNS, Snapshot, snapshot_of
from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets.storage.schema import snapshots

OPEN = frozenset(
    {
        SnapshotStatus.TRIGGERING,
        SnapshotStatus.UNKNOWN,
        SnapshotStatus.PENDING,
        SnapshotStatus.RUNNING,
        SnapshotStatus.READY,
        SnapshotStatus.PROCESSING,
    }
)
_READY = frozenset({SnapshotStatus.READY})
_snapshots = snapshots.c
_LONGEST_DUE_FIRST = (_snapshots.next_check_at.asc().nulls_first(), _snapshots.snapshot_id)


@dataclass(frozen=True)
class SnapshotFilter:
    """Which snapshots to list; None for any."""

    status: SnapshotStatus | None = None
    source: str | None = None
    platform: str | None = None
    collection_date: date | None = None
    run_id: str | None = None


def due_for_check(conn: Connection, now: datetime, limit: int) -> list[Snapshot]:
    """Give the pending and running snapshots that the source is to be asked about, the longest due first."""
    return _read(conn, *at_the_source_due(now), limit)


def at_the_source_due(now: datetime) -> tuple[list[ColumnElement[bool]], Sequence[ColumnElement[Any]]]:
    """Give condition and order of `due_for_check`, for whoever reads other columns."""
    at_the_source = _snapshots.status.in_([SnapshotStatus.PENDING, SnapshotStatus.RUNNING])
    return [at_the_source, _is_due(now)], _LONGEST_DUE_FIRST


def unknown_due(conn: Connection, now: datetime, limit: int) -> list[Snapshot]:
    """Give the snapshots to look up in the source's list, the longest due first."""
    return _read(conn, [_snapshots.status == SnapshotStatus.UNKNOWN, _is_due(now)], _LONGEST_DUE_FIRST, limit)


def ready_unrequested(conn: Connection, now: datetime, limit: int) -> list[Snapshot]:
    """Give the snapshots to process that no run is asked for, those ready longest first."""
    where = [
        _snapshots.status.in_(_READY),
        _is_due(now),
        leases.is_unrequested(snapshots, now),
    ]
    return _read(conn, where, (_snapshots.ready_at.asc().nulls_first(), _snapshots.snapshot_id), limit)


def ready_due(conn: Connection, now: datetime, limit: int) -> list[Snapshot]:
    """Give the snapshots to process, whether or not a run is asked for, those ready longest first."""
    where = [_snapshots.status.in_(_READY), _is_due(now)]
    return _read(conn, where, (_snapshots.ready_at.asc().nulls_first(), _snapshots.snapshot_id), limit)


def count_ready_before(conn: Connection, snapshot: Snapshot, now: datetime) -> int:
    """Count those that `ready_unrequested` gives before a ready snapshot."""
    earlier = _snapshots.ready_at < snapshot.ready_at if snapshot.ready_at else false()
    where = [_snapshots.status.in_(_READY), _is_due(now), leases.is_unrequested(snapshots, now), earlier]
    return conn.execute(select(func.count()).where(*where)).scalar_one()


def known_vendor_ids(conn: Connection, source: str, vendor_ids: Sequence[str]) -> set[str]:
    """Give those of a source's ids that belong to a snapshot of ours."""
    statement = select(_snapshots.vendor_snapshot_id).where(
        _snapshots.source == source, _snapshots.vendor_snapshot_id.in_(vendor_ids)
    )
    return set(conn.execute(statement).scalars())


def open_counts(conn: Connection) -> dict[SnapshotStatus, int]:
    """Count the snapshots that are neither done nor given up, by state; states without any are left out.

    Reads an index of the open ones alone, however many have been processed.
    """
    counted = select(_snapshots.status, func.count()).where(_snapshots.status.in_(sorted(OPEN)))
    return {SnapshotStatus(status): count for status, count in conn.execute(counted.group_by(_snapshots.status))}


def count_requested(conn: Connection, now: datetime) -> int:
    """Count the ready snapshots that could be processed, and for which a run is asked for."""
    where = [_snapshots.status.in_(_READY), _is_due(now), ~leases.is_unrequested(snapshots, now)]
    return conn.execute(select(func.count()).where(*where)).scalar_one()


def mark_requested(conn: Connection, snapshot_ids: Sequence[str], *, until: datetime, now: datetime) -> list[str]:
    """Mark ready snapshots as asked for by a run that has until `until` to claim them.

    Returns:
        Those marked, in the order given; not those already taken, or asked for by another run.
    """
    return leases.mark_requested(conn, SNAPSHOTS, _READY, snapshot_ids, until=until, now=now)


def clear_requested(conn: Connection, snapshot_ids: Sequence[str]) -> int:
    """Take the mark off ready snapshots whose run failed before it claimed them, and say off how many."""
    return leases.clear_requested(conn, SNAPSHOTS, _READY, snapshot_ids)


def counts_by_status(conn: Connection) -> dict[SnapshotStatus, int]:
    """Count the snapshots in every state, zero included."""
    counted = select(_snapshots.status, func.count().label("number")).group_by(_snapshots.status)
    found = {row.status: row.number for row in conn.execute(counted)}
    return {status: found.get(status, 0) for status in SnapshotStatus}


def list_snapshots(conn: Connection, which: SnapshotFilter, limit: int) -> list[Snapshot]:
    """Give at most `limit` snapshots, the newest first."""
    where = [_snapshots[name] == value for name, value in asdict(which).items() if value is not None]
    return _read(conn, where, (_snapshots.created_at.desc(), _snapshots.snapshot_id.desc()), limit)


def get(conn: Connection, snapshot_id: str) -> Snapshot | None:
    """Give one snapshot by our id; None when there is none."""
    found = _read(conn, [_snapshots.snapshot_id == snapshot_id], (), 1)
    return found[0] if found else None


def by_partition_keys(conn: Connection, keys: Sequence[str]) -> dict[str, Snapshot]:
    """Give the snapshots of these partitions by key, in the order of `keys`; unknown keys are left out."""
    found = {
        snapshot.partition_key: snapshot
        for snapshot in _read(conn, [_snapshots.partition_key.in_(keys)], (), len(keys))
    }
    return {key: found[key] for key in keys if key in found}


def _is_due(now: datetime) -> ColumnElement[bool]:
    return or_(_snapshots.next_check_at.is_(None), _snapshots.next_check_at <= now)


def _read(
    conn: Connection,
    where: Sequence[ColumnElement[bool]],
    order_by: Sequence[ColumnElement[Any]],
    limit: int,
) -> list[Snapshot]:
    statement = select(*SNAPSHOT_COLUMNS).where(*where).order_by(*order_by).limit(limit)
    return [snapshot_of(row) for row in conn.execute(statement)]
