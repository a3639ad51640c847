"""`scrape-assets sources`: who can be asked for what, and who can be asked now."""

from __future__ import annotations

from typing import Annotated

import typer

from scrape_assets.commands.lanes import print_lanes, troubled_lanes
from scrape_assets.commands.terminal import CommandFailed, one_clear_line, out, print_json, print_rows
from scrape_assets.flow.choosing.choose import Standing, standings
from scrape_assets.flow.context import open_context
from scrape_assets.runtime import Prepared, export_environment, prepare, stand_in
from scrape_assets.settings import Settings
from scrape_assets.sources.registry import NoSource, collectable_platforms
from scrape_assets.sources.table import COLUMNS, markdown, source_rows


def sources(
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print the table of the documentation.")] = False,
    abilities: Annotated[
        bool, typer.Option(help="Show what each can be asked, not whether it can be asked now.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the sources of each platform in the order in which they are asked, and whether they are configured."""
    if as_markdown:
        print(markdown(), end="")  # noqa: T201 - a table for a file, not for a terminal's width
        return
    if abilities:
        rows = list(source_rows())
        if as_json:
            print_json([row._asdict() for row in rows])
        else:
            print_rows(COLUMNS, rows, give_way=("worth knowing",))
        return
    with one_clear_line():
        settings = Settings.from_environment()
        prepared = prepare(settings)
        found = standings_now(settings, prepared)
    if as_json:
        print_json(
            [
                {
                    "platform": platform,
                    "source": one.source,
                    "usable": not one.why_not,
                    "why_not": one.why_not,
                    "until": one.blocked_until,
                }
                for platform, one in found
            ]
        )
        return
    print_rows(
        ("platform", "source", "now"), ((platform, one.source, one.why_not or _ready(one)) for platform, one in found)
    )
    print_lanes(troubled_lanes(prepared.engine))
    out.print("what each can be asked: scrape-assets sources --abilities", highlight=False)


def _ready(one: Standing) -> str:
    return f"ready; for events set {' and '.join(one.missing_for_events)}" if one.missing_for_events else "ready"


def standings_now(settings: Settings, prepared: Prepared) -> list[tuple[str, Standing]]:
    """Every platform's sources, in the order in which they are asked; a running simulator stands in for the vendor.

    Raises:
        CommandFailed: the settings name a source that there is not.
    """
    simulator = stand_in(settings)
    try:
        with open_context(export_environment(prepared, simulator)) as ctx:
            return [(str(platform), one) for platform in collectable_platforms() for one in standings(ctx, platform)]
    except NoSource as error:
        raise CommandFailed(str(error)) from None
