"""What a direct source gave before its process died: kept as a snapshot of its own, and the rest is asked for again."""

from __future__ import annotations

from sqlalchemy.engine import Connection

from scrape_assets.flow.asking.gather import note_gathered
from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.fates.closing import end_or_retry
from scrape_assets.ledger import jobs, snapshots
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.jobs import Job
from scrape_assets.ledger.snapshots import Snapshot


def salvage(ctx: FlowContext, snapshot: Snapshot, *, count_attempt: bool = True) -> bool:
    """Settle the snapshot of a collection that was cut off; its jobs that were done stay with it.

    The others go on where the ledger says they stopped. A part that was stored after the last such note is kept as
    well: its posts come twice, which changes nothing.

    Args:
        ctx: what the flow works with.
        snapshot: an unknown one of a direct source.
        count_attempt: False when the process was asked to stop; then nothing counts against the jobs.

    Returns:
        Whether there was anything to keep.

    Raises:
        IllegalTransition: another process was faster.
    """
    writer = ctx.archive.writer(snapshot.platform, snapshot.collection_date, snapshot.snapshot_id, 1)
    parts = writer.finished_parts()
    whole = next((number for number in range(1, len(parts) + 2) if number not in parts), 1) - 1
    error = f"the process that collected it from {snapshot.source} ended in the middle; it goes on where it stopped"
    if not whole and not writer.committed:
        with ctx.engine.begin() as conn:
            snapshots.refused(conn, snapshot.snapshot_id, error_class=ErrorClass.LEASE_LOST, error=error)
            _ask_again(ctx, conn, snapshot, list(jobs.served_by(conn, snapshot.snapshot_id)), error, count_attempt)
        return False
    payload = writer.commit(parts=None if writer.committed else whole)
    with ctx.engine.begin() as conn:
        held = jobs.get_many(conn, jobs.served_by(conn, snapshot.snapshot_id))
        open_jobs = [job_id for job_id, job in held.items() if not _is_done(job, snapshot)]
        _ask_again(ctx, conn, snapshot, open_jobs, error, count_attempt)
    note_gathered(ctx, snapshot.snapshot_id, payload, owner=None)
    return True


def _ask_again(
    ctx: FlowContext, conn: Connection, snapshot: Snapshot, job_ids: list[str], error: str, count_attempt: bool
) -> None:
    if count_attempt:
        end_or_retry(conn, job_ids, ErrorClass.LEASE_LOST, error, now=ctx.now(), again_at=ctx.now())
    else:
        jobs.give_back(conn, job_ids, snapshot.snapshot_id)


def _is_done(job: Job, snapshot: Snapshot) -> bool:
    # Not by the cursor, which a job that failed on its first page has none of either.
    return (job.progress or {}).get("done_in") == snapshot.snapshot_id
