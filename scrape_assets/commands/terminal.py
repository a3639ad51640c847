"""How commands speak: tables for people or JSON for programs on stdout, one clear line on stderr when they fail."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import NoReturn

import sqlalchemy as sa
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from scrape_assets.settings import SettingsError
from scrape_assets.storage.database import DatabaseUnavailable

# Into a file or a pipe nothing is cut to the width of a terminal that is not there.
WIDE = 400
out = Console(width=None if sys.stdout.isatty() else WIDE)
err = Console(stderr=True)

STILL_OPEN = 3
"""Exit status when the time is over and something is still open; nothing has failed."""


class CommandFailed(Exception):
    """A command cannot do what was asked; the message is the one line that a person sees."""


def fail(message: str, status: int = 1) -> NoReturn:
    """End the command with one line."""
    err.print(Text(f"scrape-assets: {' '.join(message.split())}", style="red"), soft_wrap=True)
    raise typer.Exit(status)


@contextmanager
def one_clear_line() -> Iterator[None]:
    """Turn the failures a person can do something about into one line and exit status 1."""
    try:
        yield
    except (CommandFailed, SettingsError, DatabaseUnavailable) as error:
        fail(str(error))
    except sa.exc.OperationalError as error:
        reason = " ".join(str(error.orig).split())
        fail(f"the database does not answer; nothing is lost, try again when it does: {reason}")


def print_json(value: object) -> None:
    """One JSON document on stdout; times as ISO, everything else as text."""
    sys.stdout.write(json.dumps(value, default=str, ensure_ascii=False, indent=2) + "\n")


def print_rows(headers: Sequence[str], rows: Iterable[Sequence[object]], *, title: str | None = None) -> None:
    """A table for people."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for header in headers:
        # Remarks are the only long ones, and stand last: they give way.
        table.add_column(header, no_wrap=True, overflow="ellipsis", ratio=1 if header == headers[-1] else None)
    for row in rows:
        table.add_row(*(Text(shown(value)) for value in row))
    out.print(table)


def shown(value: object) -> str:
    """A value in a table."""
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return value.strftime("%m-%d %H:%M:%S")
    return " ".join(str(value).split())
