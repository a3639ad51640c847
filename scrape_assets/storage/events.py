"""Events: taken in, once or again, and read. No JSON file is understood here."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert

from scrape_assets.posts.search import Place, Search
from scrape_assets.storage.creators import Change
from scrape_assets.storage.schema import event_posts, events


@dataclass(frozen=True)
class Event:
    """Something that happens somewhere, for a while, and that people write about."""

    event_id: str
    name: str
    starts_at: datetime  # aware
    ends_at: datetime
    keywords: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()  # empty: all on which something can be searched for
    latitude: float | None = None  # WGS 84; with the two next, or none of the three
    longitude: float | None = None
    radius_km: float | None = None

    @property
    def search(self) -> Search:
        """What is looked for."""
        if self.latitude is None or self.longitude is None or self.radius_km is None:
            return Search(self.keywords)
        return Search(self.keywords, Place(self.latitude, self.longitude, self.radius_km))

    def is_talked_about(self, day: date, margin: timedelta) -> bool:
        """Whether posts of a day can be about it: from `margin` before it begins until `margin` after it has ended."""
        return (self.starts_at - margin).date() <= day <= (self.ends_at + margin).date()


_COLUMNS = [
    events.c[name]
    for name in (
        "event_id",
        "name",
        "starts_at",
        "ends_at",
        "keywords",
        "platforms",
        "latitude",
        "longitude",
        "radius_km",
    )
]


def upsert_event(conn: Connection, event: Event) -> Change:
    """Take in an event. Nothing is written when nothing is new."""
    values = {**asdict(event), "keywords": list(event.keywords), "platforms": list(event.platforms)}
    known = conn.execute(sa.select(*_COLUMNS).where(events.c.event_id == event.event_id).with_for_update()).mappings()
    before = known.one_or_none()
    if before is not None and dict(before) == values:
        return Change.UNCHANGED
    statement = insert(events).values(**values)
    changed = {name: statement.excluded[name] for name in values if name != "event_id"}
    conn.execute(
        statement.on_conflict_do_update(index_elements=["event_id"], set_={**changed, "updated_at": sa.func.now()})
    )
    return Change.NEW if before is None else Change.CHANGED


def list_events(conn: Connection, only: Sequence[str] | None = None) -> list[Event]:
    """All events, or those named, in the order of their ids."""
    query = sa.select(*_COLUMNS).order_by(events.c.event_id)
    if only is not None:
        query = query.where(events.c.event_id.in_(only))
    return [
        Event(**{**row, "keywords": tuple(row["keywords"]), "platforms": tuple(row["platforms"])})
        for row in conn.execute(query).mappings()
    ]


@dataclass(frozen=True)
class EventCount:
    """How many posts of an event are known on a platform."""

    event_id: str
    platform: str
    posts: int


def event_counts(conn: Connection) -> list[EventCount]:
    """Posts of each event and platform that has any."""
    found = event_posts.c
    query = (
        sa.select(found.event_id, found.platform, sa.func.count())
        .group_by(found.event_id, found.platform)
        .order_by(found.event_id, found.platform)
    )
    return [EventCount(*row) for row in conn.execute(query)]


def events_version(conn: Connection) -> str:
    """Another text whenever any event is another."""
    query = sa.select(sa.func.count(), sa.func.max(events.c.updated_at))
    count, newest = conn.execute(query).one()
    return f"{count}-{newest.isoformat() if newest else 'none'}"
