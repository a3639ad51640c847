"""Snapshots that stand in the source's own list: unknown to us until then, or given up here. Nothing asks the source.

What becomes of jobs is next door, in `jobs.adoption`; both belong in one transaction of the caller's.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.guards import SNAPSHOTS, change_one
from scrape_assets.ledger.snapshots.records import (
    SNAPSHOT_COLUMNS,
    NewSnapshot,
    Snapshot,
    input_columns,
    snapshot_of,
)
from scrape_assets.ledger.spending import ANEW
from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets.storage.schema import snapshots

_PENDING = frozenset({SnapshotStatus.PENDING})
_GIVEN_UP = frozenset({SnapshotStatus.FAILED, SnapshotStatus.DEAD, SnapshotStatus.EXPIRED})
_UNSETTLED = frozenset({SnapshotStatus.TRIGGERING, SnapshotStatus.UNKNOWN})
_snapshots = snapshots.c


def record_found(
    conn: Connection,
    new: NewSnapshot,
    *,
    vendor_snapshot_id: str,
    created_at: datetime,
    expires_at: datetime,
    vendor_status: str | None,
    now: datetime,
) -> bool:
    """Write down a snapshot that the source has and we do not know, pending and due to be asked about.

    Args:
        conn: in the caller's transaction.
        new: as it was asked for, as far as that is known. It may have no inputs: the source does not always tell.
        vendor_snapshot_id: the source's id.
        created_at: when the source took it on.
        expires_at: until when the source surely keeps it.
        vendor_status: the source's word for where it stands.
        now: aware; when it was found.

    Returns:
        Whether it was written. False: another process was faster, and it is known by now.
    """
    statement = (
        insert(snapshots)
        .values(
            snapshot_id=new.snapshot_id,
            partition_key=new.snapshot_id,
            source=new.source,
            platform=new.platform,
            dataset_id=new.dataset_id,
            vendor_snapshot_id=vendor_snapshot_id,
            collection_date=new.collection_date,
            status=SnapshotStatus.PENDING,
            trigger_params=new.trigger_params,
            max_attempts=new.max_attempts,
            run_id=new.run_id,
            vendor_status=vendor_status,
            created_at=created_at,
            triggered_at=created_at,
            expires_at=expires_at,
            next_check_at=now,
            recovered_at=now,
            **input_columns(new.inputs),
        )
        .on_conflict_do_nothing()
        .returning(_snapshots.snapshot_id)
    )
    return conn.execute(statement).first() is not None


def take_up(
    conn: Connection,
    snapshot_id: str,
    *,
    now: datetime,
    vendor_snapshot_id: str | None = None,
    triggered_at: datetime | None = None,
    expires_at: datetime | None = None,
) -> None:
    """Take up again what we gave up and the source still has, failed, dead or expired → pending, due now.

    All attempts are before it again. The last error stays readable until something newer happens.

    Args:
        conn: in the caller's transaction.
        snapshot_id: ours.
        now: aware; when it was found.
        vendor_snapshot_id: the source's id, where its answer was lost and we never knew it.
        triggered_at: when the source took it on, in the same case.
        expires_at: until when the source surely keeps it, in the same case.

    Raises:
        IllegalTransition: it is in another state by now.
        IntegrityError: another snapshot of ours has the source's id.
    """
    values = {
        **ANEW,
        "status": SnapshotStatus.PENDING,
        "next_check_at": now,
        "requested_until": None,
        "recovered_at": now,
        "vendor_snapshot_id": func.coalesce(_snapshots.vendor_snapshot_id, vendor_snapshot_id),
        "triggered_at": func.coalesce(_snapshots.triggered_at, triggered_at),
        "expires_at": func.coalesce(_snapshots.expires_at, expires_at),
    }
    change_one(conn, SNAPSHOTS, snapshot_id, leaving=_GIVEN_UP, to=_PENDING, values=values)


def given_up_unread(
    conn: Connection, source: str, vendor_ids: Collection[str], *, now: datetime, not_since: datetime
) -> list[Snapshot]:
    """Give those of a source's snapshots that were given up here before anything of them was stored, oldest first.

    Args:
        conn: for reading.
        source: the source.
        vendor_ids: its ids of them.
        now: aware; what was called expired and has by now reached its time is left out: it is gone.
        not_since: what was taken up later than this is left out: it has had another chance.
    """
    where = [
        _snapshots.source == source,
        _snapshots.vendor_snapshot_id.in_(vendor_ids),
        _snapshots.status.in_(_GIVEN_UP),
        _snapshots.payload_uri.is_(None),
        _snapshots.processed_at.is_(None),
        or_(_snapshots.recovered_at.is_(None), _snapshots.recovered_at < not_since),
        or_(_snapshots.status != SnapshotStatus.EXPIRED, _snapshots.expires_at > now),
    ]
    return _read(conn, where)


def never_answered(conn: Connection, dataset_id: str, since: datetime) -> list[Snapshot]:
    """Give a dataset's snapshots whose trigger was given up without ever being known to be accepted, oldest first."""
    where = [
        _snapshots.dataset_id == dataset_id,
        _snapshots.vendor_snapshot_id.is_(None),
        _snapshots.status.in_([SnapshotStatus.FAILED, SnapshotStatus.DEAD]),
        # The class that a lost answer leaves. What the source refused does not exist there.
        _snapshots.error_class == ErrorClass.NETWORK,
        _snapshots.created_at >= since,
    ]
    return _read(conn, where)


def unsettled(conn: Connection, dataset_id: str) -> list[Snapshot]:
    """Give a dataset's snapshots of which nobody knows yet whether the source took them on, oldest first."""
    return _read(conn, [_snapshots.dataset_id == dataset_id, _snapshots.status.in_(_UNSETTLED)])


def statuses_by_vendor_id(conn: Connection, source: str, vendor_ids: Collection[str]) -> dict[str, SnapshotStatus]:
    """Give the state of those of a source's snapshots that are known, by the source's ids."""
    statement = select(_snapshots.vendor_snapshot_id, _snapshots.status).where(
        _snapshots.source == source, _snapshots.vendor_snapshot_id.in_(vendor_ids)
    )
    return {row.vendor_snapshot_id: SnapshotStatus(row.status) for row in conn.execute(statement)}


def _read(conn: Connection, where: Sequence[ColumnElement[bool]]) -> list[Snapshot]:
    statement = select(*SNAPSHOT_COLUMNS).where(*where).order_by(_snapshots.created_at, _snapshots.snapshot_id)
    return [snapshot_of(row) for row in conn.execute(statement)]
