"""`scrape-assets events import`."""

from pathlib import Path
from typing import Annotated

import typer

from scrape_assets.commands.terminal import CommandFailed, fail, one_clear_line, out, print_json, print_rows
from scrape_assets.flow.targets.import_events import UnreadableFile, import_events
from scrape_assets.runtime import prepare
from scrape_assets.settings import Settings

app = typer.Typer(help="What is followed, by keyword, place and time.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Without it a group of one command would be that command."""


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A JSON file: a list of events; see docs/sources.md.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Import events. Good ones go in; each bad one is named with its reason, and the exit status is 1."""
    with one_clear_line():
        prepared = prepare(Settings.from_environment())
        try:
            report = import_events(prepared.engine, file)
        except UnreadableFile as error:
            raise CommandFailed(str(error)) from None
    if as_json:
        print_json(
            {
                "new": report.new,
                "changed": report.changed,
                "unchanged": report.unchanged,
                "refused": [
                    {"place": bad.place, "event_id": bad.event_id, "reason": bad.reason} for bad in report.refused
                ],
            }
        )
    else:
        out.print(f"{report.new} new, {report.changed} changed, {report.unchanged} unchanged", highlight=False)
        if report.refused:
            print_rows(
                ("number", "event", "refused because"),
                ((bad.place, bad.event_id, bad.reason) for bad in report.refused),
            )
    if report.refused:
        count = len(report.refused)
        said = "1 event was" if count == 1 else f"{count} events were"
        fail(f"{said} refused; the others of {file} went in")
