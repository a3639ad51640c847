"""Invented jobs and snapshots, and the clock that the tests of the ledger share. No assertions."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count

from sqlalchemy import Connection, insert, update

from scrape_assets.ledger import jobs, snapshots
from scrape_assets.ledger.jobs import Job, NewJob
from scrape_assets.ledger.snapshots import NewSnapshot, Snapshot, SnapshotInput
from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets.storage import schema

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 21)
LEASE = timedelta(minutes=5)
MINUTE = timedelta(minutes=1)
OWNER = "host:1:aaaa"
OTHER = "host:2:bbbb"

_numbers = count(1)


def new_job(**changes: object) -> NewJob:
    """One more creator's LinkedIn job, due now."""
    name = f"invented-{next(_numbers)}"
    job = NewJob(
        target_id=name,
        platform="linkedin",
        collection_date=TODAY,
        next_attempt_at=NOW,
        profile_url=f"https://www.linkedin.com/in/{name}",
    )
    return replace(job, **changes)  # type: ignore[arg-type]


def add_job(conn: Connection, **changes: object) -> str:
    """Add one job and give its id."""
    [job_id] = jobs.add_jobs(conn, [new_job(**changes)])
    return job_id


def claim(conn: Connection, *job_ids: str, owner: str = OWNER, limit: int = 100) -> list[Job]:
    """Claim LinkedIn jobs: these, or any."""
    return jobs.claim_jobs(
        conn,
        platform="linkedin",
        collection_date=None,
        owner=owner,
        lease=LEASE,
        now=NOW,
        limit=limit,
        job_ids=job_ids or None,
    )


def claimed_job(conn: Connection, **changes: object) -> str:
    """Add one job, claimed by OWNER."""
    job_id = add_job(conn, **changes)
    assert claim(conn, job_id)
    return job_id


def input_of(job_id: str) -> SnapshotInput:
    """The input that serves a job."""
    url = f"https://www.linkedin.com/in/{job_id}"
    return SnapshotInput(job_id, url, {"url": url})


def intend(conn: Connection, *job_ids: str, owner: str = OWNER) -> str:
    """Write down the intent of a snapshot that serves these jobs, or a new one."""
    served = job_ids or (claimed_job(conn),)
    snapshot = NewSnapshot(
        snapshot_id=f"linkedin-20261121-{next(_numbers):018}",
        source="brightdata",
        platform="linkedin",
        collection_date=TODAY,
        inputs=tuple(input_of(job_id) for job_id in served),
        dataset_id="gd_invented",
    )
    snapshots.record_intent(conn, snapshot, NOW, owner, LEASE)
    return snapshot.snapshot_id


def snapshot_in(conn: Connection, status: SnapshotStatus, **columns: object) -> str:
    """Put a snapshot straight into a state, the way no function of the ledger does."""
    snapshot_id = f"linkedin-20261121-{next(_numbers):018}"
    held = status in (SnapshotStatus.TRIGGERING, SnapshotStatus.PROCESSING)
    row = {
        "snapshot_id": snapshot_id,
        "partition_key": snapshot_id,
        "source": "brightdata",
        "platform": "linkedin",
        "collection_date": TODAY,
        "status": status,
        "inputs": [],
        "creator_urls": [],
        "lease_owner": OWNER if held else None,
        "leased_until": NOW + LEASE if held else None,
    }
    conn.execute(insert(schema.snapshots).values(**{**row, **columns}))
    return snapshot_id


def set_job(conn: Connection, job_id: str, **columns: object) -> None:
    """Change columns of a job the way no function of the ledger does."""
    conn.execute(update(schema.scrape_jobs).where(schema.scrape_jobs.c.job_id == job_id).values(**columns))


def the_job(conn: Connection, job_id: str) -> Job:
    """Read a job that must be there."""
    job = jobs.get(conn, job_id)
    assert job is not None
    return job


def the_snapshot(conn: Connection, snapshot_id: str) -> Snapshot:
    """Read a snapshot that must be there."""
    snapshot = snapshots.get(conn, snapshot_id)
    assert snapshot is not None
    return snapshot
