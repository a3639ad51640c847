"""Removing what has been kept for long enough, by `SCRAPE_ASSETS_KEEP_DAYS`. Safe at any time, beside running loads.

Payloads first, then the rows that say who is in them, then what the ledger says of them. Each step is a short
transaction of its own: whatever ends this, what is removed is removed, and the next time goes on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from scrape_assets.flow.context import FlowContext
from scrape_assets.ledger import retention as ledger
from scrape_assets.ledger.writes import note_write
from scrape_assets.storage.media.aging import Age, old_files, oldest_file, remove_some
from scrape_assets.storage.payloads.removal import remove_folder, remove_payload
from scrape_assets.storage.retention import Amount, Sweep, content_sweeps

PAYLOADS, FILES, POSTS = "payloads", "media_files", "raw_posts"
# A run of Dagster that holds nothing for longer is taken for dead: sensors/dead_runs.py.
TIME_A_RUN = timedelta(minutes=7)
# How often, and how long apart, it is looked for a moment without a load.
LOOKS = 60
LOOK_SECONDS = 1.0
log = structlog.get_logger(__name__)


@dataclass
class Kept:
    """What became of one setting."""

    name: str
    days: int
    cutoff: datetime
    removed: dict[str, int] = field(default_factory=dict)  # rows by table; payloads: files of so many snapshots
    bytes: dict[str, int] = field(default_factory=dict)  # the same, where they are known
    oldest: datetime | None = None  # of what is there afterwards
    finished: bool = True  # False: the time was over, the rest goes the next time


def rehearse(ctx: FlowContext) -> list[Kept]:
    """What would be removed now. Reads the tables concerned as a whole and changes nothing.

    What goes only after something else has gone is not counted, and what two settings remove is counted in both.
    """
    told = []
    for kept, sweeps in _asked(ctx):
        with ctx.engine.connect() as conn:
            amounts = [sweep.amounts(conn, kept.cutoff) for sweep in sweeps]
            if kept.name == PAYLOADS:
                amounts.append({PAYLOADS: ledger.old_payloads(conn, kept.cutoff)})
            if kept.name == FILES:
                amounts.append({FILES: old_files(conn, _age(ctx))})
            for name, amount in _added(amounts).items():
                kept.removed[name], kept.bytes[name] = amount.rows, amount.bytes
            kept.oldest = _oldest(ctx, kept.name, sweeps)
        told.append(kept)
    return told


def retain(ctx: FlowContext, *, by: str, within: timedelta = TIME_A_RUN) -> list[Kept]:
    """Remove what is older than it is to be kept.

    Args:
        ctx: what the flow works with.
        by: who asks for it, for the audit.
        within: after so much time nothing more is begun; the next time goes on.

    Raises:
        Interrupted: it was asked to stop; what is removed is removed.
        OSError: the payload folder cannot be written; the rest of this is done the next time.
    """
    told, until = [], ctx.now() + within
    for kept, sweeps in _asked(ctx):
        try:
            if kept.name == PAYLOADS:
                _remove_payloads(ctx, kept, until)
            if kept.name == FILES:
                _remove_files(ctx, kept, until)
            _remove_rows(ctx, kept, sweeps, until)
        finally:  # also of what was broken off is kept what was removed
            _note(ctx, kept, by)
        kept.oldest = _oldest(ctx, kept.name, sweeps)
        told.append(kept)
    return told


def _note(ctx: FlowContext, kept: Kept, by: str) -> None:
    if kept.removed:
        log.info("removed by retention", setting=kept.name, cutoff=kept.cutoff.isoformat(), **kept.removed)
        detail = {"days": kept.days, "cutoff": kept.cutoff.isoformat(), "removed": kept.removed}
        with ctx.engine.begin() as conn:
            note_write(conn, by, "retention", [kept.name], detail)


def _asked(ctx: FlowContext) -> list[tuple[Kept, tuple[Sweep, ...]]]:
    """The settings that are given, in the order in which they are done."""
    sweeps = {PAYLOADS: (), FILES: (), **content_sweeps(), **ledger.ledger_sweeps()}
    now, given = ctx.now(), ctx.settings.keep_days.given
    if POSTS in given:  # a file goes with its post at the latest
        given[FILES] = min(given.get(FILES, given[POSTS]), given[POSTS])
    return [
        (Kept(name, given[name], now - timedelta(days=given[name])), sweeps[name]) for name in sweeps if name in given
    ]


def _remove_payloads(ctx: FlowContext, kept: Kept, until: datetime) -> None:
    """A snapshot at a time, held while its files go. Cut off between files and row, the next time does it again."""
    after = ""
    while kept.finished:
        ctx.stop.look()
        with ctx.engine.begin() as conn:
            old = ledger.next_old_payload(conn, kept.cutoff, after)
            if old is None:
                break
            if old.copy:
                remove_folder(old.copy)
            remove_payload(old.uri)
            ledger.note_payload_removed(conn, old.snapshot_id, ctx.now())
        after = old.snapshot_id
        kept.removed[PAYLOADS] = kept.removed.get(PAYLOADS, 0) + 1
        kept.bytes[PAYLOADS] = kept.bytes.get(PAYLOADS, 0) + old.bytes
        kept.finished = ctx.now() < until


def _remove_rows(ctx: FlowContext, kept: Kept, sweeps: tuple[Sweep, ...], until: datetime) -> None:
    for sweep in sweeps:
        for counts in sweep.remove(ctx.engine, kept.cutoff):
            for table, rows in counts.items():
                kept.removed[table] = kept.removed.get(table, 0) + rows
            ctx.stop.look()
            if ctx.now() >= until:
                kept.finished = False
                return


def _age(ctx: FlowContext) -> Age:
    given, now = ctx.settings.keep_days.given, ctx.now()
    cutoffs = {name: now - timedelta(days=given[name]) for name in (FILES, POSTS) if name in given}
    return Age(cutoffs.get(FILES), cutoffs.get(POSTS))


def _remove_files(ctx: FlowContext, kept: Kept, until: datetime) -> None:
    """Some at a time, in moments in which nothing is loaded or fetched; without such a moment, the next time."""
    patience = LOOKS
    while patience and ctx.now() < until:
        ctx.stop.look()
        with ctx.engine.begin() as conn:
            done = remove_some(conn, _age(ctx))
        if done is None:
            patience -= 1
            ctx.stop.wait(LOOK_SECONDS)
        elif not done.rows:
            return
        else:
            kept.removed[FILES] = kept.removed.get(FILES, 0) + done.rows
            kept.bytes[FILES] = kept.bytes.get(FILES, 0) + done.bytes
    kept.finished = False
    log.warning(
        "not all files are removed: something was loaded all the time, or the time is over",
        cutoff=kept.cutoff.isoformat(),
    )


def _oldest(ctx: FlowContext, name: str, sweeps: tuple[Sweep, ...]) -> datetime | None:
    with ctx.engine.connect() as conn:
        if name == FILES:
            return oldest_file(conn)
        return sweeps[0].oldest(conn) if sweeps else ledger.oldest_payload(conn)


def _added(amounts: list[dict[str, Amount]]) -> dict[str, Amount]:
    total: dict[str, Amount] = {}
    for one in amounts:
        for name, amount in one.items():
            before = total.get(name, Amount(0, 0))
            if amount.rows:
                total[name] = Amount(before.rows + amount.rows, before.bytes + amount.bytes)
    return total
