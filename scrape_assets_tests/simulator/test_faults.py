"""Each fault does to a client what it promises, to whom and as often as the rule says."""

import gzip
import json
import zlib
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from scrape_assets.simulator.server import SimulatorThread
from scrape_assets_tests.simulator.conftest import COMPANY, PERSON, FrozenClock, KeyHolder


def test_a_lost_answer_is_a_job_that_was_paid_for(simulator: SimulatorThread, vendor: KeyHolder) -> None:
    simulator.control.fault("lost_answer", times=1)
    with pytest.raises(httpx.TransportError):
        vendor.send([COMPANY])
    (paid,) = simulator.control.accepted()
    assert paid["inputs"] == [COMPANY]
    assert [job["id"] for job in vendor.listed().json()] == [paid["snapshot_id"]]
    assert simulator.control.calls()["trigger"] == {"dropped": 1}
    assert vendor.send([COMPANY]).status_code == 200


def test_a_reset_before_acceptance_costs_nothing(simulator: SimulatorThread, vendor: KeyHolder) -> None:
    simulator.control.fault("reset_before_accept", times=1)
    with pytest.raises(httpx.TransportError):
        vendor.send([COMPANY])
    assert simulator.control.accepted() == []


def test_throttling_can_name_a_time_to_wait_and_ends_after_its_times(
    simulator: SimulatorThread, vendor: KeyHolder
) -> None:
    simulator.control.fault("throttled", operation="trigger", times=2, retry_after=7)
    answers = [vendor.send([COMPANY]) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429, 429, 200]
    assert answers[0].headers["retry-after"] == "7"
    assert "too many running jobs" in answers[0].text
    assert simulator.control.calls()["trigger"] == {"429": 2, "200": 1}


def test_a_fault_can_be_aimed_at_one_input_and_withdrawn(simulator: SimulatorThread, vendor: KeyHolder) -> None:
    simulator.control.fault("server_error", match="northwind-grid")
    answer = vendor.send([COMPANY])
    assert (answer.status_code, answer.headers["content-type"]) == (500, "text/html; charset=utf-8")
    assert vendor.send([PERSON], discover_by="profile_url").status_code == 200
    simulator.control.clear_faults()
    assert vendor.send([COMPANY]).status_code == 200


def test_times_are_spent_exactly_once_under_concurrent_calls(simulator: SimulatorThread, vendor: KeyHolder) -> None:
    simulator.control.fault("throttled", operation="progress", times=5)
    snapshot_id = vendor.trigger(COMPANY)
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: vendor.progress(snapshot_id).status_code, range(40)))
    assert sorted(statuses) == [200] * 35 + [429] * 5


def test_a_fault_of_a_job_sticks_to_the_first_job_it_meets(simulator: SimulatorThread, vendor: KeyHolder) -> None:
    simulator.control.fault("failed", times=1, error_message="Failed to trigger collector")
    doomed, fine = vendor.trigger(COMPANY), vendor.trigger(PERSON)
    for _ in range(3):
        answer = vendor.progress(doomed).json()
        assert (answer["status"], answer["error_message"]) == ("failed", "Failed to trigger collector")
    assert vendor.progress(fine).json()["status"] == "ready"
    assert {job["id"]: job["status"] for job in vendor.listed().json()} == {doomed: "failed", fine: "ready"}


def test_a_stuck_job_runs_for_ever(simulator: SimulatorThread, vendor: KeyHolder, clock: FrozenClock) -> None:
    snapshot_id = vendor.trigger(COMPANY)
    simulator.control.fault("stuck", match=snapshot_id)
    clock.forward(days=2)
    assert vendor.progress(snapshot_id).json()["status"] == "running"
    assert vendor.snapshot(snapshot_id).status_code == 202
    assert vendor.http.post(f"/datasets/v3/snapshot/{snapshot_id}/cancel").text == "OK"


def test_a_job_said_to_be_ready_can_still_be_building(simulator: SimulatorThread, vendor: KeyHolder) -> None:
    simulator.control.fault("building_after_ready", times=2)
    snapshot_id = vendor.trigger(COMPANY)
    assert vendor.progress(snapshot_id).json()["status"] == "ready"
    answers = [vendor.snapshot(snapshot_id) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 200]
    assert answers[0].json() == {"status": "building", "message": "Snapshot is building, try again in 10s"}


def test_not_ready_can_be_disguised_as_success(simulator: SimulatorThread, vendor: KeyHolder) -> None:
    simulator.control.fault("disguised_not_ready", times=1)
    answer = vendor.snapshot(vendor.trigger(COMPANY))
    assert answer.status_code == 200
    assert set(answer.json()) == {"status", "message"}


@pytest.mark.parametrize(
    ("fault", "status", "text"),
    [
        ("empty", 400, "Snapshot is empty"),
        ("expired", 400, "Snapshot is expired"),
        ("not_found", 404, "Snapshot does not exist"),
        ("zero_rows", 200, "[]"),
        ("unauthorized", 401, "Invalid credentials"),
    ],
)
def test_a_download_can_be_refused(
    simulator: SimulatorThread, vendor: KeyHolder, fault: str, status: int, text: str
) -> None:
    snapshot_id = vendor.trigger(COMPANY)
    simulator.control.fault(fault)
    answer = vendor.snapshot(snapshot_id)
    assert (answer.status_code, answer.text) == (status, text)


def test_a_job_without_rows_says_so_in_its_progress(simulator: SimulatorThread, vendor: KeyHolder) -> None:
    simulator.control.fault("zero_rows")
    answer = vendor.progress(vendor.trigger(COMPANY)).json()
    assert (answer["status"], answer["records"], answer["errors"]) == ("ready", 0, 0)


def test_a_suspended_account_cannot_trigger_and_its_jobs_fail(simulator: SimulatorThread, vendor: KeyHolder) -> None:
    snapshot_id = vendor.trigger(COMPANY)
    simulator.control.fault("suspended")
    answer = vendor.send([COMPANY])
    assert (answer.status_code, answer.text) == (400, "Customer is not active")
    failed = vendor.progress(snapshot_id).json()
    assert (failed["status"], failed["error_message"]) == ("failed", "Account is suspended")


def test_progress_can_use_words_nobody_knows(simulator: SimulatorThread, vendor: KeyHolder) -> None:
    simulator.control.fault("unknown_status", times=1, word="digesting")
    snapshot_id = vendor.trigger(COMPANY)
    assert [vendor.progress(snapshot_id).json()["status"] for _ in range(2)] == ["digesting", "ready"]


def test_the_last_line_can_be_torn_while_http_is_content(simulator: SimulatorThread, vendor: KeyHolder) -> None:
    snapshot_id = vendor.trigger(COMPANY)
    whole = vendor.snapshot(snapshot_id).content
    simulator.control.fault("truncated_last_line", times=1)
    torn = vendor.snapshot(snapshot_id)
    assert int(torn.headers["content-length"]) == len(torn.content)
    assert torn.content == whole[:-40]
    with pytest.raises(json.JSONDecodeError):
        json.loads(torn.content.splitlines()[-1])


def test_the_last_line_can_be_missing_while_http_is_content(simulator: SimulatorThread, vendor: KeyHolder) -> None:
    snapshot_id = vendor.trigger(COMPANY)
    lines = vendor.snapshot(snapshot_id).content.splitlines(keepends=True)
    simulator.control.fault("truncated_last_line", times=1, whole_line=True)
    assert vendor.snapshot(snapshot_id).content.splitlines(keepends=True) == lines[:-1]
    assert vendor.snapshot(snapshot_id).content.splitlines(keepends=True) == lines


@pytest.mark.parametrize("rows", [10, 2000])
def test_a_body_can_be_cut_before_its_end(simulator: SimulatorThread, vendor: KeyHolder, rows: int) -> None:
    simulator.control.settings(rows_per_input=rows)
    snapshot_id = vendor.trigger(COMPANY)
    whole = vendor.snapshot(snapshot_id).content
    simulator.control.fault("cut_body", times=1, share=0.5)
    path = f"/datasets/v3/snapshot/{snapshot_id}?format=ndjson"
    came = bytearray()

    def receive() -> None:
        with vendor.http.stream("GET", path) as answer:
            for chunk in answer.iter_raw():
                came.extend(chunk)

    with pytest.raises(httpx.RemoteProtocolError):
        receive()
    assert 0 < len(came) < len(whole)
    assert whole.startswith(came)
    assert simulator.control.calls()["snapshot"]["cut"] == 1
    assert vendor.snapshot(snapshot_id).content == whole


def test_a_connection_can_be_reset_in_the_middle_of_a_body(simulator: SimulatorThread, vendor: KeyHolder) -> None:
    snapshot_id = vendor.trigger(COMPANY)
    simulator.control.fault("cut_body", times=1, reset=True)
    with pytest.raises(httpx.ReadError):
        vendor.snapshot(snapshot_id)
    assert simulator.control.calls()["snapshot"] == {"cut": 1}


def test_gzip_can_be_corrupt(simulator: SimulatorThread, vendor: KeyHolder) -> None:
    snapshot_id = vendor.trigger(COMPANY)
    simulator.control.fault("corrupt_gzip", times=2)
    with pytest.raises((gzip.BadGzipFile, zlib.error)):
        gzip.decompress(vendor.snapshot(snapshot_id, compress="true").content)
    with pytest.raises(httpx.DecodingError):
        vendor.snapshot(snapshot_id)


def test_a_slow_body_arrives_whole(simulator: SimulatorThread, vendor: KeyHolder) -> None:
    snapshot_id = vendor.trigger(COMPANY)
    whole = vendor.snapshot(snapshot_id).content
    simulator.control.fault("slow_drip", times=1, bytes=4096, seconds=0.001)
    assert vendor.snapshot(snapshot_id).content == whole


def test_a_new_job_can_be_missing_from_the_list_for_a_while(
    simulator: SimulatorThread, vendor: KeyHolder, clock: FrozenClock
) -> None:
    simulator.control.fault("lists_late", seconds=30)
    snapshot_id = vendor.trigger(COMPANY)
    assert vendor.listed().json() == []
    clock.forward(seconds=31)
    assert [job["id"] for job in vendor.listed().json()] == [snapshot_id]


def test_inputs_can_be_gone_and_triggers_refused_in_any_words(simulator: SimulatorThread, vendor: KeyHolder) -> None:
    snapshot_id = vendor.trigger(COMPANY)
    simulator.control.fault("input_missing")
    assert vendor.http.get(f"/datasets/v3/snapshot/{snapshot_id}/input").text == "Snapshot input does not exist"
    simulator.control.fault("trigger_400", times=1, body={"validation_errors": ["no"]})
    assert vendor.send([COMPANY]).json() == {"validation_errors": ["no"]}


def test_an_unknown_fault_is_refused_with_the_known_ones(simulator: SimulatorThread) -> None:
    with pytest.raises(ValueError, match=r"unknown fault 'gremlins'; known: .*throttled"):
        simulator.control.fault("gremlins")
