"""What was spent, and on what: queries over the snapshots. Nothing is priced or decided here.

What a snapshot cost is known once it is delivered. Until then its estimate stands in for it, from the moment of the
intent: two processes cannot both take the last dollar.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets.storage.schema import post_sightings, snapshots

_known = snapshots.c
NOTHING = Decimal(0)

# What a source refused or never took was not paid for, nor what was broken off before a direct source gave anything.
# Whatever else there is may have been.
_WAS_ASKED = sa.not_(
    sa.and_(
        sa.or_(
            _known.status == SnapshotStatus.FAILED,
            sa.and_(_known.status == SnapshotStatus.CANCELED, _known.dataset_id.is_(None)),
        ),
        _known.vendor_snapshot_id.is_(None),
        _known.payload_uri.is_(None),
    )
)
_SPENT = sa.func.coalesce(_known.cost_usd, _known.estimated_usd)


@dataclass(frozen=True)
class Spent:
    """US dollars spent or reserved."""

    today: Decimal = NOTHING
    this_month: Decimal = NOTHING
    unpriced: int = 0  # snapshots of this month of which nobody knows what they cost

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.today + other.today, self.this_month + other.this_month, self.unpriced + other.unpriced)


def spent_by_platform(conn: Connection, *, day_began: datetime, month_began: datetime) -> dict[str, Spent]:
    """What was spent or reserved since two moments; platforms of which nothing was asked are left out."""
    today = sa.func.coalesce(sa.func.sum(_SPENT).filter(_known.created_at >= day_began), 0)
    this_month = sa.func.coalesce(sa.func.sum(_SPENT), 0)
    query = (
        sa.select(_known.platform, today, this_month, sa.func.count().filter(_SPENT.is_(None)))
        .where(_known.created_at >= month_began, _WAS_ASKED)
        .group_by(_known.platform)
    )
    return {platform: Spent(day, month, unpriced) for platform, day, month, unpriced in conn.execute(query)}


@dataclass(frozen=True)
class CostLine:
    """What something cost."""

    name: str  # a platform, a day, a creator or "event <id>", a snapshot, a source
    snapshots: int = 0
    records: Decimal = NOTHING  # delivered
    cost_usd: Decimal | None = None  # of what was delivered; None: no price was told for any of it
    reserved_usd: Decimal = NOTHING  # estimates of what is not delivered yet
    unpriced: int = 0  # snapshots of which nobody knows what they cost


_DAY = sa.cast(sa.func.timezone("utc", _known.created_at), sa.Date)
_DELIVERED = sa.case(
    (_known.payload_rows.is_not(None), sa.func.least(_known.payload_rows, _known.vendor_records)),
    else_=0,
)
_RESERVED = sa.case((_known.cost_usd.is_(None), _known.estimated_usd))
_NAMES: dict[str, sa.ColumnElement[Any]] = {
    "platform": _known.platform,
    "source": _known.source,
    "day": _DAY,
    "snapshot": _known.snapshot_id,
}


def costs_by(conn: Connection, by: str, since: datetime, until: datetime) -> list[CostLine]:
    """What was asked for from one moment up to another, by "platform", "source", "day" (UTC) or "snapshot".

    In order of their names. What was refused is left out.
    """
    name = sa.cast(_NAMES[by], sa.Text).label("name")
    query = (
        sa.select(
            name,
            sa.func.count().label("snapshots"),
            sa.func.sum(_DELIVERED).label("records"),
            sa.func.sum(_known.cost_usd).label("cost_usd"),
            sa.func.coalesce(sa.func.sum(_RESERVED), 0).label("reserved_usd"),
            sa.func.count().filter(_SPENT.is_(None)).label("unpriced"),
        )
        .where(_known.created_at >= since, _known.created_at < until, _WAS_ASKED)
        .group_by(name)
        .order_by(name)
    )
    return [CostLine(**row) for row in conn.execute(query).mappings()]


@dataclass(frozen=True)
class Input:
    """What was asked for one job in a snapshot."""

    snapshot_id: str
    url: str  # a profile's canonical address, or the key of a search
    target: str | None  # the creator or event; None: the job is gone
    kind: str | None


_INPUTS = sa.text("""
SELECT s.snapshot_id, asked.url, job.target_id AS target, job.target_kind AS kind
FROM snapshots AS s
CROSS JOIN LATERAL jsonb_to_recordset(s.inputs) AS asked (job_id text, url text)
LEFT JOIN scrape_jobs AS job ON job.job_id = asked.job_id
WHERE s.snapshot_id = ANY(:snapshot_ids)
""")


def inputs_of(conn: Connection, snapshot_ids: Sequence[str]) -> dict[str, list[Input]]:
    """What was asked for in each of some snapshots; those without any input are left out."""
    found: dict[str, list[Input]] = {}
    for row in conn.execute(_INPUTS, {"snapshot_ids": list(snapshot_ids)}).mappings():
        found.setdefault(row["snapshot_id"], []).append(Input(**row))
    return found


def posts_by_feed(conn: Connection, snapshot_ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """The distinct posts of each snapshot by the feed they were found in."""
    seen = post_sightings.c
    query = (
        sa.select(seen.snapshot_id, seen.feed_key, sa.func.count(seen.post_id.distinct()))
        .where(seen.snapshot_id.in_(snapshot_ids))
        .group_by(seen.snapshot_id, seen.feed_key)
    )
    found: dict[str, dict[str, int]] = {}
    for snapshot_id, feed_key, posts in conn.execute(query):
        found.setdefault(snapshot_id, {})[feed_key] = posts
    return found


def platforms_of(conn: Connection, snapshot_ids: Sequence[str]) -> dict[str, str]:
    """The platform of each snapshot."""
    query = sa.select(_known.snapshot_id, _known.platform).where(_known.snapshot_id.in_(snapshot_ids))
    return {row.snapshot_id: row.platform for row in conn.execute(query)}
