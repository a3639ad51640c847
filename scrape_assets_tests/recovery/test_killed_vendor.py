"""Our process and the vendor's are killed together; both come back and know the same job."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import httpx
from sqlalchemy.engine import Engine

from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets.simulator.control_client import Control
from scrape_assets.simulator.server import SimulatorThread
from scrape_assets_tests.flow.world import ANNA, HARBOUR, Clock
from scrape_assets_tests.recovery.conftest import ROOT, KilledWorld, environment_of


@contextmanager
def simulator(home: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """The simulator as a process of its own, answering."""
    command = [
        sys.executable,
        "-m",
        "scrape_assets",
        "simulate",
        "--port",
        str(port),
        "--latency",
        "0",
        "--jitter",
        "0",
    ]
    environment = {**os.environ, "SCRAPE_ASSETS_HOME": str(home), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environment, cwd=home, stdout=subprocess.DEVNULL) as process:
        try:
            while not _answers(port):
                assert process.poll() is None, "the simulator ended by itself"
                time.sleep(0.05)
            yield process
        finally:
            process.kill()


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/simulator/settings", timeout=5).is_success
    except httpx.HTTPError:
        return False


def test_both_killed_after_the_vendor_had_accepted(
    db: Engine, tmp_path: Path, forking: "subprocess.Popen[str]"
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    control = Control(url)
    vendor = cast(SimulatorThread, SimpleNamespace(url=url, control=control))
    world = KilledWorld(db, vendor, tmp_path, Clock(datetime.now(UTC)))
    world.environment, world.forking = environment_of(world, tmp_path), forking
    world.creator("anna", ANNA)
    world.creator("harbour", HARBOUR)

    with simulator(tmp_path, port) as process:
        world.kill_at("collect", "after the second batch was accepted")
        process.kill()
    with simulator(tmp_path, port):
        assert world.paid() == {ANNA: 1, HARBOUR: 1}
        for _ in range(3):
            world.collect(world.clock().date())
            world.poll(minutes=4)
            world.process()
        assert world.paid() == {ANNA: 1, HARBOUR: 1}
        assert world.statuses() == {"completed": 2}
        assert {one.status for one in world.snapshots()} == {SnapshotStatus.PROCESSED}
        assert len(world.snapshots()) == 2
    control.close()
    world.transport.close()
