"""What was finished, day by day. For a picture, not for books."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Connection, Date, cast, func, select

from scrape_assets.ledger.states import JobStatus
from scrape_assets.storage.schema import scrape_jobs, snapshots

_jobs = scrape_jobs.c
_snapshots = snapshots.c


@dataclass(frozen=True)
class Day:
    """One day, in UTC."""

    day: date
    completed: int = 0
    failed: int = 0  # and dead
    posts: int = 0  # retrieved by snapshots processed on that day


def last_days(conn: Connection, today: date, days: int = 7) -> list[Day]:
    """The last days up to today, oldest first; days without anything are there as well."""
    first = today - timedelta(days=days - 1)
    since = datetime.combine(first, time(), UTC)
    finished = cast(func.timezone("utc", _jobs.finished_at), Date)
    good = func.count().filter(_jobs.status == JobStatus.COMPLETED)
    bad = func.count().filter(_jobs.status.in_([JobStatus.FAILED, JobStatus.DEAD]))
    by_day = {
        row.day: (row.good, row.bad)
        for row in conn.execute(
            select(finished.label("day"), good.label("good"), bad.label("bad"))
            .where(_jobs.finished_at >= since)
            .group_by(finished)
        )
    }
    processed = cast(func.timezone("utc", _snapshots.processed_at), Date)
    posts = {
        row.day: row.posts
        for row in conn.execute(
            select(processed.label("day"), func.sum(_snapshots.posts_retrieved).label("posts"))
            .where(_snapshots.processed_at >= since)
            .group_by(processed)
        )
    }
    wanted = [first + timedelta(days=number) for number in range(days)]
    return [Day(day, *by_day.get(day, (0, 0)), posts=int(posts.get(day) or 0)) for day in wanted]
