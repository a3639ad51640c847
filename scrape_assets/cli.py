"""The command line: which commands there are. What each does lies in commands/."""

import logging
import sys

import structlog
import typer

from scrape_assets.commands import collect, creators, migrate, process, show, simulate, up

app = typer.Typer(
    help="Collects public social-media posts in two phases and matches them to creators.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(up.up)
app.command()(migrate.migrate)
app.add_typer(creators.app, name="creators")
app.command()(collect.collect)
app.command()(process.process)
app.command()(show.jobs)
app.command()(show.snapshots)
app.command()(show.status)
app.command()(simulate.simulate)


def main() -> None:
    """The entry point `scrape-assets`."""
    logging.basicConfig(level=logging.WARNING)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
    app()
