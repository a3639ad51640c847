"""How many runs mapping 1,000 kept snapshots again takes, how long, and that the vendor is asked nothing.

Run: `python -m benchmarks.remap [--snapshots 1000] [--posts 100] [--json]`.

Everything is real but the vendor: an own data folder with an embedded PostgreSQL, the simulator as its own process,
a collection that triggers one snapshot a creator, and their processing, which is not measured. Partitions of another
platform are registered in turn with these. Then `scrape-assets remap --all` as a person calls it.
"""

import argparse
import json
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import timedelta

import sqlalchemy as sa

from benchmarks.crowded_world import collect_many, own_environment, start_simulator
from benchmarks.harness import described, machine, temporary_home
from scrape_assets.commands.children import Children
from scrape_assets.flow.context import open_context
from scrape_assets.flow.taking.poll import poll_due
from scrape_assets.in_process import Assets
from scrape_assets.runtime import export_environment, prepare
from scrape_assets.settings import Settings
from scrape_assets.simulator.control_client import Control

RUNS_ALLOWED = 25  # for 1,000 snapshots


@dataclass
class Result:
    """What was mapped again, in how many runs, and what the vendor was asked meanwhile."""

    machine: dict[str, object]
    snapshots: int
    posts: int
    runs: int
    seconds: float  # of the command, from its start to its end
    estimated_seconds: float
    calls_before: int
    calls_after: int
    unchanged: bool  # the posts are as they were, and as many are matched

    @property
    def holds(self) -> bool:
        """Whether it was few runs, no call, and nothing changed."""
        return self.runs <= RUNS_ALLOWED and self.calls_before == self.calls_after and self.unchanged


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--snapshots", type=int, default=1_000)
    parser.add_argument("--posts", type=int, default=100, help="in each snapshot")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    result = measure(arguments.snapshots, arguments.posts)
    if arguments.json:
        print(json.dumps({**asdict(result), "holds": result.holds}, indent=2))
    else:
        print(described(result.machine))
        print(
            f"{result.snapshots:,} snapshots, {result.posts:,} posts: mapped again in {result.runs} runs "
            f"(at most {RUNS_ALLOWED}) and {result.seconds:.0f} s (estimated {result.estimated_seconds:.0f}); "
            f"{result.calls_after - result.calls_before} calls to the vendor; "
            f"{'nothing' if result.unchanged else 'SOMETHING'} changed"
        )
    sys.exit(not result.holds)


def measure(snapshots: int, posts: int) -> Result:
    """The whole of it, in a world of its own."""
    with ExitStack() as stack:
        home = stack.enter_context(temporary_home("remap"))
        stack.enter_context(own_environment(home, posts))
        prepared = prepare(Settings.from_environment())
        stack.callback(prepared.engine.dispose)
        children = stack.enter_context(Children(home / "logs"))
        settings = export_environment(prepared, start_simulator(prepared, children, posts))
        control = Control(str(settings.brightdata_api_url))
        stack.callback(control.close)
        collect_many(prepared.engine, settings, home, snapshots)
        control.make_ready()
        _process(settings)
        was, calls = _state(prepared.engine), _calls(control)
        began = time.perf_counter()
        command = [sys.executable, "-m", "scrape_assets", "remap", "--all", "--json"]
        ended = subprocess.run(command, check=True, capture_output=True, text=True)
        seconds = time.perf_counter() - began
        told = json.loads(ended.stdout)
        return Result(
            machine=machine(),
            snapshots=told["now"]["snapshots"],
            posts=told["now"]["posts"],
            runs=told["runs"],
            seconds=seconds,
            estimated_seconds=told["estimate"]["seconds"],
            calls_before=calls,
            calls_after=_calls(control),
            unchanged=_state(prepared.engine) == was and told["failures"] == [],
        )


def _process(settings: Settings) -> None:
    """Everything downloaded, loaded and matched; another platform's partitions lie between."""
    with open_context(settings) as ctx, Assets() as assets:
        while poll_due(ctx, timedelta(seconds=60)).asked:
            pass
        with ctx.engine.connect() as conn:
            ready = sa.text("SELECT partition_key FROM snapshots WHERE status = 'ready' ORDER BY 1")
            keys = list(conn.execute(ready).scalars())
        failed = [result.error for _, result in assets.process(keys) if not result.success]
        assert not failed, failed[:3]
        assets.retire(keys)
        assets.register([one for key in keys for one in (key, f"x-{key.partition('-')[2]}")])


def _calls(control: Control) -> int:
    return sum(count for by_status in control.calls().values() for count in by_status.values())


def _state(engine: sa.Engine) -> object:
    rows = sa.text(
        "SELECT count(*), sum(hashtext(platform || post_id || coalesce(text, '') || coalesce(like_count, -1)))::text,"
        " (SELECT count(*) FROM creator_content) FROM raw_posts"
    )
    with engine.connect() as conn:
        return tuple(conn.execute(rows).one())


if __name__ == "__main__":
    main()
