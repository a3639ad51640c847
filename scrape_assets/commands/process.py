"""`scrape-assets process`: follow the snapshots to the end, in this process. Pays for nothing."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated

import typer

from scrape_assets.commands.collect import simulator_or_none
from scrape_assets.commands.terminal import STILL_OPEN, err, fail, one_clear_line, out, print_json, print_rows
from scrape_assets.flow.context import FlowContext, open_context
from scrape_assets.flow.poll import poll_due
from scrape_assets.flow.recovery import reclaim_expired
from scrape_assets.flow.settle import settle_unknown
from scrape_assets.ledger import snapshots
from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets.runtime import export_environment, prepare
from scrape_assets.settings import Settings

PAUSE_SECONDS = 1.0
READY_AT_ONCE = 1_000


@dataclass
class Tally:
    """What a `process` has done so far."""

    keys: list[str] = field(default_factory=list)  # of the snapshots that were taken, each once
    failures: list[str] = field(default_factory=list)
    lookup_errors: list[str] = field(default_factory=list)
    open: dict[SnapshotStatus, int] = field(default_factory=dict)

    @property
    def still_open(self) -> int:
        """Snapshots that are neither done nor given up."""
        return sum(self.open.values())


def process(
    wait: Annotated[
        float, typer.Option(min=0, help="Seconds to go on until nothing is open. 0: one look, then return.")
    ] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Detect ready snapshots, download, load and match them.

    Exit status: 0 when nothing is open any more (or --wait is 0), 3 when the time is over first, 1 when something
    failed.
    """
    with one_clear_line():
        settings = Settings.from_environment()
        prepared = prepare(settings)
        settings = export_environment(prepared, simulator_or_none(settings))
        tally = Tally()
        with open_context(settings) as ctx:
            _until_done(ctx, tally, wait)
            with ctx.engine.connect() as conn:
                done = list(snapshots.by_partition_keys(conn, tally.keys).values())
    if as_json:
        print_json(
            {
                "processed": [
                    {
                        "snapshot_id": s.snapshot_id,
                        "status": str(s.status),
                        "posts": s.posts_retrieved,
                        "matched": s.posts_matched,
                        "rejected": s.rows_rejected,
                        "error": s.error,
                    }
                    for s in done
                ],
                "failures": tally.failures,
                "open": tally.open,
            }
        )
    else:
        if done:
            print_rows(
                ("snapshot", "status", "posts", "matched", "rejected rows", "error"),
                ((s.snapshot_id, s.status, s.posts_retrieved, s.posts_matched, s.rows_rejected, s.error) for s in done),
            )
        open_now = ", ".join(f"{count} {status}" for status, count in tally.open.items() if count)
        out.print(f"{len(done)} snapshots processed; open: {open_now or 'none'}", highlight=False)
    _exit(tally, wait)


def _exit(tally: Tally, wait: float) -> None:
    if tally.failures:
        fail(f"{len(tally.failures)} failed: {tally.failures[0]}")
    if tally.lookup_errors and not tally.keys:
        fail(f"the vendor could not be asked: {tally.lookup_errors[-1]}")
    if wait and tally.still_open:
        fail(
            f"{tally.still_open} snapshots are still open after {wait:g} s; nothing is lost, run it again",
            STILL_OPEN,
        )


def _until_done(ctx: FlowContext, tally: Tally, wait: float) -> None:
    from scrape_assets.in_process import Assets  # Dagster is imported only where assets are executed

    assets: Assets | None = None
    end = time.monotonic() + wait
    with err.status("looking …") as status:
        while True:
            keys = _ready_keys(ctx, tally)
            if keys:
                status.update(f"processing {len(keys)} snapshots …")
                assets = assets or Assets()
                results = assets.process(keys)
                tally.failures += [result.error or result.run_id for result in results if not result.success]
                tally.keys += [key for key in keys if key not in tally.keys]
            with ctx.engine.connect() as conn:
                tally.open = snapshots.open_counts(conn)
            if not tally.still_open or time.monotonic() >= end:
                return
            waiting = ", ".join(f"{count} {name}" for name, count in tally.open.items() if count)
            status.update(f"waiting: {waiting}; {len(tally.keys)} processed")
            time.sleep(min(PAUSE_SECONDS, max(0.0, end - time.monotonic())))


def _ready_keys(ctx: FlowContext, tally: Tally) -> list[str]:
    reclaim_expired(ctx)
    settled = settle_unknown(ctx)
    polled = poll_due(ctx, timedelta(seconds=30))
    tally.lookup_errors += [*settled.errors, *polled.errors]
    with ctx.engine.connect() as conn:
        # A run that the daemon was asked for may hold them already; claiming settles who takes them.
        ready = snapshots.ready_due(conn, ctx.now(), READY_AT_ONCE)
    return [snapshot.partition_key for snapshot in ready]
