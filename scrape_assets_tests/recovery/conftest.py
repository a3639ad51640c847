"""A world whose processes are killed: a vendor whose clock stands still, so that it always delivers the same."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from scrape_assets.simulator.server import SimulatorThread
from scrape_assets.simulator.settings import Settings as VendorSettings
from scrape_assets_tests.flow.world import Clock, World
from scrape_assets_tests.recovery import driver

ROOT = Path(__file__).parents[2]
# What the posts are, whoever loaded them and when: without our ids and the times of our writing.
CONTENT = {
    "raw_posts": "SELECT to_jsonb(t) - '{snapshot_id,payload_uri,payload_row,first_seen_at,updated_at}'::text[]"
    " FROM raw_posts t",
    "post_metrics": "SELECT to_jsonb(t) - 'snapshot_id' FROM post_metrics t",
    "creator_content": "SELECT to_jsonb(t) - '{snapshot_id,matched_at}'::text[] FROM creator_content t",
    "post_sightings": "SELECT to_jsonb(t) - 'snapshot_id' FROM post_sightings t",
    "rejected_rows": "SELECT to_jsonb(t) - '{snapshot_id,payload_uri}'::text[] FROM rejected_rows t",
    "scrape_jobs": "SELECT jsonb_build_array(target_id, profile_url, status, posts_found) FROM scrape_jobs t",
}


class KilledWorld(World):
    """The world in which a process is killed and another one finishes its work."""

    environment: dict[str, str]
    forking: subprocess.Popen[str]

    def kill_at(self, what: str, point: str) -> None:
        """Let a process of its own work up to a point, and kill it there (-9)."""
        order = {"what": what, "point": point, "now": self.clock().isoformat(), "environment": self.environment}
        assert self.forking.stdin
        assert self.forking.stdout
        self.forking.stdin.write(json.dumps(order) + "\n")
        self.forking.stdin.flush()
        said = json.loads(self.forking.stdout.readline())
        assert said == driver.KILLED, f"it never came to {point!r}:\n{said}"

    def finish(self) -> None:
        """What the schedule and the sensor do, for as long as it takes: about an hour."""
        for _ in range(8):
            self.collect()
            self.poll(minutes=10)
            self.process()

    def content(self) -> dict[str, list[str]]:
        """All that is known of posts, to compare with what an undisturbed run comes to."""
        return {table: sorted(map(str, self.column(query))) for table, query in CONTENT.items()}


def environment_of(world: World, folder: Path) -> dict[str, str]:
    """The environment of the world's processes."""
    return {
        **os.environ,
        "SCRAPE_ASSETS_DATABASE_URL": world.engine.url.set(drivername="postgresql").render_as_string(
            hide_password=False
        ),
        "SCRAPE_ASSETS_HOME": str(folder),
        "SCRAPE_ASSETS_PAYLOAD_URL": world.archive.base_url,
        "SCRAPE_ASSETS_BATCH_SIZE": "2",
        "SCRAPE_ASSETS_ROWS_PER_PART": "1000",
        "BRIGHTDATA_API_URL": world.vendor.url,
        "BRIGHTDATA_API_KEY": "invented-key",
        "PYTHONPATH": str(ROOT),
    }


@pytest.fixture(scope="session")
def forking() -> Iterator["subprocess.Popen[str]"]:
    """The process that forks those that are killed: see driver.py."""
    command = [sys.executable, "-m", "scrape_assets_tests.recovery.driver"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        assert process.stdin
        process.stdin.close()


@pytest.fixture
def make_world(db: Engine, tmp_path: Path, forking: "subprocess.Popen[str]") -> Iterator[Callable[..., KilledWorld]]:
    """Makes the world with a vendor of one's own choice, whose clock stands still or moves with ours."""
    with ExitStack() as stack:

        def make(*, moving: bool = False, **vendor: Any) -> KilledWorld:
            settings = VendorSettings(**{"latency": 0.0, "jitter": 0.0, "error_rate": 0.0, **vendor})
            clock = Clock()
            simulator = stack.enter_context(SimulatorThread(settings=settings, clock=clock if moving else Clock()))
            folder = Path(tempfile.mkdtemp(dir=tmp_path))
            world = KilledWorld(db, simulator, folder, clock)
            stack.callback(world.transport.close)
            world.environment = environment_of(world, folder)
            world.forking = forking
            world.set(batch_size=2, rows_per_part=1_000)
            return world

        yield make
