"""Counts and ages over the whole ledger, for metrics: one cheap query each. No names of metrics, no verdicts."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from scrape_assets.ledger.states import JobStatus, SnapshotStatus
from scrape_assets.storage.schema import scrape_attempts, scrape_jobs, snapshots

_jobs = scrape_jobs.c
_snapshots = snapshots.c
_calls = scrape_attempts.c


@dataclass(frozen=True)
class Count:
    """How many rows of a platform are in a state."""

    platform: str
    status: str
    number: int


@dataclass(frozen=True)
class Calls:
    """How often a source answered with a status."""

    source: str
    status: str  # the HTTP status; "none" when no answer came
    number: int


def count_jobs(conn: Connection) -> list[Count]:
    """Count the jobs by platform and state. Reads an index of all jobs: not for every request."""
    statement = select(_jobs.platform, _jobs.status, func.count()).group_by(_jobs.platform, _jobs.status)
    return [Count(*row) for row in conn.execute(statement)]


def count_snapshots(conn: Connection) -> list[Count]:
    """Count the snapshots by platform and state."""
    statement = select(_snapshots.platform, _snapshots.status, func.count())
    return [Count(*row) for row in conn.execute(statement.group_by(_snapshots.platform, _snapshots.status))]


def longest_due(conn: Connection, now: datetime) -> dict[str, datetime]:
    """Since when the longest due pending job of each platform is due; being put off does not make it due later."""
    since = func.coalesce(_jobs.due_since, _jobs.next_attempt_at)
    statement = select(_jobs.platform, func.min(since)).where(_jobs.status == JobStatus.PENDING, since <= now)
    return {row[0]: row[1] for row in conn.execute(statement.group_by(_jobs.platform))}


def longest_ready(conn: Connection) -> dict[str, datetime]:
    """Since when the longest ready snapshot of each platform waits to be processed."""
    statement = select(_snapshots.platform, func.min(_snapshots.ready_at)).where(
        _snapshots.status == SnapshotStatus.READY, _snapshots.ready_at.is_not(None)
    )
    return {row[0]: row[1] for row in conn.execute(statement.group_by(_snapshots.platform))}


def count_calls(conn: Connection, since: datetime) -> list[Calls]:
    """Count the calls begun since a moment by source and HTTP status."""
    statement = (
        select(_calls.source, _calls.status_code, func.count())
        .where(_calls.started_at >= since)
        .group_by(_calls.source, _calls.status_code)
    )
    return [
        Calls(source, "none" if status is None else str(status), number)
        for source, status, number in conn.execute(statement)
    ]
