"""Ends of many jobs at once, in one statement; of one job, see outcomes.py."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from scrape_assets.ledger import leases
from scrape_assets.ledger.errors import ErrorClass, recordable
from scrape_assets.ledger.guards import JOBS, change_each, change_many
from scrape_assets.ledger.states import JobStatus, sources_of
from scrape_assets.storage.schema import scrape_jobs

_jobs = scrape_jobs.c


@dataclass(frozen=True)
class Completion:
    """How a job ended well."""

    job_id: str
    posts_found: int | None  # None: not known
    warning: str | None = None


def complete_many(conn: Connection, ended: Sequence[Completion], now: datetime) -> list[str]:
    """End jobs well, processing → completed, as `complete` does one.

    Returns:
        The ids of those ended, in no order. A job that was ended or called off meanwhile is left as it is.
    """
    return change_each(
        conn,
        JOBS,
        leaving=sources_of(JobStatus.COMPLETED),
        to=frozenset({JobStatus.COMPLETED}),
        each={
            "job_id": [one.job_id for one in ended],
            "posts_found": [one.posts_found for one in ended],
            "warning": [None if one.warning is None else recordable(one.warning) for one in ended],
        },
        values={
            "status": JobStatus.COMPLETED,
            "error_class": None,
            "error": None,
            "finished_at": now,
            **leases.NO_LEASE,
        },
    )


def fail_many(
    conn: Connection, job_ids: Sequence[str], *, error_class: ErrorClass, error: str, now: datetime
) -> list[str]:
    """Give up pending jobs for one reason, pending → failed, as `fail` does one.

    Returns:
        The ids of those given up, in no order; not those that a process is taking at this moment.
    """
    rows = change_many(
        conn,
        JOBS,
        leaving=frozenset({JobStatus.PENDING}),
        to=frozenset({JobStatus.FAILED}),
        values={
            "status": JobStatus.FAILED,
            "error_class": error_class,
            "error": recordable(error),
            "finished_at": now,
            "requested_until": None,
        },
        where=[_jobs.job_id.in_(job_ids)],
        returning=[_jobs.job_id],
    )
    return [row.job_id for row in rows]
