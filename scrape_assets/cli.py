"""The command line: which commands there are. What each does lies in commands/."""

import logging
import os
import signal
import sys
import time
from types import FrameType

import typer

from scrape_assets.commands import (
    activity,
    api,
    check,
    collect,
    costs,
    creators,
    database,
    dead_letters,
    events,
    export,
    forget,
    housekeeping,
    media,
    metrics,
    migrate,
    parts,
    process,
    recover,
    redownload,
    remap,
    rematch,
    retention,
    retire,
    show,
    simulate,
    sources,
    suggestions,
    up,
    why,
)
from scrape_assets.flow.stopping import PROCESS, Interrupted
from scrape_assets.logs import configure_logs

# A terminal that closes says so twice, a supervisor may say the same in two ways.
ECHO_SECONDS = 0.3

app = typer.Typer(
    help="Collects public social-media posts in two phases and matches them to creators.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(up.up)
app.command()(migrate.migrate)
app.command(context_settings=database.PASSED_ON)(database.database)
app.add_typer(creators.app, name="creators")
app.add_typer(events.app, name="events")
app.add_typer(suggestions.app, name="suggestions")
app.command()(collect.collect)
app.command()(process.process)
app.command()(recover.recover)
app.command()(rematch.rematch)
app.command()(remap.remap)
app.command()(redownload.redownload)
app.command()(retire.retire)
app.command()(media.media)
app.command()(activity.activity)
app.command("export")(export.export_)
app.command("forget")(forget.forget_)
app.command()(retention.retention)
app.command("housekeeping")(housekeeping.housekeeping_)
app.command()(show.jobs)
app.command()(show.snapshots)
app.command()(show.status)
app.command()(check.check)
app.command()(why.why)
app.add_typer(dead_letters.app, name="dead-letters")
app.command()(sources.sources)
app.command()(costs.costs)
app.command()(metrics.metrics)
app.command()(api.api)
app.command()(simulate.simulate)
app.command()(parts.code_server)
app.command()(parts.daemon)
app.command()(parts.ui)
app.command()(parts.worker)


@app.callback()
def _before_every_command() -> None:
    # What the code below logs for operators, the commands tell in their own words; only the unexpected gets through.
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    configure_logs(logging.ERROR)


def main() -> None:
    """The entry point `scrape-assets`."""
    ask = _Ask()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # `nohup`, or a job in the background of a script
            signal.signal(number, ask)
    try:
        app()
    except Interrupted as asked:  # outside of what a command does, where there is nothing to say
        sys.exit(128 + (asked.number or signal.SIGINT))


class _Ask:
    """What a signal does: the first asks to stop, and a second ends the process where it is."""

    def __init__(self) -> None:
        self._first_at: float | None = None

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._first_at is None:
            self._first_at = now
            PROCESS.ask()
            raise Interrupted(number)
        if now - self._first_at > ECHO_SECONDS:
            os._exit(128 + number)
