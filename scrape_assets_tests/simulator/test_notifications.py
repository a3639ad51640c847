"""When a job ends, its notice and its rows go to whoever asked for them: again, late, twice or never, as rules say."""

import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from scrape_assets.simulator.server import SimulatorThread
from scrape_assets_tests.simulator.conftest import COMPANY, FrozenClock, KeyHolder

Received = tuple[str, dict[str, str], bytes]  # path, headers, body


@dataclass
class Receiver:
    """A server that keeps what it is sent, and answers as it is told."""

    answers: list[int] = field(default_factory=list)  # then 200
    received: list[Received] = field(default_factory=list)
    url: str = ""

    def wait_for(self, count: int) -> list[Received]:
        end = time.monotonic() + 5
        while len(self.received) < count:
            assert time.monotonic() < end, f"{len(self.received)} of {count} came"
            time.sleep(0.005)
        return self.received


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    ours = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            if self.headers.get("Transfer-Encoding") == "chunked":
                body = b"".join(iter(self._chunk, b""))
            else:
                body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(ours.answers.pop(0) if ours.answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()
            ours.received.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))

        def _chunk(self) -> bytes:
            size = int(self.rfile.readline(), 16)
            return self.rfile.read(size + 2)[:size]

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        ours.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield ours
        server.shutdown()


@pytest.fixture
def counted(simulator: SimulatorThread) -> Callable[..., None]:
    """Waits until the simulator has counted exactly these answers to what it sent; it counts after they came."""

    def wait(operation: str = "notify", **outcomes: int) -> None:
        expected = {name.lstrip("_"): count for name, count in outcomes.items()}
        end = time.monotonic() + 10
        while (now := simulator.control.calls().get(operation, {})) != expected:
            assert time.monotonic() < end, f"{now} instead of {expected}"
            time.sleep(0.01)

    return wait


def test_whoever_asked_is_told_when_the_job_has_ended_and_not_before(
    simulator: SimulatorThread, vendor: KeyHolder, clock: FrozenClock, receiver: Receiver
) -> None:
    simulator.control.settings(latency=60, jitter=0)
    snapshot_id = vendor.trigger(COMPANY, notify=f"{receiver.url}/told?token=abc", auth_header="Bearer ours")
    clock.forward(seconds=59)
    time.sleep(0.12)
    assert receiver.received == []
    clock.forward(seconds=2)
    [(path, headers, body)] = receiver.wait_for(1)
    assert path == "/told?token=abc"
    assert json.loads(body) == {"snapshot_id": snapshot_id, "status": "ready"}
    assert headers["authorization"] == "Bearer ours"
    assert headers["content-type"] == "application/json"


@pytest.mark.parametrize("plain", [True, False])
def test_the_rows_are_sent_as_the_download_has_them_gzipped_unless_that_is_not_wanted(
    vendor: KeyHolder, receiver: Receiver, plain: bool
) -> None:
    wish = {"uncompressed_webhook": "true"} if plain else {}
    snapshot_id = vendor.trigger(COMPANY, endpoint=receiver.url, **wish)
    [(_, headers, body)] = receiver.wait_for(1)
    rows = json.loads(body if plain else gzip.decompress(body))
    assert rows == vendor.snapshot(snapshot_id, format="json").json()
    assert ("content-encoding" in headers) is not plain
    assert "snapshot_id" not in rows[0]


def test_rows_of_many_megabytes_arrive_whole(simulator: SimulatorThread, vendor: KeyHolder, receiver: Receiver) -> None:
    simulator.control.settings(rows_per_input=1500, error_rate=0)
    vendor.trigger(COMPANY, endpoint=receiver.url, uncompressed_webhook="true", format="ndjson")
    [(_, headers, body)] = receiver.wait_for(1)
    assert len(body.splitlines()) == 1500
    assert headers["transfer-encoding"] == "chunked"


def test_what_is_not_answered_with_200_is_sent_again_a_few_times(
    simulator: SimulatorThread,
    vendor: KeyHolder,
    clock: FrozenClock,
    receiver: Receiver,
    counted: Callable[..., None],
) -> None:
    simulator.control.settings(notification_tries=3, notification_retry=10)
    receiver.answers = [500, 302, 503, 200]
    vendor.trigger(COMPANY, notify=receiver.url)
    receiver.wait_for(1)
    counted(_500=1)
    clock.forward(seconds=11)
    receiver.wait_for(2)
    counted(_500=1, _302=1)
    clock.forward(seconds=21)
    receiver.wait_for(3)
    clock.forward(hours=1)
    time.sleep(0.12)  # two looks of the simulator
    counted(_500=1, _302=1, _503=1)
    assert len(receiver.received) == 3


def test_nobody_there_is_no_answer(simulator: SimulatorThread, vendor: KeyHolder, counted: Callable[..., None]) -> None:
    simulator.control.settings(notification_tries=1)
    vendor.trigger(COMPANY, notify="http://127.0.0.1:9/nobody")
    counted(unanswered=1)


def test_notices_can_come_twice_late_or_never(
    simulator: SimulatorThread,
    vendor: KeyHolder,
    clock: FrozenClock,
    receiver: Receiver,
    counted: Callable[..., None],
) -> None:
    simulator.control.fault("duplicate_notification", times=1)
    twice = vendor.trigger(COMPANY, notify=f"{receiver.url}/twice")
    assert [json.loads(body)["snapshot_id"] for _, _, body in receiver.wait_for(2)] == [twice, twice]
    simulator.control.fault("lost_notification", times=1)
    vendor.trigger(COMPANY, notify=f"{receiver.url}/never")
    counted(_200=2, lost=1)
    simulator.control.fault("late_notification", times=1, seconds=300)
    vendor.trigger(COMPANY, notify=f"{receiver.url}/late")
    time.sleep(0.12)
    counted(_200=2, lost=1)
    clock.forward(seconds=301)
    assert receiver.wait_for(3)[-1][0] == "/late"


def test_a_failed_job_is_told_of_and_sends_no_rows_an_empty_one_sends_none(
    simulator: SimulatorThread, vendor: KeyHolder, receiver: Receiver, counted: Callable[..., None]
) -> None:
    simulator.control.fault("failed", times=1)
    failed = vendor.trigger(COMPANY, notify=receiver.url, endpoint=receiver.url)
    [(_, _, notice)] = receiver.wait_for(1)
    assert json.loads(notice) == {"snapshot_id": failed, "status": "failed"}
    simulator.control.fault("zero_rows", times=1)
    vendor.trigger(COMPANY, endpoint=receiver.url, uncompressed_webhook="true")
    assert receiver.wait_for(2)[1][2] == b"[]"
    counted("deliver", _200=1)


def test_a_canceled_job_is_not_told_of(
    simulator: SimulatorThread,
    vendor: KeyHolder,
    clock: FrozenClock,
    receiver: Receiver,
    counted: Callable[..., None],
) -> None:
    simulator.control.settings(latency=60, jitter=0)
    snapshot_id = vendor.trigger(COMPANY, notify=receiver.url)
    assert vendor.http.post(f"/datasets/v3/snapshot/{snapshot_id}/cancel").text == "OK"
    clock.forward(seconds=70)
    time.sleep(0.12)
    counted()
    assert receiver.received == []


def test_an_address_that_is_a_mere_yes_is_passed_over(vendor: KeyHolder) -> None:
    assert vendor.trigger(COMPANY, notify="true")
    assert vendor.send([COMPANY], format="xml").status_code == 400
