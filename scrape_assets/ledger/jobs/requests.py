"""Requests of callers, many at once: keys taken, jobs written and writes noted by one statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CTE, Connection, Text, and_, bindparam, column, exists, func, literal, not_, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on, insert
from sqlalchemy.sql.dml import ReturningInsert

from scrape_assets.ledger.jobs.queue import NEW, columns, listed
from scrape_assets.ledger.jobs.records import JOB_COLUMNS, Job, NewJob, TargetKind, job_of
from scrape_assets.storage.schema import api_writes, creator_profiles, idempotency_keys, scrape_jobs
from scrape_assets.storage.schema.base import Moment

ACTION = "scrape"  # in `api_writes`


@dataclass(frozen=True)
class Request:
    """What one caller asked for at once."""

    jobs: Mapping[str, NewJob]  # by ids of the caller's choice, without a comma
    caller: str  # for the audit
    fingerprint: str  # see `once.fingerprint`
    key: str | None = None  # under which it is done once


def add_once(conn: Connection, requests: Sequence[Request], now: datetime) -> list[list[Job] | None]:
    """Write the jobs of requests, each whole or not at all, and all by one statement.

    Args:
        conn: in the caller's transaction, or without one.
        requests: of which some may have the same key.
        now: aware.

    Returns:
        The jobs of each request; None for one of which nothing was written: a creator has no profile on the platform,
        or the key has been taken before, by the first one here or by an earlier request (see `once.first_time`).
    """
    new = {job_id: job for request in requests for job_id, job in request.jobs.items()}
    asked = {
        "key": [request.key for request in requests],
        "request": [request.fingerprint for request in requests],
        "caller": [request.caller for request in requests],
        "job_ids": [",".join(request.jobs) for request in requests],
    }
    rows = conn.execute(_ADD, {**asked, "now": now, "job_id": list(new), **columns(new.values())})
    added = {job.job_id: job for job in map(job_of, rows)}
    return [
        [added[job_id] for job_id in request.jobs] if added.keys() >= request.jobs.keys() else None
        for request in requests
    ]


def _adding() -> ReturningInsert[tuple[object, ...]]:
    columns_of_job = ["job_id", *NEW]
    jobs = select(listed(columns_of_job)).cte("jobs")
    asked = _asked(jobs)
    # In one order, so that two processes that take the same keys do not wait for each other.
    keyed = (
        select(asked.c.key, asked.c.request, asked.c.ids, bindparam("now", type_=Moment))
        .where(asked.c.key.is_not(None))
        .ext(distinct_on(asked.c.key))
        .order_by(asked.c.key)
    )
    taking = insert(idempotency_keys).from_select(["key", "request", "job_ids", "created_at"], keyed)
    taken = taking.on_conflict_do_nothing().returning(idempotency_keys.c.job_ids).cte("taken").c
    first = or_(asked.c.key.is_(None), asked.c.ids.in_(select(taken.job_ids)))
    new = select(asked.c.caller, asked.c.ids).where(first).cte("new").c
    note = select(new.caller, literal(ACTION), new.ids, func.jsonb_build_object("count", func.cardinality(new.ids)))
    noted = insert(api_writes).from_select(["caller", "action", "subjects", "detail"], note).cte("noted")
    wanted = select(jobs).where(jobs.c.job_id.in_(select(func.unnest(new.ids))))
    return insert(scrape_jobs).from_select(columns_of_job, wanted).returning(*JOB_COLUMNS).add_cte(noted)


def _asked(jobs: CTE) -> CTE:
    """The requests whose jobs can all be collected: each creator has a profile on the platform."""
    names = ("key", "request", "caller", "job_ids")
    arrays = [bindparam(name, type_=ARRAY(Text)) for name in names]
    given = func.unnest(*arrays).table_valued(*(column(name, Text) for name in names)).render_derived().c
    ids = func.string_to_array(given.job_ids, ",", type_=ARRAY(Text)).label("ids")
    profile = creator_profiles.c
    of_job = (
        profile.creator_id == jobs.c.target_id,
        profile.platform == jobs.c.platform,
        profile.valid_to.is_(None),
    )
    is_for_nobody = and_(
        jobs.c.target_kind == TargetKind.CREATOR, jobs.c.profile_url.is_(None), ~exists().where(*of_job)
    )
    for_nobody = func.array(select(jobs.c.job_id).where(is_for_nobody).scalar_subquery(), type_=ARRAY(Text))
    return select(given.key, given.request, given.caller, ids).where(not_(ids.overlap(for_nobody))).cte("asked")


_ADD = _adding()
