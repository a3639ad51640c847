"""What was paid for and can still be had: whether a given-up snapshot is worth another look. Nobody is asked."""

from __future__ import annotations

from datetime import datetime

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.jobs import Job
from scrape_assets.ledger.snapshots import Snapshot
from scrape_assets.ledger.states import JobStatus, SnapshotStatus
from scrape_assets.sources.registry import BRIGHTDATA

ENDED_BADLY = frozenset({JobStatus.FAILED, JobStatus.DEAD})
GIVEN_UP = frozenset({SnapshotStatus.FAILED, SnapshotStatus.DEAD, SnapshotStatus.EXPIRED})


def reopens_as(snapshot: Snapshot, now: datetime) -> SnapshotStatus | None:
    """The state in which a given-up snapshot can be taken up again; None when there is nothing to be had from it.

    Ready when its payload lies in the archive, or the vendor had it ready; pending when the vendor took it on and was
    not waited for to the end. Nothing of what the source refused, failed, does not know or has thrown away.
    """
    if snapshot.status not in GIVEN_UP:
        return None
    if snapshot.payload_uri:
        return SnapshotStatus.READY
    if not snapshot.vendor_snapshot_id or snapshot.status is SnapshotStatus.EXPIRED:
        return None
    if snapshot.error_class is ErrorClass.NOT_FOUND or (snapshot.expires_at and snapshot.expires_at <= now):
        return None
    if snapshot.status is SnapshotStatus.FAILED and snapshot.error_class is ErrorClass.VENDOR_FAILED:
        return None
    if snapshot.ready_at:
        return SnapshotStatus.READY
    return SnapshotStatus.PENDING if snapshot.status is SnapshotStatus.DEAD else None


def ended_with(job: Job, snapshot: Snapshot) -> bool:
    """Whether a job ended badly because this snapshot did: it is served when the snapshot is processed after all.

    A direct source's job may have failed while its snapshot was being collected; that says nothing of the snapshot.
    """
    collected = snapshot.source == BRIGHTDATA or (job.progress or {}).get("done_in") == snapshot.snapshot_id
    return (
        job.status in ENDED_BADLY
        and job.snapshot_id == snapshot.snapshot_id
        and collected
        and any(item.job_id == job.job_id for item in snapshot.inputs)
    )
