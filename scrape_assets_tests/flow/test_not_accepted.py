"""Triggers that the vendor does not take: whose fault it is decides what becomes of the jobs."""

from datetime import timedelta
from email.utils import format_datetime

import pytest

from scrape_assets.flow.choosing.resolve import resolve
from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets_tests.flow.world import ANNA, HARBOUR, MILL, QUARRY, World


@pytest.fixture
def many(world: World) -> World:
    """Three companies, asked for one by one."""
    world.set(batch_size=1)
    for creator, url in (("harbour", HARBOUR), ("mill", MILL), ("quarry", QUARRY)):
        world.creator(creator, url)
    return world


@pytest.mark.parametrize("as_date", [False, True])
def test_throttled_with_a_time_everybody_waits_for_it_and_no_attempt_is_spent(many: World, *, as_date: bool) -> None:
    # Read off the real clock when it is a date, so a far one; what counts is that nobody comes earlier.
    wait: object = format_datetime(many.clock() + timedelta(days=300), usegmt=True) if as_date else 600
    many.control.fault("throttled", operation="trigger", times=1, retry_after=wait)
    report = many.collect()

    assert len(report.triggered) == 1, "the other batches would only be refused as well"
    assert many.calls("trigger") == 1
    due = {job.next_attempt_at for job in many.jobs()}
    assert len(due) == 1, "what was put off together can be asked for together"
    assert min(due) >= many.clock() + timedelta(seconds=600)
    assert {(job.status, job.attempts, job.error_class) for job in many.jobs()} == {("pending", 0, "throttled")}
    assert "too many running jobs" in str(many.jobs()[0].error)

    many.collect()
    assert many.calls("trigger") == 1
    many.clock.now = min(due)
    many.collect()
    assert many.paid() == {HARBOUR: 1, MILL: 1, QUARRY: 1}


def test_throttled_without_a_time_nobody_comes_back_within_a_minute(many: World) -> None:
    many.control.fault("throttled", operation="trigger")
    for _ in range(5):
        many.collect()
        many.clock.forward(seconds=30)
    assert many.calls("trigger") <= 3
    assert {(job.status, job.attempts) for job in many.jobs()} == {("pending", 0)}

    many.control.clear_faults()
    many.clock.forward(minutes=5)
    many.collect()
    assert many.paid() == {HARBOUR: 1, MILL: 1, QUARRY: 1}


def test_the_vendors_own_limit_of_running_jobs_lets_the_rest_through_later(many: World) -> None:
    many.control.settings(latency=60.0, max_running_jobs=1)
    many.collect()
    assert sum(many.paid().values()) == 1
    assert many.statuses() == {"processing": 1, "pending": 2}
    for _ in range(2):
        many.control.make_ready()
        many.clock.forward(minutes=5)
        many.collect()
    assert many.paid() == {HARBOUR: 1, MILL: 1, QUARRY: 1}


@pytest.mark.parametrize(
    ("fault", "error_class", "words"),
    [
        ("unauthorized", "refused", "check BRIGHTDATA_API_KEY"),
        ("suspended", "payment", "does no work for this account"),
    ],
)
def test_what_a_person_must_set_right_costs_no_job_an_attempt(
    many: World, fault: str, error_class: str, words: str
) -> None:
    many.control.fault(fault, operation="trigger")
    many.collect()
    assert many.calls("trigger") == 1
    assert {(job.status, job.attempts, job.error_class) for job in many.jobs()} == {("pending", 0, error_class)}
    assert all(words in str(job.error) for job in many.jobs())
    assert many.snapshot().status is SnapshotStatus.FAILED

    many.clock.forward(minutes=10)
    many.collect()
    assert many.calls("trigger") == 1, "rarely enough that a month of it fills no table"
    many.control.clear_faults()
    many.clock.forward(minutes=10)
    many.collect()
    assert many.paid() == {HARBOUR: 1, MILL: 1, QUARRY: 1}


def test_a_vendor_out_of_reach_is_said_before_anything_is_written(world: World) -> None:
    world.creator("harbour", HARBOUR)
    nowhere = world.context("host:2:lost", url="http://127.0.0.1:9")
    with pytest.raises(Exception, match="could not be reached"):
        world.collect(ctx=nowhere)
    assert (world.count("scrape_jobs"), world.count("snapshots")) == (0, 0)


def test_a_trigger_that_never_left_is_tried_again_later(many: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The network goes away between the check of the key and the trigger."""
    vendor = many.ctx.vendor
    monkeypatch.setattr(vendor, "check_key", lambda: monkeypatch.setattr(vendor, "_base_url", "http://127.0.0.1:9"))
    report = many.collect()
    assert len(report.triggered) == 1
    assert "could not be reached" in str(report.triggered[0].error)
    assert sorted((job.status.value, job.attempts) for job in many.jobs()) == [("pending", 0)] * 2 + [("pending", 1)]

    monkeypatch.undo()
    many.clock.forward(minutes=10)
    many.collect()
    assert many.paid() == {HARBOUR: 1, MILL: 1, QUARRY: 1}
    assert many.statuses() == {"processing": 3}


def test_jobs_that_never_get_through_die_with_their_reason(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.creator("anna", ANNA)
    vendor = world.ctx.vendor
    monkeypatch.setattr(vendor, "check_key", lambda: None)
    monkeypatch.setattr(vendor, "_base_url", "http://127.0.0.1:9")
    monkeypatch.setattr("scrape_assets.flow.collect.settle_unknown", lambda _: None)
    for _ in range(12):
        world.collect()
        world.clock.forward(hours=7)
    job = world.job()
    assert (job.status, job.failures) == ("dead", {"network": 10})
    assert "could not be reached" in str(job.error)
    assert world.count("snapshots") == 10


def test_a_job_called_off_during_its_trigger_holds_up_nobody(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.creator("harbour", HARBOUR)
    world.creator("mill", MILL)
    world.control.fault("throttled", operation="trigger", times=1, retry_after=60)
    trigger = world.ctx.vendor.trigger

    def canceled_meanwhile(*args: object, **named: object) -> str:
        with world.engine.begin() as conn:
            conn.exec_driver_sql("UPDATE scrape_jobs SET status = 'canceled' WHERE target_id = 'mill'")
        return trigger(*args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(world.ctx.vendor, "trigger", canceled_meanwhile)
    world.collect()
    assert world.statuses() == {"canceled": 1, "pending": 1}
    world.clock.forward(minutes=5)
    world.collect()
    assert world.paid() == {HARBOUR: 1}


def test_a_job_called_off_between_claim_and_trigger_is_not_paid_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.creator("harbour", HARBOUR)
    world.creator("mill", MILL)

    def canceled_meanwhile(*args: object) -> object:
        resolved = resolve(*args)  # type: ignore[arg-type]
        with world.engine.begin() as conn:
            conn.exec_driver_sql("UPDATE scrape_jobs SET status = 'canceled' WHERE target_id = 'mill'")
        return resolved

    monkeypatch.setattr("scrape_assets.flow.collect.resolve", canceled_meanwhile)
    report = world.collect()
    assert "canceled" in str(report.triggered[0].error)
    assert world.control.accepted() == []
    world.collect()
    assert world.paid() == {HARBOUR: 1}
