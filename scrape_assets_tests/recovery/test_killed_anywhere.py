"""Processes killed (-9) again and again, wherever they happen to be: nothing lost, nothing twice, nothing paid twice.

The other tests of this folder kill at points with a name; here chance chooses, seeded, so that it also chooses points
that nobody has thought of. `KILL_SEEDS=200 pytest --timeout 0 …/test_killed_anywhere.py` tries many more.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from scrape_assets.flow.collect import collect
from scrape_assets.ledger.states import JobStatus, SnapshotStatus
from scrape_assets.posts.identity import profile_key
from scrape_assets.storage.creators import upsert_creator
from scrape_assets.storage.schema import metadata
from scrape_assets_tests.flow.world import ANNA, HARBOUR, MILL, TODAY
from scrape_assets_tests.recovery.conftest import ROOT, KilledWorld
from scrape_assets_tests.sources.direct.hackernews_server import hackernews, story

SEEDS = range(int(os.environ.get("KILL_SEEDS", "1")))
KILLS = 4  # a fifth process that dies with it in hand would end a job: it would be the job that kills
LIFE = 60.0  # seconds: nobody needs so many
STORIES = 450
COMPANIES = {"harbour": HARBOUR, "mill": MILL, "anna": ANNA}
DONE = {SnapshotStatus.PROCESSED, SnapshotStatus.FAILED, SnapshotStatus.CANCELED}


class Nursery:
    """Starts processes of ours in no time."""

    def __init__(self, forking: subprocess.Popen[str]) -> None:
        self._forking = forking
        self.a_life: float | None = None  # how many seconds a process needs for everything, when nobody kills it

    def live(self, world: KilledWorld, seed: str, seconds: float | None) -> int:
        """Let a process live for so long at most, and give its exit status: that of a kill, or 0."""
        order = {"now": world.clock().isoformat(), "seed": seed, "environment": world.environment, "seconds": seconds}
        assert self._forking.stdin
        assert self._forking.stdout
        self._forking.stdin.write(json.dumps(order) + "\n")
        self._forking.stdin.flush()
        return int(self._forking.stdout.readline())

    def learn(self, make: Callable[[], KilledWorld]) -> float:
        """Find out how long a life is, on this machine and under this load."""
        if self.a_life is None:
            assert self.live(make(), "warm", None) == 0
            world = make()
            begun = time.monotonic()
            assert self.live(world, "measured", LIFE) == 0
            self.a_life = time.monotonic() - begun
            assert world.statuses() == {"completed": 4}
        return self.a_life


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    command = [sys.executable, "-m", "scrape_assets_tests.recovery.nursery"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ}
    ) as forking:
        yield Nursery(forking)
        forking.kill()


@contextmanager
def work_to_do(make_world: Callable[..., KilledWorld]) -> Iterator[Callable[[], KilledWorld]]:
    """Three profiles at the vendor, in two triggers, and one at a direct source, of three pages; new each time."""
    morning = int(datetime(TODAY.year, TODAY.month, TODAY.day, 6, tzinfo=UTC).timestamp())
    stories = [story(number, morning - 60 * number) for number in range(STORIES)]
    with hackernews(*stories, users=("ada",)) as (_, url):

        def make() -> KilledWorld:
            world = make_world(rows_per_input=700, moving=True)
            with world.engine.begin() as conn:
                for table in reversed(metadata.sorted_tables):
                    conn.execute(table.delete())
                ada = profile_key("hackernews", "https://news.ycombinator.com/user?id=ada")
                upsert_creator(conn, "ada", "Ada", ada)
            world.set(batch_size=2, rows_per_part=1_000, hackernews_api_url=url)
            world.environment["HACKERNEWS_API_URL"] = url
            for creator, profile in COMPANIES.items():
                world.creator(creator, profile)
            return world

        yield make


@pytest.mark.parametrize("seed", SEEDS)
def test_killed_anywhere_it_still_comes_to_the_same(
    make_world: Callable[..., KilledWorld], nursery: Nursery, seed: int
) -> None:
    chance = random.Random(f"kill {seed}")
    with work_to_do(make_world) as make:
        a_life = nursery.learn(make)
        world = make()
        ends = []
        for kill in range(KILLS):
            ends.append(nursery.live(world, f"{seed}.{kill}", a_life * chance.random()))
            world.clock.forward(minutes=20)
        assert set(ends) <= {0, -signal.SIGKILL}
        for _ in range(12):
            collect(world.ctx, "hackernews", TODAY)
            world.collect()
            world.poll(minutes=20)
            world.process()
            if {job.status for job in world.jobs()} == {JobStatus.COMPLETED}:
                break

    assert world.statuses() == {"completed": 4}, ends
    assert world.paid() == dict.fromkeys(COMPANIES.values(), 1)
    assert {one.status for one in world.snapshots()} <= DONE
    assert {one.lease_owner for one in world.snapshots()} | {one.lease_owner for one in world.jobs()} == {None}

    accepted = [one["snapshot_id"] for one in world.control.accepted()]
    assert sorted(accepted) == sorted(one.vendor_snapshot_id for one in world.snapshots() if one.vendor_snapshot_id)
    given = {row["id"] for one in accepted for row in world.control.delivered(one)}
    assert set(world.column("SELECT post_id FROM raw_posts WHERE platform = 'linkedin'")) == given
    own = world.column("SELECT post_id FROM raw_posts WHERE platform = 'hackernews'")
    assert sorted(own) == sorted(str(number) for number in range(STORIES))
    assert world.count("raw_posts") == len(given) + STORIES, "none twice"
