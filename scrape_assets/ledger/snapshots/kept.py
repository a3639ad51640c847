"""Snapshots whose payload is kept, and partitions that nobody works on any more. Nothing changes a state here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, Text, any_, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from scrape_assets.ledger.snapshots.queue import OPEN
from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets.storage.schema import snapshots

# From a kept payload each of these can be processed again at any time.
READABLE = frozenset({SnapshotStatus.PROCESSED, SnapshotStatus.FAILED, SnapshotStatus.DEAD, SnapshotStatus.EXPIRED})
_snapshots = snapshots.c


@dataclass(frozen=True)
class KeptFilter:
    """Which kept snapshots; None for any."""

    platform: str | None = None
    first: date | None = None  # of the collection, included
    last: date | None = None  # included
    snapshot_ids: Sequence[str] | None = None


@dataclass(frozen=True)
class Kept:
    """A snapshot with a payload, as much of it as a plan needs."""

    snapshot_id: str
    partition_key: str
    platform: str
    collection_date: date
    payload_rows: int
    payload_bytes: int  # as stored
    posts_retrieved: int | None  # None: it was never loaded
    rows_rejected: int | None


def kept(conn: Connection, which: KeptFilter) -> list[Kept]:
    """Give the snapshots whose payload can be read again, in the order of their keys: by platform, day and time."""
    where: list[ColumnElement[bool]] = [_snapshots.payload_uri.is_not(None), _snapshots.status.in_(sorted(READABLE))]
    if which.platform is not None:
        where.append(_snapshots.platform == which.platform)
    if which.first is not None:
        where.append(_snapshots.collection_date >= which.first)
    if which.last is not None:
        where.append(_snapshots.collection_date <= which.last)
    if which.snapshot_ids is not None:
        where.append(_snapshots.snapshot_id.in_(which.snapshot_ids))
    columns = (
        _snapshots.snapshot_id,
        _snapshots.partition_key,
        _snapshots.platform,
        _snapshots.collection_date,
        _snapshots.payload_rows,
        _snapshots.payload_bytes,
        _snapshots.posts_retrieved,
        _snapshots.rows_rejected,
    )
    found = conn.execute(select(*columns).where(*where).order_by(_snapshots.partition_key.collate("C")))
    return [
        Kept(
            *row[:4], payload_rows=row[4] or 0, payload_bytes=row[5] or 0, posts_retrieved=row[6], rows_rejected=row[7]
        )
        for row in found
    ]


def finished_before(conn: Connection, keys: Sequence[str], before: date | None) -> list[str]:
    """Give those of the partitions on which nothing is left to do, oldest day first.

    Args:
        conn: reads only.
        keys: partition keys, as Dagster has them registered.
        before: collected for an earlier day; None: for any.
    """
    listed = any_(literal(list(keys), ARRAY(Text)))
    where = [_snapshots.partition_key == listed, _snapshots.status.not_in(sorted(OPEN))]
    if before is not None:
        where.append(_snapshots.collection_date < before)
    ordered = (_snapshots.collection_date, _snapshots.created_at, _snapshots.partition_key)
    return list(conn.execute(select(_snapshots.partition_key).where(*where).order_by(*ordered)).scalars())


def matched_since(conn: Connection, keys: Sequence[str], moment: datetime) -> int:
    """Count those of the partitions whose posts were matched since."""
    listed = any_(literal(list(keys), ARRAY(Text)))
    where = [_snapshots.partition_key == listed, _snapshots.matched_at >= moment]
    return conn.execute(select(func.count()).where(*where)).scalar_one()
