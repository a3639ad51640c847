"""How long 1,000 snapshots of 100 posts, made ready at once, take until all are matched, and in how many runs.

Run: `python -m benchmarks.snapshots_1000 [--snapshots 1000] [--posts 100] [--json]`.

Everything is real but the vendor: an own data folder with an embedded PostgreSQL, the simulator in a process of its
own, a collection that triggers one snapshot a creator, and Dagster as `scrape-assets up` starts it, whose sensor
detects and requests. The clock runs from the moment at which the vendor has everything ready, with Dagster still to
be started, until the ledger says that the last snapshot is matched.
"""

import argparse
import json
import logging
import math
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path

import dagster as dg
import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Engine

from benchmarks.crowded_world import collect_many, own_environment, start_simulator
from benchmarks.dagster_record import RunTimes, materialized_partitions, median, runs_by_status, runs_of, ticks_of
from benchmarks.harness import LOCALHOST, described, free_port, machine, temporary_home
from benchmarks.resident import ResidentPeaks
from scrape_assets.commands.children import ChildEnded, Children
from scrape_assets.commands.dagster_processes import start_dagster
from scrape_assets.runtime import export_environment, prepare
from scrape_assets.sensors.pending_snapshots import TICK_TIMEOUT
from scrape_assets.settings import Settings
from scrape_assets.simulator.control_client import Control

# The promise: 1,000 snapshots in at most 25 launched runs. Fewer snapshots may take as many runs each.
SNAPSHOTS_A_RUN_AT_LEAST = 1_000 / 25
TICK_SHARE = 0.5
WITHIN = 60.0  # seconds, from ready to matched, for as many as are measured here or fewer
ASSETS = ("snapshots", "raw_posts", "creator_content")
EVERY_SECONDS = 0.5
TIMEOUT = 1_500.0  # seconds


@dataclass
class Result:
    """What was asked for, what came, and how long it took. All times in seconds."""

    machine: dict[str, object]
    snapshots: int
    posts_each: int
    collected_in: float = 0.0
    detected_in: float = 0.0  # from ready to the last snapshot seen to be ready: daemon's start and look-ups
    matched_in: float = 0.0  # from ready to the last snapshot matched, or until it was given up
    runs_ended_in: float = 0.0  # from ready to the end of the last run: its checks and events are written
    counted: dict[str, int] = field(default_factory=dict)  # rows of the ledger and the tables
    materialized: dict[str, int] = field(default_factory=dict)  # partitions, by asset
    runs: list[RunTimes] = field(default_factory=list)  # of the job process_snapshots
    runs_by_status: dict[str, int] = field(default_factory=dict)  # of all jobs
    tick_seconds: list[float] = field(default_factory=list)
    asked_in: float = 0.0  # the first tick's own part, which the timeout cuts: all look-ups, up to the first request
    looked_up_in: float = 0.0  # the look-ups in it, from the first call to the end of the last
    look_up_ms: float = 0.0  # median of one, at the vendor
    peak_mb_one: dict[str, int] = field(default_factory=dict)
    peak_mb_together: dict[str, int] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)

    @property
    def runs_allowed(self) -> int:
        """How many runs may be launched."""
        return max(1, math.ceil(self.snapshots / SNAPSHOTS_A_RUN_AT_LEAST))

    @property
    def tick_share(self) -> float:
        """The share of the tick's timeout that its own part took."""
        return self.asked_in / TICK_TIMEOUT.total_seconds()

    @property
    def holds(self) -> bool:
        """Whether everything came, in few enough runs, with time to spare."""
        return not self.complaints


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--snapshots", type=int, default=1_000)
    parser.add_argument("--posts", type=int, default=100, help="in each snapshot")
    parser.add_argument("--timeout", type=float, default=TIMEOUT, help="seconds until it is given up")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--logs", type=Path, metavar="FOLDER", help="keep the daemon's and the simulator's logs there")
    arguments = parser.parse_args()
    result = measure(arguments.snapshots, arguments.posts, arguments.timeout, arguments.logs)
    if arguments.json:
        print(json.dumps({**asdict(result), "runs_allowed": result.runs_allowed, "holds": result.holds}, indent=2))
    else:
        _print(result)
    sys.exit(not result.holds)


def _print(result: Result) -> None:
    waited, worked = [run.waited for run in result.runs], [run.worked for run in result.runs]
    print(described(result.machine))
    print(
        f"{result.snapshots:,} snapshots of {result.posts_each} posts: all matched {result.matched_in:,.0f} s after "
        f"they were ready, in {len(result.runs)} launched runs (at most {result.runs_allowed})"
    )
    print(f"  runs: {median(waited):.1f} s to launch, {median(worked):.1f} s of work each (medians)")
    print(
        f"  sensor: {result.snapshots:,} look-ups and the first request took {result.tick_share:.2f} of the tick's "
        f"timeout (at most {TICK_SHARE}); slowest tick with the launch {max(result.tick_seconds, default=0.0):.1f} s"
    )
    print(f"  peak resident MB, largest one: {result.peak_mb_one}; all of a kind: {result.peak_mb_together}")
    for complaint in result.complaints:
        print(f"  MISSED: {complaint}")


def measure(snapshots: int, posts: int, timeout: float = TIMEOUT, logs: Path | None = None) -> Result:
    """The whole of it, in a world of its own."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    result = Result(machine(), snapshots, posts)
    with ExitStack() as stack:
        home = stack.enter_context(temporary_home("snapshots_1000"))
        stack.enter_context(own_environment(home, posts))
        prepared = prepare(Settings.from_environment())
        stack.callback(prepared.engine.dispose)
        peaks = stack.enter_context(ResidentPeaks())
        children = stack.enter_context(Children(logs or home / "logs"))
        simulator = start_simulator(prepared, children, posts)
        settings = export_environment(prepared, simulator)
        result.collected_in = collect_many(prepared.engine, settings, home, snapshots)
        control = Control(simulator)
        stack.callback(control.close)
        if control.make_ready() != snapshots:
            result.complaints.append("the vendor did not have as many jobs as snapshots were asked for")
        ready = time.time()
        start_dagster(children, home, LOCALHOST, free_port())
        requested = _follow(prepared.engine, children, result, ready, timeout)
        with dg.DagsterInstance.get() as instance:
            _wait_for_runs(instance, ready + timeout)
            result.runs_ended_in = time.time() - ready
            _read_dagster(instance, result, requested)
        _read_ledger(prepared.engine, result)
    result.peak_mb_one = {role: size >> 20 for role, size in sorted(peaks.one.items())}
    result.peak_mb_together = {role: size >> 20 for role, size in sorted(peaks.together.items())}
    _judge(result)
    return result


_PROGRESS = sa.text(
    """
    SELECT count(*) FILTER (WHERE ready_at IS NOT NULL) AS detected,
           count(*) FILTER (WHERE requested_until IS NOT NULL OR matched_at IS NOT NULL) AS requested,
           count(*) FILTER (WHERE matched_at IS NOT NULL AND status = 'processed') AS matched,
           count(*) FILTER (WHERE status IN ('failed', 'dead', 'expired', 'canceled')) AS lost
    FROM snapshots
    """
)


def _follow(engine: Engine, children: Children, result: Result, ready: float, timeout: float) -> float:
    """Look at the ledger until all is matched, or hope is lost; say when the first run was requested."""
    requested, matched, lost = 0.0, 0, 0

    def done() -> bool:
        nonlocal requested, matched, lost
        with engine.connect() as conn:
            now = conn.execute(_PROGRESS).one()
        matched, lost = now.matched, now.lost
        if now.requested and not requested:
            requested = time.time()
        if now.detected == result.snapshots and not result.detected_in:
            result.detected_in = time.time() - ready
        return matched == result.snapshots or bool(lost)

    try:
        children.wait_until(done, timeout, "all that was ready")
    except (ChildEnded, TimeoutError) as error:
        result.complaints.append(str(error))
    result.matched_in = time.time() - ready
    if matched < result.snapshots:
        result.complaints.append(f"only {matched} of {result.snapshots} snapshots are matched; {lost} failed")
    return requested


def _wait_for_runs(instance: dg.DagsterInstance, end: float) -> None:
    """The last run still writes its checks and events when the last snapshot is matched."""
    open_ones = [status for status in dg.DagsterRunStatus if status not in _ENDED]
    while time.time() < end and instance.get_runs_count(dg.RunsFilter(statuses=open_ones)):
        time.sleep(EVERY_SECONDS)


_ENDED = (dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)


def _read_dagster(instance: dg.DagsterInstance, result: Result, requested: float) -> None:
    result.runs = runs_of(instance, "process_snapshots")
    result.runs_by_status = dict(runs_by_status(instance))
    ticks = ticks_of(instance, "pending_snapshots")
    result.tick_seconds = [tick.seconds for tick in ticks]
    result.asked_in = requested - ticks[0].started if ticks and requested else math.inf
    result.complaints += [f"a tick failed: {tick.said}" for tick in ticks if tick.status == "FAILURE"]
    result.materialized = {asset: materialized_partitions(instance, asset) for asset in ASSETS}


_COUNTS = sa.text(
    """
    SELECT (SELECT sum(posts_retrieved) FROM snapshots) AS posts_delivered,
           (SELECT sum(posts_matched) FROM snapshots) AS posts_matched,
           (SELECT count(*) FROM raw_posts) AS raw_posts,
           (SELECT count(DISTINCT (platform, post_id)) FROM creator_content
            WHERE role IN ('author', 'reposter')) AS posts_with_author,
           (SELECT count(DISTINCT creator_id) FROM creator_content) AS creators_with_posts,
           (SELECT count(*) FROM rejected_rows) AS rejected_rows,
           (SELECT count(*) FROM scrape_jobs WHERE status = 'completed') AS jobs_completed,
           (SELECT count(*) FROM scrape_attempts WHERE operation = 'progress') AS look_ups,
           (SELECT count(*) FROM scrape_attempts WHERE operation = 'download') AS downloads
    """
)
_LOOK_UPS = sa.text(
    """
    SELECT extract(epoch FROM max(started_at + duration_ms * interval '1 ms') - min(started_at)),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ms)
    FROM scrape_attempts
    WHERE operation = 'progress'
    """
)


def _read_ledger(engine: Engine, result: Result) -> None:
    with engine.connect() as conn:
        result.counted = {name: int(count or 0) for name, count in conn.execute(_COUNTS).one()._mapping.items()}
        span, each = conn.execute(_LOOK_UPS).one()
    result.looked_up_in, result.look_up_ms = float(span or 0), float(each or 0)


def _judge(result: Result) -> None:
    posts = result.snapshots * result.posts_each
    expected = {
        "posts_delivered": posts,
        "posts_matched": posts,
        "raw_posts": posts,
        "posts_with_author": posts,
        "creators_with_posts": result.snapshots,
        "rejected_rows": 0,
        "jobs_completed": result.snapshots,
        "downloads": result.snapshots,
    }
    result.complaints += [
        f"{name} is {result.counted.get(name)}, not {number}"
        for name, number in expected.items()
        if result.counted.get(name) != number
    ]
    result.complaints += [
        f"{count} partitions of {asset} are materialized, not {result.snapshots}"
        for asset, count in result.materialized.items()
        if count != result.snapshots
    ]
    if len(result.runs) > result.runs_allowed:
        result.complaints.append(f"{len(result.runs)} runs were launched, at most {result.runs_allowed} may be")
    result.complaints += [
        f"{count} runs ended as {status}" for status, count in result.runs_by_status.items() if status != "SUCCESS"
    ]
    if result.matched_in > WITHIN:
        result.complaints.append(f"all were matched after {result.matched_in:.0f} s, not within {WITHIN:.0f} s")
    if result.tick_share > TICK_SHARE:
        result.complaints.append(
            f"the first tick took {result.asked_in:.0f} s of its {TICK_TIMEOUT.total_seconds():.0f} s"
        )


if __name__ == "__main__":
    main()
