"""The command line: which commands there are. What each does lies in commands/."""

import logging
import signal
from types import FrameType
from typing import NoReturn

import typer

from scrape_assets.commands import collect, creators, events, migrate, process, show, simulate, sources, up
from scrape_assets.logs import configure_logs

app = typer.Typer(
    help="Collects public social-media posts in two phases and matches them to creators.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(up.up)
app.command()(migrate.migrate)
app.add_typer(creators.app, name="creators")
app.add_typer(events.app, name="events")
app.command()(collect.collect)
app.command()(process.process)
app.command()(show.jobs)
app.command()(show.snapshots)
app.command()(show.status)
app.command()(sources.sources)
app.command()(simulate.simulate)


@app.callback()
def _before_every_command() -> None:
    # What the code below logs for operators, the commands tell in their own words; only the unexpected gets through.
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    configure_logs(logging.ERROR)


def main() -> None:
    """The entry point `scrape-assets`."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    app()


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    """End as if the command had: what it holds is given back, and the database stops with its last user."""
    raise SystemExit(128 + number)
