"""Snapshots that were paid for and that nobody has read: about to be thrown away by the source, or thrown away."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets.storage.schema import snapshots

LOST_IS_NEWS_FOR = timedelta(days=14)
"""What cannot be brought back is told for so long and no longer: an alarm that never ends is looked at by nobody."""

_snapshots = snapshots.c
# What the source itself failed or refused holds nothing, and nothing was paid for it.
_NOTHING_TO_READ = and_(
    _snapshots.status == SnapshotStatus.FAILED,
    _snapshots.error_class.in_([ErrorClass.VENDOR_FAILED, ErrorClass.BAD_REQUEST]),
)
# In the words of the index snapshots_unread_idx.
_UNREAD = (
    _snapshots.payload_uri.is_(None),
    _snapshots.processed_at.is_(None),
    _snapshots.vendor_snapshot_id.is_not(None),
    _snapshots.status != SnapshotStatus.CANCELED,
    or_(_snapshots.error_class.is_(None), ~_NOTHING_TO_READ),
)


@dataclass(frozen=True)
class Unread:
    """A snapshot that the source throws away at `expires_at`, or has thrown away, and that is not stored here."""

    snapshot_id: str
    platform: str
    status: SnapshotStatus
    vendor_snapshot_id: str
    expires_at: datetime
    expired: bool
    error: str | None


def unread(conn: Connection, now: datetime, within: timedelta, limit: int = 1_000) -> list[Unread]:
    """Give the snapshots that expire within a time and are not stored, and those lost lately, the soonest first."""
    columns = [
        _snapshots[name] for name in ("snapshot_id", "platform", "status", "vendor_snapshot_id", "expires_at", "error")
    ]
    statement = (
        select(*columns, _gone(now).label("expired"))
        .where(*_UNREAD, *_between(now, within))
        .order_by(_snapshots.expires_at, _snapshots.snapshot_id)
        .limit(limit)
    )
    return [Unread(**{**row, "status": SnapshotStatus(row["status"])}) for row in conn.execute(statement).mappings()]


def count_unread(conn: Connection, now: datetime, within: timedelta) -> dict[str, tuple[int, int]]:
    """Count, by platform, the snapshots that expire within a time unread, and those lost lately."""
    gone = _gone(now)
    statement = (
        select(_snapshots.platform, func.count().filter(~gone), func.count().filter(gone))
        .where(*_UNREAD, *_between(now, within))
        .group_by(_snapshots.platform)
    )
    return {platform: (soon, lost) for platform, soon, lost in conn.execute(statement)}


def _gone(now: datetime) -> ColumnElement[bool]:
    return case((_snapshots.status == SnapshotStatus.EXPIRED, True), else_=_snapshots.expires_at <= now)


def _between(now: datetime, within: timedelta) -> list[ColumnElement[bool]]:
    # An expired one may have been thrown away before its time: until then it is told among those to come.
    soon = or_(_snapshots.expires_at <= now + within, _snapshots.status == SnapshotStatus.EXPIRED)
    return [_snapshots.expires_at > now - LOST_IS_NEWS_FOR, soon]
