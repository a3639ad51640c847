"""Reading what days came to, for people: the rows that a day is shown by. Computing them is `activity`'s business."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import TypeVar

from sqlalchemy import Connection, text


@dataclass(frozen=True)
class CreatorDay:
    """A creator on one platform on one day, as `creator_activity` has it."""

    day: date
    creator: str  # the name
    platform: str
    posts: int
    reposts: int
    mentioned: int
    engagement: int | None
    reach: int | None
    trailing_posts: float
    growth: float | None

    @property
    def growth_in_words(self) -> str | None:
        """As people say it: "+50%"."""
        return None if self.growth is None else f"{self.growth:+.0%}"


@dataclass(frozen=True)
class EventDay:
    """An event on one platform on one day, as `event_coverage` has it."""

    day: date
    event: str  # the name
    platform: str
    posts: int
    authors: int
    creators: int
    languages: Mapping[str, int]
    media: Mapping[str, int]
    jobs_asked: int
    jobs_completed: int
    jobs_failed: int
    posts_found: int | None


D = TypeVar("D", CreatorDay, EventDay)

_TOP_CREATORS = text("""
SELECT activity_date, creators.name, platform, posts, reposts, mentioned, engagement, reach,
       trailing_posts, growth
FROM (
    SELECT *, row_number() OVER (
        PARTITION BY activity_date
        ORDER BY engagement DESC NULLS LAST, posts DESC, reposts DESC, mentioned DESC, creator_id, platform
    ) AS place
    FROM creator_activity
    WHERE activity_date BETWEEN :first AND :last
) AS ranked
JOIN creators USING (creator_id)
WHERE place <= :most
ORDER BY activity_date, place
""")


def top_creators(conn: Connection, first: date, last: date, most: int = 10) -> Mapping[date, Sequence[CreatorDay]]:
    """The creators of most engagement of each day, at most so many; days without any are left out."""
    found = conn.execute(_TOP_CREATORS, {"first": first, "last": last, "most": most})
    return _by_day(CreatorDay(*row) for row in found)


_COVERED_EVENTS = text("""
SELECT coverage_date, events.name, platform, posts, authors, creators, languages, media,
       jobs_asked, jobs_completed, jobs_failed, posts_found
FROM (
    SELECT *, row_number() OVER (
        PARTITION BY coverage_date ORDER BY posts DESC, jobs_asked DESC, event_id, platform
    ) AS place
    FROM event_coverage
    WHERE coverage_date BETWEEN :first AND :last
) AS ranked
JOIN events USING (event_id)
WHERE place <= :most
ORDER BY coverage_date, place
""")


def covered_events(conn: Connection, first: date, last: date, most: int = 20) -> Mapping[date, Sequence[EventDay]]:
    """The events of most posts of each day, at most so many; days without any are left out."""
    found = conn.execute(_COVERED_EVENTS, {"first": first, "last": last, "most": most})
    return _by_day(EventDay(*row) for row in found)


def _by_day(rows: Iterable[D]) -> Mapping[date, Sequence[D]]:
    return {day: list(of_day) for day, of_day in groupby(rows, key=lambda row: row.day)}
