"""How commands speak: tables for people or JSON for programs on stdout, one clear line on stderr when they fail."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import NoReturn

import sqlalchemy as sa
import typer
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from scrape_assets.flow.stopping import Interrupted
from scrape_assets.settings import SettingsError
from scrape_assets.sources.errors import SourceError
from scrape_assets.storage.database import DatabaseUnavailable
from scrape_assets.storage.migrate import UnknownSchema

# Into a file or a pipe nothing is cut to the width of a terminal that is not there.
WIDE = 400
out = Console(width=None if sys.stdout.isatty() else WIDE)
err = Console(stderr=True)

STILL_OPEN = 3
"""Exit status when the time is over and something is still open; nothing has failed."""
GAP = 2  # between two columns
REMARK = 24  # letters that the last column needs at least, before columns are left out for it


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
    except (CommandFailed, SettingsError, DatabaseUnavailable, UnknownSchema, SourceError) as error:
        fail(str(error))
    except sa.exc.DBAPIError as error:
        reason = " ".join(str(error.orig).split())
        fail(f"the database does not answer as it should; nothing is lost, try again when it does: {reason}")
    except BrokenPipeError:
        raise  # whoever reads our output has seen enough; the command line ends quietly
    except OSError as error:
        fail(f"{error.filename or 'the system'}: {error.strerror or error}")
    except Interrupted as asked:
        number = signal.Signals(asked.number or signal.SIGINT)
        fail(f"stopped ({number.name}): nothing is lost, run it again to go on", 128 + number)


def print_json(value: object) -> None:
    """One JSON document on stdout; times as ISO, everything else as text."""
    sys.stdout.write(json.dumps(value, default=_as_json, ensure_ascii=False, indent=2) + "\n")


def _as_json(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def print_rows(
    headers: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    title: str | None = None,
    give_way: Sequence[str] = (),
) -> None:
    """A table for people.

    Args:
        headers: one a column; the last is the remark, which takes what width is left and as many lines as it needs.
        rows: values, shown as people write them.
        title: a line above it.
        give_way: columns to leave out, one after the other, where the terminal is too narrow for all.
    """
    cells = [[shown(value) for value in row] for row in rows]
    columns = _that_fit(headers, cells, give_way)
    table = Table(
        title=title, title_justify="left", box=None, padding=(0, GAP, 0, 0), pad_edge=False, header_style="bold"
    )
    for column in columns:
        last = column == len(headers) - 1
        table.add_column(headers[column], no_wrap=not last, overflow="fold" if last else "ellipsis")
    for row in cells:
        table.add_row(*(Text(row[column]) for column in columns))
    out.print(table)
    left_out = [header for number, header in enumerate(headers) if number not in columns]
    if left_out:
        err.print(Text(f"(no room for: {', '.join(left_out)}; all is in --json)", style="dim"))


def _that_fit(headers: Sequence[str], cells: list[list[str]], give_way: Sequence[str]) -> list[int]:
    """The numbers of the columns that the terminal has room for."""
    needs = [max(map(cell_len, (header, *(row[n] for row in cells)))) for n, header in enumerate(headers)]
    needs[-1] = min(needs[-1], REMARK)
    columns = list(range(len(headers)))
    for name in give_way:
        if sum(needs[column] + GAP for column in columns) - GAP <= out.width:
            break
        columns.remove(headers.index(name))
    return columns


def shown(value: object) -> str:
    """A value in a table."""
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return value.strftime("%m-%d %H:%M:%S")
    return " ".join(str(value).split())
