"""What the vendor says of its snapshots: states, lists, inputs, parts, logs."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime

import httpx
import pytest

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.sources.brightdata.client import LIST_PAGE
from scrape_assets.sources.brightdata.model import ListedSnapshot, Progress, SnapshotLog, VendorState
from scrape_assets.sources.errors import EmptySnapshot, NotReady, SourceError
from scrape_assets_tests.sources.wire import Wire, reply


def progress(body: object) -> Progress:
    return Wire(reply(200, json.dumps(body))).client().progress("s_1")


@pytest.mark.parametrize(
    ("word", "state"),
    [
        *((word, VendorState.WORKING) for word in ("starting", "running", "closing", "building", "collecting")),
        *((word, VendorState.WORKING) for word in ("digesting", "pending", "queued", "a word of next year", "")),
        ("ready", VendorState.READY),
        ("Ready", VendorState.READY),
        ("canceled", VendorState.CANCELED),
        ("cancelled", VendorState.CANCELED),
        ("failed", VendorState.FAILED),
        (None, VendorState.WORKING),
        (7, VendorState.WORKING),
    ],
)
def test_only_known_last_words_end_the_waiting(word: object, state: VendorState) -> None:
    found = progress({"status": word, "snapshot_id": "s_1", "dataset_id": "gd_1"})
    assert found.state is state
    assert found.word == (word if isinstance(word, str) else "")


def test_a_ready_snapshot_tells_its_counts() -> None:
    found = progress(
        {
            "status": "ready",
            "snapshot_id": "s_1",
            "dataset_id": "gd_1",
            "records": 12,
            "errors": 1,
            "error_codes": {"dead_page": 1},
            "collection_duration": 71230,
        }
    )
    assert found == Progress(
        state=VendorState.READY,
        word="ready",
        records=12,
        errors=1,
        error_codes={"dead_page": 1},
        message=None,
        error_class=None,
        empty=False,
    )


def test_counters_may_be_text_and_codes_may_be_missing() -> None:
    found = progress({"status": "ready", "records": "12", "errors": "0", "error_codes": None})
    assert (found.records, found.errors, dict(found.error_codes)) == (12, 0, {})
    assert dict(progress({"status": "ready", "error_codes": {"a": "2", "b": "x"}}).error_codes) == {"a": 2}


@pytest.mark.parametrize("value", [None, "", "many", -1, 1.5, True, [], 1e300, "nan", "inf", 10**400])
def test_what_cannot_count_is_unknown_not_zero(value: object) -> None:
    assert progress({"status": "ready", "records": value}).records is None


def test_zero_records_may_still_be_rows_of_errors_so_they_are_downloaded() -> None:
    found = progress({"status": "ready", "records": 0, "errors": 2})
    assert (found.records, found.errors, found.empty) == (0, 2, False)


@pytest.mark.parametrize(
    ("message", "error_class"),
    [
        ("Something went wrong. Our team is looking into it.", ErrorClass.VENDOR_FAILED),
        ("Account is suspended", ErrorClass.PAYMENT),
        ("Account is new, please activate it in account settings. URL", ErrorClass.PAYMENT),
        ("Failed to deliver snapshot", ErrorClass.VENDOR_FAILED),
        ("Failed to download response", ErrorClass.VENDOR_FAILED),
        ("Failed to trigger collector", ErrorClass.VENDOR_FAILED),
        ("Internal server error", ErrorClass.VENDOR_FAILED),
        ("Input validation failed: url is required", ErrorClass.BAD_REQUEST),
        ("", ErrorClass.VENDOR_FAILED),
    ],
)
def test_a_failure_has_a_class(message: str, error_class: ErrorClass) -> None:
    found = progress({"status": "failed", "error_message": message})
    assert (found.state, found.error_class, found.message) == (
        VendorState.FAILED,
        error_class,
        message or None,
    )
    assert not found.empty


@pytest.mark.parametrize("message", ["Snapshot is empty", "No data found in discovery"])
def test_finding_nothing_is_a_result_not_a_failure(message: str) -> None:
    found = progress({"status": "failed", "error_message": message})
    assert (found.state, found.empty, found.records, found.error_class) == (VendorState.READY, True, 0, None)
    assert (found.word, found.message) == ("failed", message)


@pytest.mark.parametrize("body", ["", "<html>a proxy</html>", "[]", '"ready"', "[" * 100_000])
def test_a_state_that_cannot_be_read_is_bad_data(body: str) -> None:
    with pytest.raises(SourceError) as caught:
        Wire(reply(200, body)).client().progress("s_1")
    assert caught.value.error_class is ErrorClass.BAD_DATA
    assert len(caught.value.message) < 300


def test_an_id_cannot_lead_elsewhere() -> None:
    wire = Wire(reply(200, "{}"))
    wire.client().progress("../../x?y", snapshot_id="ours")
    assert wire.requests[0].url.raw_path == b"/datasets/v3/progress/..%2F..%2Fx%3Fy"
    assert wire.calls[0].snapshot_id == "ours"


def entry(number: int, created: str = "2026-11-20T10:00:00.000Z") -> dict[str, object]:
    return {
        "id": f"s_{number}",
        "created": created,
        "status": "ready",
        "dataset_id": "gd_1",
        "dataset_size": number,
    }


def listed(wire: Wire) -> list[ListedSnapshot]:
    return list(wire.client().list_snapshots("gd_1", date(2026, 11, 20), date(2026, 11, 21)))


def paging(entries: list[dict[str, object]]) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        skip, limit = int(request.url.params["skip"]), int(request.url.params["limit"])
        return reply(200, json.dumps(entries[skip : skip + limit]))

    return answer


def test_the_list_is_read_to_its_end() -> None:
    wire = Wire(paging([entry(number) for number in range(2 * LIST_PAGE + 5)]))
    assert [snapshot.id for snapshot in listed(wire)] == [f"s_{number}" for number in range(2 * LIST_PAGE + 5)]
    assert len(wire.requests) == 3
    assert dict(wire.requests[1].url.params) == {
        "dataset_id": "gd_1",
        "from_date": "2026-11-19",
        "to_date": "2026-11-22",
        "trigger_type": "API",
        "skip": str(LIST_PAGE),
        "limit": str(LIST_PAGE),
    }


def test_a_list_that_grows_while_it_is_read_names_nothing_twice() -> None:
    page = [entry(number) for number in range(LIST_PAGE)]
    wire = Wire(reply(200, json.dumps(page)), reply(200, json.dumps([page[-1], entry(LIST_PAGE)])))
    assert len(listed(wire)) == LIST_PAGE + 1


def test_a_vendor_that_does_not_heed_skip_does_not_hold_us_for_ever() -> None:
    wire = Wire(reply(200, json.dumps([entry(number) for number in range(LIST_PAGE)])))
    assert len(listed(wire)) == LIST_PAGE
    assert len(wire.requests) == 2


def test_both_days_are_whole_whatever_the_vendor_thinks_of_its_bounds() -> None:
    times = [
        "2026-11-19T23:59:59Z",
        "2026-11-20T00:00:00Z",
        "2026-11-21T23:59:59.999Z",
        "2026-11-22T00:00:00Z",
    ]
    found = listed(Wire(reply(200, json.dumps([entry(number, time) for number, time in enumerate(times)]))))
    assert [snapshot.id for snapshot in found] == ["s_1", "s_2"]


@pytest.mark.parametrize("wrap", ["data", "snapshots"])
def test_the_list_may_be_wrapped_and_its_entries_poor(wrap: str) -> None:
    body = {"total": 4, wrap: [entry(1, "2026-11-20T10:00:00+02:00"), {"snapshot_id": "s_2"}, {}, None]}
    assert listed(Wire(reply(200, json.dumps(body)))) == [
        ListedSnapshot("s_1", datetime(2026, 11, 20, 8, tzinfo=UTC), "ready", 1),
        ListedSnapshot("s_2", None, None, None),
    ]


def test_only_one_status_may_be_asked_for() -> None:
    wire = Wire(reply(200, "[]"))
    list(wire.client().list_snapshots("gd_1", date(2026, 11, 20), date(2026, 11, 20), status="ready"))
    assert wire.requests[0].url.params["status"] == "ready"


@pytest.mark.parametrize("body", ["{}", "nothing", '{"total":3}'])
def test_a_list_that_is_none_is_not_taken_for_an_empty_one(body: str) -> None:
    with pytest.raises(SourceError, match="no "):
        listed(Wire(reply(200, body)))


@pytest.mark.parametrize(
    ("body", "inputs"),
    [
        ("url\r\nhttps://a.test/1\r\nhttps://a.test/2\r\n",
         [{"url": "https://a.test/1"}, {"url": "https://a.test/2"}]),
        ('\ufeffurl,start_date\nhttps://a.test/1,"""2026-11-01T00:00:00.000Z"""\n',
         [{"url": "https://a.test/1", "start_date": "2026-11-01T00:00:00.000Z"}]),
        ('url,note\nhttps://a.test/1,"a, ""quoted""\ntext"\n',
         [{"url": "https://a.test/1", "note": 'a, "quoted"\ntext'}]),
        ('url,note\nhttps://a.test/1,"""half"\n', [{"url": "https://a.test/1", "note": '"half'}]),
        ("url,start_date,limit\nhttps://a.test/1,null,\n",
         [{"url": "https://a.test/1", "start_date": "", "limit": ""}]),
        ('url,end_date\nhttps://a.test/1,"\\"2026-11-01T00:00:00.000Z\\""\n',
         [{"url": "https://a.test/1", "end_date": "2026-11-01T00:00:00.000Z"}]),
        ("url\n\nhttps://a.test/1\n", [{"url": "https://a.test/1"}]),
        ('[{"url":"https://a.test/1","limit":5,"end":null}]',
         [{"url": "https://a.test/1", "limit": "5", "end": ""}]),
        ("url\n", []),
        ("", []),
    ],
)  # fmt: skip
def test_inputs_are_read_from_csv(body: str, inputs: list[dict[str, str]]) -> None:
    assert Wire(reply(200, body)).client().inputs("s_1") == inputs


@pytest.mark.parametrize("body", [b"url\n\xff\xfe\n", b'url\n"open', b"url\n" + b"x" * 200_000])
def test_inputs_that_cannot_be_read_are_bad_data(body: bytes) -> None:
    with pytest.raises(SourceError) as caught:
        Wire(reply(200, body)).client().inputs("s_1")
    assert caught.value.error_class is ErrorClass.BAD_DATA


def test_inputs_that_the_vendor_does_not_keep_are_not_found() -> None:
    with pytest.raises(SourceError, match="does not keep the inputs") as caught:
        Wire(reply(400, "Snapshot input does not exist")).client().inputs("s_1")
    assert caught.value.error_class is ErrorClass.NOT_FOUND


@pytest.mark.parametrize("body", ['{"parts":3}', '{"parts":"3"}'])
def test_parts_are_asked_for_as_they_are_downloaded(body: str) -> None:
    wire = Wire(reply(200, body))
    assert wire.client().parts("s_1", 5000) == 3
    assert dict(wire.requests[0].url.params) == {"format": "ndjson", "compress": "true", "batch_size": "5000"}


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (reply(400, "Snapshot is not ready"), NotReady),
        (reply(202, '{"status":"building","message":"Snapshot is building, try again in 10s"}'), NotReady),
        (reply(200, '{"status":"running","message":"Snapshot is not ready yet"}'), NotReady),
        (reply(400, "Snapshot is empty"), EmptySnapshot),
    ],
)
def test_parts_of_what_is_not_there(answer: httpx.Response, kind: type[SourceError]) -> None:
    with pytest.raises(kind):
        Wire(answer).client().parts("s_1", 1000)


def test_a_job_is_stopped_or_had_ended() -> None:
    wire = Wire(reply(200, "OK"), reply(400, "Snapshot is not running"))
    client = wire.client()
    assert [client.cancel("s_1"), client.cancel("s_1")] == [True, False]
    assert [(sent.method, sent.url.path) for sent in wire.requests] == [
        ("POST", "/datasets/v3/snapshot/s_1/cancel")
    ] * 2


def test_the_log_is_read_in_any_case_and_without_the_person() -> None:
    body = {
        "id": "s_1",
        "created": "2026-11-20T10:00:00.000Z",
        "Status": "ready",
        "Dataset_size": "12",
        "Inputs_count": 3,
        "dataset_ID": "gd_1",
        "file_size": 34567,
        "Duration": 71.5,
        "Success_rate": 1,
        "trigger": {"type": "CP", "user": "jane@invented.test", "ip": "192.0.2.7"},
    }
    found = Wire(reply(200, json.dumps(body))).client().log("s_1")
    assert found == SnapshotLog(
        status="ready",
        created=datetime(2026, 11, 20, 10, tzinfo=UTC),
        dataset_id="gd_1",
        inputs=3,
        records=12,
        file_bytes=34567,
        seconds=71.5,
        success_rate=1.0,
    )
    assert "jane" not in repr(found)
