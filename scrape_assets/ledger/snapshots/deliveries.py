"""What the source brings without being asked: whose it is, and that it is here. No body is read.

Each change is one statement, guarded by the states it leaves; see `asking`.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, func, select

from scrape_assets.ledger.guards import SNAPSHOTS, change_many, change_one
from scrape_assets.ledger.snapshots.poking import AT_THE_SOURCE
from scrape_assets.ledger.snapshots.records import SNAPSHOT_COLUMNS, Snapshot, snapshot_of
from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets.storage.schema import snapshots

_READY = frozenset({SnapshotStatus.READY})
_snapshots = snapshots.c


def expect_delivery(conn: Connection, snapshot_id: str, token: str) -> None:
    """Note the token in the address that the source will call. Commit before the source is asked.

    Raises:
        IllegalTransition: the snapshot is not being asked for (any more).
    """
    triggering = frozenset({SnapshotStatus.TRIGGERING})
    change_one(conn, SNAPSHOTS, snapshot_id, leaving=triggering, to=triggering, values={"webhook_token": token})


def by_webhook_token(conn: Connection, token: str) -> Snapshot | None:
    """The snapshot that was asked for with this token in its webhook's address; None when there is none."""
    statement = select(*SNAPSHOT_COLUMNS).where(_snapshots.webhook_token == token)
    row = conn.execute(statement).one_or_none()
    return snapshot_of(row) if row else None


def is_mine(conn: Connection, snapshot_id: str) -> bool:
    """Whether this transaction may take in a snapshot's delivery: until it ends no other may."""
    key = func.hashtextextended(f"delivery:{snapshot_id}", 0)
    return bool(conn.scalar(select(func.pg_try_advisory_xact_lock(key))))


def delivered(
    conn: Connection,
    snapshot_id: str,
    *,
    payload_uri: str,
    payload_bytes: int,
    payload_rows: int,
    payload_sha256: str,
    generation: int,
    cost_usd: Decimal | None,
    now: datetime,
) -> bool:
    """Note a payload that was brought, verified in the archive: → ready. False when it was fetched meanwhile."""
    changed = change_many(
        conn,
        SNAPSHOTS,
        leaving=AT_THE_SOURCE | _READY,
        to=_READY,
        values={
            "status": SnapshotStatus.READY,
            "payload_uri": payload_uri,
            "payload_bytes": payload_bytes,
            "payload_rows": payload_rows,
            "payload_sha256": payload_sha256,
            "payload_generation": generation,
            "cost_usd": func.coalesce(cost_usd, _snapshots.cost_usd),
            "triggered_at": func.coalesce(_snapshots.triggered_at, now),
            "ready_at": func.coalesce(_snapshots.ready_at, now),
            "downloaded_at": now,
            "next_check_at": None,
            "error_class": None,
            "error": None,
        },
        where=[_snapshots.snapshot_id == snapshot_id, _snapshots.payload_uri.is_(None)],
        returning=[_snapshots.snapshot_id],
    )
    return bool(changed)
