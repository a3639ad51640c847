"""`scrape-assets housekeeping`: what the schedule nightly_housekeeping does, now; or what it would do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer

from scrape_assets.commands.terminal import fail, one_clear_line, out, print_json, print_rows
from scrape_assets.flow.context import open_context
from scrape_assets.flow.stopping import COMMAND_SECONDS, shielded
from scrape_assets.runtime import export_environment, prepare
from scrape_assets.settings import Settings


def housekeeping_(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Retire old partitions, remove Dagster's old runs, archive payloads, look after the databases.

    Safe at any time, also beside running loads; cut off, it goes on the next time. Nothing that was collected is
    removed: that does `scrape-assets retention`. The schedule nightly_housekeeping does the same every night.
    """
    with one_clear_line():
        prepared = prepare(Settings.from_environment())
        settings = export_environment(prepared)
        prepared.engine.dispose()
        from scrape_assets.in_process import Assets  # Dagster is imported only where it is looked after

        error: str | None = None
        with Assets() as assets:
            if dry_run:
                with open_context(settings) as ctx:
                    told = assets.rehearse_housekeeping(ctx)
            else:
                result, told = shielded(assets.housekeeping, seconds=COMMAND_SECONDS)
                error = result.error if not result.success else None
    if as_json:
        print_json({"dry_run": dry_run, "error": error, "tasks": told})
    else:
        _print(told, dry_run=dry_run)
    if error:
        fail(error)


def _print(told: Mapping[str, Mapping[str, object]], *, dry_run: bool) -> None:
    print_rows(("task", "would do" if dry_run else "done"), [(name, one["said"]) for name, one in told.items()])
    if dry_run:
        out.print("nothing was changed", highlight=False)
