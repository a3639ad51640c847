"""`scrape-assets creators import`."""

import getpass
import socket
from pathlib import Path
from typing import Annotated

import typer

from scrape_assets.commands.terminal import CommandFailed, fail, one_clear_line, out, print_json, print_rows
from scrape_assets.flow.context import pseudonyms_of
from scrape_assets.flow.targets.import_creators import UnreadableFile, import_creators
from scrape_assets.runtime import prepare
from scrape_assets.settings import Settings
from scrape_assets.storage.forgetting import ForgottenKeyMissing

app = typer.Typer(help="Who is followed.", no_args_is_help=True)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A CSV with the columns creator_id,name,platform,profile_url.")],
    again: Annotated[
        bool, typer.Option("--again", help="Take those back who were forgotten: they are named in the file on purpose.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Import creators. Good lines go in; each bad line is named with its reason, and the exit status is 1."""
    with one_clear_line():
        prepared = prepare(Settings.from_environment())
        try:
            report = import_creators(
                prepared.engine,
                file,
                pseudonyms=pseudonyms_of(prepared.settings),
                again=again,
                by=f"{getpass.getuser()}@{socket.gethostname()}",
            )
        except (UnreadableFile, ForgottenKeyMissing) as error:
            raise CommandFailed(str(error)) from None
    if as_json:
        print_json(
            {
                "new": report.new,
                "changed": report.changed,
                "unchanged": report.unchanged,
                **({"taken_back": report.taken_back} if report.taken_back else {}),
                "refused": [{"line": bad.line, "reason": bad.reason} for bad in report.refused],
            }
        )
    else:
        out.print(f"{report.new} new, {report.changed} changed, {report.unchanged} unchanged", highlight=False)
        if report.taken_back:
            said = f"{report.taken_back} who had been forgotten are known again: the next collection brings their posts"
            out.print(said, highlight=False)
        if report.refused:
            print_rows(("line", "refused because"), ((bad.line, bad.reason) for bad in report.refused))
    if report.refused:
        count = len(report.refused)
        said = "1 line was" if count == 1 else f"{count} lines were"
        fail(f"{said} refused; the other lines of {file} went in")
