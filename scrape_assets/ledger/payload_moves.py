"""What the ledger knows of payloads that move to the archive. Only what was processed, and nobody holds, moves.

`payload_copy` is written before the first byte is copied, and names the other folder until it is removed: so there is
never a copy that the ledger does not know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection

from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets.storage.retention import Amount
from scrape_assets.storage.schema import snapshots

_row = snapshots.c
_COLUMNS = (
    _row.snapshot_id,
    _row.platform,
    _row.collection_date,
    _row.payload_uri,
    _row.payload_generation,
    _row.payload_bytes,
    _row.payload_copy,
)
_AT_REST = sa.and_(_row.status == SnapshotStatus.PROCESSED, _row.payload_uri.is_not(None), _row.leased_until.is_(None))


@dataclass(frozen=True)
class Movable:
    """A snapshot whose payload may move, as much of it as that needs."""

    snapshot_id: str
    platform: str
    collection_date: date
    uri: str
    generation: int
    bytes: int
    copy: str | None


def waiting(conn: Connection, archive: str, cutoff: datetime) -> Amount:
    """How many payloads are to move, and the bytes of their newest generations."""
    query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(_row.payload_bytes), 0))
    count, size = conn.execute(query.where(_AT_REST, *_to_move(archive, cutoff))).one()
    return Amount(int(count), int(size))


def archived(conn: Connection, archive: str) -> Amount:
    """How many payloads lie in the archive, and their bytes."""
    query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(_row.payload_bytes), 0))
    count, size = conn.execute(query.where(_lies_in(archive))).one()
    return Amount(int(count), int(size))


def some_to_move(conn: Connection, archive: str, cutoff: datetime, most: int) -> Sequence[Movable]:
    """The next payloads to move, those processed first before the others. Nothing is held."""
    query = sa.select(*_COLUMNS).where(_AT_REST, *_to_move(archive, cutoff))
    found = conn.execute(query.order_by(_row.processed_at, _row.snapshot_id).limit(most))
    return [_movable(row) for row in found]


def copies(conn: Connection) -> Sequence[Movable]:
    """Snapshots with a second folder, of a move that was cut off. Nothing is held."""
    found = conn.execute(
        sa.select(*_COLUMNS)
        .where(_row.payload_copy.is_not(None), _row.payload_uri.is_not(None))
        .order_by(_row.snapshot_id)
    )
    return [_movable(row) for row in found]


def held(conn: Connection, one: Movable) -> bool:
    """Hold the snapshot until this transaction ends, if it is at rest and as it was; nobody claims it meanwhile."""
    as_it_was = (
        _row.snapshot_id == one.snapshot_id,
        _row.payload_uri.is_not_distinct_from(one.uri),
        _row.payload_copy.is_not_distinct_from(one.copy),
        _row.leased_until.is_(None),
    )
    query = sa.select(_row.snapshot_id).where(*as_it_was).with_for_update(skip_locked=True)
    return conn.execute(query).one_or_none() is not None


def note_copy(conn: Connection, snapshot_id: str, folder: str | None) -> None:
    """Say where a copy is about to lie, or that there is none any more."""
    conn.execute(sa.update(snapshots).where(_row.snapshot_id == snapshot_id).values(payload_copy=folder))


def note_moved(conn: Connection, snapshot_id: str, uri: str, left: str) -> None:
    """Say where the payload lies now, and which folder is to be removed."""
    values = {"payload_uri": uri, "payload_copy": left}
    conn.execute(sa.update(snapshots).where(_row.snapshot_id == snapshot_id).values(values))


def _lies_in(archive: str) -> ColumnElement[bool]:
    return _row.payload_uri.startswith(f"{archive.rstrip('/')}/", autoescape=True)


def _to_move(archive: str, cutoff: datetime) -> tuple[ColumnElement[bool], ...]:
    return _row.processed_at < cutoff, sa.not_(_lies_in(archive))


def _movable(row: Any) -> Movable:
    return Movable(
        snapshot_id=row.snapshot_id,
        platform=row.platform,
        collection_date=row.collection_date,
        uri=row.payload_uri,
        generation=row.payload_generation,
        bytes=row.payload_bytes or 0,
        copy=row.payload_copy,
    )
