"""`scrape-assets redownload`: ask the vendor once more for what is paid for. Free while the vendor keeps it."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from scrape_assets.commands.collect import NO_VENDOR, simulator_or_none
from scrape_assets.commands.terminal import CommandFailed, err, fail, one_clear_line, out, print_json
from scrape_assets.flow.context import FlowContext, open_context
from scrape_assets.flow.stopping import COMMAND_SECONDS, shielded
from scrape_assets.ledger import snapshots
from scrape_assets.ledger.snapshots import Snapshot
from scrape_assets.operations.backfills import CannotBackfill, Estimate, of_redownload
from scrape_assets.runtime import export_environment, prepare
from scrape_assets.settings import Settings


def redownload(
    snapshot: Annotated[str, typer.Option(help="The snapshot, as scrape-assets snapshots lists it.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would come to; ask nobody.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Download one snapshot again, load and match it: for a payload that came torn, or was lost.

    What is delivered again is not paid for again. The kept payload stays beside the new one, and serves on if the
    vendor no longer has it.
    """
    with one_clear_line():
        settings = Settings.from_environment()
        prepared = prepare(settings)
        settings = export_environment(prepared, simulator_or_none(settings))
        prepared.engine.dispose()
        with open_context(settings) as ctx:
            before, estimate = _plan(ctx, snapshot)
            if not as_json:
                err.print(
                    "; ".join([estimate.in_words, *estimate.remarks]), highlight=False, markup=False, soft_wrap=True
                )
            error = None if dry_run else _again(before.partition_key)
            with ctx.engine.connect() as conn:
                now = snapshots.get(conn, snapshot) or before
    if as_json:
        print_json(
            {
                "dry_run": dry_run,
                "estimate": estimate.as_json(),
                "error": error,
                "before": _as_json(before),
                "now": _as_json(now),
            }
        )
    elif not dry_run and error is None:
        out.print(
            f"{snapshot} is {now.status}: {now.payload_rows} records (before {before.payload_rows}), "
            f"{now.posts_retrieved} posts, {now.posts_matched} matched",
            highlight=False,
            soft_wrap=True,
        )
    if error:
        fail(error)


def _plan(ctx: FlowContext, snapshot_id: str) -> tuple[Snapshot, Estimate]:
    if not ctx.vendor.is_configured:
        raise CommandFailed(NO_VENDOR)
    try:
        with ctx.engine.connect() as conn:
            return of_redownload(ctx, conn, snapshot_id)
    except CannotBackfill as error:
        raise CommandFailed(str(error)) from None


def _again(key: str) -> str | None:
    """Do it; give what failed."""
    from scrape_assets.in_process import Assets  # Dagster is imported only where assets are executed

    with Assets() as assets:
        result = shielded(partial(assets.download_again, key), seconds=COMMAND_SECONDS)
    return None if result.success else result.error or f"run {result.run_id}"


def _as_json(one: Snapshot) -> dict[str, object]:
    return {
        "status": str(one.status),
        "generation": one.payload_generation,
        "records": one.payload_rows,
        "posts": one.posts_retrieved,
        "cost_usd": one.cost_usd,
        "error": one.error,
    }
