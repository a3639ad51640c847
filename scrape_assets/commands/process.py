"""`scrape-assets process`: follow the snapshots to the end, in this process. Pays for nothing."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Annotated

import typer

from scrape_assets.commands.collect import NO_VENDOR, simulator_or_none
from scrape_assets.commands.progress import Standing, followed
from scrape_assets.commands.terminal import STILL_OPEN, CommandFailed, fail, one_clear_line, out, print_json, print_rows
from scrape_assets.flow.context import FlowContext, open_context
from scrape_assets.flow.mending.recovery import reclaim_expired
from scrape_assets.flow.mending.settle import settle_unknown
from scrape_assets.flow.stopping import COMMAND_SECONDS, shielded
from scrape_assets.flow.taking.poll import poll_due
from scrape_assets.ledger import snapshots
from scrape_assets.ledger.snapshots import Snapshot
from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets.runtime import export_environment, prepare
from scrape_assets.settings import Settings
from scrape_assets.sources.registry import BRIGHTDATA

PAUSE_SECONDS = 1.0
READY_AT_ONCE = 1_000
GIVEN_UP = (SnapshotStatus.FAILED, SnapshotStatus.DEAD, SnapshotStatus.EXPIRED)
FINISHED = (SnapshotStatus.PROCESSED, SnapshotStatus.CANCELED, *GIVEN_UP)


@dataclass
class Tally:
    """What a `process` has done so far."""

    keys: list[str] = field(default_factory=list)  # of the snapshots that were taken, each once
    failed_runs: list[tuple[str, Sequence[str]]] = field(default_factory=list)  # why, and the keys it was for
    lookup_errors: list[str] = field(default_factory=list)
    open: dict[SnapshotStatus, int] = field(default_factory=dict)

    @property
    def still_open(self) -> int:
        """Snapshots that are neither done nor given up."""
        return sum(self.open.values())

    def take(self, keys: Sequence[str]) -> None:
        """Note snapshots whose end is to be told."""
        self.keys += [key for key in keys if key not in self.keys]

    def failures(self, taken: Sequence[Snapshot]) -> list[str]:
        """What failed and was not made good by a later try."""
        good = {one.partition_key for one in taken if one.status is SnapshotStatus.PROCESSED}
        lasting = [(why, keys) for why, keys in self.failed_runs if not good.issuperset(keys)]
        told = {key for _, keys in lasting for key in keys}
        given_up = [one for one in taken if one.status in GIVEN_UP and one.partition_key not in told]
        return [why for why, _ in lasting] + [f"{one.snapshot_id} is {one.status}: {one.error}" for one in given_up]


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
            _check_vendor(ctx)
            with followed("looking", lambda: _standing(ctx, tally)):
                shielded(partial(_until_done, ctx, tally, wait), seconds=COMMAND_SECONDS)
            done = _taken(ctx, tally)
    failures = tally.failures(done)
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
                        "forgotten": s.rows_forgotten,
                        "error": s.error,
                    }
                    for s in done
                ],
                "failures": failures,
                "lookup_errors": sorted(set(tally.lookup_errors)),
                "open": tally.open,
            }
        )
    else:
        if done:
            print_rows(
                ("snapshot", "status", "posts", "matched", "rejected", "error"),
                ((s.snapshot_id, s.status, s.posts_retrieved, s.posts_matched, s.rows_rejected, s.error) for s in done),
                give_way=("rejected", "matched"),
            )
        if left_out := sum(s.rows_forgotten or 0 for s in done):
            out.print(f"{left_out} rows of people who were forgotten are left out", highlight=False)
        processed = sum(s.status is SnapshotStatus.PROCESSED for s in done)
        out.print(f"{processed} snapshots processed; open: {in_words(tally.open)}", highlight=False)
        if processed and settings.media_platforms:
            out.print("their media are taken by the daemon, or now: scrape-assets media", highlight=False)
    _exit(tally, failures, wait)


def in_words(counts: Mapping[SnapshotStatus, int]) -> str:
    """Counts by state for people: "2 running, 1 ready"."""
    return ", ".join(f"{count} {status}" for status, count in counts.items() if count) or "none"


def _exit(tally: Tally, failures: list[str], wait: float) -> None:
    if failures:
        fail(failures[0] if len(failures) == 1 else f"{len(failures)} failures, the first: {failures[0]}")
    if tally.lookup_errors and not tally.keys:
        fail(f"the vendor could not be asked: {tally.lookup_errors[-1]}")
    if wait and tally.still_open:
        fail(
            f"{in_words(tally.open)} still open after {wait:g} s; nothing is lost, run it again",
            STILL_OPEN,
        )


def _check_vendor(ctx: FlowContext) -> None:
    """Say that there is no vendor when something waits for it; direct sources need none."""
    if ctx.vendor.is_configured:
        return
    with ctx.engine.connect() as conn:
        waiting = sum(
            one.source == BRIGHTDATA
            for status in (SnapshotStatus.UNKNOWN, SnapshotStatus.PENDING, SnapshotStatus.RUNNING)
            for one in snapshots.list_snapshots(conn, snapshots.SnapshotFilter(status=status), 1_000)
        )
    if waiting:
        raise CommandFailed(f"{waiting} snapshots are at the vendor, and {NO_VENDOR}")


def _until_done(ctx: FlowContext, tally: Tally, wait: float) -> None:
    from scrape_assets.in_process import Assets  # Dagster is imported only where assets are executed

    assets: Assets | None = None
    end = time.monotonic() + wait
    with ExitStack() as stack:
        while True:
            ctx.stop.look()
            keys = _ready_keys(ctx, tally)
            if keys:
                tally.take(keys)
                assets = assets or stack.enter_context(Assets())
                for run_keys, result in assets.process(keys):
                    if not result.success:
                        tally.failed_runs.append((result.error or f"run {result.run_id}", run_keys))
            with ctx.engine.connect() as conn:
                tally.open = snapshots.open_counts(conn)
            if not tally.still_open or time.monotonic() >= end:
                return
            ctx.stop.wait(min(PAUSE_SECONDS, max(0.0, end - time.monotonic())))


def _taken(ctx: FlowContext, tally: Tally) -> list[Snapshot]:
    with ctx.engine.connect() as conn:
        return list(snapshots.by_partition_keys(conn, tally.keys).values())


def _standing(ctx: FlowContext, tally: Tally) -> Standing:
    done = sum(snapshot.status in FINISHED for snapshot in _taken(ctx, tally))
    with ctx.engine.connect() as conn:
        still_open = snapshots.open_counts(conn)
    return Standing(done, done + sum(still_open.values()), f"open: {in_words(still_open)}")


def _ready_keys(ctx: FlowContext, tally: Tally) -> list[str]:
    reclaim_expired(ctx)
    settled = settle_unknown(ctx)
    polled = poll_due(ctx, timedelta(seconds=30))
    tally.lookup_errors += [*settled.errors, *polled.errors]
    tally.take(polled.ended)  # an id is its partition key
    with ctx.engine.connect() as conn:
        # A run that the daemon was asked for may hold them already; claiming settles who takes them.
        ready = snapshots.ready_due(conn, ctx.now(), READY_AT_ONCE)
    return [snapshot.partition_key for snapshot in ready]
