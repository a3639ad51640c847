"""What becomes of a job that was taken: its snapshot, its end, or another attempt.

Each function is one statement, guarded by the states it leaves. Where the guard does not hold it raises
IllegalTransition with the job's real state, or NotInLedger. With `owner` given, the job must be held by it as
well.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, case, null, update

from scrape_assets.ledger import leases
from scrape_assets.ledger.errors import ErrorClass, recordable
from scrape_assets.ledger.guards import JOBS, change_one, refusal
from scrape_assets.ledger.states import JobStatus, sources_of
from scrape_assets.storage.schema import scrape_jobs

_PROCESSING = frozenset({JobStatus.PROCESSING})
_jobs = scrape_jobs.c


def assign_snapshot(conn: Connection, job_ids: Sequence[str], snapshot_id: str, owner: str) -> None:
    """Tie jobs to the snapshot that will serve them.

    They stay processing, no longer held: the snapshot is, in their place. Used with the snapshot's intent,
    in one transaction. Nothing is assigned unless all can be.

    Raises:
        IllegalTransition: a job is not processing, not held by `owner`, or served by a snapshot already.
        NotInLedger: there is no such job.
    """
    statement = (
        update(scrape_jobs)
        .where(
            _jobs.job_id.in_(job_ids),
            _jobs.status.in_(_PROCESSING),
            _jobs.lease_owner == owner,
        )
        .values(snapshot_id=snapshot_id, **leases.NO_LEASE)
        .returning(_jobs.job_id)
    )
    with conn.begin_nested():
        assigned = set(conn.execute(statement).scalars())
        for job_id in job_ids:
            if job_id not in assigned:
                raise refusal(conn, JOBS, job_id, leaving=_PROCESSING, to=_PROCESSING, owner=owner)


def complete(conn: Connection, job_id: str, posts_found: int | None, warning: str | None, now: datetime) -> None:
    """End a job well, processing → completed. Its earlier errors are forgotten; the calls are kept."""
    values = {
        "status": JobStatus.COMPLETED,
        "posts_found": posts_found,
        "warning": None if warning is None else recordable(warning),
        "error_class": None,
        "error": None,
        "finished_at": now,
        **leases.NO_LEASE,
    }
    change_one(
        conn,
        JOBS,
        job_id,
        leaving=sources_of(JobStatus.COMPLETED),
        to=frozenset({JobStatus.COMPLETED}),
        values=values,
    )


def retry_later(
    conn: Connection,
    job_id: str,
    *,
    error_class: ErrorClass,
    error: str,
    now: datetime,
    next_attempt_at: datetime,
    owner: str | None = None,
) -> JobStatus:
    """Count a failed attempt, processing → pending, or → dead when it was the last.

    A pending job is free of its snapshot and due at `next_attempt_at`; a dead one keeps its snapshot_id,
    for whoever asks why.

    Returns:
        Pending or dead.
    """
    spent = _jobs.attempts + 1 >= _jobs.max_attempts
    values = {
        "status": case((spent, JobStatus.DEAD), else_=JobStatus.PENDING),
        "attempts": _jobs.attempts + 1,
        "snapshot_id": case((spent, _jobs.snapshot_id), else_=null()),
        "finished_at": case((spent, now), else_=null()),
        "next_attempt_at": next_attempt_at,
        "error_class": error_class,
        "error": recordable(error),
        **leases.NO_LEASE,
    }
    return change_one(
        conn,
        JOBS,
        job_id,
        leaving=_PROCESSING,
        to=frozenset({JobStatus.PENDING, JobStatus.DEAD}),
        values=values,
        owner=owner,
    )


def postpone(conn: Connection, job_id: str, *, error_class: ErrorClass, error: str, next_attempt_at: datetime) -> None:
    """Leave a job for later with no attempt counted, processing → pending: it was not the job's fault."""
    values = {
        "status": JobStatus.PENDING,
        "snapshot_id": None,
        "next_attempt_at": next_attempt_at,
        "error_class": error_class,
        "error": recordable(error),
        **leases.NO_LEASE,
    }
    change_one(conn, JOBS, job_id, leaving=_PROCESSING, to=frozenset({JobStatus.PENDING}), values=values)


def put_off(
    conn: Connection, job_ids: Sequence[str], *, error_class: ErrorClass, error: str, next_attempt_at: datetime
) -> None:
    """Leave pending jobs that nobody has taken for later, with the reason: they stay pending."""
    conn.execute(
        update(scrape_jobs)
        .where(_jobs.job_id.in_(job_ids), _jobs.status == JobStatus.PENDING)
        .values(error_class=error_class, error=recordable(error), next_attempt_at=next_attempt_at)
    )


def fail(
    conn: Connection,
    job_id: str,
    error_class: ErrorClass,
    error: str,
    now: datetime,
    owner: str | None = None,
) -> None:
    """Give a job up, pending or processing → failed: another attempt would end the same way.

    An attempt is counted if the job had been taken.
    """
    values = {
        "status": JobStatus.FAILED,
        "attempts": _jobs.attempts + case((_jobs.status.in_(_PROCESSING), 1), else_=0),
        "error_class": error_class,
        "error": recordable(error),
        "finished_at": now,
        "requested_until": None,
        **leases.NO_LEASE,
    }
    change_one(
        conn,
        JOBS,
        job_id,
        leaving=sources_of(JobStatus.FAILED),
        to=frozenset({JobStatus.FAILED}),
        values=values,
        owner=owner,
    )


def cancel(conn: Connection, job_id: str, now: datetime) -> None:
    """Call a job off, pending or processing → canceled. What its snapshot brings is loaded all the same."""
    values = {
        "status": JobStatus.CANCELED,
        "finished_at": now,
        "requested_until": None,
        **leases.NO_LEASE,
    }
    change_one(
        conn,
        JOBS,
        job_id,
        leaving=sources_of(JobStatus.CANCELED),
        to=frozenset({JobStatus.CANCELED}),
        values=values,
    )


def replay(conn: Connection, job_id: str, now: datetime) -> None:
    """Begin a job anew, failed or dead → pending, due at once, with every attempt before it and no snapshot.

    The last error stays readable until the next attempt.
    """
    values = {
        "status": JobStatus.PENDING,
        "attempts": 0,
        "next_attempt_at": now,
        "snapshot_id": None,
        "finished_at": None,
        "requested_until": None,
    }
    change_one(
        conn,
        JOBS,
        job_id,
        leaving=frozenset({JobStatus.FAILED, JobStatus.DEAD}),
        to=frozenset({JobStatus.PENDING}),
        values=values,
    )
