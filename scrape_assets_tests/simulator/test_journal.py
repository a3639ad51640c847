"""Paid jobs survive a restart of the vendor, a torn last line and a kill -9."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

from scrape_assets.simulator.server import SimulatorThread
from scrape_assets_tests.simulator.conftest import COMPANY, FrozenClock, KeyHolder

_SERVE = """
import sys
from pathlib import Path
from scrape_assets.simulator.server import run
from scrape_assets.simulator.settings import Settings
run("127.0.0.1", int(sys.argv[1]), data_dir=Path(sys.argv[2]), settings=Settings(latency=0.0, jitter=0.0))
"""


def test_jobs_and_their_bytes_survive_a_restart(tmp_path: Path, clock: FrozenClock) -> None:
    with SimulatorThread(data_dir=tmp_path, clock=clock) as simulator:
        vendor = KeyHolder(simulator.url)
        simulator.control.settings(rows_per_input=30)
        kept = vendor.trigger(COMPANY)
        before = vendor.snapshot(kept).content
        simulator.control.settings(latency=100)
        canceled = vendor.trigger(COMPANY)
        vendor.http.post(f"/datasets/v3/snapshot/{canceled}/cancel")
    with SimulatorThread(data_dir=tmp_path, clock=clock) as simulator:
        vendor = KeyHolder(simulator.url)
        assert vendor.snapshot(kept).content == before
        assert vendor.progress(canceled).json()["status"] == "canceled"
        assert [job["snapshot_id"] for job in simulator.control.accepted()] == [kept, canceled]


def test_a_torn_last_line_costs_that_line_alone(tmp_path: Path) -> None:
    with SimulatorThread(data_dir=tmp_path) as simulator:
        kept = KeyHolder(simulator.url).trigger(COMPANY)
    with (tmp_path / "jobs.ndjson").open("ab") as journal:
        journal.write(b'{"snapshot_id":"s_torn","order":{"data')
    with SimulatorThread(data_dir=tmp_path) as simulator:
        added = KeyHolder(simulator.url).trigger(COMPANY)
    with SimulatorThread(data_dir=tmp_path) as simulator:
        assert [job["snapshot_id"] for job in simulator.control.accepted()] == [kept, added]


def test_a_killed_vendor_still_knows_what_it_accepted(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    vendor = KeyHolder(f"http://127.0.0.1:{port}")
    package = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    serve = [sys.executable, "-c", _SERVE, str(port), str(tmp_path)]
    killed = subprocess.Popen(serve, env=package)
    try:
        _wait_until_up(vendor)
        snapshot_id = vendor.trigger(COMPANY)
    finally:
        killed.send_signal(signal.SIGKILL)
        killed.wait()
    again = subprocess.Popen(serve, env=package)
    try:
        _wait_until_up(vendor)
        assert vendor.progress(snapshot_id).json()["status"] == "ready"
        assert vendor.snapshot(snapshot_id).status_code == 200
    finally:
        again.terminate()
        again.wait()


def _wait_until_up(vendor: KeyHolder) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            vendor.http.get("/datasets/list")
        except httpx.ConnectError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
