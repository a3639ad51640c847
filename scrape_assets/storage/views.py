"""The views and tables that people read: their columns with what each means, how they are filtered, and the query.

What the Python reader and the export have in common. The views themselves are made by migrations 0008 and 0012, which
say the same of each column inside the database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from scrape_assets.storage.schema import creators, events

ROLES = ("author", "reposter", "tagged", "mentioned", "found_in_feed")


class Holds(StrEnum):
    """What a column holds."""

    TEXT = "text"
    COUNT = "count"  # a whole number; null is not zero
    NUMBER = "number"
    MOMENT = "moment"  # with its time zone, UTC
    DAY = "day"
    TEXTS = "texts"  # a list of texts
    JSON = "json"


@dataclass(frozen=True)
class Filters:
    """What to read; None: all of it."""

    platform: str | None = None
    creator: str | None = None
    event: str | None = None
    role: str | None = None
    since: datetime | None = None  # aware; this moment included
    until: datetime | None = None  # aware; this moment not
    limit: int | None = None


@dataclass(frozen=True)
class View:
    """Something to read."""

    relation: str
    columns: Mapping[str, Holds]
    where: Mapping[str, str]  # a condition for each filter it has, the filter's value as a bound parameter
    order: str

    @property
    def filters(self) -> tuple[str, ...]:
        """The filters it has."""
        return (*self.where, "limit")


_COUNTS = dict.fromkeys(("like_count", "comment_count", "share_count", "view_count", "save_count"), Holds.COUNT)
_OF_EVENT = """EXISTS (
    SELECT FROM event_posts AS found
    WHERE found.platform = shown.platform AND found.post_id = shown.post_id AND found.event_id = :event
)"""
_OF_CREATOR = """EXISTS (
    SELECT FROM creator_content AS belongs
    WHERE belongs.platform = shown.platform AND belongs.post_id = shown.post_id AND belongs.creator_id = :creator
)"""

POSTS = View(
    "posts_with_creator",
    {
        **dict.fromkeys(("platform", "post_id", "creator_id", "creator_name", "role", "method"), Holds.TEXT),
        "confidence": Holds.NUMBER,
        **dict.fromkeys(("url", "kind", "author_key", "author_handle", "author_id", "author_name"), Holds.TEXT),
        **dict.fromkeys(("author_url", "title", "text", "language"), Holds.TEXT),
        **dict.fromkeys(("posted_at", "collected_at"), Holds.MOMENT),
        **dict.fromkeys(("hashtags", "mentions", "tagged"), Holds.TEXTS),
        "media": Holds.JSON,
        **_COUNTS,
        "engagement": Holds.COUNT,
        **dict.fromkeys(("reposted_from", "reply_to", "quote_of"), Holds.TEXT),
        **dict.fromkeys(("latitude", "longitude"), Holds.NUMBER),
        "snapshot_id": Holds.TEXT,
    },
    {
        "platform": "platform = :platform",
        "creator": "creator_id = :creator",
        "event": _OF_EVENT,
        "role": "role = :role",
        "since": "posted_at >= :since",
        "until": "posted_at < :until",
    },
    "posted_at DESC NULLS LAST, platform, post_id, creator_id, role",
)

ACTIVITY = View(
    "creator_activity",
    {
        "activity_date": Holds.DAY,
        **dict.fromkeys(("creator_id", "platform"), Holds.TEXT),
        **dict.fromkeys(("posts", "reposts", "mentioned"), Holds.COUNT),
        **_COUNTS,
        **dict.fromkeys(("engagement", "reach"), Holds.COUNT),
        **dict.fromkeys(("trailing_posts", "trailing_engagement", "growth"), Holds.NUMBER),
        "computed_at": Holds.MOMENT,
    },
    {
        "platform": "platform = :platform",
        "creator": "creator_id = :creator",
        "since": "activity_date >= CAST(CAST(:since AS timestamptz) AT TIME ZONE 'utc' AS date)",
        "until": "activity_date < CAST(:until AS timestamptz) AT TIME ZONE 'utc'",
    },
    "activity_date, creator_id, platform",
)

MONTHS = View(
    "creator_months",
    {
        "month": Holds.DAY,
        **dict.fromkeys(("creator_id", "creator_name", "platform"), Holds.TEXT),
        **dict.fromkeys(("posts", "reposts", "mentioned", "days_with_posts"), Holds.COUNT),
        **_COUNTS,
        **dict.fromkeys(("engagement", "reach"), Holds.COUNT),
        "computed_at": Holds.MOMENT,
    },
    {
        "platform": "platform = :platform",
        "creator": "creator_id = :creator",
        "since": "month >= date_trunc('month', CAST(:since AS timestamptz) AT TIME ZONE 'utc')",
        "until": "month < CAST(:until AS timestamptz) AT TIME ZONE 'utc'",
    },
    "month, creator_id, platform",
)

EVENTS = View(
    "event_wall",
    {
        **dict.fromkeys(("event_id", "event_name"), Holds.TEXT),
        "posted_at": Holds.MOMENT,
        **dict.fromkeys(("platform", "post_id", "url", "kind"), Holds.TEXT),
        **dict.fromkeys(("author_key", "author_handle", "author_name", "author_url"), Holds.TEXT),
        "creator_ids": Holds.TEXTS,
        **dict.fromkeys(("title", "text", "language"), Holds.TEXT),
        "hashtags": Holds.TEXTS,
        "media": Holds.JSON,
        **_COUNTS,
        "engagement": Holds.COUNT,
        "matched_by": Holds.TEXT,
        "collected_at": Holds.MOMENT,
    },
    {
        "platform": "platform = :platform",
        "event": "event_id = :event",
        "creator": ":creator = ANY(creator_ids)",
        "since": "posted_at >= :since",
        "until": "posted_at < :until",
    },
    "posted_at DESC NULLS LAST, platform, post_id, event_id",
)

GROWTH = View(
    "post_growth",
    {
        **dict.fromkeys(("platform", "post_id"), Holds.TEXT),
        **dict.fromkeys(("observed_at", "previous_at"), Holds.MOMENT),
        "hours_since": Holds.NUMBER,
        **_COUNTS,
        "engagement": Holds.COUNT,
        **dict.fromkeys(("like_growth", "comment_growth", "share_growth", "view_growth", "save_growth"), Holds.COUNT),
        "engagement_growth": Holds.COUNT,
        "snapshot_id": Holds.TEXT,
    },
    {
        "platform": "platform = :platform",
        "creator": _OF_CREATOR,
        "role": _OF_CREATOR.replace(":creator", ":creator AND belongs.role = :role"),
        "event": _OF_EVENT,
        "since": "observed_at >= :since",
        "until": "observed_at < :until",
    },
    "platform, post_id, observed_at",
)

VIEWS: dict[str, View] = {
    "posts": POSTS,
    "activity": ACTIVITY,
    "months": MONTHS,
    "events": EVENTS,
    "growth": GROWTH,
}
"""By the name that the reader and the command line give them."""


class NoSuchFilter(ValueError):
    """The view cannot be filtered by that; the message says by what it can."""


class NoSuchTarget(LookupError):
    """There is no such creator, or no such event."""


def check_targets(conn: Connection, filters: Filters) -> None:
    """Whether there are such a creator and such an event: a typing error is no empty result.

    Raises:
        NoSuchTarget: there is none.
    """
    for kind, key, value in (
        ("creator", creators.c.creator_id, filters.creator),
        ("event", events.c.event_id, filters.event),
    ):
        if value is not None and not conn.scalar(sa.select(sa.func.count()).where(key == value)):
            raise NoSuchTarget(f"there is no {kind} {value!r}: see the table {kind}s")


def select(view: View, filters: Filters) -> sa.TextClause:
    """The rows of a view, in its order, each value bound.

    Raises:
        NoSuchFilter: it has no such filter.
    """
    limit = " LIMIT :limit" if filters.limit is not None else ""
    query = f"SELECT {', '.join(view.columns)} FROM {_from(view, filters)} ORDER BY {view.order}{limit}"  # noqa: S608
    return sa.text(query).bindparams(**_given(filters))


def count(view: View, filters: Filters) -> sa.TextClause:
    """How many rows `select` gives."""
    limit = " LIMIT :limit" if filters.limit is not None else ""
    query = f"SELECT count(*) FROM (SELECT 1 FROM {_from(view, filters)}{limit}) AS counted"  # noqa: S608
    return sa.text(query).bindparams(**_given(filters))


def _from(view: View, filters: Filters) -> str:
    given = _given(filters)
    if strange := given.keys() - set(view.filters):
        raise NoSuchFilter(
            f"{view.relation} is not filtered by {', '.join(sorted(strange))}, but by {', '.join(view.filters)}"
        )
    if view is GROWTH and "role" in given and "creator" not in given:
        raise NoSuchFilter(f"{view.relation} is filtered by role together with a creator")
    conditions = [view.where[name] for name in view.where if name in given]
    return f"{view.relation} AS shown" + (f" WHERE {' AND '.join(conditions)}" if conditions else "")


def _given(filters: Filters) -> dict[str, object]:
    named = {field.name: getattr(filters, field.name) for field in fields(filters)}
    return {name: value for name, value in named.items() if value is not None}
