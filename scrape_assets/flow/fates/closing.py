"""How a snapshot ends that is not loaded, and its jobs with it: empty, failed, canceled, given up.

The jobs of a loaded one end in fates.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.fates.drought import note_yield
from scrape_assets.flow.fates.fates import completion_of_nothing
from scrape_assets.ledger import jobs, snapshots
from scrape_assets.ledger.errors import OURS, RETRYABLE, ErrorClass
from scrape_assets.ledger.snapshots import Snapshot
from scrape_assets.ledger.states import SnapshotStatus

GIVEN_UP = "given up, nothing is asked again by itself"


def close_empty(ctx: FlowContext, snapshot: Snapshot, remark: str) -> SnapshotStatus:
    """The source looked and found nothing. Empty is a result: the snapshot is done and so are its jobs."""
    with ctx.engine.begin() as conn:
        if snapshot.status is SnapshotStatus.PROCESSING:
            snapshots.loaded(
                conn, snapshot.snapshot_id, posts_retrieved=0, rows_rejected=0, now=ctx.now(), owner=ctx.owner
            )
            snapshots.matched(conn, snapshot.snapshot_id, posts_matched=0, now=ctx.now(), owner=ctx.owner)
            snapshots.finish_processing(conn, snapshot.snapshot_id, ctx.now(), ctx.owner)
        else:
            snapshots.observed(conn, snapshot.snapshot_id, SnapshotStatus.PROCESSED, now=ctx.now())
        snapshots.delivered_nothing(conn, snapshot.snapshot_id)
        waiting = jobs.get_many(conn, jobs.served_by(conn, snapshot.snapshot_id))
        ended = [completion_of_nothing(conn, job, snapshot.source, remark) for job in waiting.values()]
        jobs.complete_many(conn, ended, ctx.now())
    note_yield(ctx, snapshot, 0)
    return SnapshotStatus.PROCESSED


def call_off(ctx: FlowContext, snapshot_id: str) -> None:
    """End a snapshot that its process was asked to stop before anything came of it. Nothing counts against its jobs.

    Raises:
        IllegalTransition: it is settled already, or taken over by another process.
    """
    error = "the process that asked for it was asked to stop before anything came of it; its jobs are asked for again"
    with ctx.engine.begin() as conn:
        # First, so that no further job can be tied to it.
        snapshots.observed(conn, snapshot_id, SnapshotStatus.CANCELED, now=ctx.now(), error=error)
        jobs.give_back(conn, list(jobs.served_by(conn, snapshot_id)), snapshot_id)


def close_failed(
    ctx: FlowContext, snapshot: Snapshot, status: SnapshotStatus, error_class: ErrorClass, error: str
) -> SnapshotStatus:
    """The source will not deliver it. The jobs are asked again where that can help, and end where it cannot."""
    with ctx.engine.begin() as conn:
        if snapshot.status is SnapshotStatus.PROCESSING:
            snapshots.fail_processing(conn, snapshot.snapshot_id, error_class, error, to=status, owner=ctx.owner)
        else:
            snapshots.observed(conn, snapshot.snapshot_id, status, now=ctx.now(), error_class=error_class, error=error)
        waiting = jobs.served_by(conn, snapshot.snapshot_id)
        if status is SnapshotStatus.CANCELED:
            for job_id in waiting:
                jobs.cancel(conn, job_id, ctx.now())
        elif status is SnapshotStatus.FAILED:
            again_at = ctx.again_at(error_class, max(waiting.values(), default=0))
            end_or_retry(conn, waiting, error_class, error, now=ctx.now(), again_at=again_at)
        else:
            for job_id in waiting:
                jobs.fail(conn, job_id, error_class=error_class, error=error, now=ctx.now())
    return status


def end_or_retry(
    conn: Connection,
    job_ids: Iterable[str],
    error_class: ErrorClass,
    error: str,
    *,
    now: datetime,
    again_at: datetime,
) -> None:
    """What becomes of jobs whose snapshot the source refused or failed, in the caller's transaction.

    They are asked again at `again_at`: without an attempt spent where the fault is ours (throttled, refused, unpaid),
    with one where another may help. Else they end.
    """
    for job_id in job_ids:
        if error_class in OURS:
            jobs.postpone(conn, job_id, error_class=error_class, error=error, next_attempt_at=again_at)
        elif error_class in RETRYABLE:
            jobs.retry_later(conn, job_id, error_class=error_class, error=error, now=now, next_attempt_at=again_at)
        else:
            jobs.fail(conn, job_id, error_class=error_class, error=error, now=now)


def fail_jobs_of_the_dead(ctx: FlowContext, conn: Connection, snapshot: Snapshot) -> None:
    """End the jobs of a snapshot that is given up, in the caller's transaction. A person decides what comes next."""
    error = f"its snapshot {snapshot.snapshot_id} is dead: {snapshot.error}"
    for job_id in jobs.served_by(conn, snapshot.snapshot_id):
        jobs.fail(conn, job_id, error_class=snapshot.error_class or ErrorClass.BAD_DATA, error=error, now=ctx.now())


def past_deadline(ctx: FlowContext, snapshot: Snapshot) -> bool:
    """Whether the source has had a snapshot for longer than anybody waits."""
    deadline = timedelta(hours=ctx.settings.snapshot_deadline_hours)
    return ctx.now() - (snapshot.triggered_at or snapshot.created_at) > deadline
