"""A data folder with creators by the thousand, all of whom have been asked for. Nobody of them exists."""

import csv
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from benchmarks.harness import free_port
from scrape_assets.commands.children import Children
from scrape_assets.flow.collect import collect
from scrape_assets.flow.context import open_context
from scrape_assets.flow.targets.import_creators import import_creators
from scrape_assets.runtime import Prepared, running_simulator
from scrape_assets.settings import Settings
from scrape_assets.simulator.control_client import Control

NOT_BEFORE_ASKED = 24 * 3600  # latency of the simulator: nothing is ready until it is said to be
START_SECONDS = 60
COMPANY_EVERY = 4

_FIRST = ("Ada", "Bram", "Chidi", "Dilek", "Esra", "Farid", "Greta", "Hana", "Ivo", "Jane", "Kenji", "Lior")
_LAST = ("Arendt", "Bakker", "Castillo", "Demir", "Eriksen", "Fofana", "Gruber", "Haddad", "Ito", "Jansen", "Kaya")


@contextmanager
def own_environment(home: Path, posts: int) -> Iterator[None]:
    """Nothing of the caller's settings reaches the world, and nothing of the world's remains."""
    before = dict(os.environ)
    for name in list(os.environ):
        if name.startswith(("SCRAPE_ASSETS_", "BRIGHTDATA_", "DAGSTER_")):
            del os.environ[name]
    os.environ |= {
        "SCRAPE_ASSETS_HOME": str(home),
        "SCRAPE_ASSETS_BATCH_SIZE": "1",  # a snapshot a creator
        "SCRAPE_ASSETS_POSTS_PER_PROFILE": str(posts),
        # Not the pace is measured, but what there is beside it.
        "SCRAPE_ASSETS_PACE": '{"brightdata": {"per_second": 100000, "burst": 50000}}',
    }
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def start_simulator(prepared: Prepared, children: Children, posts: int) -> str:
    """Start the vendor's stand-in, where every input yields so many posts and none fails; its address."""
    options = {"port": free_port(), "latency": NOT_BEFORE_ASKED, "jitter": 0, "rows": posts}
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    children.start("simulator", [sys.executable, "-m", "scrape_assets", "simulate", *words])
    children.wait_until(lambda: running_simulator(prepared.settings) is not None, START_SECONDS, "the simulator")
    url = str(running_simulator(prepared.settings))
    control = Control(url)
    control.settings(error_rate=0.0, max_running_jobs=1_000_000)
    control.close()
    return url


def collect_many(engine: Engine, settings: Settings, home: Path, count: int) -> float:
    """Import so many creators, trigger a snapshot for each, and wait until all are due to be asked about.

    Returns:
        Seconds that the collection took.
    """
    creators = home / "creators.csv"
    write_creators(creators, count)
    imported = import_creators(engine, creators, pseudonyms=None)
    assert imported.new == count, imported
    started = time.perf_counter()
    with open_context(settings) as ctx:
        report = collect(ctx, "linkedin", datetime.now(UTC).date())
    seconds = time.perf_counter() - started
    assert len(report.accepted) == count, report.problems[:3]
    with engine.connect() as conn:
        last_due = conn.execute(sa.text("SELECT max(next_check_at) FROM snapshots")).scalar_one()
    # Look-ups are spread over the first seconds after each trigger; here all are to fall into one tick.
    time.sleep(max(0.0, (last_due - datetime.now(UTC)).total_seconds()))
    return seconds


def write_creators(path: Path, count: int) -> None:
    """A CSV as `scrape-assets creators import` takes it, each with a LinkedIn profile; every fourth is a company."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("creator_id", "name", "platform", "profile_url"))
        for number in range(count):
            first, last = _FIRST[number % len(_FIRST)], _LAST[number % len(_LAST)]
            if number % COMPANY_EVERY:
                name, profile = f"{first} {last}", f"in/{first}-{last}-{number:05d}".lower()
            else:
                name, profile = f"{last} Works {number}", f"company/{last}-works-{number:05d}".lower()
            writer.writerow((f"creator-{number:05d}", name, "linkedin", f"https://www.linkedin.com/{profile}"))
