"""Putting jobs into the ledger and looking at them: what is new, due, asked for, in which state."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    TableValuedAlias,
    bindparam,
    column,
    func,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert

from scrape_assets.ledger import leases
from scrape_assets.ledger.guards import JOBS
from scrape_assets.ledger.jobs.records import HEAD_START, JOB_COLUMNS, Job, NewJob, Origin, Priority, job_of
from scrape_assets.ledger.states import JobStatus
from scrape_assets.storage.schema import scrape_jobs

_PENDING = frozenset({JobStatus.PENDING})
_jobs = scrape_jobs.c
NEW = tuple(field.name for field in fields(NewJob))


def listed(names: Sequence[str]) -> TableValuedAlias:
    """However many jobs as a table of these columns: each is an array, so that its values are not bound one by one."""
    arrays = [bindparam(name, type_=ARRAY(_jobs[name].type)) for name in names]
    return func.unnest(*arrays).table_valued(*(column(name, _jobs[name].type) for name in names)).render_derived()


def columns(jobs: Iterable[NewJob]) -> dict[str, list[Any]]:
    """The arrays for `listed`."""
    given = list(jobs)
    return {name: [getattr(job, name) for job in given] for name in NEW}


_ADD_NEW = insert(scrape_jobs).from_select(NEW, select(listed(NEW))).on_conflict_do_nothing().returning(_jobs.job_id)
_ADD = insert(scrape_jobs).returning(*JOB_COLUMNS, sort_by_parameter_order=True)

MOST_URGENT_FIRST: tuple[ColumnElement[Any], ...] = (_jobs.place, _jobs.job_id)
"""The order of the queue, for SQL; `urgency` is the same for jobs that were read."""


def urgency(job: Job) -> tuple[datetime, str]:
    """Give the place of a job in the queue: the longest due, with a head start by priority (`HEAD_START`)."""
    return job.place, job.job_id


def aged_priority(job: Job, now: datetime) -> Priority:
    """Give the priority that a job which became due just now would need for this job's place in the queue.

    A low job counts as normal after it has waited 6 hours, and as high after 12.
    """
    highest_first = sorted(HEAD_START, key=HEAD_START.__getitem__, reverse=True)
    return next((one for one in highest_first if job.place <= now - HEAD_START[one]), highest_first[-1])


@dataclass(frozen=True)
class JobFilter:
    """Which jobs to list; None for any."""

    status: JobStatus | None = None
    platform: str | None = None
    collection_date: date | None = None
    target_id: str | None = None
    snapshot_id: str | None = None


def add_jobs(conn: Connection, jobs: Sequence[NewJob]) -> list[str]:
    """Add what is not there yet, and give the ids of the jobs newly added, in no order.

    A collection's job is there when one of the same platform, target, profile, date and round is, in
    whatever state. A request is always new.
    """
    if not jobs:
        return []
    return list(conn.execute(_ADD_NEW, columns(jobs)).scalars())


def add_requests(conn: Connection, jobs: Mapping[str, NewJob]) -> list[Job]:
    """Add jobs that somebody has asked for, by ids of the caller's choice, and give them in the order given."""
    rows = conn.execute(_ADD, [{"job_id": job_id, **asdict(job)} for job_id, job in jobs.items()])
    return [job_of(row) for row in rows]


def due_jobs(conn: Connection, now: datetime, limit: int) -> list[Job]:
    """Give the most urgent jobs that are due and that no run is asked for, with a fair share for every platform.

    However many jobs of one platform wait, and however urgent they are, they take no more than their share while jobs
    of others wait; what others leave of theirs is theirs as well.
    """
    turns = []
    for platform in _waiting_platforms(conn):
        in_its_turn = func.row_number().over(order_by=MOST_URGENT_FIRST).label("turn")
        due = (_jobs.platform == platform, _jobs.next_attempt_at <= now, leases.is_unrequested(scrape_jobs, now))
        own = select(_jobs.job_id, _jobs.place, in_its_turn).where(_jobs.status == JobStatus.PENDING, *due)
        turns.append(own.order_by(*MOST_URGENT_FIRST).limit(limit).subquery().select())
    if not turns:
        return []
    everybody = union_all(*turns).subquery()
    shared = select(everybody.c.job_id).order_by(everybody.c.turn, everybody.c.place).limit(limit)
    return sorted(get_many(conn, conn.execute(shared).scalars()).values(), key=urgency)


def _waiting_platforms(conn: Connection) -> list[str]:
    """The platforms of all pending jobs, whatever the rows call them: one look into the index for each."""
    pending = _jobs.status == JobStatus.PENDING
    found: list[str] = []
    while True:
        later = [_jobs.platform > found[-1]] if found else []
        following = select(_jobs.platform).where(pending, *later).order_by(_jobs.platform).limit(1)
        platform = conn.execute(following).scalar_one_or_none()
        if platform is None:
            return found
        found.append(platform)


def mark_requested(conn: Connection, job_ids: Sequence[str], *, until: datetime, now: datetime) -> list[str]:
    """Mark pending jobs as asked for by a run that has until `until` to claim them.

    Returns:
        Those marked, in the order given. Jobs already taken, or asked for by another run, are not among them.
    """
    return leases.mark_requested(conn, JOBS, _PENDING, job_ids, until=until, now=now)


def clear_requested(conn: Connection, job_ids: Sequence[str]) -> int:
    """Take the mark off pending jobs whose run failed before it claimed them, and say off how many."""
    return leases.clear_requested(conn, JOBS, _PENDING, job_ids)


def last_rounds(conn: Connection, platform: str, collection_date: date) -> dict[tuple[str, str | None], int]:
    """Give the last round of each target and profile that a collection has asked for that day."""
    statement = (
        select(_jobs.target_id, _jobs.profile_url, func.max(_jobs.round))
        .where(
            _jobs.platform == platform,
            _jobs.collection_date == collection_date,
            _jobs.origin == Origin.COLLECTION,
        )
        .group_by(_jobs.target_id, _jobs.profile_url)
    )
    return {(target, profile): last for target, profile, last in conn.execute(statement)}


def done_before(conn: Connection, job: Job) -> bool:
    """Whether the same source has completed a job for the same target and profile."""
    same = [_jobs[name] == getattr(job, name) for name in ("target_kind", "target_id", "platform", "source")]
    statement = select(_jobs.job_id).where(
        *same,
        _jobs.profile_url.is_not_distinct_from(job.profile_url),
        _jobs.status == JobStatus.COMPLETED,
    )
    return conn.execute(statement.limit(1)).first() is not None


def served_by(conn: Connection, snapshot_id: str) -> dict[str, int]:
    """Give the jobs that still wait for a snapshot, with the attempts that failed before."""
    statement = select(_jobs.job_id, _jobs.attempts).where(
        _jobs.snapshot_id == snapshot_id, _jobs.status == JobStatus.PROCESSING
    )
    return {row.job_id: row.attempts for row in conn.execute(statement)}


@dataclass(frozen=True)
class Waiting:
    """How many pending jobs wait, and for what."""

    for_a_run: int  # one is asked for
    for_their_time: int  # the next attempt lies in the future


def count_waiting(conn: Connection, now: datetime) -> Waiting:
    """Count the pending jobs that `due_jobs` does not give."""
    later = _jobs.next_attempt_at > now
    statement = select(
        func.count().filter(~later, ~leases.is_unrequested(scrape_jobs, now)), func.count().filter(later)
    ).where(_jobs.status.in_(_PENDING))
    return Waiting(*conn.execute(statement).one())


def count_before(conn: Connection, job: Job, now: datetime) -> int:
    """Count the due jobs of its platform that go before a pending job."""
    where = (_jobs.status == JobStatus.PENDING, _jobs.platform == job.platform, _jobs.next_attempt_at <= now)
    earlier = tuple_(_jobs.place, _jobs.job_id) < tuple_(*urgency(job))
    return conn.execute(select(func.count()).where(*where, earlier)).scalar_one()


def counts_by_status(conn: Connection, which: JobFilter | None = None) -> dict[JobStatus, int]:
    """Count the jobs in every state, zero included; all of them, or those that pass the filter."""
    counted = (
        select(_jobs.status, func.count().label("number")).where(*_passes(which or JobFilter())).group_by(_jobs.status)
    )
    found = {row.status: row.number for row in conn.execute(counted)}
    return {status: found.get(status, 0) for status in JobStatus}


def list_jobs(conn: Connection, which: JobFilter, limit: int) -> list[Job]:
    """Give at most `limit` jobs, the newest first."""
    return _read(conn, _passes(which), (_jobs.created_at.desc(), _jobs.job_id), limit)


def get(conn: Connection, job_id: str) -> Job | None:
    """Give one job; None when there is none of this id."""
    found = _read(conn, [_jobs.job_id == job_id], (), 1)
    return found[0] if found else None


def get_many(conn: Connection, job_ids: Iterable[str]) -> dict[str, Job]:
    """Give jobs by their ids, at once; those that there are not are left out."""
    wanted = list(dict.fromkeys(job_ids))
    return {job.job_id: job for job in _read(conn, [_jobs.job_id.in_(wanted)], (), len(wanted))} if wanted else {}


def _passes(which: JobFilter) -> list[ColumnElement[bool]]:
    return [_jobs[name] == value for name, value in asdict(which).items() if value is not None]


def _read(
    conn: Connection,
    where: Sequence[ColumnElement[bool]],
    order_by: Sequence[ColumnElement[Any]],
    limit: int,
) -> list[Job]:
    statement = select(*JOB_COLUMNS).where(*where).order_by(*order_by).limit(limit)
    return [job_of(row) for row in conn.execute(statement)]
