"""Taking jobs to work on them, keeping them, and getting back what a process did not finish.

A job is held from its claim until its snapshot's intent is written; from then on the snapshot is held in its
place.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, case, func, update

from scrape_assets.ledger import leases
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.guards import JOBS, change_many, change_one, held_by
from scrape_assets.ledger.jobs.queue import MOST_URGENT_FIRST, urgency
from scrape_assets.ledger.jobs.records import JOB_COLUMNS, Job, job_of
from scrape_assets.ledger.spending import Spending
from scrape_assets.ledger.states import JobStatus
from scrape_assets.storage.schema import scrape_jobs

_PROCESSING = frozenset({JobStatus.PROCESSING})
_jobs = scrape_jobs.c


def claim_jobs(
    conn: Connection,
    *,
    platform: str,
    collection_date: date | None,
    owner: str,
    lease: timedelta,
    now: datetime,
    limit: int,
    job_ids: Sequence[str] | None = None,
    target_ids: Sequence[str] | None = None,
    run_id: str | None = None,
) -> list[Job]:
    """Take due jobs, pending → processing: the longest due first, with a head start by priority.

    No attempt is counted: that happens when one fails. Jobs that another process is taking are left to it.

    Args:
        conn: in the caller's transaction; commit soon, the claim is visible to others only then.
        platform: of the jobs.
        collection_date: of the jobs; None for any.
        owner: who holds them from now on, see `owner.process_owner`.
        lease: for how long, unless renewed.
        now: aware; jobs whose next_attempt_at lies later are not due.
        limit: how many at most.
        job_ids: only from among these.
        target_ids: only for these targets.
        run_id: the run to note in them.
    """
    where: list[ColumnElement[bool]] = [_jobs.platform == platform, _jobs.next_attempt_at <= now]
    if collection_date is not None:
        where.append(_jobs.collection_date == collection_date)
    if job_ids is not None:
        where.append(_jobs.job_id.in_(job_ids))
    if target_ids is not None:
        where.append(_jobs.target_id.in_(target_ids))
    rows = change_many(
        conn,
        JOBS,
        leaving=frozenset({JobStatus.PENDING}),
        to=_PROCESSING,
        values={
            "status": JobStatus.PROCESSING,
            "started_at": func.coalesce(_jobs.started_at, now),
            "finished_at": None,
            # A row set back to pending by hand may hold an old snapshot_id, and would never be reclaimed.
            "snapshot_id": None,
            "run_id": run_id,
            **leases.lease_of(owner, lease, now),
        },
        where=where,
        returning=JOB_COLUMNS,
        order_by=MOST_URGENT_FIRST,
        limit=limit,
    )
    return sorted(map(job_of, rows), key=urgency)


def renew_leases(conn: Connection, owner: str, lease: timedelta, now: datetime) -> int:
    """Prolong the leases of all jobs that `owner` holds, to `lease` from now, and say how many there were."""
    return leases.renew(conn, JOBS, _PROCESSING, owner, now + lease)


def name_profile(conn: Connection, job_id: str, profile_url: str, owner: str) -> None:
    """Note which of its target's profiles a claimed job is for.

    Raises:
        IllegalTransition: it is not processing, or not held by `owner`.
    """
    change_one(
        conn,
        JOBS,
        job_id,
        leaving=_PROCESSING,
        to=_PROCESSING,
        values={"profile_url": profile_url},
        owner=owner,
    )


def name_source(
    conn: Connection, job_id: str, source: str, honoured: dict[str, str], owner: str, request_key: str | None = None
) -> None:
    """Note who serves a claimed job, what of its wishes they honour and where, and the key of what it asks for.

    Raises:
        IllegalTransition: it is not processing, or not held by `owner`.
    """
    change_one(
        conn,
        JOBS,
        job_id,
        leaving=_PROCESSING,
        to=_PROCESSING,
        values={"source": source, "honoured": honoured, "request_key": request_key},
        owner=owner,
    )


def note_progress(
    conn: Connection,
    job_id: str,
    progress: dict[str, object],
    *,
    posts_found: int | None = None,
    request_key: str | None = None,
) -> None:
    """Note how far a job that is being collected has come. A job called off meanwhile stays so.

    Args:
        conn: in the caller's transaction.
        job_id: the job.
        progress: where to go on, JSON.
        posts_found: so far; None keeps what is known.
        request_key: of what it has by now; None keeps it.
    """
    conn.execute(
        update(scrape_jobs)
        .where(_jobs.job_id == job_id, _jobs.status.in_(_PROCESSING))
        .values(
            progress=progress,
            posts_found=func.coalesce(posts_found, _jobs.posts_found),
            request_key=func.coalesce(request_key, _jobs.request_key),
        )
    )


def release(conn: Connection, owner: str, job_ids: Sequence[str] | None = None) -> list[str]:
    """Give untouched jobs back, processing → pending, with no attempt counted.

    Only what `owner` holds and no snapshot serves is given back.

    Args:
        conn: in the caller's transaction.
        owner: who claimed them.
        job_ids: only these; None for all that the owner holds.

    Returns:
        The ids of the jobs given back.
    """
    where = held_by(scrape_jobs, owner)
    if job_ids is not None:
        where.append(_jobs.job_id.in_(job_ids))
    rows = change_many(
        conn,
        JOBS,
        leaving=_PROCESSING,
        to=frozenset({JobStatus.PENDING}),
        values={"status": JobStatus.PENDING, **leases.NO_LEASE},
        where=[*where, _jobs.snapshot_id.is_(None)],
        returning=[_jobs.job_id],
    )
    return [row.job_id for row in rows]


def give_back(conn: Connection, job_ids: Sequence[str], snapshot_id: str) -> list[str]:
    """Give back jobs whose snapshot was broken off on purpose, processing → pending, with no attempt counted.

    They are due as they were, free of the snapshot, and go on where their progress says. Nothing is noted against them.

    Returns:
        The ids of the jobs given back: those that the snapshot still served.
    """
    rows = change_many(
        conn,
        JOBS,
        leaving=_PROCESSING,
        to=frozenset({JobStatus.PENDING}),
        values={"status": JobStatus.PENDING, "snapshot_id": None, **leases.NO_LEASE},
        where=[_jobs.job_id.in_(job_ids), _jobs.snapshot_id == snapshot_id],
        returning=[_jobs.job_id],
    )
    return [row.job_id for row in rows]


def reclaim_expired(conn: Connection, now: datetime) -> list[Job]:
    """Get back the jobs of processes that died: no snapshot, and a lease that is over.

    The attempt is counted with the class lease_lost: → pending, due at once, or → dead when it was the last.

    Returns:
        The jobs as they are now.
    """
    return _take_back(conn, [leases.lease_is_over(scrape_jobs, now)], now, count_attempt=True)


def release_run(conn: Connection, run_owner: str, now: datetime, count_attempt: bool) -> list[Job]:
    """Get back what one owner, known to be gone, still held; see `reclaim_expired`.

    Args:
        conn: in the caller's transaction.
        run_owner: who held them.
        now: aware.
        count_attempt: False when the run was cut off on purpose; then nothing is noted and no job dies.
    """
    return _take_back(conn, held_by(scrape_jobs, run_owner), now, count_attempt=count_attempt)


def _take_back(
    conn: Connection, where: Iterable[ColumnElement[bool]], now: datetime, *, count_attempt: bool
) -> list[Job]:
    spending = Spending(scrape_jobs, ErrorClass.LEASE_LOST)
    spent = spending.is_last
    counted = {
        "status": case((spent, JobStatus.DEAD), else_=JobStatus.PENDING),
        **spending.values,
        "error_class": ErrorClass.LEASE_LOST,
        "error": func.concat(
            "The process ",
            func.coalesce(_jobs.lease_owner, "that held it"),
            " ended before it asked the source",
        ),
        "finished_at": case((spent, now), else_=None),
    }
    uncounted = {"status": JobStatus.PENDING}
    rows = change_many(
        conn,
        JOBS,
        leaving=_PROCESSING,
        to=frozenset({JobStatus.PENDING, JobStatus.DEAD}),
        values={**(counted if count_attempt else uncounted), "next_attempt_at": now, **leases.NO_LEASE},
        where=[*where, _jobs.snapshot_id.is_(None)],
        returning=JOB_COLUMNS,
    )
    return sorted(map(job_of, rows), key=urgency)
