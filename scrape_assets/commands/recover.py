"""`scrape-assets recover`: find what is paid for at the vendor and not known here, and process it. Pays for nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial
from typing import Annotated

import typer

from scrape_assets.commands.collect import NO_VENDOR, read_platform, simulator_or_none
from scrape_assets.commands.terminal import CommandFailed, fail, one_clear_line, out, print_json, print_rows
from scrape_assets.flow.context import FlowContext, open_context
from scrape_assets.flow.stopping import COMMAND_SECONDS, shielded
from scrape_assets.flow.taking.poll import poll_due
from scrape_assets.ledger.snapshots import Snapshot
from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets.operations import recover as recovery
from scrape_assets.operations.recover import LeftAlone, RecoverReport
from scrape_assets.runtime import export_environment, prepare
from scrape_assets.settings import Settings

ASKING = timedelta(seconds=60)
GIVEN_UP = (SnapshotStatus.FAILED, SnapshotStatus.DEAD, SnapshotStatus.EXPIRED)


def recover(
    days: Annotated[
        int | None, typer.Option(min=1, help="How far back. Default: as long as the vendor keeps what it has.")
    ] = None,
    platform: Annotated[str | None, typer.Option(help="Only this platform.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Look only; change nothing.")] = False,
    no_process: Annotated[
        bool, typer.Option("--no-process", help="Leave what is found to the daemon, or to scrape-assets process.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Walk the vendor's lists for snapshots that are not known here, and download, load and match them.

    Also settles triggers whose answer was lost, and takes up again what was given up here and the vendor still has.
    Nothing is triggered, nothing is paid. Exit status 1: some lists could not be read, or something found failed.
    """
    with one_clear_line():
        settings = Settings.from_environment()
        where = None if platform is None else read_platform(platform)
        prepared = prepare(settings)
        settings = export_environment(prepared, simulator_or_none(settings))
        with open_context(settings) as ctx:
            if not ctx.vendor.is_configured:
                raise CommandFailed(NO_VENDOR)
            walk = partial(recovery.recover, ctx, days=days, platform=where, dry_run=dry_run)
            report = shielded(walk, seconds=COMMAND_SECONDS)
            failures = list(report.errors)
            if report.to_process and not dry_run and not no_process:
                failures += shielded(partial(_process, ctx, report), seconds=COMMAND_SECONDS)
            came = [] if dry_run else recovery.came_of(ctx, report)
    if as_json:
        print_json({**report.as_json(), "snapshots": [_as_json(one) for one in came], "failures": failures})
    else:
        _print(report, came)
    if failures:
        fail(failures[0] if len(failures) == 1 else f"{len(failures)} failures, the first: {failures[0]}")


def _process(ctx: FlowContext, report: RecoverReport) -> list[str]:
    """Ask about what was found and process what is ready; give what failed."""
    from scrape_assets.in_process import Assets  # Dagster is imported only where assets are executed

    poll_due(ctx, ASKING)  # what it is told of the snapshots in question stands in their rows
    ready = [one.partition_key for one in recovery.came_of(ctx, report) if one.status is SnapshotStatus.READY]
    if ready:
        with Assets() as assets:
            for _ in assets.process(ready):
                ctx.stop.look()
    return [
        f"{one.snapshot_id} is {one.status}: {one.error}"
        for one in recovery.came_of(ctx, report)
        if one.status in GIVEN_UP or (one.status is SnapshotStatus.READY and one.error)
    ]


def _as_json(one: Snapshot) -> dict[str, object]:
    return {
        "snapshot_id": one.snapshot_id,
        "vendor_snapshot_id": one.vendor_snapshot_id,
        "status": str(one.status),
        "posts": one.posts_retrieved,
        "matched": one.posts_matched,
        "error": one.error,
    }


def _print(report: RecoverReport, came: Sequence[Snapshot]) -> None:
    rows = list(_rows(report, came))
    if rows:
        print_rows(
            ("what", "snapshot", "at the vendor", "status", "inputs", "jobs", "posts", "matched", "remark"),
            rows,
            give_way=("at the vendor", "inputs", "matched"),
        )
    out.print(report.in_words(), highlight=False, soft_wrap=True)
    processed = [one for one in came if one.status is SnapshotStatus.PROCESSED]
    if processed:
        posts = sum(one.posts_retrieved or 0 for one in processed)
        matched = sum(one.posts_matched or 0 for one in processed)
        out.print(f"{len(processed)} processed: {posts} posts loaded, {matched} matched.", highlight=False)
    waiting = sum(one.status not in (SnapshotStatus.PROCESSED, *GIVEN_UP) for one in came)
    if waiting:
        out.print(f"{waiting} wait to be processed: by the daemon, or by scrape-assets process.", highlight=False)


def _rows(report: RecoverReport, came: Sequence[Snapshot]) -> Iterator[Sequence[object]]:
    now = {one.snapshot_id: one for one in came}
    found = {one.snapshot_id or one.vendor_snapshot_id: one for one in report.found}
    what = {
        **dict.fromkeys(found, "found"),
        **dict.fromkeys(report.settled.found, "settled"),
        **dict.fromkeys(report.revived, "taken up"),
    }
    for name, word in what.items():
        new, row = found.get(name), now.get(name)
        yield (
            word,
            row.snapshot_id if row else None if new else name,
            row.vendor_snapshot_id if row else new and new.vendor_snapshot_id,
            row.status if row else new and new.vendor_status,
            len(row.inputs) if row else new and new.inputs,
            new.jobs if new else None,
            row and row.posts_retrieved,
            row and row.posts_matched,
            (row and row.error) or ("names nobody we follow" if new and not new.followed else None),
        )
    for left in (*report.ended, *report.undecided, *report.others):
        yield _left(left)


def _left(left: LeftAlone) -> Sequence[object]:
    return ("left", None, left.vendor_snapshot_id, left.vendor_status, None, None, None, None, left.why)
