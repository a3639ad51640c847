"""`scrape-assets up`: everything on one machine, until Ctrl-C, leaving nothing behind."""

from __future__ import annotations

import fcntl
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Annotated

import sqlalchemy as sa
import typer
from rich.panel import Panel
from rich.text import Text

from scrape_assets.commands.api_process import api_is_ready, start_api
from scrape_assets.commands.children import ChildEnded, Children, StopAsked
from scrape_assets.commands.dagster_processes import is_ready, start_dagster
from scrape_assets.commands.ports import require_free
from scrape_assets.commands.terminal import CommandFailed, err, one_clear_line, out
from scrape_assets.flow.context import open_context, pseudonyms_of
from scrape_assets.flow.stopping import Interrupted
from scrape_assets.flow.targets.import_creators import import_creators
from scrape_assets.flow.wanted.plan import plan_jobs
from scrape_assets.runtime import Prepared, export_environment, needs_simulator, prepare, running_simulator
from scrape_assets.settings import Settings
from scrape_assets.sources.registry import collectable_platforms
from scrape_assets.storage.schema import creators, scrape_jobs

LOCALHOST = "127.0.0.1"
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - recognised, never chosen
OTHER_SIMULATOR_PORT = "choose another one for the simulator with SCRAPE_ASSETS_SIMULATOR_PORT"
START_SECONDS = 120


def up(
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port of the Dagster UI. Default: 3000.")] = None,
    host: Annotated[
        str, typer.Option(help="Address the Dagster UI listens on. It has no login of its own.")
    ] = LOCALHOST,
    api_port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port of the HTTP API. Default: 8000.")] = None,
) -> None:
    """Start the database, Dagster, the HTTP API and, without a vendor key, the simulator. Ctrl-C stops all of it."""
    with one_clear_line():
        settings = Settings.from_environment()
        port = port or settings.dagster_port
        address = f"http://{LOCALHOST if host in EVERYWHERE else host}:{port}"
        with _only_one(settings.home_folder, address):
            require_free(host, port, "choose another one with --port")
            api_port = api_port or settings.api_port
            require_free(host, api_port, "choose another one for the API with --api-port")
            if needs_simulator(settings) and not running_simulator(settings):
                require_free(LOCALHOST, settings.simulator_port, OTHER_SIMULATOR_PORT)
            with err.status("starting the database …"):
                prepared = prepare(settings)
            children = Children(settings.home_folder / "logs")
            try:
                with children:
                    _run(prepared, children, host, address, port, api_port)
            except (ChildEnded, TimeoutError) as error:
                raise CommandFailed(str(error)) from None
            except StopAsked:
                pass
            if children.asked_by != signal.SIGINT:  # Ctrl-C is how a person ends it: no error
                raise Interrupted(children.asked_by)


def _run(prepared: Prepared, children: Children, host: str, address: str, port: int, api_port: int) -> None:
    simulator_url = _start_simulator(prepared.settings, children) if needs_simulator(prepared.settings) else None
    settings = export_environment(prepared, simulator_url)
    api = f"http://{LOCALHOST if host in EVERYWHERE else host}:{api_port}"
    os.environ.setdefault("SCRAPE_ASSETS_PAGE_URL", settings.public_url or api)
    with err.status("starting Dagster …"):
        start_dagster(children, settings.home_folder, host, port)
        if simulator_url:
            _seed(settings, prepared)
        token_file = start_api(children, settings, host, api_port, address)
        children.wait_until(lambda: is_ready(address), START_SECONDS, "the Dagster UI")
        children.wait_until(lambda: api_is_ready(api), START_SECONDS, "the HTTP API")
    _greet(address, api, token_file, settings, simulator_url)
    children.wait()


@contextmanager
def _only_one(home: Path, address: str) -> Iterator[None]:
    """Two would be two daemons on one storage.

    Raises:
        CommandFailed: another one runs for this data folder; the message says where.
    """
    home.mkdir(parents=True, exist_ok=True)
    with (home / "up.lock").open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise CommandFailed(
                f"`scrape-assets up` runs already for {home}: {file.read().strip() or 'it is starting'}"
            ) from None
        file.truncate(0)
        file.write(address)
        file.flush()
        yield


def _start_simulator(settings: Settings, children: Children) -> str:
    running = running_simulator(settings)
    if running:
        return running
    port = settings.simulator_port
    children.start("simulator", [sys.executable, "-m", "scrape_assets", "simulate", "--port", str(port)])
    return f"http://{LOCALHOST}:{port}"


def _seed(settings: Settings, prepared: Prepared) -> None:
    """Sample creators where there are none, and today's jobs where there have never been any."""
    with prepared.engine.connect() as conn:
        nobody = not conn.scalar(sa.select(sa.func.count()).select_from(creators))
        nothing = not conn.scalar(sa.select(sa.func.count()).select_from(scrape_jobs))
    if nobody:
        with resources.as_file(resources.files("scrape_assets.simulator") / "creators.csv") as sample:
            import_creators(prepared.engine, sample, pseudonyms=pseudonyms_of(prepared.settings))
    if nothing:
        with open_context(settings) as ctx:
            for platform in collectable_platforms():
                plan_jobs(ctx, str(platform), datetime.now(UTC).date())


def _greet(address: str, api: str, token_file: str | None, settings: Settings, simulator_url: str | None) -> None:
    vendor = f"{settings.brightdata_api_url}\n          collections cost money"
    if simulator_url:
        vendor = f"the simulator at {simulator_url}\n          invented people, no account, no cost"
    lines = (
        f"page      {api}",
        f"          token: {f'in {token_file}' if token_file else 'ADMIN_API_TOKEN'}",
        f"Dagster   {address}",
        f"vendor    {vendor}",
        f"data      {settings.home_folder}",
        "",
        "In another terminal: scrape-assets status · jobs · snapshots",
        "Ctrl-C stops everything.",
    )
    out.print(Panel.fit(Text("\n".join(lines)), title="scrape_assets"), highlight=False)
