"""`scrape-assets retire`: take old snapshots' partitions out of the UI's lists. What they stand for stays."""

from __future__ import annotations

from typing import Annotated

import typer

from scrape_assets.commands.collect import read_day
from scrape_assets.commands.terminal import one_clear_line, out, print_json
from scrape_assets.flow.context import open_context
from scrape_assets.operations.backfills import LIVE_PARTITIONS, of_retirement, retirement_in_words
from scrape_assets.runtime import export_environment, prepare
from scrape_assets.settings import Settings


def retire(
    before: Annotated[
        str | None, typer.Option(help="Snapshots collected for days before this one, YYYY-MM-DD, UTC.")
    ] = None,
    keep: Annotated[int | None, typer.Option(min=0, help="Without --before: keep so many, the newest.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go; change nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Retire the partitions of finished snapshots: the UI is slow with many, and the ledger is the truth.

    Rows, payloads, posts and Dagster's history stay. remap, redownload, dead-letters replay and every sensor work on a
    retired snapshot as before; who processes it again sees it again.
    """
    if before is not None and keep is not None:
        raise typer.BadParameter("say --before or --keep, not both")
    with one_clear_line():
        day = None if before is None else read_day(before)
        prepared = prepare(Settings.from_environment())
        settings = export_environment(prepared)
        prepared.engine.dispose()
        from scrape_assets.in_process import Assets  # Dagster is imported only where partitions are changed

        with open_context(settings) as ctx, Assets() as assets:
            registered = assets.partitions()
            with ctx.engine.connect() as conn:
                old = of_retirement(conn, registered, day, LIVE_PARTITIONS if keep is None else keep)
            if not dry_run:
                assets.retire(old)
    if as_json:
        print_json({"dry_run": dry_run, "retired": old, "left": len(registered) - len(old)})
    else:
        said = retirement_in_words(len(old), len(registered))
        out.print(f"would retire: {said}" if dry_run else said, highlight=False, soft_wrap=True)
