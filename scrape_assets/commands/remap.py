"""`scrape-assets remap`: read kept payloads again through the mapping of today. Asks nobody, pays nothing."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated

import typer

from scrape_assets.commands.activity import read_range
from scrape_assets.commands.collect import read_day, read_platform
from scrape_assets.commands.progress import Standing, followed
from scrape_assets.commands.terminal import CommandFailed, err, fail, one_clear_line, out, print_json
from scrape_assets.flow.context import FlowContext, open_context
from scrape_assets.flow.stopping import COMMAND_SECONDS, shielded
from scrape_assets.ledger import snapshots
from scrape_assets.ledger.snapshots import Kept, KeptFilter
from scrape_assets.operations.backfills import CannotBackfill, kept_for, most_runs, of_remap
from scrape_assets.runtime import export_environment, prepare
from scrape_assets.settings import Settings


def remap(
    platform: Annotated[str | None, typer.Option(help="Only this platform.")] = None,
    first: Annotated[str | None, typer.Option("--from", help="First day of collection, YYYY-MM-DD, UTC.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last day, YYYY-MM-DD, UTC. Default: today.")] = None,
    snapshot: Annotated[list[str] | None, typer.Option(help="Only this snapshot; may be repeated.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that is kept.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would come to; change nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Map kept payloads again and match what comes of them: for after a mapping was mended.

    No vendor is asked and nothing is paid. Posts that a newer observation has written are left alone; doing it again
    changes nothing. Partitions that were retired are mapped too.
    """
    if not (platform or first or last or snapshot or everything):
        raise typer.BadParameter("say what: --platform, --from and --to, --snapshot, or --all")
    with one_clear_line():
        which = KeptFilter(
            platform=None if platform is None else read_platform(platform),
            first=None if first is None else read_range(first, last, 0)[0],
            last=None if last is None else read_day(last),
            snapshot_ids=snapshot,
        )
        prepared = prepare(Settings.from_environment())
        settings = export_environment(prepared)
        prepared.engine.dispose()
        with open_context(settings) as ctx:
            some = _kept(ctx, which)
            estimate = of_remap(some, most_runs(len(some)))
            if not as_json:
                err.print(f"would map again: {estimate.in_words}" if dry_run else estimate.in_words, highlight=False)
            runs, failures = (0, []) if dry_run or not some else _map_again(ctx, some)
            now = [] if dry_run else _kept(ctx, which)
    if as_json:
        document = {"dry_run": dry_run, "estimate": estimate.as_json(), "runs": runs, "failures": failures}
        print_json({**document, "before": _totals(some), "now": _totals(now) if now else None})
    elif not dry_run:
        _print(some, now, runs)
    if failures:
        fail(failures[0] if len(failures) == 1 else f"{len(failures)} runs failed, the first: {failures[0]}")


def _kept(ctx: FlowContext, which: KeptFilter) -> list[Kept]:
    try:
        with ctx.engine.connect() as conn:
            return kept_for(conn, which)
    except CannotBackfill as error:
        raise CommandFailed(str(error)) from None


def _map_again(ctx: FlowContext, some: Sequence[Kept]) -> tuple[int, list[str]]:
    """Do it, a run after the other; give how many runs it took, and what failed."""
    from scrape_assets.in_process import Assets  # Dagster is imported only where assets are executed

    keys, began = [one.partition_key for one in some], ctx.now()
    failures: list[str] = []
    runs = 0

    def look() -> Standing:
        with ctx.engine.connect() as conn:
            done = snapshots.matched_since(conn, keys, began)
        return Standing(done, len(keys), f"mapping again, {runs} runs done")

    def work() -> None:
        nonlocal runs
        with Assets() as assets:
            for _, result in assets.map_again(keys):
                runs += 1
                if not result.success:
                    failures.append(result.error or f"run {result.run_id}")
                ctx.stop.look()

    with followed("mapping again", look):
        shielded(partial(work), seconds=COMMAND_SECONDS)
    return runs, failures


def _totals(some: Sequence[Kept]) -> dict[str, int]:
    return {
        "snapshots": len(some),
        "posts": sum(one.posts_retrieved or 0 for one in some),
        "rejected": sum(one.rows_rejected or 0 for one in some),
    }


def _print(before: Sequence[Kept], now: Sequence[Kept], runs: int) -> None:
    if not before:
        out.print("no payload of this kind is kept", highlight=False)
        return
    was, are = _totals(before), _totals(now)
    out.print(
        f"{are['snapshots']:,} snapshots mapped again in {runs} runs: {are['posts']:,} posts "
        f"(before {was['posts']:,}), {are['rejected']:,} rows rejected (before {was['rejected']:,})",
        highlight=False,
        soft_wrap=True,
    )
