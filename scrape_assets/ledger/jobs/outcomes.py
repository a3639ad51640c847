"""What becomes of a job that was taken: its snapshot, its end, or another attempt.

Each function is one statement, guarded by the states it leaves. Where the guard does not hold it raises
IllegalTransition with the job's real state, or NotInLedger. With `owner` given, the job must be held by it as
well.
"""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Connection, case, func, null, update

from scrape_assets.ledger import leases
from scrape_assets.ledger.errors import ErrorClass, recordable
from scrape_assets.ledger.guards import JOBS, change_many, change_one, refusal
from scrape_assets.ledger.spending import ANEW, Spending
from scrape_assets.ledger.states import JobStatus, sources_of
from scrape_assets.storage.schema import scrape_jobs

_PROCESSING = frozenset({JobStatus.PROCESSING})
_ENDED_BADLY = frozenset({JobStatus.FAILED, JobStatus.DEAD})
_jobs = scrape_jobs.c
# Put off through no fault of its own, a job keeps its turn: it counts as due since it first was.
DUE_SINCE = func.coalesce(_jobs.due_since, _jobs.next_attempt_at)


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
    """Count a failed attempt by its class, processing → pending, or → dead when it was the last.

    The last of its class, or of all: see `retries.BUDGETS`. A class that waits without counting spends nothing. A
    pending job is free of its snapshot and due at `next_attempt_at`; a dead one keeps its snapshot_id, for whoever
    asks why.

    Returns:
        Pending or dead.
    """
    spending = Spending(scrape_jobs, error_class)
    spent = spending.is_last
    values = {
        "status": case((spent, JobStatus.DEAD), else_=JobStatus.PENDING),
        **spending.values,
        "snapshot_id": case((spent, _jobs.snapshot_id), else_=null()),
        "finished_at": case((spent, now), else_=null()),
        "due_since": None,
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
        "due_since": DUE_SINCE,
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
        .values(
            error_class=error_class,
            error=recordable(error),
            due_since=DUE_SINCE,
            next_attempt_at=next_attempt_at,
        )
    )


def bring_forward(
    conn: Connection, platform: str, collection_date: date, *, error_class: ErrorClass, now: datetime
) -> None:
    """Let pending jobs of a day that wait for a reason of this class be due at once: it may have passed."""
    conn.execute(
        update(scrape_jobs)
        .where(
            _jobs.status == JobStatus.PENDING,
            _jobs.platform == platform,
            _jobs.collection_date == collection_date,
            _jobs.error_class == error_class,
            _jobs.next_attempt_at > now,
        )
        .values(next_attempt_at=now)
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

    An attempt is counted if the job had been taken and the class is one that counts.
    """
    taken = _jobs.status.in_(_PROCESSING)
    spent = Spending(scrape_jobs, error_class).values
    values = {
        "status": JobStatus.FAILED,
        **{name: case((taken, value), else_=_jobs[name]) for name, value in spent.items()},
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

    It is asked for again, and paid for; `rejoin` is for what has been paid for and can still be had. The last error
    stays readable until the next attempt. Where it stands, in `progress`, is kept: it goes on from there.
    """
    change_one(
        conn,
        JOBS,
        job_id,
        leaving=_ENDED_BADLY,
        to=frozenset({JobStatus.PENDING}),
        values=_anew(now),
    )


def replay_many(conn: Connection, job_ids: Sequence[str], now: datetime) -> list[str]:
    """Begin jobs anew as `replay` does one, and give the ids of those that were still failed or dead."""
    rows = change_many(
        conn,
        JOBS,
        leaving=_ENDED_BADLY,
        to=frozenset({JobStatus.PENDING}),
        values=_anew(now),
        where=[_jobs.job_id.in_(job_ids)],
        returning=[_jobs.job_id],
    )
    return [row.job_id for row in rows]


def _anew(now: datetime) -> dict[str, object]:
    return {
        "status": JobStatus.PENDING,
        **ANEW,
        "due_since": None,
        "next_attempt_at": now,
        "snapshot_id": None,
        "finished_at": None,
        "requested_until": None,
    }


def rejoin(conn: Connection, job_ids: Sequence[str], snapshot_id: str) -> list[str]:
    """Let jobs wait again for the snapshot that they ended with, failed or dead → processing.

    Nothing is paid for. With every attempt before them; the snapshot is reopened, or is open, in the same transaction.

    Returns:
        The ids of the jobs that wait again; not those that another transaction is changing, or has changed.
    """
    values = {
        "status": JobStatus.PROCESSING,
        **ANEW,
        "finished_at": None,
        "requested_until": None,
        **leases.NO_LEASE,
    }
    rows = change_many(
        conn,
        JOBS,
        leaving=_ENDED_BADLY,
        to=_PROCESSING,
        values=values,
        where=[_jobs.job_id.in_(job_ids), _jobs.snapshot_id == snapshot_id],
        returning=[_jobs.job_id],
    )
    return [row.job_id for row in rows]
