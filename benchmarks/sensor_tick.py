"""How long a tick of the sensor `pending_snapshots` takes with 100,000 snapshots known and 10,000 of them pending.

Run: `python -m benchmarks.sensor_tick [--known 100000] [--pending 10000] [--registered 25000] [--json]`.

Everything is real but the vendor: an own data folder with an embedded PostgreSQL, the simulator in a process of its
own, which works on every pending snapshot, and Dagster as `scrape-assets up` starts it, whose daemon makes the ticks.
The ledger and the registered partitions are filled beforehand. At first the vendor works on all of them: each tick asks
about what is due. Then it has all of them ready: each tick finds out about some and requests a run for them.
"""

import argparse
import json
import logging
import os
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path

import dagster as dg
import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Engine

from benchmarks.crowded_world import own_environment, start_simulator
from benchmarks.dagster_record import TickTimes, ticks_of
from benchmarks.harness import LOCALHOST, described, free_port, machine, temporary_home
from benchmarks.known_snapshots import fill, trigger_many
from scrape_assets.commands.children import ChildEnded, Children
from scrape_assets.commands.dagster_processes import start_dagster
from scrape_assets.runtime import export_environment, prepare
from scrape_assets.sensors.pending_snapshots import REQUEST_HOLDS
from scrape_assets.settings import Settings
from scrape_assets.simulator.control_client import Control

AT_MOST = 5.0  # seconds
SENSOR = "pending_snapshots"
TICKS_AT_WORK = 4
TICKS_READY = 3
TIMEOUT = 600.0  # seconds, for the ticks of one phase
REGISTERED_AT_ONCE = 5_000


@dataclass
class Result:
    """Ticks in seconds, and calls to the vendor in each phase."""

    machine: dict[str, object]
    known: int
    pending: int
    registered: int  # partitions, when it began
    at_work: list[float] = field(default_factory=list)  # whole ticks, as Dagster records them
    ready: list[float] = field(default_factory=list)  # the same, with the launch of what they request
    ready_own: list[float] = field(default_factory=list)  # of them, until the request: what the tick's timeout cuts
    calls_at_work: dict[str, int] = field(default_factory=dict)
    calls_ready: dict[str, int] = field(default_factory=dict)
    asked_about: int = 0  # snapshots about which the vendor's word was heard while it worked
    requested: int = 0  # snapshots for which runs were requested once they were ready
    complaints: list[str] = field(default_factory=list)

    @property
    def slowest(self) -> float:
        """The slowest tick of all, without the launch of runs."""
        return max([*self.at_work, *self.ready_own], default=0.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--known", type=int, default=100_000, help="snapshots in the ledger, the pending ones among them"
    )
    parser.add_argument("--pending", type=int, default=10_000)
    parser.add_argument("--registered", type=int, default=25_000, help="partitions")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--logs", type=Path, metavar="FOLDER", help="keep the daemon's and the simulator's logs there")
    arguments = parser.parse_args()
    result = measure(arguments.known, arguments.pending, arguments.registered, arguments.logs)
    if arguments.json:
        print(json.dumps({**asdict(result), "slowest": result.slowest}, indent=2))
    else:
        _print(result)
    sys.exit(bool(result.complaints) or result.slowest > AT_MOST)


def _print(result: Result) -> None:
    print(described(result.machine))
    print(f"{result.known:,} snapshots known, {result.pending:,} pending, {result.registered:,} partitions")
    print(
        f"  the vendor works: ticks of {_seconds(result.at_work)} s (at most {AT_MOST}); {result.calls_at_work} calls"
    )
    print(f"    {result.asked_about:,} asked about in these ticks; the others come in the next, oldest first")
    print(
        f"  all are ready: {_seconds(result.ready_own)} s until the request, {_seconds(result.ready)} s with the launch"
    )
    print(f"    {result.requested:,} requested, {result.calls_ready} calls, those of the runs among them")
    for complaint in result.complaints:
        print(f"  MISSED: {complaint}")


def _seconds(times: list[float]) -> str:
    return ", ".join(f"{seconds:.1f}" for seconds in times)


def measure(known: int, pending: int, registered: int, logs: Path | None = None, *, until_ready: bool = True) -> Result:
    """The whole of it, in a world of its own; or only the ticks while the vendor works."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    result = Result(machine(), known, pending, min(registered, known - pending))
    with ExitStack() as stack:
        home = stack.enter_context(temporary_home("sensor_tick"))
        stack.enter_context(own_environment(home, posts=1))
        prepared = prepare(Settings.from_environment())
        stack.callback(prepared.engine.dispose)
        children = stack.enter_context(Children(logs or home / "logs"))
        simulator = start_simulator(prepared, children, posts=1)
        export_environment(prepared, simulator)
        fill(prepared.engine, known - pending, trigger_many(simulator, os.environ["BRIGHTDATA_API_KEY"], pending))
        with dg.DagsterInstance.get() as instance:
            _register(instance, prepared.engine, result.registered)
            start_dagster(children, home, LOCALHOST, free_port())
            try:
                result.at_work = [tick.seconds for tick in _ticks(instance, children, TICKS_AT_WORK, result)]
                result.calls_at_work = _calls(prepared.engine)
                control = Control(simulator)
                stack.callback(control.close)
                with prepared.engine.connect() as conn:
                    result.asked_about = conn.execute(_ASKED_ABOUT).scalar_one()
                if until_ready:
                    control.make_ready()
                    _ready(instance, children, prepared.engine, result)
            except (ChildEnded, TimeoutError) as error:
                result.complaints.append(str(error))
    return result


def _register(instance: dg.DagsterInstance, engine: Engine, count: int) -> None:
    with engine.connect() as conn:
        keys = list(conn.execute(_PROCESSED_KEYS, {"count": count}).scalars())
    for start in range(0, len(keys), REGISTERED_AT_ONCE):
        instance.add_dynamic_partitions("snapshots", keys[start : start + REGISTERED_AT_ONCE])


def _ticks(
    instance: dg.DagsterInstance,
    children: Children,
    count: int,
    result: Result,
    *,
    after: float = 0.0,
    meanwhile: Callable[[], object] = lambda: None,
) -> list[TickTimes]:
    """Wait for so many ticks that began after a moment."""
    made: list[TickTimes] = []

    def enough() -> bool:
        meanwhile()
        made[:] = [tick for tick in ticks_of(instance, SENSOR) if tick.started > after][:count]
        return len(made) == count

    children.wait_until(enough, TIMEOUT, f"{count} ticks of {SENSOR}")
    result.complaints += [f"a tick failed: {tick.said}" for tick in made if tick.status == "FAILURE"]
    return made


def _ready(instance: dg.DagsterInstance, children: Children, engine: Engine, result: Result) -> None:
    """Let ticks find out that everything is ready."""
    before = _calls(engine)
    requests: dict[float, int] = {}  # a run that begins takes the mark away: it is looked at all the time

    def look() -> None:
        with engine.connect() as conn:
            for row in conn.execute(_REQUESTS, {"holds": REQUEST_HOLDS}):
                requests[row.at] = max(row.number, requests.get(row.at, 0))

    ticks = _ticks(instance, children, TICKS_READY, result, after=time.time(), meanwhile=look)
    result.ready = [tick.seconds for tick in ticks]
    result.calls_ready = {name: number - before.get(name, 0) for name, number in _calls(engine).items()}
    for tick in ticks:
        own = [at - tick.started for at in requests if 0 <= at - tick.started <= tick.seconds]
        result.ready_own += own or [tick.seconds]
    result.requested = sum(requests.values())


_PROCESSED_KEYS = sa.text(
    """
    SELECT partition_key FROM snapshots WHERE status = 'processed'
    ORDER BY created_at DESC, partition_key LIMIT :count
    """
)
_ASKED_ABOUT = sa.text("SELECT count(*) FROM snapshots WHERE processed_at IS NULL AND checks > 3")
_REQUESTS = sa.text(
    """
    SELECT extract(epoch FROM requested_until - CAST(:holds AS interval))::double precision AS at, count(*) AS number
    FROM snapshots WHERE requested_until IS NOT NULL
    GROUP BY requested_until
    """
)


def _calls(engine: Engine) -> dict[str, int]:
    """Calls to the vendor so far, by operation."""
    with engine.connect() as conn:
        counted = conn.execute(sa.text("SELECT operation, count(*) FROM scrape_attempts GROUP BY operation"))
        return {operation: number for operation, number in counted}  # noqa: C416 - rows are no pairs to mypy


if __name__ == "__main__":
    main()
