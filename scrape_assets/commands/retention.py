"""`scrape-assets retention`: remove what has been kept for long enough, or say what would be removed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from scrape_assets.commands.terminal import fail, one_clear_line, out, print_json, print_rows
from scrape_assets.flow.context import open_context
from scrape_assets.flow.stopping import COMMAND_SECONDS, shielded
from scrape_assets.ledger.writes import newest_of
from scrape_assets.operations.retention import Kept, rehearse
from scrape_assets.runtime import export_environment, prepare
from scrape_assets.settings import Settings

NOTHING_SET = (
    "SCRAPE_ASSETS_KEEP_DAYS is not set: everything is kept for ever. To change that: "
    '{"payloads": 90, "raw_posts": 400}'
)


def retention(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Remove what is older than SCRAPE_ASSETS_KEEP_DAYS lets it become. Without that setting nothing is ever removed.

    The schedule daily_retention does the same every night. What is removed cannot be had back; what is open, or was
    paid for and never processed, stays.
    """
    with one_clear_line():
        prepared = prepare(Settings.from_environment())
        if dry_run:
            prepared.engine.dispose()
            with open_context(prepared.settings) as ctx:
                told = rehearse(ctx)
            _print_rehearsed(told, as_json=as_json)
            return
        export_environment(prepared)
        from scrape_assets.in_process import Assets  # Dagster is imported only where assets are executed

        with Assets() as assets:
            result = shielded(assets.retention, seconds=COMMAND_SECONDS)
        with prepared.engine.connect() as conn:
            removed = newest_of(conn, f"run:{result.run_id}", "retention")
        if as_json:
            print_json({"run_id": result.run_id, "success": result.success, "error": result.error, "removed": removed})
        elif not prepared.settings.keep_days.given:
            out.print(NOTHING_SET, highlight=False, markup=False, soft_wrap=True)
        else:
            print_rows(
                ("setting", "from", "rows"),
                [(name, table, rows) for name, tables in removed.items() for table, rows in tables.items()],
            )
    if not result.success:
        fail(result.error or "what is old could not be removed")


def _print_rehearsed(told: Sequence[Kept], *, as_json: bool) -> None:
    if as_json:
        print_json({"dry_run": True, "kept": [vars(kept) for kept in told]})
        return
    if not told:
        out.print(NOTHING_SET, highlight=False, markup=False, soft_wrap=True)
        return
    rows = [
        (kept.name, kept.days, table, f"{kept.removed[table]:,}", f"{kept.bytes[table]:,}")
        for kept in told
        for table in kept.removed
    ]
    print_rows(("setting", "days", "from", "rows", "bytes"), rows)
    out.print("nothing was changed; what goes only after something else is gone is not counted", highlight=False)
