"""Snapshots drained by one host of run workers, by two, by two of which one dies, and by two of which one is cut off.

Run: `python -m benchmarks.scale_out [--snapshots 1000] [--posts 5] [--store folder|s3] [--only one two killed cut]`.

Everything is real but the vendor and the machines: Celery workers with Redis, payloads in a folder that all mount or
in an S3 server, code server and daemon apart, each host with its own data folder and its own wires to all others (see
`cluster`). Work is bound by waiting: each download trickles. How much of the processors' time was used is told beside
each, because an S3 server in Python shares them here and leaves a second host nothing to use. The clock runs from the
moment at which the first snapshot is taken until the last is matched. In the end each way of draining must have left
the same rows.

Needs `redis-server` (Debian's package redis-server).
"""

import argparse
import json
import logging
import os
import sys
import time
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

import dagster as dg
import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Engine

from benchmarks.cluster import Cluster, Host
from benchmarks.crowded_world import NOT_BEFORE_ASKED, collect_many, own_environment
from benchmarks.dagster_record import runs_by_status
from benchmarks.fast_clock import FastClock
from benchmarks.harness import described, machine, temporary_home
from benchmarks.storm import start_vendor
from benchmarks.wires import wires
from scrape_assets.commands.children import ChildEnded, Children
from scrape_assets.runtime import export_environment, prepare
from scrape_assets.settings import Settings
from scrape_assets.simulator.control_client import Control
from scrape_assets.storage.embedded import attach
from scrape_assets_tests.recovery.storm_verdict import judge

WAYS = ("one", "two", "killed", "cut")
AT_LEAST = 1.7  # times as fast with two hosts
RUNS_A_HOST = 2
TIMEOUT = 1_200.0
CUT_SECONDS = 45.0
LEASE_SECONDS = 20.0  # what a dead host held comes back after that
# What a page of rows weighs comes in so many pieces, each of which keeps the caller waiting.
TRICKLE_BYTES, TRICKLE_SECONDS = 2_048, 2.5
# The vendor's clock stands still, so that each world is told the same: counts grow with the time of looking.
STILL = 1e-9
PATIENCE = {
    "SCRAPE_ASSETS_LEASE_SECONDS": str(LEASE_SECONDS),
    "SCRAPE_ASSETS_MAX_RUNS": "12",  # more than ever: the dead count until they are known to be dead
    "SCRAPE_ASSETS_PACE": '{"brightdata": {"per_second": 100000, "burst": 50000, "in_flight": 1000}}',
}
ROWS = """
SELECT md5(string_agg(line, chr(10) ORDER BY line)) FROM (
    SELECT concat_ws('|', platform, post_id, url, kind, author_handle, text, like_count, comment_count) AS line
    FROM raw_posts
    UNION ALL SELECT concat_ws('|', creator_id, platform, post_id, role, method) FROM creator_content
) lines
"""


@dataclass
class Drained:
    """One way of draining. Times in seconds."""

    way: str
    seconds: float = 0.0
    busy: float = 0.0  # of all processors, while it was drained
    posts: int = 0
    rows: str = ""  # a hash of all rows
    downloads: int = 0
    runs: dict[str, int] = field(default_factory=dict)  # by status
    complaints: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class World:
    """What is to be drained."""

    snapshots: int
    posts: int  # in each
    store: Literal["folder", "s3"]
    trickle: float  # seconds that each piece of a download takes


@dataclass
class Result:
    """All of them."""

    machine: dict[str, object]
    world: World
    drained: list[Drained] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @property
    def speed_up(self) -> float | None:
        """By how much two hosts are faster than one."""
        seconds = {one.way: one.seconds for one in self.drained}
        return seconds["one"] / seconds["two"] if {"one", "two"} <= seconds.keys() else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--snapshots", type=int, default=1_000)
    parser.add_argument("--posts", type=int, default=5, help="in each snapshot")
    parser.add_argument("--store", choices=("folder", "s3"), default="folder", help="where payloads are kept")
    parser.add_argument("--trickle", type=float, default=TRICKLE_SECONDS, help="seconds that each 2 KiB take")
    parser.add_argument("--only", nargs="*", choices=WAYS, default=WAYS)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--logs", type=Path, metavar="FOLDER", help="keep the processes' logs there")
    given = parser.parse_args()
    result = measure(World(given.snapshots, given.posts, given.store, given.trickle), given.only, given.logs)
    if given.json:
        print(json.dumps({**asdict(result), "speed_up": result.speed_up}, indent=2, default=str))
    else:
        _print(result)
    sys.exit(bool(result.complaints))


def _print(result: Result) -> None:
    print(described(result.machine))
    world = result.world
    print(
        f"{world.snapshots:,} snapshots of {world.posts} posts, 2 KiB in {world.trickle:g} s, payloads in {world.store}"
    )
    for one in result.drained:
        used = f"processors {one.busy:.0%} busy"
        print(
            f"  {one.way}: {one.seconds:,.0f} s, {used}, {one.posts:,} posts, {one.downloads:,} downloads, {one.runs}"
        )
    if result.speed_up:
        print(f"  two hosts are {result.speed_up:.2f} times as fast as one (at least {AT_LEAST})")
    for complaint in result.complaints:
        print(f"  MISSED: {complaint}")


def measure(world: World, ways: Iterable[str] = WAYS, logs: Path | None = None) -> Result:
    """Each way in a world of its own."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    result = Result(machine(), world)
    clock = FastClock(time.time(), STILL)
    for way in ways:
        drained = drain(way, world, clock, logs)
        result.drained.append(drained)
        result.complaints += [f"{way}: {complaint}" for complaint in drained.complaints]
        print(f"{way}: {drained.seconds:.0f} s, processors {drained.busy:.0%} busy", file=sys.stderr)
    if len({one.rows for one in result.drained}) > 1:
        result.complaints.append("the rows are not the same in each")
    if result.speed_up is not None and result.speed_up < AT_LEAST:
        result.complaints.append(f"two hosts are {result.speed_up:.2f} times as fast as one, at least {AT_LEAST}")
    return result


def drain(way: str, world: World, clock: FastClock, logs: Path | None) -> Drained:
    """Make everything ready and wait until it is matched."""
    found = Drained(way)
    snapshots, posts = world.snapshots, world.posts
    with ExitStack() as stack:
        home = stack.enter_context(temporary_home("scale_out"))
        home.chmod(0o755)
        stack.enter_context(own_environment(home, posts))
        os.environ |= PATIENCE
        line = stack.enter_context(wires())
        socket = next(attach(home).glob(".s.PGSQL.*[0-9]"))
        os.environ["SCRAPE_ASSETS_DATABASE_URL"] = (
            f"postgresql://postgres@127.0.0.1:{line.to(str(socket))}/scrape_assets"
        )
        prepared = prepare(Settings.from_environment())
        stack.callback(prepared.engine.dispose)
        children = stack.enter_context(Children((logs / way) if logs else home / "logs"))
        vendor = start_vendor(children, clock, seed=1)
        control = Control(vendor)
        stack.callback(control.close)
        control.settings(
            latency=NOT_BEFORE_ASKED, jitter=0, rows_per_input=posts, error_rate=0.0, max_running_jobs=1_000_000
        )
        settings = export_environment(prepared, vendor)
        collect_many(prepared.engine, settings, home, snapshots)
        control.fault("slow_drip", bytes=TRICKLE_BYTES, seconds=world.trickle)
        settings_of_all = {**PATIENCE, "SCRAPE_ASSETS_BATCH_SIZE": "1"}
        cluster = Cluster(home, children, socket, vendor, stack, settings_of_all, world.store)
        cluster.start_services()
        hosts = [cluster.start_host(f"host{number}", RUNS_A_HOST) for number in range(1 if way == "one" else 2)]
        names = {host.name for host in hosts}
        children.wait_until(lambda: cluster.workers_answer(names), 120, "the workers")
        if control.make_ready() != snapshots:
            found.complaints.append("the vendor did not have as many jobs as snapshots were asked for")
        cluster.start_central()
        children.wait_until(lambda: begun(prepared.engine), 180, "the first run")
        began, worked = time.perf_counter(), processor_seconds()
        trouble = {"killed": kill, "cut": cut_off}.get(way)
        if trouble is not None:
            trouble(prepared.engine, children, hosts[-1], snapshots)
        try:
            until = began + TIMEOUT - time.perf_counter()
            children.wait_until(lambda: processed(prepared.engine) == snapshots, until, "the end of every snapshot")
        except (ChildEnded, TimeoutError) as error:
            found.complaints.append(str(error))
        found.seconds = time.perf_counter() - began
        found.busy = (processor_seconds() - worked) / found.seconds / (os.cpu_count() or 1)
        with prepared.engine.connect() as conn:
            found.rows = str(conn.scalar(sa.text(ROWS)))
            found.posts = int(conn.scalar(sa.text("SELECT count(*) FROM raw_posts")) or 0)
        found.downloads = sum(control.calls().get("snapshot", {}).values())
        with dg.DagsterInstance.get() as instance:
            found.runs = dict(runs_by_status(instance))
        found.complaints += judge(prepared.engine, control).complaints
    return found


def processor_seconds() -> float:
    """What all processors of this machine have worked, for whomever, since it was started."""
    user, nice, system = map(int, Path("/proc/stat").read_text().split()[1:4])
    return (user + nice + system) / os.sysconf("SC_CLK_TCK")


def kill(engine: Engine, children: Children, host: Host, snapshots: int) -> None:
    """The host dies when a quarter is done, in the middle of what it does."""
    children.wait_until(lambda: processed(engine) >= snapshots / 4, TIMEOUT, "the first quarter")
    host.child.may_end = True
    host.kill()


def cut_off(engine: Engine, children: Children, host: Host, snapshots: int) -> None:
    """The host hears of nobody for longer than a lease, and comes back."""
    children.wait_until(lambda: processed(engine) >= snapshots / 4, TIMEOUT, "the first quarter")
    host.line.cut()
    time.sleep(CUT_SECONDS)
    host.line.mend()


def begun(engine: Engine) -> bool:
    """Whether anybody has begun."""
    with engine.connect() as conn:
        query = "SELECT EXISTS (SELECT 1 FROM snapshots WHERE status IN ('processing', 'processed'))"
        return bool(conn.scalar(sa.text(query)))


def processed(engine: Engine) -> int:
    """Snapshots whose posts are matched."""
    with engine.connect() as conn:
        return int(conn.scalar(sa.text("SELECT count(*) FROM snapshots WHERE status = 'processed'")) or 0)


if __name__ == "__main__":
    main()
