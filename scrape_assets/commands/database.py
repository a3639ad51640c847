"""`scrape-assets database`: PostgreSQL's own programs on our databases. No SQL of ours, no migrations."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Annotated

import typer
from sqlalchemy.engine import URL

from scrape_assets.commands.terminal import CommandFailed, one_clear_line
from scrape_assets.flow.context import database_address
from scrape_assets.settings import Settings
from scrape_assets.storage.database import ensure_databases, server_major
from scrape_assets.storage.embedded import MAJOR, EmbeddedFailed, programs

PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "allow_interspersed_args": False}


def database(
    program: Annotated[list[str] | None, typer.Argument(help="With its arguments. Default: psql.")] = None,
    dagster: Annotated[bool, typer.Option("--dagster", help="On Dagster's database instead of ours.")] = False,
) -> None:
    """Run psql, pg_dump or pg_restore on the database; the embedded one is started for it if need be."""
    with one_clear_line():
        address = database_address(Settings.from_environment())
        ensure_databases(address)
        command = program or ["psql"]
        url = address.dagster if dagster else address.application
        status = _run(command, _environment(url, server_major(address)))
    raise typer.Exit(status)


def _run(command: Sequence[str], environment: Mapping[str, str]) -> int:
    # Ctrl-C is for the program: psql gives up a query by it, and stays.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        ended = subprocess.run(command, check=False, env=environment)  # noqa: S603 -- what a person typed
    except FileNotFoundError:
        raise CommandFailed(f"there is no program {command[0]!r}") from None
    finally:
        signal.signal(signal.SIGINT, before)
    # Ended by a signal: as a shell tells it.
    return 128 - ended.returncode if ended.returncode < 0 else ended.returncode


def _environment(url: URL, server: int) -> dict[str, str]:
    """What makes PostgreSQL's programs find this database, and the programs themselves."""
    named = {"host": url.host, "port": url.port, "user": url.username, "password": url.password}
    told = {**named, **url.query, "database": url.database}
    path = [os.environ.get("PATH", os.defpath)]
    with suppress(EmbeddedFailed):
        # What is older than the server refuses to dump it, what is newer restores what it does not understand.
        path.insert(1 if server < MAJOR else 0, str(programs()))
    ours = {f"PG{name.upper()}": str(value) for name, value in told.items() if value is not None}
    return {**os.environ, **ours, "PATH": os.pathsep.join(path)}
