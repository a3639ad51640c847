"""Looking through jobs page by page, by what they are and how they fared. No changes."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, or_, select, tuple_

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.jobs.records import JOB_COLUMNS, Job, Priority, TargetKind, job_of
from scrape_assets.ledger.states import JobStatus
from scrape_assets.storage.schema import scrape_jobs

_jobs = scrape_jobs.c
_ANY = select(*JOB_COLUMNS)


class Sort(StrEnum):
    """The order of a listing; the job's id decides between equals."""

    NEWEST = "-createdAt"
    OLDEST = "createdAt"
    LAST_FINISHED = "-finishedAt"
    FIRST_FINISHED = "finishedAt"
    NEXT_DUE = "nextAttemptAt"


_SORTED_BY = {
    Sort.NEWEST: (_jobs.created_at, True),
    Sort.OLDEST: (_jobs.created_at, False),
    Sort.LAST_FINISHED: (_jobs.finished_at, True),
    Sort.FIRST_FINISHED: (_jobs.finished_at, False),
    Sort.NEXT_DUE: (_jobs.next_attempt_at, False),
}


class BadCursor(ValueError):
    """A cursor that no page gave, or that belongs to another order."""


@dataclass(frozen=True)
class Search:
    """Which jobs; None or empty for any."""

    statuses: Sequence[JobStatus] = ()
    platforms: Sequence[str] = ()
    source: str | None = None
    target_kind: TargetKind | None = None
    target_id: str | None = None
    priority: Priority | None = None
    error_class: ErrorClass | None = None
    text: str | None = None  # a part of the error or warning, whatever its case
    created_from: datetime | None = None
    created_to: datetime | None = None


@dataclass(frozen=True)
class Page:
    """Some jobs, and where the next ones begin."""

    jobs: list[Job]
    next_cursor: str | None


def search_jobs(
    conn: Connection, which: Search, *, sort: Sort = Sort.NEWEST, cursor: str | None = None, limit: int = 50
) -> Page:
    """One page. Jobs that come or change meanwhile move no other job to another page.

    Raises:
        BadCursor: the cursor is of no page of this order.
    """
    column, descending = _SORTED_BY[sort]
    where = _where(which)
    if column is _jobs.finished_at:
        where.append(column.is_not(None))
    if cursor is not None:
        moment, job_id = _read_cursor(cursor, sort)
        place = tuple_(column, _jobs.job_id)
        after = tuple_(moment, job_id)
        where.append(place < after if descending else place > after)
    order = (column.desc(), _jobs.job_id.desc()) if descending else (column, _jobs.job_id)
    statement = _ANY.where(*where).order_by(*order).limit(limit + 1)
    found = [job_of(row) for row in conn.execute(statement)]
    more = len(found) > limit
    found = found[:limit]
    return Page(found, _cursor_after(found[-1], sort) if more else None)


def _where(which: Search) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if which.statuses:
        where.append(_jobs.status.in_(which.statuses))
    if which.platforms:
        where.append(_jobs.platform.in_(which.platforms))
    for name in ("source", "target_kind", "target_id", "priority", "error_class"):
        value = getattr(which, name)
        if value is not None:
            where.append(_jobs[name] == value)
    if which.text:
        part = which.text
        where.append(or_(_jobs.error.icontains(part, autoescape=True), _jobs.warning.icontains(part, autoescape=True)))
    if which.created_from:
        where.append(_jobs.created_at >= which.created_from)
    if which.created_to:
        where.append(_jobs.created_at < which.created_to)
    return where


def _cursor_after(job: Job, sort: Sort) -> str:
    moment = getattr(job, _SORTED_BY[sort][0].name)
    return base64.urlsafe_b64encode(json.dumps([sort, moment.isoformat(), job.job_id]).encode()).decode()


def _read_cursor(cursor: str, sort: Sort) -> tuple[datetime, str]:
    try:
        of, moment, job_id = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii")))
        place = datetime.fromisoformat(moment)
    except (ValueError, TypeError, binascii.Error):
        raise BadCursor("this cursor was given by no page") from None
    if of != sort or place.tzinfo is None or not isinstance(job_id, str) or "\0" in job_id:
        raise BadCursor(f"this cursor belongs to a listing in another order than {sort}")
    return place, job_id
