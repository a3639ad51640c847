"""`scrape-assets api` as a process that is asked to stop in the middle of deliveries: all or nothing."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from scrape_assets.flow.stopping import Stop
from scrape_assets.sources.brightdata.client import BrightDataClient
from scrape_assets_tests.api.served import TOKEN, Api, assert_problem
from scrape_assets_tests.api.vendor_deliveries import write_snapshot
from scrape_assets_tests.commands.command_line import COMMAND, CommandLine
from scrape_assets_tests.commands.deployment import free_port, wait_until

ROWS = b'{"id": "7123456789012345678", "timestamp": "2026-11-20T12:00:00Z"}\n'
ANNOUNCED = 50_000
IN_TIME, LATE = "linkedin_20261120_in_time", "linkedin_20261120_late"


def token_of(snapshot_id: str) -> str:
    """The token in the address that the vendor calls for a snapshot."""
    return f"nobody-can-guess-{snapshot_id}"


def state(engine: Engine, snapshot_id: str) -> tuple[object, ...]:
    """A snapshot's status, rows and whoever holds it."""
    query = sa.text("SELECT status, payload_rows, lease_owner FROM snapshots WHERE snapshot_id = :one")
    with engine.connect() as conn:
        return tuple(conn.execute(query, {"one": snapshot_id}).one())


class Running:
    """A served API of its own process, over the tests' database."""

    def __init__(self, process: subprocess.Popen[str], port: int, temporary: Path, payloads: Path) -> None:
        self.process = process
        self.port = port
        self.temporary = temporary
        self.payloads = payloads

    def answers(self) -> bool:
        """Whether it serves."""
        assert self.process.poll() is None, self.process.communicate()
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/readyz").status_code == 200
        except httpx.TransportError:
            return False

    @contextmanager
    def slow_delivery(self, snapshot_id: str) -> Iterator[socket.socket]:
        """A delivery of which only the beginning has come."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as sender:
            sender.sendall(
                f"POST /api/webhooks/brightdata/{token_of(snapshot_id)} HTTP/1.1\r\nhost: localhost\r\n"
                f"content-length: {ANNOUNCED}\r\n\r\n".encode()
            )
            sender.sendall(ROWS * 10)
            assert httpx.get(f"http://127.0.0.1:{self.port}/healthz").status_code == 200  # it has come in by now
            yield sender

    def ended(self, within: float) -> tuple[int, str]:
        """Its exit status, and what it said."""
        _, said = self.process.communicate(timeout=within)
        return self.process.returncode, said


@pytest.fixture
def running(db: Engine, server_folder: Path, tmp_path: Path) -> Iterator[Running]:
    port, temporary = free_port(), tmp_path / "temporary"
    temporary.mkdir()
    run = CommandLine(
        tmp_path,
        {
            "SCRAPE_ASSETS_HOME": str(server_folder),
            "SCRAPE_ASSETS_PAYLOAD_URL": str(tmp_path / "payloads"),
            "ADMIN_API_TOKEN": TOKEN,
            "TMPDIR": str(temporary),
            "BRIGHTDATA_API_KEY": "invented-key",
        },
    )
    for one in (IN_TIME, LATE):
        write_snapshot(
            db, snapshot_id=one, partition_key=one, vendor_snapshot_id=f"s_{one}", webhook_token=token_of(one)
        )
    command = [*COMMAND, "api", "--port", str(port)]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=run.process_environment
    ) as process:
        try:
            api = Running(process, port, temporary, tmp_path / "payloads")
            wait_until(api.answers, 60, "the start of the API")
            yield api
        finally:
            process.kill()


def answer_to(sender: socket.socket) -> tuple[http.client.HTTPResponse, str]:
    """The answer that a delivery gets, and its body."""
    answer = http.client.HTTPResponse(sender)
    answer.begin()
    return answer, answer.read().decode()


def test_what_comes_in_time_is_stored_and_the_rest_refused_without_a_trace(running: Running, db: Engine) -> None:
    before = state(db, LATE)
    with running.slow_delivery(IN_TIME) as in_time, running.slow_delivery(LATE) as late:
        running.process.send_signal(signal.SIGTERM)
        in_time.sendall((b" " * (ANNOUNCED - 11 * len(ROWS))) + ROWS)
        answer, said = answer_to(in_time)
        assert (answer.status, said) == (200, '{"outcome":"stored"}')

        answer, said = answer_to(late)
        assert (answer.status, answer.getheader("content-type")) == (503, "application/problem+json")
        assert int(answer.getheader("retry-after") or 0) > 0
        assert "send it again" in said
        assert running.ended(within=30) == (0, "")
    assert state(db, IN_TIME) == ("ready", 11, None)
    assert state(db, LATE) == before == ("running", None, None)
    kept = [Path(folder, file) for folder, _, files in os.walk(running.payloads) for file in files]
    assert kept
    assert [file for file in kept if IN_TIME not in str(file) or file.name.endswith(".tmp")] == []
    assert list(running.temporary.iterdir()) == []


def test_a_second_signal_ends_it_at_once(running: Running) -> None:
    with running.slow_delivery(LATE):
        running.process.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            running.process.wait(0.5)
        running.process.send_signal(signal.SIGTERM)
        assert running.ended(within=30)[0] == 143, "that it has ended by itself would be 0"


def interrupted(_: BrightDataClient) -> None:
    """What a call does that waits for its turn when the process is asked to stop."""
    stop = Stop()
    stop.ask()
    stop.wait(60)


def test_work_that_heeds_the_wish_to_stop_is_refused_in_order(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(BrightDataClient, "check_key", interrupted)
        answer = api.http.get("/api/test-brightdata-recovery")
    assert_problem(answer, 503, "this process is stopping", "send it again")
    assert answer.headers["retry-after"] == "5"
