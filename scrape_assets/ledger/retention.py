"""What of the ledger goes after its time, and taking a payload out of the books. What is open is never touched.

Nor is what was paid for and never processed: a person, or the vendor, may still serve it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from scrape_assets.ledger.snapshots.queue import OPEN
from scrape_assets.ledger.states import JobStatus, SnapshotStatus
from scrape_assets.storage.retention import Amount, Child, Sweep
from scrape_assets.storage.schema import snapshots

_OPEN_SNAPSHOTS = ", ".join(f"'{status}'" for status in sorted(OPEN))
_OPEN_JOBS = f"'{JobStatus.PENDING}', '{JobStatus.PROCESSING}'"
_AT_REST = f"'{SnapshotStatus.PROCESSED}', '{SnapshotStatus.CANCELED}'"  # nothing that was paid for is lost with them

_row = snapshots.c


def ledger_sweeps() -> dict[str, tuple[Sweep, ...]]:
    """The sweeps of the ledger, by the name of their setting. Those of one setting in this order."""
    return {
        "scrape_attempts": (
            Sweep(
                "scrape_attempts",
                "kept.started_at < :cutoff AND NOT EXISTS (SELECT FROM snapshots WHERE snapshots.snapshot_id = "
                f"kept.snapshot_id AND snapshots.status IN ({_OPEN_SNAPSHOTS}))",
                "kept.started_at",
            ),
        ),
        "state_changes": (
            Sweep(
                "state_changes",
                "kept.changed_at < :cutoff AND NOT EXISTS (SELECT FROM snapshots WHERE snapshots.snapshot_id = "  # noqa: S608
                f"kept.subject_id AND snapshots.status IN ({_OPEN_SNAPSHOTS})) AND NOT EXISTS (SELECT FROM scrape_jobs "
                f"WHERE scrape_jobs.job_id = kept.subject_id AND scrape_jobs.status IN ({_OPEN_JOBS}))",
                "kept.changed_at",
            ),
        ),
        "api_writes": (Sweep("api_writes", "kept.written_at < :cutoff", "kept.written_at"),),
        "scrape_jobs": (
            Sweep(
                "scrape_jobs",
                f"kept.status NOT IN ({_OPEN_JOBS}) AND kept.finished_at < :cutoff "
                "AND NOT EXISTS (SELECT FROM snapshots "
                f"WHERE snapshots.snapshot_id = kept.snapshot_id AND snapshots.status NOT IN ({_AT_REST}))",
                "kept.finished_at",
                children=(Child("state_changes", "child.subject_id = gone.job_id"),),
            ),
            Sweep(
                "snapshots",
                f"kept.status IN ({_AT_REST}) AND coalesce(kept.processed_at, kept.created_at) < :cutoff "  # noqa: S608
                "AND kept.payload_uri IS NULL "
                "AND NOT EXISTS (SELECT FROM scrape_jobs WHERE scrape_jobs.snapshot_id = kept.snapshot_id) "
                "AND NOT EXISTS (SELECT FROM post_sightings WHERE post_sightings.snapshot_id = kept.snapshot_id)",
                "coalesce(kept.processed_at, kept.created_at)",
                children=(
                    Child("scrape_attempts", "child.snapshot_id = gone.snapshot_id"),
                    Child("state_changes", "child.subject_id = gone.snapshot_id"),
                    Child("rejected_rows", "child.snapshot_id = gone.snapshot_id"),
                    Child("seen_feeds", "child.snapshot_id = gone.snapshot_id"),
                    Child("media_snapshots", "child.snapshot_id = gone.snapshot_id"),
                    Child("rematched_snapshots", "child.snapshot_id = gone.snapshot_id"),
                ),
            ),
        ),
    }


@dataclass(frozen=True)
class OldPayload:
    """A payload that has been kept for long enough."""

    snapshot_id: str
    uri: str
    bytes: int
    copy: str | None  # the folder of a copy, see payload_moves.py


_HAS_OLD_PAYLOAD = sa.and_(
    _row.status == SnapshotStatus.PROCESSED,
    _row.payload_uri.is_not(None),
    _row.processed_at < sa.bindparam("cutoff"),
    _row.leased_until.is_(None),
)


def old_payloads(conn: Connection, cutoff: datetime) -> Amount:
    """How many payloads are older, and the bytes of their newest generations."""
    query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(_row.payload_bytes), 0)).where(_HAS_OLD_PAYLOAD)
    count, size = conn.execute(query, {"cutoff": cutoff}).one()
    return Amount(int(count), int(size))


def oldest_payload(conn: Connection) -> datetime | None:
    """When the snapshot of the oldest payload was processed."""
    query = sa.select(sa.func.min(_row.processed_at)).where(_row.payload_uri.is_not(None))
    found: datetime | None = conn.scalar(query)
    return found


def next_old_payload(conn: Connection, cutoff: datetime, after: str) -> OldPayload | None:
    """Hold the next snapshot with an old payload, in the order of their ids, until this transaction ends.

    Nobody can claim it meanwhile; one that somebody holds is passed over.
    """
    query = (
        sa.select(_row.snapshot_id, _row.payload_uri, _row.payload_bytes, _row.payload_copy)
        .where(_HAS_OLD_PAYLOAD, _row.snapshot_id > after)
        .order_by(_row.snapshot_id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = conn.execute(query, {"cutoff": cutoff}).one_or_none()
    if row is None:
        return None
    return OldPayload(row.snapshot_id, row.payload_uri, row.payload_bytes or 0, row.payload_copy)


def note_payload_removed(conn: Connection, snapshot_id: str, now: datetime) -> None:
    """Say that the payload is gone; its hash, size and number of rows stay as what is known of it."""
    gone = {"payload_uri": None, "payload_copy": None, "payload_removed_at": now}
    conn.execute(sa.update(snapshots).where(_row.snapshot_id == snapshot_id).values(gone))
