"""The vendor's HTTP surface, as its observed behaviour has it."""

import csv
import gzip
import io
import json
import re

import httpx
import pytest

from scrape_assets.simulator.server import SimulatorThread
from scrape_assets_tests.simulator.conftest import COMPANY, PERSON, POSTS, FrozenClock, KeyHolder

TEXT = "text/html; charset=utf-8"


def lines(answer: httpx.Response) -> list[dict[str, object]]:
    return [json.loads(line) for line in answer.text.splitlines()]


def test_a_job_goes_through_the_observed_states(
    simulator: SimulatorThread, vendor: KeyHolder, clock: FrozenClock
) -> None:
    simulator.control.settings(latency=100, jitter=0)
    snapshot_id = vendor.trigger(COMPANY)
    seen = [vendor.progress(snapshot_id).json()["status"]]
    for seconds in (50, 40, 10):
        clock.forward(seconds=seconds)
        seen.append(vendor.progress(snapshot_id).json()["status"])
    assert seen == ["starting", "running", "closing", "ready"]
    assert re.fullmatch(r"s_[a-z0-9]{10,}", snapshot_id)


def test_a_download_before_the_job_is_ready_says_202_and_the_state(
    simulator: SimulatorThread, vendor: KeyHolder
) -> None:
    simulator.control.settings(latency=100, jitter=0)
    snapshot_id = vendor.trigger(COMPANY)
    answer = vendor.snapshot(snapshot_id)
    assert answer.status_code == 202
    assert answer.json() == {"status": "starting", "message": "Snapshot is not ready yet, try again in 30s"}
    parts = vendor.http.get(f"/datasets/v3/snapshot/{snapshot_id}/parts")
    assert (parts.status_code, parts.text) == (400, "Snapshot is not ready")
    assert simulator.control.make_ready() == 1
    assert vendor.snapshot(snapshot_id).status_code == 200


def test_records_do_not_count_error_rows_and_error_codes_are_absent_without_errors(
    simulator: SimulatorThread, vendor: KeyHolder
) -> None:
    simulator.control.settings(error_rate=0)
    good = vendor.progress(vendor.trigger(COMPANY)).json()
    assert good["errors"] == 0
    assert "error_codes" not in good
    missing = {"url": "https://www.linkedin.com/in/missing-person"}
    mixed = vendor.trigger(PERSON, missing, discover_by="profile_url")
    counted = vendor.progress(mixed).json()
    assert counted["error_codes"] == {"dead_page": 1}
    assert counted["records"] == len(lines(vendor.snapshot(mixed))) - 1


def test_error_rows_vanish_unless_they_were_asked_for(simulator: SimulatorThread, vendor: KeyHolder) -> None:
    simulator.control.settings(rows_per_input=50, error_rate=0.2)
    with_errors = lines(vendor.snapshot(vendor.trigger(COMPANY)))
    without = lines(vendor.snapshot(vendor.trigger(COMPANY, include_errors="false")))
    assert len(with_errors) == 50
    failed = [row for row in with_errors if "error" in row]
    assert {row["error_code"] for row in failed} == {"crawl_failed"}
    assert set(failed[0]) == {"timestamp", "input", "discovery_input", "error", "error_code"}
    assert 30 < len(without) < 50
    assert not any("error" in row for row in without)


def test_a_job_that_found_nothing_downloads_as_an_empty_array(vendor: KeyHolder) -> None:
    missing = {"url": "https://www.linkedin.com/company/missing-works"}
    answer = vendor.snapshot(vendor.trigger(missing, include_errors="false"))
    assert (answer.status_code, answer.text) == (200, "[]")


@pytest.mark.parametrize(
    ("headers", "text"),
    [
        ({}, "Credentials are missing"),
        ({"Authorization": "Basic abc"}, "Auth method is not supported"),
        ({"Authorization": "Bearer bad-key"}, "Invalid credentials"),
    ],
)
def test_a_call_without_a_good_key_is_refused_in_plain_text(
    simulator: SimulatorThread, headers: dict[str, str], text: str
) -> None:
    answer = httpx.get(f"{simulator.url}/datasets/v3/progress/s_1", headers=headers)
    assert (answer.status_code, answer.text, answer.headers["content-type"]) == (401, text, TEXT)


def test_unknown_snapshots_and_datasets_are_404_in_plain_text(simulator: SimulatorThread, vendor: KeyHolder) -> None:
    answer = vendor.progress("s_nobody")
    assert (answer.status_code, answer.text, answer.headers["content-type"]) == (
        404,
        "Snapshot does not exist",
        TEXT,
    )
    answer = vendor.send([COMPANY], dataset_id="gd_unheard_of")
    assert (answer.status_code, answer.text) == (404, "dataset does not exist")
    answer = vendor.send([COMPANY], dataset_id="")
    assert (answer.status_code, answer.text) == (404, "Collector not found")
    simulator.control.settings(documented_errors=True)
    assert vendor.progress("s_nobody").json() == {"error": "Snapshot not found"}


def test_one_bad_input_refuses_the_whole_job_and_is_named_by_its_place(
    simulator: SimulatorThread, vendor: KeyHolder
) -> None:
    answer = vendor.send([COMPANY, {"url": "not a url"}, {}])
    assert answer.status_code == 400
    assert answer.json() == {
        "error": "Invalid input provided",
        "code": "validation_error",
        "type": "validation",
        "line": '{"url":"not a url"}',
        "index": 2,
        "errors": [["url", "This field must be a valid url"]],
    }
    assert vendor.send([{}]).json()["errors"] == [["url", "Required field"]]
    elsewhere = vendor.send([{"url": "https://example.org/in/somebody"}]).json()["errors"]
    assert elsewhere[0][1].startswith("Value should match pattern ^https://")
    assert simulator.control.accepted() == []


def test_bodies_that_are_no_inputs_are_refused(vendor: KeyHolder) -> None:
    assert vendor.send([]).text == "No data to trigger"
    assert vendor.send(7).json()["code"] == "parse_error"
    assert "Available types: url, profile_url, company_url" in vendor.send([COMPANY], discover_by="keyword").text
    assert vendor.send([COMPANY], dataset_id="gd_lvzdpsdlw09j6t702").text == "This dataset is not ready yet"


def test_inputs_may_come_in_an_object_or_as_a_csv_file(vendor: KeyHolder) -> None:
    answer = vendor.send({"input": [COMPANY], "limit_per_input": 3})
    assert len(lines(vendor.snapshot(answer.json()["snapshot_id"]))) == 3
    query = {"dataset_id": POSTS, "type": "discover_new", "discover_by": "company_url"}
    table = f"url\n{COMPANY['url']}\n{PERSON['url']}\n"
    answer = vendor.http.post("/datasets/v3/trigger", params=query, files={"data": ("inputs.csv", table, "text/csv")})
    inputs = vendor.http.get(f"/datasets/v3/snapshot/{answer.json()['snapshot_id']}/input")
    assert inputs.headers["content-type"].startswith("text/csv")
    assert [row["url"] for row in csv.DictReader(io.StringIO(inputs.text))] == [COMPANY["url"], PERSON["url"]]


def test_limits_are_honoured_exactly(vendor: KeyHolder) -> None:
    limited = vendor.trigger(COMPANY, PERSON, limit_per_input="4")
    assert len(lines(vendor.snapshot(limited))) == 8
    limited = vendor.trigger(COMPANY, PERSON, limit_per_input="4", limit_multiple_results="5")
    assert len(lines(vendor.snapshot(limited))) == 5


def test_every_format_holds_the_same_rows_and_gzip_the_same_bytes(vendor: KeyHolder) -> None:
    snapshot_id = vendor.trigger(COMPANY)
    rows = lines(vendor.snapshot(snapshot_id))
    assert vendor.snapshot(snapshot_id, format="json").json() == rows
    assert lines(vendor.snapshot(snapshot_id, format="jsonl")) == rows
    table = list(csv.DictReader(io.StringIO(vendor.snapshot(snapshot_id, format="csv").text)))
    assert len(table) == len(rows)
    packed = vendor.snapshot(snapshot_id, compress="true")
    assert packed.headers["content-type"] == "application/gzip"
    assert gzip.decompress(packed.content) == vendor.snapshot(snapshot_id).content
    assert vendor.snapshot(snapshot_id, format="xml").status_code == 400


def test_parts_together_are_the_whole_and_downloads_repeat_byte_for_byte(
    simulator: SimulatorThread, vendor: KeyHolder
) -> None:
    simulator.control.settings(rows_per_input=1200)
    snapshot_id = vendor.trigger(COMPANY, PERSON)
    whole = vendor.snapshot(snapshot_id).content
    assert vendor.snapshot(snapshot_id).content == whole
    asked = vendor.http.get(f"/datasets/v3/snapshot/{snapshot_id}/parts", params={"batch_size": 1000})
    assert asked.json() == {"parts": 3}
    parts = [vendor.snapshot(snapshot_id, batch_size=1000, part=part).content for part in (1, 2, 3)]
    assert [part.count(b"\n") for part in parts] == [1000, 1000, 400]
    assert b"".join(parts) == whole
    assert vendor.snapshot(snapshot_id, batch_size=999, part=1).status_code == 400
    assert vendor.snapshot(snapshot_id, batch_size=1000, part=4).status_code == 400


def test_a_snapshot_expires_after_its_retention(vendor: KeyHolder, clock: FrozenClock) -> None:
    snapshot_id = vendor.trigger(COMPANY)
    clock.forward(days=15.9)
    assert vendor.snapshot(snapshot_id).status_code == 200
    clock.forward(days=0.2)
    answer = vendor.snapshot(snapshot_id)
    assert (answer.status_code, answer.text) == (400, "Snapshot is expired")
    rerun = vendor.http.post(f"/datasets/v3/snapshot/{snapshot_id}/rerun")
    assert (rerun.status_code, rerun.text) == (
        400,
        "Snapshot's inputs storage is expired and no longer available",
    )


def test_the_list_is_filtered_and_paged(vendor: KeyHolder, clock: FrozenClock) -> None:
    ids = []
    for _ in range(5):
        ids.append(vendor.trigger(COMPANY))
        clock.forward(hours=1)
    listed = vendor.listed().json()
    assert [job["id"] for job in listed] == ids[::-1]
    assert set(listed[0]) == {"id", "created", "status", "dataset_id", "dataset_size", "trigger"}
    assert [job["id"] for job in vendor.listed(skip=1, limit=2).json()] == ids[3:1:-1]
    assert [job["id"] for job in vendor.listed(from_date="2026-11-20T15:30:00Z").json()] == ids[4:]
    assert [job["id"] for job in vendor.listed(to_date="2026-11-20T13:30:00Z").json()] == ids[1::-1]
    assert len(vendor.listed(to_date="2026-11-20").json()) == 5
    assert vendor.listed(status="failed").json() == []
    assert vendor.listed(dataset_id="").text == "dataset missing"


def test_a_canceled_job_delivers_nothing(simulator: SimulatorThread, vendor: KeyHolder) -> None:
    simulator.control.settings(latency=100)
    snapshot_id = vendor.trigger(COMPANY)
    cancel = f"/datasets/v3/snapshot/{snapshot_id}/cancel"
    assert vendor.http.post(cancel).text == "OK"
    assert vendor.progress(snapshot_id).json()["status"] == "canceled"
    assert vendor.snapshot(snapshot_id).status_code == 400
    assert vendor.http.post(cancel).text == "Snapshot is not running"


def test_a_rerun_is_a_new_paid_job_with_the_same_inputs(simulator: SimulatorThread, vendor: KeyHolder) -> None:
    first = vendor.trigger(COMPANY)
    second = vendor.http.post(f"/datasets/v3/snapshot/{first}/rerun").json()["snapshot_id"]
    assert second != first
    assert [job["inputs"] for job in simulator.control.accepted()] == [[COMPANY], [COMPANY]]


def test_the_synchronous_call_answers_with_data_or_with_a_snapshot_to_follow(
    simulator: SimulatorThread, vendor: KeyHolder
) -> None:
    query = {"dataset_id": POSTS, "type": "discover_new", "discover_by": "company_url"}
    answer = vendor.http.post("/datasets/v3/scrape", params=query, json=[COMPANY])
    assert answer.status_code == 200
    assert lines(answer)[0]["discovery_input"] == COMPANY
    simulator.control.settings(latency=100, sync_wait=0)
    answer = vendor.http.post("/datasets/v3/scrape", params=query, json=[COMPANY])
    assert (answer.status_code, answer.headers["retry-after"]) == (202, "30")
    assert vendor.progress(answer.json()["snapshot_id"]).json()["status"] == "starting"
    assert vendor.http.post("/datasets/v3/scrape", params=query, json=[COMPANY] * 21).status_code == 400


def test_the_log_and_the_catalogue_answer(vendor: KeyHolder) -> None:
    log = vendor.http.get(f"/datasets/v3/log/{vendor.trigger(COMPANY)}").json()
    assert (log["Status"], log["Inputs_count"], log["Dataset_id"]) == ("ready", 1, POSTS)
    assert POSTS in [dataset["id"] for dataset in vendor.http.get("/datasets/list").json()]


def test_too_many_running_jobs_are_throttled(simulator: SimulatorThread, vendor: KeyHolder) -> None:
    simulator.control.settings(latency=100, max_running_jobs=2)
    vendor.trigger(COMPANY)
    vendor.trigger(COMPANY)
    answer = vendor.send([COMPANY])
    assert answer.status_code == 429
    assert answer.text.endswith("Running jobs: 2>=2")


def test_an_unknown_setting_is_refused_and_changes_nothing(simulator: SimulatorThread) -> None:
    before = simulator.control.settings()
    with pytest.raises(ValueError, match="latencyy"):
        simulator.control.settings(latencyy=1)
    assert simulator.control.settings() == before


def test_large_snapshots_are_streamed_in_chunks(simulator: SimulatorThread, vendor: KeyHolder) -> None:
    simulator.control.settings(rows_per_input=2000)
    large = vendor.snapshot(vendor.trigger(COMPANY))
    assert large.headers["transfer-encoding"] == "chunked"
    assert large.text.count("\n") == 2000
    simulator.control.settings(rows_per_input=5)
    small = vendor.snapshot(vendor.trigger(COMPANY))
    assert int(small.headers["content-length"]) == len(small.content)
