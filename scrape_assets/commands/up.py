"""`scrape-assets up`: everything on one machine, until Ctrl-C, leaving nothing behind."""

from __future__ import annotations

import socket
import sys
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib import resources
from typing import Annotated

import httpx
import sqlalchemy as sa
import typer
from rich.panel import Panel

from scrape_assets.commands.children import Child, Children
from scrape_assets.commands.terminal import CommandFailed, err, one_clear_line, out
from scrape_assets.flow.context import open_context
from scrape_assets.flow.import_creators import import_creators
from scrape_assets.flow.plan import plan_jobs
from scrape_assets.runtime import Prepared, export_environment, needs_simulator, prepare, running_simulator
from scrape_assets.settings import Settings
from scrape_assets.sources.registry import collectable_platforms
from scrape_assets.storage.schema import creators

LOCALHOST = "127.0.0.1"
START_SECONDS = 90


def up(
    port: Annotated[int | None, typer.Option(help="Port of the Dagster UI. Default: 3000.")] = None,
    host: Annotated[
        str, typer.Option(help="Address the Dagster UI listens on. It has no login of its own.")
    ] = LOCALHOST,
) -> None:
    """Start the database, Dagster and, without a vendor key, the simulator. Ctrl-C stops all of it."""
    with one_clear_line():
        settings = Settings.from_environment()
        port = port or settings.dagster_port
        _require_free(host, port)
        demo = needs_simulator(settings)
        with ExitStack() as stack:
            with err.status("starting the database …"):
                prepared = prepare(settings)
            children = stack.enter_context(Children(settings.home_folder / "logs"))
            simulator_url = _start_simulator(prepared, children) if demo else None
            settings = export_environment(prepared, simulator_url)
            if demo:
                _seed(settings, prepared)
            webserver = children.start(
                "dagster-webserver",
                [
                    sys.executable,
                    "-m",
                    "dagster_webserver",
                    "-m",
                    "scrape_assets.definitions",
                    "-h",
                    host,
                    "-p",
                    str(port),
                ],
            )
            daemon = children.start(
                "dagster-daemon",
                [sys.executable, "-m", "dagster._daemon", "run", "-m", "scrape_assets.definitions"],
            )
            _wait_for(f"http://{LOCALHOST if host == '0.0.0.0' else host}:{port}/server_info", webserver)  # noqa: S104
            _greet(host, port, settings, simulator_url)
            children.wait()
            for child in (webserver, daemon):
                if child.ended_badly:
                    raise CommandFailed(f"{child.name} ended by itself; its log: {child.log}")


def _require_free(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            raise CommandFailed(
                f"port {port} on {host} is taken, perhaps by another `scrape-assets up`; choose one with --port"
            ) from None


def _start_simulator(prepared: Prepared, children: Children) -> str:
    running = running_simulator(prepared.settings)
    if running:
        return running
    child = children.start(
        "simulator",
        [sys.executable, "-m", "scrape_assets", "simulate", "--port", str(prepared.settings.simulator_port)],
    )
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and not child.ended:
        url = running_simulator(prepared.settings)
        if url:
            return url
        time.sleep(0.2)
    raise CommandFailed(f"the simulator did not start; its log: {child.log}")


def _seed(settings: Settings, prepared: Prepared) -> None:
    """Sample creators, and today's jobs for them, once: when nobody has been imported yet."""
    with prepared.engine.connect() as conn:
        if conn.execute(sa.select(sa.func.count()).select_from(creators)).scalar_one():
            return
    with resources.as_file(resources.files("scrape_assets.simulator") / "creators.csv") as sample:
        import_creators(prepared.engine, sample)
    with open_context(settings) as ctx:
        for platform in collectable_platforms():
            plan_jobs(ctx, str(platform), datetime.now(UTC).date())


def _wait_for(url: str, child: Child) -> None:
    end = time.monotonic() + START_SECONDS
    with err.status("starting Dagster …"):
        while time.monotonic() < end and not child.ended:
            try:
                httpx.get(url, timeout=2).raise_for_status()
            except httpx.HTTPError:
                time.sleep(0.3)
            else:
                return
    raise CommandFailed(f"{child.name} did not start; its log: {child.log}")


def _greet(host: str, port: int, settings: Settings, simulator_url: str | None) -> None:
    vendor = (
        f"the simulator at {simulator_url}: invented people, no account, no cost"
        if simulator_url
        else f"{settings.brightdata_api_url}: collections cost money"
    )
    out.print(
        Panel.fit(
            f"Dagster   http://{host}:{port}\n"
            f"vendor    {vendor}\n"
            f"data      {settings.home_folder}\n\n"
            "In another terminal: scrape-assets status · jobs · snapshots\nCtrl-C stops everything.",
            title="scrape_assets",
        ),
        highlight=False,
    )
