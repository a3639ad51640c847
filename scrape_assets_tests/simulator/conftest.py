"""A running simulator and a client that holds a key."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from scrape_assets.simulator.control_client import NO_TLS
from scrape_assets.simulator.server import SimulatorThread

POSTS = "gd_lyy3tktm25m4avu764"
COMPANY = {"url": "https://www.linkedin.com/company/northwind-grid"}
PERSON = {"url": "https://www.linkedin.com/in/mira-okafor-7b2a91"}


class FrozenClock:
    """The vendor's clock, moved by the test."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **time: float) -> None:
        self.now += timedelta(**time)


class KeyHolder:
    """Calls the vendor as a customer does."""

    def __init__(self, url: str) -> None:
        key = {"Authorization": "Bearer invented-key"}
        self.http = httpx.Client(base_url=url, headers=key, timeout=20, verify=NO_TLS)

    def trigger(self, *inputs: dict[str, str], discover_by: str | None = "company_url", **query: str) -> str:
        answer = self.send(list(inputs), discover_by=discover_by, **query)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["snapshot_id"])

    def send(self, body: object, *, discover_by: str | None = "company_url", **query: str) -> httpx.Response:
        asked = {"dataset_id": POSTS, "include_errors": "true", **query}
        if discover_by is not None:
            asked |= {"type": "discover_new", "discover_by": discover_by}
        return self.http.post("/datasets/v3/trigger", params=asked, json=body)

    def progress(self, snapshot_id: str) -> httpx.Response:
        return self.http.get(f"/datasets/v3/progress/{snapshot_id}")

    def snapshot(self, snapshot_id: str, **query: str | int) -> httpx.Response:
        return self.http.get(f"/datasets/v3/snapshot/{snapshot_id}", params={"format": "ndjson", **query})

    def listed(self, **query: str | int) -> httpx.Response:
        return self.http.get("/datasets/v3/snapshots", params={"dataset_id": POSTS, **query})


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def simulator(clock: FrozenClock) -> Iterator[SimulatorThread]:
    with SimulatorThread(clock=clock) as running:
        yield running


@pytest.fixture
def vendor(simulator: SimulatorThread) -> Iterator[KeyHolder]:
    customer = KeyHolder(simulator.url)
    yield customer
    customer.http.close()
