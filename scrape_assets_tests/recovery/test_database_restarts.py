"""PostgreSQL goes down in the middle (`-m immediate`, as in a crash) and comes back: nothing lost or paid twice."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from scrape_assets.ledger.states import JobStatus, SnapshotStatus
from scrape_assets.simulator.server import SimulatorThread
from scrape_assets.simulator.settings import Settings as VendorSettings
from scrape_assets.sources.brightdata.client import BrightDataClient
from scrape_assets.sources.datasets import linkedin
from scrape_assets.storage.schema import metadata
from scrape_assets_tests.flow.world import HARBOUR, MILL, Clock
from scrape_assets_tests.recovery.conftest import KilledWorld
from scrape_assets_tests.recovery.own_server import Server, own_server


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with own_server() as running:
        yield running


@pytest.fixture
def world(server: Server, tmp_path: Path) -> Iterator[KilledWorld]:
    with server.engine.begin() as conn:
        for table in reversed(metadata.sorted_tables):
            conn.execute(table.delete())
    settings = VendorSettings(latency=0, jitter=0, error_rate=0, rows_per_input=900)
    with SimulatorThread(settings=settings, clock=Clock()) as vendor:
        made = KilledWorld(server.engine, vendor, tmp_path, Clock())
        made.set(batch_size=1)
        made.creator("harbour", HARBOUR)
        made.creator("mill", MILL)
        yield made
        made.transport.close()


def nothing_lost(world: KilledWorld) -> None:
    """Everything is there, once, and paid for once."""
    assert world.statuses() == {"completed": 2}
    assert world.paid() == {HARBOUR: 1, MILL: 1}
    assert world.count("raw_posts") == 1_800
    assert {one.status for one in world.snapshots()} <= {SnapshotStatus.PROCESSED, SnapshotStatus.FAILED}
    assert {one.lease_owner for one in world.snapshots()} | {one.lease_owner for one in world.jobs()} == {None}


def first_time(honest: Callable[..., Any], do: Callable[[], None], *, after: bool) -> Callable[..., Any]:
    """The same function, with something that happens at its first call."""
    calls = iter([True])

    def wrapped(*args: Any, **named: Any) -> Any:
        first = next(calls, False)
        if first and not after:
            do()
        result = honest(*args, **named)
        if first and after:
            do()
        return result

    return wrapped


def test_gone_when_the_answer_to_a_paid_call_is_to_be_written_down(
    world: KilledWorld, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(BrightDataClient, "trigger", first_time(BrightDataClient.trigger, server.crash, after=True))
        with pytest.raises(sa.exc.DBAPIError):
            world.collect()
    server.start()
    assert sum(world.paid().values()) == 1
    assert [one.status for one in world.snapshots()] == [SnapshotStatus.TRIGGERING], "its lease brings it back"

    world.clock.forward(minutes=6)
    world.finish()
    nothing_lost(world)
    assert {job.attempts for job in world.jobs()} <= {0, 1}


@pytest.mark.parametrize("where", ["in the middle of a download", "in the middle of a load"])
def test_gone_and_back_while_snapshots_are_processed(
    world: KilledWorld, server: Server, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    world.collect()
    world.poll()
    with monkeypatch.context() as patch:
        if "load" in where:
            patch.setattr(linkedin, "_post", first_time(linkedin._post, server.restart, after=False))
            world.process()
        else:
            world.control.fault("slow_drip", bytes=50_000, seconds=0.2)
            restarting = threading.Timer(0.2, server.restart)
            restarting.start()
            world.process()
            restarting.join()
    assert {one.status for one in world.snapshots()} <= {
        SnapshotStatus.PROCESSED,
        SnapshotStatus.READY,
        SnapshotStatus.PROCESSING,
    }
    assert {one.attempts for one in world.snapshots()} == {0}, "no fault of theirs"
    assert {job.status for job in world.jobs()} <= {JobStatus.PROCESSING, JobStatus.COMPLETED}

    world.control.clear_faults()
    for _ in range(3):
        world.poll(minutes=10)
        world.process()
    nothing_lost(world)
