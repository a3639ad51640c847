"""What the vendor brings by itself: a notice that a snapshot is ready, or its rows. Polling stays as the net."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from sqlalchemy.engine import Connection

from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.money.prices import cost_of
from scrape_assets.ledger import snapshots
from scrape_assets.ledger.snapshots import Snapshot
from scrape_assets.ledger.snapshots.deliveries import delivered, is_mine
from scrape_assets.ledger.snapshots.poking import ask_at_once
from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets.sources.brightdata.delivery import Notice
from scrape_assets.sources.registry import BRIGHTDATA

READY = "ready"
AT_THE_VENDOR = frozenset({SnapshotStatus.UNKNOWN, SnapshotStatus.PENDING, SnapshotStatus.RUNNING})
WANTED = AT_THE_VENDOR | {SnapshotStatus.READY}


class Taken(StrEnum):
    """What became of a delivery."""

    READY = "ready"  # it is picked up by the next tick, without a poll
    ASKED_ABOUT = "asked about"  # the vendor says something else of it: it is asked at once
    STORED = "stored"  # its rows lie in the archive
    KNOWN = "known"  # nothing new: it came before, or too late to matter


class TooEarly(Exception):
    """We are still writing down that it was asked for: send it again in a moment."""


def take_notice(ctx: FlowContext, snapshot: Snapshot, notice: Notice) -> Taken:
    """Note what the vendor says. Only 'ready' is believed; for anything else it is asked itself.

    Raises:
        TooEarly: the trigger's own answer is not written down yet.
    """
    with ctx.engine.begin() as conn:
        current = _current(conn, snapshot)
        if current.vendor_snapshot_id not in (None, notice.vendor_snapshot_id) or current.status not in AT_THE_VENDOR:
            return Taken.KNOWN
        if current.status is SnapshotStatus.UNKNOWN:
            # The answer to the trigger was lost; here is what it would have said.
            _accept(ctx, conn, current, notice.vendor_snapshot_id)
        if notice.status.casefold() != READY:
            ask_at_once(conn, snapshot.snapshot_id, ctx.now())
            return Taken.ASKED_ABOUT
        snapshots.observed(conn, snapshot.snapshot_id, SnapshotStatus.READY, now=ctx.now(), vendor_status=notice.status)
    return Taken.READY


def take_rows(ctx: FlowContext, snapshot: Snapshot, rows: Iterable[bytes]) -> Taken:
    """Store the rows of a snapshot as its payload, unless there is one already.

    Raises:
        TooEarly: the trigger's own answer is not written down yet, or the same rows are coming in already.
        SourceError: the body breaks off or is damaged; nothing is kept.
    """
    with ctx.engine.connect() as lock:
        if not is_mine(lock, snapshot.snapshot_id):
            raise TooEarly("the same snapshot is being delivered already")
        with ctx.engine.begin() as conn:
            current = _current(conn, snapshot)
        if current.payload_uri or current.status not in WANTED:
            return Taken.KNOWN
        generation = current.payload_generation + 1  # a download that was begun lies beside it
        writer = ctx.archive.writer(current.platform, current.collection_date, current.snapshot_id, generation)
        if not writer.committed:
            writer.discard()
            writer.write_part(1, rows)
        payload = writer.commit()
        with ctx.engine.begin() as conn:
            stored = delivered(
                conn,
                current.snapshot_id,
                payload_uri=payload.uri,
                payload_bytes=payload.stored_bytes,
                payload_rows=payload.rows,
                payload_sha256=payload.sha256,
                generation=generation,
                cost_usd=cost_of(ctx.settings, BRIGHTDATA, current.platform, current.dataset_id, payload.rows),
                now=ctx.now(),
            )
    return Taken.STORED if stored else Taken.KNOWN


def _current(conn: Connection, snapshot: Snapshot) -> Snapshot:
    current = snapshots.get(conn, snapshot.snapshot_id)
    if current is None or current.status is SnapshotStatus.TRIGGERING:
        raise TooEarly("it is being asked for at this moment")
    return current


def _accept(ctx: FlowContext, conn: Connection, snapshot: Snapshot, vendor_id: str) -> None:
    snapshots.accepted(
        conn,
        snapshot.snapshot_id,
        vendor_snapshot_id=vendor_id,
        now=ctx.now(),
        next_check_at=ctx.now(),
        expires_at=ctx.kept_until(snapshot.created_at),
    )
