"""Posts, matches and jobs straight into the tables: a small world whose days are counted by hand. No assertions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Engine

from scrape_assets.storage import schema

DAY = date(2026, 11, 10)
COUNTS = ("likes", "comments", "shares", "views", "saves")


def moment(text: str) -> datetime:
    """A moment of November 2026, or any other: "10 23:59:59", "2026-10-13 00:00"."""
    return datetime.fromisoformat(text if text.startswith("2026-") else f"2026-11-{text}").replace(tzinfo=UTC)


@dataclass(frozen=True)
class Posted:
    """Writes rows, each as its table wants them."""

    engine: Engine

    def insert(self, table: sa.Table, **row: Any) -> None:
        """One row."""
        with self.engine.begin() as conn:
            conn.execute(sa.insert(table).values(**row))

    def creator(self, creator_id: str) -> None:
        """Somebody who is followed."""
        self.insert(schema.creators, creator_id=creator_id, name=creator_id.title())

    def event(self, event_id: str) -> None:
        """Something that is followed, all November long."""
        period = {"starts_at": moment("01 00:00"), "ends_at": moment("30 00:00")}
        self.insert(schema.events, event_id=event_id, name=event_id.title(), **period)

    def post(
        self, post_id: str, at: str | None, *roles: tuple[str, str], platform: str = "linkedin", **given: Any
    ) -> None:
        """A post of that moment, and who is matched to it in which role; counts as `likes=3`."""
        counts = {f"{name.removesuffix('s')}_count": given.pop(name) for name in COUNTS if name in given}
        self.insert(
            schema.raw_posts,
            platform=platform,
            post_id=post_id,
            posted_at=at and moment(at),
            collected_at=moment("20 00:00"),
            snapshot_id="s",
            payload_uri="p",
            payload_row=1,
            mapping_version=1,
            **counts,
            **{"kind": "post", **given},
        )
        for creator_id, role in roles:
            match = {"creator_id": creator_id, "platform": platform, "post_id": post_id, "role": role}
            self.insert(schema.creator_content, **match, method="handle", confidence=0.98, snapshot_id="s")

    def about(self, event_id: str, *post_ids: str, platform: str = "linkedin") -> None:
        """The posts are about the event."""
        for post_id in post_ids:
            found = {"event_id": event_id, "platform": platform, "post_id": post_id}
            self.insert(schema.event_posts, **found, snapshot_id="s", matched_by="search")

    def job(self, event_id: str, status: str, day: date = DAY, found: int | None = None) -> None:
        """A job for the event, collected on that day."""
        self.insert(
            schema.scrape_jobs,
            target_kind="event",
            target_id=event_id,
            platform="linkedin",
            status=status,
            collection_date=day,
            posts_found=found,
        )

    def rows(self, query: str) -> list[Any]:
        """What a query finds."""
        with self.engine.connect() as conn:
            return [tuple(row) for row in conn.execute(sa.text(query))]

    def people(self) -> None:
        """Ada with four weeks behind her, Bram who is only spoken of, Chidi who has just begun.

        On the 10th: Ada wrote at the first and at the last moment of the day, and passed something on elsewhere.
        """
        for name in ("ada", "bram", "chidi"):
            self.creator(name)
        ada = ("ada", "author")
        self.post("too-old", "2026-10-12 23:59:59.999999", ada, likes=9_999)
        self.post("oldest", "2026-10-13 00:00", ada, likes=28)
        self.post("eve", "09 23:59:59.999999", ada, likes=20, saves=8)
        mentions = (("bram", "mentioned"), ("bram", "tagged"), ("bram", "found_in_feed"))
        self.post("first", "10 00:00", ada, *mentions, likes=10, comments=2, views=100)
        self.post("last", "10 23:59:59.999999", ada, ("bram", "mentioned"), likes=5)
        self.post("next", "11 00:00", ada, likes=1_000)
        self.post("passed-on", "10 12:00", ("ada", "reposter"), platform="x", kind="repost", reposted_from="other")
        self.post("new", "10 08:00", ("chidi", "author"), likes=0, comments=0)
        self.post("undated", None, ("chidi", "author"), likes=7)


def days(first: date = DAY, count: int = 1) -> list[str]:
    """Partition keys of so many days."""
    return [(first + timedelta(days=number)).isoformat() for number in range(count)]
