"""Jobs that are given a snapshot which nobody asked for on their behalf just now: found at the source, or taken up.

Each change is guarded like every other. The snapshot is the caller's to write, in the same transaction.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, exists, func, or_, select

from scrape_assets.ledger import leases
from scrape_assets.ledger.guards import JOBS, change_many
from scrape_assets.ledger.jobs.records import JOB_COLUMNS, Job, job_of
from scrape_assets.ledger.spending import ANEW
from scrape_assets.ledger.states import JobStatus
from scrape_assets.storage.schema import scrape_jobs, snapshots

_jobs = scrape_jobs.c
_PENDING = frozenset({JobStatus.PENDING})
_PROCESSING = frozenset({JobStatus.PROCESSING})
_GIVEN_UP = frozenset({JobStatus.FAILED, JobStatus.DEAD})
# It waits for a snapshot whose row is gone, and would wait for ever.
_ORPHANED = and_(
    _jobs.status.in_(_PROCESSING),
    _jobs.snapshot_id.is_not(None),
    ~exists().where(snapshots.c.snapshot_id == _jobs.snapshot_id),
)


def without_snapshot(conn: Connection, platform: str, limit: int) -> list[Job]:
    """Give the jobs of a platform that wait and have no snapshot that serves them, the newest first."""
    statement = (
        select(*JOB_COLUMNS)
        .where(_jobs.platform == platform, or_(_jobs.status.in_(_PENDING), _ORPHANED))
        .order_by(_jobs.created_at.desc(), _jobs.job_id)
        .limit(limit)
    )
    return [job_of(row) for row in conn.execute(statement)]


def adopt(
    conn: Connection,
    job_ids: Sequence[str],
    snapshot_id: str,
    *,
    now: datetime,
    served_as: Mapping[str, object] | None = None,
) -> list[str]:
    """Tie waiting jobs to a snapshot that holds what they ask for, pending → processing.

    A job that waits for a snapshot whose row is gone is tied anew. No attempt is counted.

    Args:
        conn: in the caller's transaction.
        job_ids: which; those that another process is taking, or has, are left to it.
        snapshot_id: ours.
        now: aware.
        served_as: further columns: who serves them and what of their wishes is honoured.

    Returns:
        The ids of those tied.
    """
    tied = {**(served_as or {}), "snapshot_id": snapshot_id, **leases.NO_LEASE}
    begun = {
        "status": JobStatus.PROCESSING,
        "started_at": func.coalesce(_jobs.started_at, now),
        "finished_at": None,
        "requested_until": None,
    }
    among = _jobs.job_id.in_(job_ids)
    taken = change_many(
        conn, JOBS, leaving=_PENDING, to=_PROCESSING, values={**tied, **begun}, where=[among], returning=[_jobs.job_id]
    )
    again = change_many(
        conn,
        JOBS,
        leaving=_PROCESSING,
        to=frozenset(),
        values=tied,
        where=[among, _ORPHANED],
        returning=[_jobs.job_id],
    )
    return [row.job_id for row in (*taken, *again)]


def adopt_again(conn: Connection, job_ids: Sequence[str], snapshot_id: str, now: datetime) -> list[str]:
    """Tie jobs anew to a snapshot of theirs that is taken up: those that ended with it, and those that wait again.

    A job that another snapshot serves by now, or has completed, is left alone; so is one that was called off. Those
    that ended have every attempt before them again.

    Returns:
        The ids of those tied.
    """
    ended_with_it = change_many(
        conn,
        JOBS,
        leaving=_GIVEN_UP,
        to=_PROCESSING,
        values={
            **ANEW,
            "status": JobStatus.PROCESSING,
            "finished_at": None,
            "requested_until": None,
            **leases.NO_LEASE,
        },
        where=[_jobs.job_id.in_(job_ids), _jobs.snapshot_id == snapshot_id],
        returning=[_jobs.job_id],
    )
    return [*(row.job_id for row in ended_with_it), *adopt(conn, job_ids, snapshot_id, now=now)]
