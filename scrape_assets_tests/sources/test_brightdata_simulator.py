"""The client against the simulated vendor, over real HTTP on the loopback."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scrape_assets.ledger.attempts import Call
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.simulator.server import SimulatorThread
from scrape_assets.sources.brightdata.client import BrightDataClient
from scrape_assets.sources.brightdata.model import TriggerRequest, VendorState
from scrape_assets.sources.errors import (
    AnswerLost,
    EmptySnapshot,
    Expired,
    InputRefused,
    KeyRefused,
    NotReady,
    SourceError,
    Throttled,
    UnknownSnapshot,
)
from scrape_assets.sources.http import HttpTransport

POSTS = "gd_lyy3tktm25m4avu764"
URLS = [f"https://www.linkedin.com/company/invented-{number}" for number in (1, 2, 3)]


class Vendor:
    """A simulator, a client that speaks to it, and the calls that were recorded."""

    def __init__(self, simulator: SimulatorThread) -> None:
        self.control = simulator.control
        self.url = simulator.url
        self.calls: list[Call] = []
        self.transport = HttpTransport("brightdata", self.calls.append, sleep=lambda _: None)
        self.client = BrightDataClient(self.transport, simulator.url, "an-invented-key")

    def trigger(self, urls: list[str] = URLS) -> str:
        inputs = [{"url": url} for url in urls]
        return self.client.trigger(TriggerRequest(POSTS, inputs, discover_by="company_url", limit_per_input=5))

    def rows(self, vendor_id: str, part: int | None = None, batch_size: int | None = None) -> bytes:
        with self.client.download(vendor_id, part=part, batch_size=batch_size) as download:
            return b"".join(download)


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with SimulatorThread() as simulator:
        world = Vendor(simulator)
        with world.transport:
            yield world


def test_a_snapshot_from_its_trigger_to_its_rows(vendor: Vendor) -> None:
    vendor.client.check_key()
    vendor_id = vendor.trigger()
    found = vendor.client.progress(vendor_id)
    rows = [json.loads(line) for line in vendor.rows(vendor_id).splitlines()]
    assert found.state is VendorState.READY
    assert len(rows) == (found.records or 0) + (found.errors or 0)
    assert {(row.get("discovery_input") or row["input"])["url"] for row in rows} <= set(URLS)
    assert [row["url"] for row in vendor.client.inputs(vendor_id)] == URLS
    assert vendor.client.log(vendor_id).inputs == len(URLS)
    assert vendor.client.cancel(vendor_id) is False
    assert [call.operation for call in vendor.calls] == [
        "check_key", "trigger", "progress", "download", "input", "log", "cancel",
    ]  # fmt: skip


def test_the_states_of_a_job_in_the_making(vendor: Vendor) -> None:
    vendor.control.settings(latency=3600.0)
    vendor_id = vendor.trigger()
    assert vendor.client.progress(vendor_id).state is VendorState.WORKING
    with pytest.raises(NotReady) as caught:
        vendor.rows(vendor_id)
    assert caught.value.retry_after == timedelta(seconds=30)
    with pytest.raises(NotReady):
        vendor.client.parts(vendor_id, 1000)
    assert vendor.client.cancel(vendor_id) is True
    assert vendor.client.progress(vendor_id).state is VendorState.CANCELED


def test_a_lost_answer_is_settled_through_the_list(vendor: Vendor) -> None:
    vendor.control.fault("lost_answer", times=1)
    with pytest.raises(AnswerLost):
        vendor.trigger()
    assert len(vendor.control.accepted()) == 1
    today = datetime.now(UTC).date()
    listed = list(vendor.client.list_snapshots(POSTS, today - timedelta(days=1), today + timedelta(days=1)))
    assert len(listed) == 1
    assert [row["url"] for row in vendor.client.inputs(listed[0].id)] == URLS


def test_the_parts_of_a_snapshot_are_the_snapshot(vendor: Vendor) -> None:
    vendor.control.settings(rows_per_input=1000)
    vendor_id = vendor.client.trigger(TriggerRequest(POSTS, [{"url": url} for url in URLS], discover_by="company_url"))
    number = vendor.client.parts(vendor_id, 2000)
    assert number == 2
    parts = [vendor.rows(vendor_id, part, 2000) for part in range(1, number + 1)]
    assert [part.count(b"\n") for part in parts] == [2000, 1000]
    assert b"".join(parts) == vendor.rows(vendor_id)


def test_the_refused_input_is_named_and_the_rest_goes_through(vendor: Vendor) -> None:
    urls = [URLS[0], "no address at all", URLS[2]]
    with pytest.raises(InputRefused) as caught:
        vendor.trigger(urls)
    assert caught.value.index == 2
    assert caught.value.reasons
    del urls[caught.value.index - 1]
    assert vendor.trigger(urls)
    assert len(vendor.control.accepted()) == 1


@pytest.mark.parametrize(
    ("fault", "error", "error_class"),
    [
        ("throttled", Throttled, ErrorClass.THROTTLED),
        ("unauthorized", KeyRefused, ErrorClass.REFUSED),
        ("suspended", SourceError, ErrorClass.PAYMENT),
        ("server_error", AnswerLost, ErrorClass.SERVER),
        ("reset_before_accept", AnswerLost, ErrorClass.NETWORK),
        ("trigger_400", SourceError, ErrorClass.BAD_REQUEST),
    ],
)
def test_a_trigger_that_fails_says_how(
    vendor: Vendor, fault: str, error: type[SourceError], error_class: ErrorClass
) -> None:
    vendor.control.fault(fault)
    with pytest.raises(SourceError) as caught:
        vendor.trigger()
    assert type(caught.value) is error
    assert caught.value.error_class is error_class
    assert [call.error_class for call in vendor.calls] == [error_class]
    assert vendor.control.accepted() == []


@pytest.mark.parametrize(
    ("fault", "error", "error_class"),
    [
        ("building_after_ready", NotReady, ErrorClass.SERVER),
        ("disguised_not_ready", NotReady, ErrorClass.SERVER),
        ("empty", EmptySnapshot, ErrorClass.NOT_FOUND),
        ("expired", Expired, ErrorClass.NOT_FOUND),
        ("not_found", UnknownSnapshot, ErrorClass.NOT_FOUND),
        ("cut_body", SourceError, ErrorClass.NETWORK),
        ("corrupt_gzip", SourceError, ErrorClass.BAD_DATA),
        ("server_error", SourceError, ErrorClass.SERVER),
    ],
)
def test_a_download_that_fails_says_how(
    vendor: Vendor, fault: str, error: type[SourceError], error_class: ErrorClass
) -> None:
    vendor_id = vendor.trigger()
    vendor.control.fault(fault)
    with pytest.raises(SourceError) as caught:
        vendor.rows(vendor_id)
    assert type(caught.value) is error
    assert caught.value.error_class is error_class


def test_a_server_that_stumbles_once_is_not_noticed(vendor: Vendor) -> None:
    vendor_id = vendor.trigger()
    rows = vendor.rows(vendor_id)
    vendor.control.fault("server_error", times=2)
    assert vendor.rows(vendor_id) == rows
    assert [call.status_code for call in vendor.calls[2:]] == [500, 500, 200]


def test_no_rows_are_a_result(vendor: Vendor) -> None:
    vendor_id = vendor.trigger()
    vendor.control.fault("zero_rows")
    assert vendor.rows(vendor_id) == b""


def test_a_line_that_the_vendor_never_finished_is_what_we_get(vendor: Vendor) -> None:
    vendor_id = vendor.trigger()
    rows = vendor.rows(vendor_id)
    vendor.control.fault("truncated_last_line")
    assert vendor.rows(vendor_id) == rows[:-40]


@pytest.mark.parametrize("compressed_on_the_wire", [False, True])
def test_compression_is_undone_wherever_it_is_announced(vendor: Vendor, compressed_on_the_wire: bool) -> None:
    vendor.control.settings(gzip_encoding=compressed_on_the_wire)
    assert vendor.rows(vendor.trigger()).startswith(b"{")


@pytest.mark.parametrize(
    ("fault", "params", "state", "error_class"),
    [
        ("unknown_status", {"word": "digesting"}, VendorState.WORKING, None),
        ("stuck", {}, VendorState.WORKING, None),
        ("failed", {}, VendorState.FAILED, ErrorClass.VENDOR_FAILED),
        ("failed", {"error_message": "No data found in discovery"}, VendorState.READY, None),
        ("suspended", {}, VendorState.FAILED, ErrorClass.PAYMENT),
    ],
)
def test_every_word_of_progress_has_a_meaning(
    vendor: Vendor, fault: str, params: dict[str, Any], state: VendorState, error_class: ErrorClass | None
) -> None:
    vendor_id = vendor.trigger()
    vendor.control.fault(fault, **params)
    found = vendor.client.progress(vendor_id)
    assert (found.state, found.error_class) == (state, error_class)


def test_errors_are_understood_as_documented_too(vendor: Vendor) -> None:
    vendor.control.settings(documented_errors=True)
    with pytest.raises(UnknownSnapshot):
        vendor.client.progress("s_never_was")
    with pytest.raises(KeyRefused):
        BrightDataClient(vendor.transport, vendor.url, "bad-key").check_key()


def test_an_address_that_is_not_the_vendors_is_a_matter_of_configuration(vendor: Vendor) -> None:
    client = BrightDataClient(vendor.transport, vendor.url + "/elsewhere", "an-invented-key")
    with pytest.raises(SourceError, match="check BRIGHTDATA_API_URL") as caught:
        client.progress("s_1")
    assert caught.value.error_class is ErrorClass.NOT_CONFIGURED
