"""Moving payloads that are old enough to a cheaper place, `SCRAPE_ASSETS_ARCHIVE_URL`. Safe at any time; off without.

Of each: the ledger notes where the copy will lie; it is copied, read back and compared; in one transaction the ledger
and the posts name the new place; the old files go, and the note with them. So whatever kills it, the address in the
ledger is that of a whole payload, and the note is that of the only other folder: the next time goes on, or clears up.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum

import structlog

from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.side_by_side import Crew, as_they_end
from scrape_assets.ledger import payload_moves as ledger
from scrape_assets.ledger.payload_moves import Movable
from scrape_assets.settings import SettingsError
from scrape_assets.storage.moves import may_move, point_to
from scrape_assets.storage.payloads import PayloadArchive, PayloadCorrupt, PayloadMissing
from scrape_assets.storage.payloads.moving import copy_generations, same_place
from scrape_assets.storage.payloads.removal import folder_of, remove_folder
from scrape_assets.storage.retention import Amount

# With the other tasks less than the time after which a run that holds nothing is taken for dead: sensors/dead_runs.py.
TIME_A_RUN = timedelta(minutes=3)
MOST_A_RUN = 10_000
NONE = Amount(0, 0)
log = structlog.get_logger(__name__)


class Fate(Enum):
    """What became of one payload."""

    MOVED = "moved"
    HELD = "held"  # somebody works with it, or somebody is being forgotten; the next time
    LATE = "late"  # the time was over
    DAMAGED = "damaged"  # it cannot be read: it stays where it is


@dataclass
class Archived:
    """What became of all of them."""

    place: str | None  # None: there is no archive
    days: int
    moved: Amount = NONE
    left: Amount = NONE  # that are old enough
    there: Amount = NONE  # in the archive, afterwards
    cleared: int = 0  # folders of moves that were cut off
    damaged: dict[str, str] = field(default_factory=dict)  # snapshot → why


def rehearse(ctx: FlowContext) -> Archived:
    """What would move now. Changes nothing."""
    told = Archived(_place(ctx), ctx.settings.archive_after_days)
    _count(ctx, told)
    return told


def archive(ctx: FlowContext, *, within: timedelta = TIME_A_RUN) -> Archived:
    """Move what is old enough, some at a time beside each other.

    Args:
        ctx: what the flow works with.
        within: after so much time no further one is begun; the next time goes on.

    Raises:
        Interrupted: it was asked to stop; what has moved has moved.
        SettingsError: the archive is the folder of the payloads itself.
        OSError: the archive, or the folder of the payloads, takes nothing.
    """
    told = Archived(_place(ctx), ctx.settings.archive_after_days)
    until = ctx.now() + within
    _clear_up(ctx, told)
    if told.place:
        with ctx.engine.connect() as conn:
            some = ledger.some_to_move(conn, told.place, _cutoff(ctx), MOST_A_RUN)
        with Crew(ctx.settings.concurrency, "archive", ctx.stop) as crew:
            futures = {crew.submit(_move, ctx, one, told, until): one for one in some}
            for future in as_they_end(list(futures), ctx.stop):
                if future.exception() is None and future.result() is Fate.MOVED:
                    told.moved = Amount(told.moved.rows + 1, told.moved.bytes + futures[future].bytes)
                elif error := future.exception():  # of the place, not of one payload: the others would meet it too
                    raise error
    _count(ctx, told)
    return told


def _move(ctx: FlowContext, one: Movable, told: Archived, until: datetime) -> Fate:
    if ctx.now() >= until:
        return Fate.LATE
    ctx.stop.look()
    source, target = folder_of(one.uri), _target(ctx, one)
    if not source or not target:
        told.damaged[one.snapshot_id] = f"{one.uri} is no address of a payload"
        return Fate.DAMAGED
    if one.copy != target:
        _refuse_same_place(one, target)
        with ctx.engine.begin() as conn:
            if one.copy or not ledger.held(conn, one):
                return Fate.HELD
            ledger.note_copy(conn, one.snapshot_id, target)
        one = replace(one, copy=target)
    try:
        with ctx.engine.begin() as conn:
            if not may_move(conn) or not ledger.held(conn, one):
                return Fate.HELD
            uri = copy_generations(one.uri, source, target, one.generation, ctx.stop.look)
            ledger.note_moved(conn, one.snapshot_id, uri, source)
            point_to(conn, one.snapshot_id, source, target)
    except (PayloadMissing, PayloadCorrupt) as error:
        told.damaged[one.snapshot_id] = str(error)
        log.warning("a payload cannot be archived and stays where it is", snapshot_id=one.snapshot_id, why=str(error))
        return Fate.DAMAGED
    _remove_copy(ctx, replace(one, uri=uri, copy=source))
    return Fate.MOVED


def _clear_up(ctx: FlowContext, told: Archived) -> None:
    """Remove the folders that moves which were cut off have left; not those with which a move goes on."""
    with ctx.engine.connect() as conn:
        left = ledger.copies(conn)
    for one in left:
        ctx.stop.look()
        if one.copy != _target(ctx, one) or folder_of(one.uri) == one.copy:
            told.cleared += _remove_copy(ctx, one)


def _remove_copy(ctx: FlowContext, one: Movable) -> bool:
    """Remove the folder that does not count. Cut off between files and row, the next time does it again."""
    with ctx.engine.begin() as conn:
        if not may_move(conn) or not ledger.held(conn, one):
            return False
        if one.copy and one.copy != folder_of(one.uri):
            _refuse_same_place(one, one.copy)
            remove_folder(one.copy)
        ledger.note_copy(conn, one.snapshot_id, None)
        return True


def _refuse_same_place(one: Movable, other: str) -> None:
    counts, _, _ = one.uri.rpartition("/")
    if same_place(counts, f"{other}/{counts.rpartition('/')[2]}"):
        raise SettingsError(
            f"SCRAPE_ASSETS_ARCHIVE_URL: {other} is the folder {folder_of(one.uri)} itself, under another address; "
            "name another place. Nothing was removed"
        )


def _target(ctx: FlowContext, one: Movable) -> str | None:
    if not ctx.settings.archive_url:
        return None
    archive = PayloadArchive(ctx.settings.archive_url)
    return folder_of(archive.writer(one.platform, one.collection_date, one.snapshot_id, one.generation).uri)


def _place(ctx: FlowContext) -> str | None:
    """The address of the archive as the ledger would name it."""
    if not ctx.settings.archive_url:
        return None
    place = PayloadArchive(ctx.settings.archive_url).address
    if f"{ctx.archive.address}/".startswith(f"{place}/"):
        raise SettingsError(
            f"SCRAPE_ASSETS_ARCHIVE_URL: the payloads lie in {place} already ({ctx.archive.address}); name another "
            "place"
        )
    return place


def _cutoff(ctx: FlowContext) -> datetime:
    return ctx.now() - timedelta(days=ctx.settings.archive_after_days)


def _count(ctx: FlowContext, told: Archived) -> None:
    if told.place:
        with ctx.engine.connect() as conn:
            told.left = ledger.waiting(conn, told.place, _cutoff(ctx))
            told.there = ledger.archived(conn, told.place)
