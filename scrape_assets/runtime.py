"""What must stand before Dagster or a command starts: the data folder, the database, the vendor or its stand-in.

Writes the environment of this process and of those it starts; settings.py reads it.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import httpx
from sqlalchemy.engine import Engine

from scrape_assets.dagster_home import lay_dagster_home
from scrape_assets.flow.context import database_address
from scrape_assets.settings import Settings
from scrape_assets.storage.database import DatabaseAddress, connect, ensure_databases
from scrape_assets.storage.migrate import migrate

SIMULATOR_KEY = "simulator"
# Dagster writes an event at a time otherwise; in batches a range run over 1,000 keys took a third of the time.
EVENT_BATCH_SIZE = "200"
# glibc gives each of many threads an arena of its own, up to eight a core, and what lies free in one is of no use to
# the others: a server with a pool of threads grows for half an hour, to no end. Two are enough for Python.
MALLOC_ARENAS = "2"


@dataclass(frozen=True)
class Prepared:
    """A data folder that is ready to be worked in."""

    settings: Settings
    address: DatabaseAddress
    engine: Engine
    migrated: tuple[str | None, str | None]  # the schema's revision before and now


def prepare(settings: Settings) -> Prepared:
    """Make the data folder, start or reach the database, bring it to the newest schema. Idempotent.

    Raises:
        DatabaseUnavailable: the database does not answer.
        UnknownSchema: a newer version of this program has been there.
    """
    settings.home_folder.mkdir(parents=True, exist_ok=True)
    address = database_address(settings)
    ensure_databases(address)
    engine = connect(address, settings.concurrency + 4)
    return Prepared(settings, address, engine, migrate(engine))


def export_environment(prepared: Prepared, simulator_url: str | None = None) -> Settings:
    """Let this process and its children find the database, Dagster's home and the vendor; give the settings anew."""
    settings, address = prepared.settings, prepared.address
    lay_dagster_home(settings)
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home)
    os.environ["SCRAPE_ASSETS_HOME"] = str(settings.home_folder)
    os.environ["SCRAPE_ASSETS_DATABASE_URL"] = address.application.set(drivername="postgresql").render_as_string(
        hide_password=False
    )
    os.environ["SCRAPE_ASSETS_DAGSTER_DATABASE_URL"] = address.dagster.render_as_string(hide_password=False)
    os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", EVENT_BATCH_SIZE)
    os.environ.setdefault("MALLOC_ARENA_MAX", MALLOC_ARENAS)
    if settings.celery_broker is not None:
        os.environ["SCRAPE_ASSETS_CELERY_BROKER"], os.environ["SCRAPE_ASSETS_CELERY_BACKEND"] = settings.celery_urls
    if simulator_url:
        os.environ["BRIGHTDATA_API_URL"] = simulator_url
        os.environ["BRIGHTDATA_API_KEY"] = SIMULATOR_KEY
    return Settings.from_environment()


def needs_simulator(settings: Settings) -> bool:
    """Whether there is no vendor to ask: no key, and no other address configured."""
    return settings.brightdata_api_key is None and settings.uses_real_vendor


def stand_in(settings: Settings) -> str | None:
    """The address of the running simulator where there is no vendor; None where there is one, or no simulator runs."""
    return running_simulator(settings) if needs_simulator(settings) else None


def simulator_file(settings: Settings) -> Path:
    """Where a running simulator leaves its address."""
    return settings.home_folder / "simulator.json"


def running_simulator(settings: Settings) -> str | None:
    """The address of the simulator that was started for this data folder, if it answers."""
    try:
        url = str(json.loads(simulator_file(settings).read_text())["url"])
        httpx.get(f"{url}/simulator/settings", timeout=2).raise_for_status()
    except (OSError, ValueError, KeyError, httpx.HTTPError):
        return None
    return url
