"""Five thousand jobs of four platforms at once, while a tenth of everything that the vendor does goes wrong.

Run: `python -m benchmarks.storm [--jobs 5000] [--batch 20] [--share 0.1] [--speed 60] [--seed 1] [--json]`.

A proof rather than a race. The vendor is the simulator in a process of its own, with every kind of fault on; the
ledger is an embedded PostgreSQL; several processes collect and several ask and process, through the flow, as the
sensors and the runs that they request do. All share one clock that runs faster than the world's, so that minutes of
backoff and hours of deadline pass in seconds with the settings that are the default. When nothing is open any more,
the ledger is compared with the vendor's books: see `storm_verdict`.
"""

import argparse
import json
import logging
import math
import os
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Engine

from benchmarks.crowded_world import own_environment
from benchmarks.fast_clock import FastClock
from benchmarks.harness import LOCALHOST, described, free_port, machine, temporary_home
from scrape_assets.commands.children import ChildEnded, Children, StopAsked
from scrape_assets.posts.identity import profile_key
from scrape_assets.runtime import export_environment, prepare
from scrape_assets.settings import Settings
from scrape_assets.simulator.control_client import Control
from scrape_assets.storage.creators import upsert_creator
from scrape_assets_tests.recovery.storm_verdict import judge

PLATFORMS = {
    "linkedin": "https://www.linkedin.com/company/works-{}",
    "instagram": "https://www.instagram.com/works.{}",
    "tiktok": "https://www.tiktok.com/@works.{}",
    "x": "https://x.com/works_{}",
}
BATCH = 20  # the default is 50; more calls meet more faults
COLLECTING, PROCESSING = 2, 2  # processes
BLOCKED_AT = 25  # answers of 429 within five minutes
DEADLINE_HOURS = 6.0  # for what never ends at the vendor; a day is the default, and only makes it longer
LEASE_HOURS = 48  # leases are renewed by the world's clock, for which they would last seconds; nobody dies here
TIMEOUT = 3_600.0


@dataclass
class Result:
    """What was asked for, and what became of it."""

    machine: dict[str, object]
    jobs: int
    batch: int  # inputs that share a paid call
    share: float
    speed: float
    seed: int
    seconds: float = 0.0  # of the world's
    hours: float = 0.0  # of the storm's own
    figures: dict[str, Any] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)

    @property
    def nearness(self) -> float:
        """How near the vendor's block came: 1 is blocked."""
        return float(self.figures.get("answers of 429 in five minutes, at most", BLOCKED_AT)) / BLOCKED_AT


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=5_000)
    parser.add_argument("--batch", type=int, default=BATCH, help="inputs that share a paid call")
    parser.add_argument("--share", type=float, default=0.1, help="of each kind of fault")
    parser.add_argument("--speed", type=float, default=60.0, help="seconds of the storm's clock in one of the world's")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--timeout", type=float, default=TIMEOUT, help="seconds until it is given up")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--logs", type=Path, metavar="FOLDER", help="keep the processes' logs there")
    given = parser.parse_args()
    result = measure(given.jobs, given.batch, given.share, given.speed, given.seed, given.timeout, given.logs)
    if given.json:
        print(json.dumps(asdict(result), indent=2, default=str))
    else:
        _print(result)
    sys.exit(bool(result.complaints))


def _print(result: Result) -> None:
    print(described(result.machine))
    print(
        f"{result.jobs:,} jobs over {len(PLATFORMS)} platforms in batches of {result.batch}, {result.share:.0%} of "
        f"every kind of fault: all ended after {result.seconds:,.0f} s, {result.hours:.1f} h of a clock that runs "
        f"{result.speed:g} times as fast"
    )
    for name, value in result.figures.items():
        print(f"  {name}: {value}")
    for complaint in result.complaints:
        print(f"  MISSED: {complaint}")


def measure(
    jobs: int,
    batch: int = BATCH,
    share: float = 0.1,
    speed: float = 60.0,
    seed: int = 1,
    timeout: float = TIMEOUT,
    logs: Path | None = None,
) -> Result:
    """The whole of it, in a world of its own."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    result = Result(machine(), jobs, batch, share, speed, seed)
    with ExitStack() as stack:
        home = stack.enter_context(temporary_home("storm"))
        stack.enter_context(own_environment(home, 25))
        os.environ |= {
            "SCRAPE_ASSETS_BATCH_SIZE": str(batch),
            "SCRAPE_ASSETS_SNAPSHOT_DEADLINE_HOURS": str(DEADLINE_HOURS),
            "SCRAPE_ASSETS_LEASE_SECONDS": str(LEASE_HOURS * 3600),
        }
        prepared = prepare(Settings.from_environment())
        stack.callback(prepared.engine.dispose)
        clock = FastClock(time.time(), speed)
        day = clock().date()
        write_jobs(prepared.engine, jobs, day)
        children = stack.enter_context(Children(logs or home / "logs"))
        url = start_vendor(children, clock, seed)
        export_environment(prepared, url)
        control = Control(url)
        stack.callback(control.close)
        control.preset("storm", share=share)
        started = time.perf_counter()
        for what, count in (("collect", COLLECTING), ("process", PROCESSING)):
            for number in range(count):
                start(children, what, clock, f"{what}-{number}", day.isoformat())
        try:
            children.wait_until(lambda: not open_rows(prepared.engine), timeout, "the end of every job")
        except (ChildEnded, TimeoutError) as error:
            result.complaints.append(str(error))
        except StopAsked:
            result.complaints.append("somebody stopped it before the end")
        result.seconds = time.perf_counter() - started
        result.hours = result.seconds * speed / 3600
        verdict = judge(prepared.engine, control)
        result.complaints += verdict.complaints
        each = [jobs // len(PLATFORMS) + (number < jobs % len(PLATFORMS)) for number in range(len(PLATFORMS))]
        least = sum(math.ceil(asked / batch) for asked in each)
        result.figures = {"paid jobs if nothing went wrong": least, **verdict.figures}
    return result


def write_jobs(engine: Engine, count: int, day: date) -> None:
    """So many creators with one profile each, and a job for each as another program inserts it."""
    names = list(PLATFORMS)
    with engine.begin() as conn:
        for number in range(count):
            platform = names[number % len(names)]
            url = PLATFORMS[platform].format(number)
            upsert_creator(conn, f"creator-{number:05d}", f"Works {number}", profile_key(platform, url))
        rows = [
            {"target_id": f"creator-{number:05d}", "platform": names[number % len(names)], "day": day}
            for number in range(count)
        ]
        insert = "INSERT INTO scrape_jobs (target_id, platform, collection_date) VALUES (:target_id, :platform, :day)"
        conn.execute(sa.text(insert), rows)


def start(children: Children, what: str, clock: FastClock, name: str, *rest: str) -> None:
    """Start one of the processes."""
    module = [sys.executable, "-m", "benchmarks.storm_process"]
    told = [] if what == "vendor" else [name]
    children.start(name, [*module, what, str(clock.began), str(clock.speed), *told, *rest])


def start_vendor(children: Children, clock: FastClock, seed: int) -> str:
    """Start the vendor's stand-in; its address."""
    port = free_port()
    start(children, "vendor", clock, "simulator", str(port), str(seed))
    url = f"http://{LOCALHOST}:{port}"

    def answers() -> bool:
        try:
            return httpx.get(f"{url}/simulator/settings", timeout=2).is_success
        except httpx.HTTPError:
            return False

    children.wait_until(answers, 60, "the simulator")
    return url


def open_rows(engine: Engine) -> int:
    """Jobs and snapshots that have not ended."""
    with engine.connect() as conn:
        return int(conn.execute(_OPEN).scalar_one())


_OPEN = sa.text(
    """
    SELECT (SELECT count(*) FROM scrape_jobs WHERE status IN ('pending', 'processing'))
         + (SELECT count(*) FROM snapshots
            WHERE status IN ('triggering', 'unknown', 'pending', 'running', 'ready', 'processing'))
    """
)


if __name__ == "__main__":
    main()
