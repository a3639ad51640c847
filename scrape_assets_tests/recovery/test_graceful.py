"""Real processes that are asked to stop: what they hold is finished or put back in seconds, and the status says so."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from scrape_assets.flow.taking.poll import poll_due
from scrape_assets.ledger.states import JobStatus, SnapshotStatus
from scrape_assets.posts.identity import profile_key
from scrape_assets.runtime import Prepared, export_environment
from scrape_assets.settings import Settings
from scrape_assets.simulator.server import SimulatorThread
from scrape_assets.simulator.settings import Settings as VendorSettings
from scrape_assets.storage.creators import upsert_creator
from scrape_assets.storage.database import DatabaseAddress
from scrape_assets_tests.commands.command_line import COMMAND, CommandLine
from scrape_assets_tests.commands.deployment import wait_until
from scrape_assets_tests.flow.world import HARBOUR, MILL, Clock, World
from scrape_assets_tests.sources.direct.hackernews_server import hackernews, story

SECONDS = 50  # within which a process must have ended; it takes three, on a machine that does nothing else
STOPPED = "scrape-assets: stopped ({}): nothing is lost, run it again to go on"


@dataclass
class Here:
    """A deployment without daemons: what its processes work on, and how they are started."""

    world: World
    run: CommandLine

    @contextmanager
    def process(self, *command: str) -> Iterator[subprocess.Popen[str]]:
        """A process of this deployment."""
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.run.process_environment
        ) as running:
            try:
                yield running
            finally:
                running.kill()

    def ready(self) -> None:
        """Every snapshot is ready at the vendor and known to be."""
        self.world.collect(self.world.clock().date())
        with self.world.engine.begin() as conn:
            conn.execute(sa.text("UPDATE snapshots SET next_check_at = NULL"))
        poll_due(self.world.ctx, timedelta(minutes=1))
        assert {one.status for one in self.world.snapshots()} == {SnapshotStatus.READY}

    def status_of(self, url: str) -> SnapshotStatus:
        """The state of the snapshot that was asked for with this profile."""
        [status] = [one.status for one in self.world.snapshots() if url in one.creator_urls]
        return status

    def held(self) -> list[str]:
        """Whatever a process holds."""
        return [one.snapshot_id for one in self.world.snapshots() if one.lease_owner] + [
            one.job_id for one in self.world.jobs() if one.lease_owner
        ]

    def finish(self) -> None:
        """Another process does the rest, an hour later."""
        self.world.control.clear_faults()
        with self.world.engine.begin() as conn:
            conn.execute(sa.text("DELETE FROM source_state"))
        for _ in range(4):
            self.world.poll(minutes=15)
            self.world.process()


@pytest.fixture
def here(db: Engine, server_folder: Path, tmp_path: Path) -> Iterator[Here]:
    settings = VendorSettings(latency=0, jitter=0, error_rate=0, rows_per_input=300)
    with SimulatorThread(settings=settings) as vendor:
        world = World(db, vendor, tmp_path, Clock(datetime.now(UTC)))
        world.set(batch_size=1)
        run = CommandLine(
            tmp_path,
            {
                "SCRAPE_ASSETS_HOME": str(server_folder),
                "SCRAPE_ASSETS_PAYLOAD_URL": world.archive.base_url,
                "SCRAPE_ASSETS_BATCH_SIZE": "1",
                "BRIGHTDATA_API_URL": vendor.url,
                "BRIGHTDATA_API_KEY": "invented-key",
            },
        )
        yield Here(world, run)
        world.transport.close()


@pytest.fixture
def instance(here: Here, server: DatabaseAddress, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """Dagster's storage as the processes have it."""
    for name in ("DAGSTER_HOME", "SCRAPE_ASSETS_DAGSTER_DATABASE_URL", "DAGSTER_EVENT_BATCH_SIZE"):
        monkeypatch.setenv(name, "to be put back")
    for name, value in here.run.settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SCRAPE_ASSETS_DATABASE_URL", "to be put back")
    monkeypatch.delenv("SCRAPE_ASSETS_DATABASE_URL")
    export_environment(Prepared(Settings.from_environment(), server, here.world.engine, migrated=(None, None)))
    here.run.settings.update(
        {name: os.environ[name] for name in ("DAGSTER_HOME", "SCRAPE_ASSETS_DAGSTER_DATABASE_URL")}
    )
    with dg.DagsterInstance.get() as opened:
        yield opened


def ended(running: subprocess.Popen[str], since: float) -> tuple[int, list[str]]:
    """How a process ended that was asked to, and what it said."""
    said, complaints = running.communicate(timeout=60)
    assert time.monotonic() - since < SECONDS
    assert said == ""
    return running.returncode, complaints.splitlines()


def test_a_process_that_downloads_puts_back_what_it_holds(here: Here, instance: dg.DagsterInstance) -> None:
    here.world.creator("mill", MILL)
    here.world.creator("harbour", HARBOUR)
    here.ready()
    here.world.control.fault("slow_drip", match="harbour", bytes=1, seconds=600)
    with here.process(*COMMAND, "process", "--wait", "300") as running:
        wait_until(lambda: here.status_of(MILL) is SnapshotStatus.PROCESSED, 60, "the end of the first")
        wait_until(lambda: here.world.calls("snapshot") == 2, 60, "the download of the second")
        asked = time.monotonic()
        running.send_signal(signal.SIGTERM)
        assert ended(running, asked) == (143, [STOPPED.format("SIGTERM")])

    [back] = [one for one in here.world.snapshots() if one.status is not SnapshotStatus.PROCESSED]
    assert (back.status, back.attempts, back.failures, back.error) == (SnapshotStatus.READY, 0, {}, None)
    assert here.held() == []
    [record] = instance.get_run_records(limit=1)
    assert record.dagster_run.status is dg.DagsterRunStatus.CANCELED, "nobody failed"

    here.finish()
    assert here.world.statuses() == {"completed": 2}
    assert here.world.paid() == {HARBOUR: 1, MILL: 1}
    assert here.world.count("raw_posts") == 600


def test_a_second_signal_ends_it_at_once_and_the_lease_brings_back_what_it_held(here: Here) -> None:
    here.world.creator("harbour", HARBOUR)
    here.ready()
    here.world.control.fault("slow_drip", bytes=1, seconds=600)
    with here.process(*COMMAND, "process", "--wait", "300") as running:
        wait_until(lambda: here.world.calls("snapshot"), 60, "the download")
        running.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            running.wait(0.5)
        again = time.monotonic()
        running.send_signal(signal.SIGINT)
        assert ended(running, again) == (130, [])
    assert here.status_of(HARBOUR) is SnapshotStatus.PROCESSING, "it took no time to put anything back"

    here.finish()
    assert (here.world.snapshot().status, here.world.snapshot().attempts) == (SnapshotStatus.PROCESSED, 1)
    assert here.world.paid() == {HARBOUR: 1}


def test_a_run_of_dagster_that_is_asked_to_stop_is_canceled_and_not_begun_anew(
    here: Here, instance: dg.DagsterInstance
) -> None:
    here.world.creator("harbour", HARBOUR)
    here.ready()
    [key] = [one.partition_key for one in here.world.snapshots()]
    instance.add_dynamic_partitions("snapshots", [key])
    here.world.control.fault("slow_drip", bytes=1, seconds=600)
    tags = json.dumps({"dagster/partition": key})
    execute = ("job", "execute", "-m", "scrape_assets.definitions", "-j", "process_snapshots", "--tags", tags)
    with here.process(sys.executable, "-m", "dagster", *execute) as running:
        wait_until(lambda: here.world.calls("snapshot"), 90, "the download")
        asked = time.monotonic()
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=60)
        assert time.monotonic() - asked < SECONDS

    back = here.world.snapshot()
    assert (back.status, back.attempts, back.error, back.lease_owner) == (SnapshotStatus.READY, 0, None, None)
    [record] = instance.get_run_records(limit=1)
    assert record.dagster_run.status is dg.DagsterRunStatus.CANCELED
    happened = [one.dagster_event_type for one in instance.all_logs(record.dagster_run.run_id)]
    assert dg.DagsterEventType.STEP_UP_FOR_RETRY not in happened
    assert here.world.calls("snapshot") == 1


def test_a_collection_of_many_pages_stops_at_the_next_and_goes_on_there(here: Here) -> None:
    now = int(datetime.now(UTC).timestamp())
    hits = [story(number, now - 60 * number) for number in range(1, 700)]
    with hackernews(*hits, users=("ada",)) as (search, url):
        honest = search.page

        def page(params: dict[str, str]) -> dict[str, object]:
            time.sleep(1)
            return honest(params)

        search.page = page  # type: ignore[method-assign]
        here.run.settings["HACKERNEWS_API_URL"] = url
        with here.world.engine.begin() as conn:
            upsert_creator(conn, "ada", "Ada", profile_key("hackernews", "https://news.ycombinator.com/user?id=ada"))
        with here.process(*COMMAND, "collect", "--platform", "hackernews") as running:
            wait_until(lambda: len(search.asked) == 2, 60, "the second page")
            asked = time.monotonic()
            running.send_signal(signal.SIGTERM)
            assert ended(running, asked) == (143, [STOPPED.format("SIGTERM")])
        job = here.world.job()
        assert (job.status, job.attempts, job.error, job.snapshot_id) == (JobStatus.PENDING, 0, None, None)
        assert job.progress
        assert (here.world.snapshot().status, here.world.snapshot().payload_rows) == (SnapshotStatus.READY, 400)
        assert here.held() == []
