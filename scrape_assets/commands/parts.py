"""The parts that `up` runs together, each alone: for several hosts, containers and supervisors.

Each prepares what it needs (the newest schema, Dagster's home), then becomes the process that it stands for, so that
signals and exit statuses are that process's own. The API is a command of its own kind: it needs no Dagster.
"""

from __future__ import annotations

import os
import socket
import sys
from importlib.util import find_spec
from typing import Annotated, NoReturn

import typer

from scrape_assets.commands.dagster_processes import LOCATION, MODULE
from scrape_assets.commands.ports import require_free
from scrape_assets.commands.terminal import CommandFailed, one_clear_line
from scrape_assets.runtime import export_environment, prepare, stand_in
from scrape_assets.settings import Settings

LOCALHOST = "127.0.0.1"
CODE_PORT = 4000
Host = Annotated[str, typer.Option(help="Address to listen on. There is no login.")]
Port = Annotated[int | None, typer.Option(min=1, max=65535)]
Code = Annotated[str, typer.Option(help="HOST:PORT of the code server.")]


def code_server(host: Host = LOCALHOST, port: Annotated[int, typer.Option(min=1, max=65535)] = CODE_PORT) -> None:
    """Serve the assets' definitions to the daemon and the UI. It executes runs unless a broker is configured."""
    with one_clear_line():
        require_free(host, port, "choose another one with --port")
        _prepared()
        listen = ("--host", host, "--port", str(port), "--location-name", LOCATION)
        _become("dagster", "api", "grpc", "--module-name", MODULE, *listen)


def daemon(code: Code = f"{LOCALHOST}:{CODE_PORT}") -> None:
    """Run schedules, sensors, the queue of runs and their monitoring. One is enough; a second waits for nothing."""
    with one_clear_line():
        settings = _prepared()
        _become("dagster._daemon", "run", "--workspace", _workspace(settings, code, "daemon"))


def ui(host: Host = LOCALHOST, port: Port = None, code: Code = f"{LOCALHOST}:{CODE_PORT}") -> None:
    """Serve Dagster's UI. It has no login: put one before it where others can reach it."""
    with one_clear_line():
        settings = Settings.from_environment()
        port = port or settings.dagster_port
        require_free(host, port, "choose another one with --port")
        settings = _prepared()
        where = ("--workspace", _workspace(settings, code, "ui"), "--host", host, "--port", str(port))
        _become("dagster_webserver", *where)


def worker(
    runs: Annotated[int, typer.Option(min=1, max=256, help="Runs at once in this worker.")] = 2,
    name: Annotated[str | None, typer.Option(help="What it is called, once a host. Default: runs.")] = None,
) -> None:
    """Execute runs that the daemon hands out through the broker (SCRAPE_ASSETS_CELERY_BROKER)."""
    with one_clear_line():
        _ = Settings.from_environment().celery_urls
        if find_spec("dagster_celery") is None:
            raise CommandFailed("workers need Celery: pip install 'scrape_assets[scale]'")
        _prepared()
        # Celery waits for the last run at SIGTERM, however long it takes: its SIGQUIT is what supervisors mean.
        os.environ.setdefault("REMAP_SIGTERM", "SIGQUIT")
        called = f"{name or 'runs'}@{socket.gethostname()}"
        # Runs are long and their workers know each other through the ledger: no gossip, no search for others at start.
        quiet = ("--without-gossip", "--without-mingle", "--loglevel", "warning", "-O", "fair")
        _become(
            *("celery", "--app", "scrape_assets.celery_worker", "worker", "--hostname", called),
            *("--concurrency", str(runs), *quiet),
        )


def _prepared() -> Settings:
    settings = Settings.from_environment()
    return export_environment(prepare(settings), stand_in(settings))


def _workspace(settings: Settings, code: str, part: str) -> str:
    """Where the code server is, as Dagster wants to be told. A file for each part: they may share a data folder."""
    host, _, port = code.rpartition(":")
    if not host or not port.isdigit():
        raise CommandFailed(f"--code: {code!r} is not HOST:PORT")
    file = settings.home_folder / f"workspace.{part}.yaml"
    server = f"      host: {host.strip('[]')}\n      port: {port}\n      location_name: {LOCATION}\n"
    file.write_text(f"load_from:\n  - grpc_server:\n{server}", encoding="utf-8")
    return str(file)


def _become(module: str, *arguments: str) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])  # noqa: S606 - the command is ours
