"""A rule can hit a share of the requests or jobs, and the same ones every time; a preset makes a storm of all kinds."""

from collections import Counter

import httpx
import pytest

from scrape_assets.simulator.faults import JOB_FAULTS, REQUEST_FAULTS, FaultRule, FaultRules
from scrape_assets.simulator.presets import storm
from scrape_assets.simulator.server import SimulatorThread
from scrape_assets.simulator.subjects import Subject
from scrape_assets_tests.simulator.conftest import COMPANY, PERSON, FrozenClock, KeyHolder


def company(number: int) -> dict[str, str]:
    return {"url": f"https://www.linkedin.com/company/works-{number}"}


def test_a_share_of_the_jobs_fails_and_it_is_the_same_jobs_whenever_they_are_asked_for(clock: FrozenClock) -> None:
    failed: list[set[str]] = []
    for _ in range(2):
        with SimulatorThread(clock=clock, seed=7) as simulator:
            vendor = KeyHolder(simulator.url)
            simulator.control.settings(latency=100)
            simulator.control.fault("failed", of_all=0.3)
            asked = {vendor.trigger(company(number)): str(number) for number in range(40)}
            words = {number: vendor.progress(job).json()["status"] for job, number in asked.items()}
            failed.append({number for number, status in words.items() if status == "failed"})
            accepted = simulator.control.accepted()
            assert Counter(tuple(job["faults"]) for job in accepted)["failed",] == len(failed[-1])
        clock.forward(hours=3)  # other snapshot ids
    assert failed[0] == failed[1]
    assert 5 <= len(failed[0]) <= 20


def test_another_job_with_the_same_inputs_has_its_own_luck(simulator: SimulatorThread, vendor: KeyHolder) -> None:
    simulator.control.settings(latency=100)
    simulator.control.fault("failed", of_all=0.5)
    words = Counter(vendor.progress(vendor.trigger(COMPANY)).json()["status"] for _ in range(30))
    assert min(words["failed"], words["starting"]) >= 5


def test_the_list_and_the_job_itself_tell_the_same(simulator: SimulatorThread, vendor: KeyHolder) -> None:
    for fault in ("failed", "stuck", "empty"):
        simulator.control.fault(fault, of_all=0.3)
    asked = [vendor.trigger(company(number)) for number in range(20)]
    listed = {one["id"]: (one["status"], one["dataset_size"]) for one in vendor.listed().json()}
    told = [vendor.progress(snapshot_id).json() for snapshot_id in asked]
    assert listed == {one["snapshot_id"]: (one["status"], one.get("records", 0)) for one in told}
    assert {status for status, _ in listed.values()} == {"failed", "running", "ready"}
    assert ("ready", 0) in listed.values()


def test_a_share_of_the_requests_is_throttled_whoever_asks_again_may_be_answered(
    simulator: SimulatorThread, vendor: KeyHolder
) -> None:
    snapshot_id = vendor.trigger(COMPANY)
    simulator.control.settings(block_after_429=1000)
    simulator.control.fault("throttled", operation="progress", of_all=0.3)
    answers = Counter(vendor.progress(snapshot_id).status_code for _ in range(100))
    assert 15 <= answers[429] <= 45
    assert answers[200] == 100 - answers[429]


def test_what_struck_is_told_with_whom_it_struck(simulator: SimulatorThread, vendor: KeyHolder) -> None:
    simulator.control.fault("reset_before_accept", times=1)
    with pytest.raises(httpx.TransportError):
        vendor.send([PERSON])
    simulator.control.fault("failed", times=1)
    doomed = vendor.trigger(COMPANY)
    for _ in range(2):
        vendor.progress(doomed)
    first, second = simulator.control.hits()
    assert (first["fault"], first["operation"], first["snapshot_id"]) == ("reset_before_accept", "trigger", None)
    assert PERSON["url"] in first["asked"]
    assert (second["fault"], second["operation"], second["snapshot_id"]) == ("failed", "progress", doomed)


def test_a_storm_holds_every_kind_of_fault_that_passes_by_itself() -> None:
    kinds = {rule.fault for rule in storm(0.1)}
    assert (REQUEST_FAULTS | JOB_FAULTS).keys() - kinds == {"unauthorized", "suspended", "trigger_400"}
    assert {rule.params.get("retry_after") for rule in storm(0.1) if rule.fault == "throttled"} == {None, 5}


def test_a_storm_strikes_each_kind_with_its_share_and_no_two_kinds_together() -> None:
    rules = FaultRules(storm(0.1), seed=3)
    struck: Counter[str] = Counter()
    for number in range(3_000):
        subject = Subject(f"job {number}", (f"s_{number}",), f"s_{number}")
        for name in rules.hold("progress", f"s_{number}", subject):
            struck[name] += 1
    assert 220 < struck["failed"] < 380
    assert 90 < struck["empty"] < 210
    assert 30 < struck["stuck"] < 95


def test_a_storm_is_switched_on_at_run_time(simulator: SimulatorThread, vendor: KeyHolder) -> None:
    simulator.control.preset("storm", share=0.1)
    rules = simulator.control.rules()
    assert {round(rule["share"], 3) for rule in rules} == {0.1, 0.05, 0.02}
    with pytest.raises(ValueError, match=r"unknown preset 'gale'; known: storm"):
        simulator.control.preset("gale")
    with pytest.raises(ValueError, match="share must be above 0"):
        simulator.control.preset("storm", share=0)
    simulator.control.clear_faults()
    assert vendor.send([COMPANY]).status_code == 200


@pytest.mark.parametrize("share", [0.0, -0.5, 1.5])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="share must be above 0"):
        FaultRule(fault="stuck", share=share)


def test_only_what_was_sent_whole_counts_as_delivered(simulator: SimulatorThread, vendor: KeyHolder) -> None:
    simulator.control.settings(rows_per_input=1010, error_rate=0)
    snapshot_id = vendor.trigger(COMPANY)
    simulator.control.fault("truncated_last_line", times=1)
    simulator.control.fault("cut_body", times=1)
    assert vendor.snapshot(snapshot_id).status_code == 200
    with pytest.raises(httpx.RemoteProtocolError):
        vendor.snapshot(snapshot_id)
    assert simulator.control.delivered(snapshot_id) == []
    assert len(simulator.control.delivered(snapshot_id, torn=True)) == 1009
    vendor.snapshot(snapshot_id, batch_size=1000, part=2)
    assert simulator.control.accepted()[0]["delivered"] == [[1000, 1010]]
    vendor.snapshot(snapshot_id)
    assert len({row["id"] for row in simulator.control.delivered(snapshot_id)}) == 1010
