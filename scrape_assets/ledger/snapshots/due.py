"""Many snapshots that the source is to be asked about: read without their inputs, and answered in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from scrape_assets.ledger.errors import recordable
from scrape_assets.ledger.guards import SNAPSHOTS, change_each
from scrape_assets.ledger.snapshots.queue import at_the_source_due
from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets.storage.schema import snapshots

_AT_THE_SOURCE = frozenset({SnapshotStatus.PENDING, SnapshotStatus.RUNNING})
_snapshots = snapshots.c


@dataclass(frozen=True)
class Due:
    """A snapshot to be asked about, as little of it as asking takes."""

    snapshot_id: str
    source: str
    dataset_id: str | None
    vendor_snapshot_id: str | None
    checks: int  # times it was asked about
    since: datetime  # the source has had it


@dataclass(frozen=True)
class StillWorking:
    """What the source says of a snapshot that it has not finished."""

    snapshot_id: str
    status: SnapshotStatus  # pending or running
    vendor_status: str  # the source's own word
    next_check_at: datetime


@dataclass(frozen=True)
class FoundReady:
    """What the source says of a snapshot that can be downloaded."""

    snapshot_id: str
    vendor_status: str  # the source's own word
    vendor_records: int


def due_in_short(conn: Connection, now: datetime, limit: int) -> list[Due]:
    """Give the pending and running snapshots that the source is to be asked about, the longest due first."""
    where, order = at_the_source_due(now)
    in_short = select(
        _snapshots.snapshot_id,
        _snapshots.source,
        _snapshots.dataset_id,
        _snapshots.vendor_snapshot_id,
        _snapshots.checks,
        func.coalesce(_snapshots.triggered_at, _snapshots.created_at).label("since"),
    )
    statement = in_short.where(*where).order_by(*order).limit(limit)
    return [Due(**row) for row in conn.execute(statement).mappings()]


def still_working(conn: Connection, told: Sequence[StillWorking]) -> int:
    """Note of each that it is still being worked on, and was asked about once more; say of how many.

    As `observed` does of one. A snapshot that has moved on meanwhile is left as it is.
    """
    changed = change_each(
        conn,
        SNAPSHOTS,
        leaving=_AT_THE_SOURCE,
        to=_AT_THE_SOURCE,
        each={
            "snapshot_id": [one.snapshot_id for one in told],
            "status": [one.status for one in told],
            "vendor_status": [recordable(one.vendor_status) for one in told],
            "next_check_at": [one.next_check_at for one in told],
        },
        values={"checks": _snapshots.checks + 1, "error_class": None, "error": None},
    )
    return len(changed)


def found_ready(conn: Connection, told: Sequence[FoundReady], now: datetime) -> list[str]:
    """Note of each that it is ready, and was asked about once more; give those of which it was noted.

    As `observed` does of one. A snapshot that has moved on meanwhile is left as it is.
    """
    return change_each(
        conn,
        SNAPSHOTS,
        leaving=_AT_THE_SOURCE,
        to=frozenset({SnapshotStatus.READY}),
        each={
            "snapshot_id": [one.snapshot_id for one in told],
            "vendor_status": [recordable(one.vendor_status) for one in told],
            "vendor_records": [one.vendor_records for one in told],
        },
        values={
            "status": SnapshotStatus.READY,
            "ready_at": func.coalesce(_snapshots.ready_at, now),
            "checks": _snapshots.checks + 1,
            "next_check_at": None,
            "error_class": None,
            "error": None,
        },
    )
