"""What days came to, for creators and events: computed for a range of days. The statements lie in `activity_sql`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, text

from scrape_assets.storage import activity_sql


@dataclass(frozen=True)
class ActivityDay:
    """All creators together on one day, UTC."""

    day: date
    posts: int
    reposts: int
    engagement: int | None  # None: no source said
    # Of a day before the range nothing of these is said.
    rows: int  # creators by platform that wrote or are mentioned
    creators: int  # that wrote or reposted
    reach: int | None


@dataclass(frozen=True)
class CoverageDay:
    """All events together on one day, UTC."""

    day: date
    rows: int  # events by platform; of a day before the range nothing is said
    posts: int  # about any of the events; one that is about two counts twice


D = TypeVar("D", ActivityDay, CoverageDay)


@dataclass(frozen=True)
class Computed(Generic[D]):
    """What was found of a range of days and of the days that its trailing means are made of."""

    days: Mapping[date, D]  # each, from TRAILING_DAYS before the range to its end
    written: int  # rows that are new or others than before
    removed: int  # rows that no longer hold

    def until(self, last: date) -> Iterator[D]:
        """The trailing days of one day and the day itself, oldest first."""
        for before in range(activity_sql.TRAILING_DAYS, -1, -1):
            yield self.days[last - timedelta(days=before)]


def compute_activity(conn: Connection, first: date, last: date, now: datetime) -> Computed[ActivityDay]:
    """Bring `creator_activity` of these days, both included, to what holds, in the caller's transaction.

    Computing again changes nothing, not even `computed_at`, unless posts, counts or matches are others.
    """
    found = _run(conn, activity_sql.CREATOR_ACTIVITY, first, last, now)
    days = {row["day"]: ActivityDay(**{name: row[name] for name in ActivityDay.__dataclass_fields__}) for row in found}
    return Computed(days, int(found[0]["written"]), int(found[0]["removed"]))


def compute_coverage(conn: Connection, first: date, last: date, now: datetime) -> Computed[CoverageDay]:
    """Bring `event_coverage` of these days, both included, to what holds, in the caller's transaction.

    Computing again changes nothing, not even `computed_at`, unless posts, matches or jobs are others.
    """
    found = _run(conn, activity_sql.EVENT_COVERAGE, first, last, now)
    days = {row["day"]: CoverageDay(row["day"], row["rows"], row["posts"]) for row in found}
    return Computed(days, int(found[0]["written"]), int(found[0]["removed"]))


def _run(conn: Connection, statement: str, first: date, last: date, now: datetime) -> list[Mapping[str, Any]]:
    if last < first:
        raise ValueError(f"{first} to {last} is no range of days")
    conn.execute(activity_sql.IN_MEMORY)
    conn.execute(activity_sql.LOCK)
    found = conn.execute(text(statement), {"first": first, "last": last, "now": now})
    return [dict(row) for row in found.mappings()]
