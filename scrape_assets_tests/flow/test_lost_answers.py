"""A trigger whose answer was lost is settled against the vendor's list, never sent again on a guess."""

from datetime import timedelta

import pytest

from scrape_assets.flow.asking.trigger import trigger_batch
from scrape_assets.flow.choosing.choose import standings
from scrape_assets.flow.choosing.resolve import resolve
from scrape_assets.flow.mending.settle import settle_unknown
from scrape_assets.flow.wanted.plan import plan_jobs
from scrape_assets.ledger import jobs
from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets.sources.brightdata.model import TriggerRequest
from scrape_assets_tests.flow.world import ANNA, HARBOUR, MILL, QUARRY, TODAY, World

GRACE = 900


def statuses(world: World) -> list[str]:
    return [snapshot.status.value for snapshot in world.snapshots()]


def test_found_in_the_list_it_goes_on_as_if_the_answer_had_come(world: World) -> None:
    world.creator("harbour", HARBOUR)
    world.creator("mill", MILL)
    world.control.fault("lost_answer", times=1)
    report = world.collect()
    assert report.accepted == []
    assert (world.snapshot().status, world.snapshot().vendor_snapshot_id) == (SnapshotStatus.UNKNOWN, None)
    assert "not known" in str(world.snapshot().error)

    again = world.collect()
    [accepted] = world.control.accepted()
    assert (again.settled.found, again.triggered) == ([world.snapshot().snapshot_id], [])
    assert world.snapshot().vendor_snapshot_id == accepted["snapshot_id"]
    world.poll()
    world.process()
    assert world.statuses() == {"completed": 2}
    assert world.paid() == {HARBOUR: 1, MILL: 1}
    assert world.snapshot().error is None


def test_an_input_that_serves_two_jobs_was_asked_for_once_and_is_recognised(world: World) -> None:
    world.creator("harbour", HARBOUR)
    world.control.fault("lost_answer", times=1)
    world.collect()
    with world.engine.begin() as conn:  # as a job that asks for the same is tied to a snapshot under way
        conn.exec_driver_sql("UPDATE snapshots SET inputs = inputs || inputs")
    world.clock.forward(seconds=GRACE + 1)
    assert settle_unknown(world.ctx).found == [world.snapshot().snapshot_id]


def test_an_answer_that_is_half_a_server_error_counts_as_lost(world: World) -> None:
    world.creator("harbour", HARBOUR)
    world.control.fault("server_error", operation="trigger", times=1, status=502)
    world.collect()
    assert world.snapshot().status is SnapshotStatus.UNKNOWN
    assert world.job().status == "processing"
    assert world.calls("trigger") == 1


def test_not_listed_it_stays_unknown_through_the_grace_and_is_asked_again_after(world: World) -> None:
    world.creator("harbour", HARBOUR)
    world.control.fault("reset_before_accept", times=1)
    world.collect()
    assert statuses(world) == ["unknown"]
    for _ in range(4):
        world.clock.forward(seconds=GRACE / 5)
        report = world.collect()
        assert report.settled.still_unknown == [world.snapshot().snapshot_id]
    assert (world.control.accepted(), world.job().status) == ([], "processing")

    world.clock.forward(seconds=GRACE)
    report = world.collect()
    assert [len(report.settled.never_accepted), len(report.accepted)] == [1, 1]
    assert statuses(world) == ["failed", "pending"]
    assert "never accepted" in str(world.snapshots()[0].error)
    assert world.paid() == {HARBOUR: 1}
    world.poll()
    world.process()
    assert world.job().status == "completed"


def test_a_list_that_lags_behind_is_waited_for(world: World) -> None:
    world.creator("harbour", HARBOUR)
    world.control.fault("lists_late", seconds=600)
    world.control.fault("lost_answer", times=1)
    world.collect()
    world.clock.forward(minutes=5)
    assert len(world.collect().settled.still_unknown) == 1
    world.clock.forward(minutes=6)
    assert len(world.collect().settled.found) == 1
    assert world.paid() == {HARBOUR: 1}


def test_while_the_vendor_does_not_tell_the_inputs_and_has_no_rows_nothing_is_asked_again(world: World) -> None:
    world.creator("harbour", HARBOUR)
    world.control.fault("lost_answer", times=1)
    world.control.fault("input_missing")
    world.control.fault("stuck")
    world.collect()
    for hours in (0, 1, 8, 12):
        world.clock.forward(hours=hours)
        assert len(world.collect().settled.still_unknown) == 1
    assert "does not say with which inputs" in str(world.snapshot().error)
    assert world.paid() == {HARBOUR: 1}

    world.control.clear_faults()
    world.clock.forward(minutes=5)
    assert len(world.collect().settled.found) == 1
    assert world.paid() == {HARBOUR: 1}


def test_what_will_never_be_known_is_left_to_a_person_in_the_end(world: World) -> None:
    world.creator("harbour", HARBOUR)
    world.control.fault("lost_answer", times=1)
    world.control.fault("input_missing")
    world.control.fault("stuck")
    world.collect()
    world.clock.forward(hours=25)
    report = world.collect()
    assert report.settled.given_up == [world.snapshot().snapshot_id]
    assert (world.snapshot().status, world.job().status) == (SnapshotStatus.DEAD, "failed")
    assert "look there before it is asked (and paid) again" in str(world.job().error)
    world.collect()
    assert world.paid() == {HARBOUR: 1}


@pytest.mark.parametrize("besides", [None, "truncated_last_line", "cut_body"])
def test_inputs_that_the_vendor_does_not_keep_are_told_by_the_rows(world: World, besides: str | None) -> None:
    world.creator("harbour", HARBOUR)
    world.creator("mill", MILL)
    world.control.fault("lost_answer", times=1)
    world.control.fault("input_missing")
    if besides:
        world.control.fault(besides, times=1)
    world.collect()
    found = settle_unknown(world.ctx).found
    if not found:  # not one row of a body that broke off
        world.clock.forward(minutes=5)
        found = settle_unknown(world.ctx).found
    assert found == [world.snapshot().snapshot_id]
    [accepted] = world.control.accepted()
    assert world.snapshot().vendor_snapshot_id == accepted["snapshot_id"]
    world.poll()
    world.process()
    assert world.statuses() == {"completed": 2}
    assert world.paid() == {HARBOUR: 1, MILL: 1}


def test_rows_that_answer_somebody_else_hold_up_nobody(world: World) -> None:
    lose_harbour_beside(world, QUARRY)
    assert settle_unknown(world.ctx).never_accepted == [world.snapshot().snapshot_id]
    assert world.collect().accepted
    assert world.paid() == {HARBOUR: 1, QUARRY: 1}


def test_of_rows_that_answer_more_than_was_asked_nothing_is_believed(world: World) -> None:
    lose_harbour_beside(world, HARBOUR, MILL)
    assert settle_unknown(world.ctx).found == []


@pytest.mark.parametrize("stuck", [True, False])
def test_a_silent_snapshot_of_another_time_holds_up_nobody_and_is_not_read(world: World, stuck: bool) -> None:
    world.creator("harbour", HARBOUR)
    world.control.fault("reset_before_accept", times=1)
    world.collect()
    world.clock.forward(hours=2)
    world.control.fault("input_missing")
    if stuck:
        world.control.fault("stuck")
    ask_the_vendor(world, HARBOUR)
    assert len(settle_unknown(world.ctx).never_accepted) == 1
    assert (world.calls("input"), world.calls("snapshot")) == (1, 0)


def test_rows_are_read_once_however_many_look_for_their_answer(world: World) -> None:
    world.set(batch_size=1)
    for name in ("harbour", "mill", "quarry"):
        world.creator(name, f"https://www.linkedin.com/company/{name}")
    world.control.fault("reset_before_accept", times=3)
    world.control.fault("input_missing")
    world.collect()
    ask_the_vendor(world, MILL)
    world.clock.forward(seconds=GRACE + 1)
    assert len(settle_unknown(world.ctx).never_accepted) == 3
    assert (world.calls("input"), world.calls("snapshot")) == (1, 1)


@pytest.mark.parametrize("nothing", ["failed", "empty"])
def test_a_silent_snapshot_that_brought_nothing_holds_up_nobody(world: World, nothing: str) -> None:
    world.creator("harbour", HARBOUR)
    world.control.fault("lost_answer", times=1)
    world.control.fault("input_missing")
    world.control.fault(nothing, times=1)
    world.collect()
    world.clock.forward(seconds=GRACE + 1)
    report = world.collect()
    assert (len(report.settled.never_accepted), len(report.accepted)) == (1, 1)
    world.poll()
    world.process()
    assert world.job().status == "completed"


def test_two_lost_triggers_of_the_same_inputs_get_a_snapshot_each(world: World) -> None:
    world.creator("anna", ANNA)
    world.control.fault("lost_answer", times=2)
    world.collect()
    trigger_the_same_again(world)
    assert statuses(world) == ["unknown", "unknown"]

    report = settle_unknown(world.ctx)
    assert len(report.found) == 2
    theirs = {one["snapshot_id"] for one in world.control.accepted()}
    assert {snapshot.vendor_snapshot_id for snapshot in world.snapshots()} == theirs
    assert len(theirs) == 2


def test_of_two_the_same_the_vendor_has_one_and_the_other_is_asked_again(world: World) -> None:
    world.creator("anna", ANNA)
    world.control.fault("reset_before_accept", times=1)
    world.collect()
    world.control.fault("lost_answer", times=1)
    trigger_the_same_again(world)
    world.clock.forward(seconds=GRACE + 1)

    report = world.collect()
    assert (len(report.settled.found), len(report.settled.never_accepted)) == (1, 1)
    assert world.paid() == {ANNA: 2}
    world.poll()
    world.process()
    assert world.statuses() == {"completed": 2}


def test_a_snapshot_of_a_trigger_under_way_is_not_taken_for_the_lost_one(world: World) -> None:
    world.creator("anna", ANNA)
    world.control.fault("reset_before_accept", times=1)
    world.collect()
    [lost] = world.snapshots()

    with world.engine.begin() as conn:  # another process is just asking for the same
        conn.exec_driver_sql(
            "INSERT INTO snapshots (snapshot_id, partition_key, source, platform, dataset_id, collection_date, status,"
            " inputs, creator_urls, lease_owner, leased_until) SELECT 'other', 'other', source, platform, dataset_id,"
            " collection_date, 'triggering', inputs, creator_urls, 'host:9:other', now() + interval '100 years'"
            " FROM snapshots"
        )
    given = [lost.inputs[0].input]
    world.ctx.vendor.trigger(TriggerRequest(str(lost.dataset_id), given, "profile_url", 25))

    assert settle_unknown(world.ctx).still_unknown == [lost.snapshot_id]
    assert statuses(world).count("unknown") == 1


def test_a_list_that_cannot_be_read_leaves_it_unknown_and_says_so(world: World) -> None:
    world.creator("harbour", HARBOUR)
    world.control.fault("lost_answer", times=1)
    world.collect()
    world.control.fault("server_error", operation="snapshots")
    world.clock.forward(hours=2)
    report = world.collect()
    assert len(report.settled.errors) == 1
    assert statuses(world) == ["unknown"]
    assert "the vendor's list could not be read" in str(world.snapshot().error)

    world.control.clear_faults()
    world.clock.forward(hours=1)
    assert len(world.collect().settled.found) == 1
    assert world.paid() == {HARBOUR: 1}


def test_a_job_called_off_while_its_trigger_is_unknown_holds_up_nobody(world: World) -> None:
    world.creator("harbour", HARBOUR)
    world.creator("mill", MILL)
    world.control.fault("reset_before_accept", times=1)
    world.collect()
    with world.engine.begin() as conn:
        conn.exec_driver_sql("UPDATE scrape_jobs SET status = 'canceled' WHERE target_id = 'mill'")
    world.clock.forward(seconds=GRACE + 1)
    world.collect()
    assert world.paid() == {HARBOUR: 1}
    assert world.statuses() == {"canceled": 1, "processing": 1}


@pytest.mark.parametrize("faults", [1, 2])
def test_each_lost_answer_of_many_batches_is_settled_by_itself(world: World, faults: int) -> None:
    world.set(batch_size=1)
    for number in range(4):
        world.creator(f"yard-{number}", f"https://www.linkedin.com/company/yard-{number}")
    world.control.fault("lost_answer", times=faults)
    report = world.collect()
    assert len(report.problems) == faults
    assert len(world.collect().settled.found) == faults
    assert set(world.paid().values()) == {1}
    assert statuses(world) == ["pending"] * 4


def ask_the_vendor(world: World, *urls: str) -> None:
    """What another program with the same key asks for."""
    inputs: list[dict[str, object]] = [{"url": url} for url in urls]
    world.ctx.vendor.trigger(TriggerRequest(str(world.snapshots()[0].dataset_id), inputs, "company_url", 25))


def lose_harbour_beside(world: World, *urls: str) -> None:
    """A trigger that never arrived, and one of somebody else's, whose inputs are not kept; the grace is over."""
    world.creator("harbour", HARBOUR)
    world.control.fault("reset_before_accept", times=1)
    world.control.fault("input_missing")
    world.collect()
    ask_the_vendor(world, *urls)
    world.clock.forward(seconds=GRACE + 1)


def trigger_the_same_again(world: World) -> None:
    """A second job for the same profile, triggered without settling the first: as two runs at once would."""
    plan_jobs(world.ctx, "linkedin", TODAY, force=True)
    with world.engine.begin() as conn:
        claimed = jobs.claim_jobs(
            conn,
            platform="linkedin",
            collection_date=TODAY,
            owner=world.ctx.owner,
            lease=timedelta(minutes=5),
            now=world.clock(),
            limit=10,
        )
    planned, _ = resolve(world.ctx, claimed, standings(world.ctx, "linkedin"))
    trigger_batch(world.ctx, "linkedin", TODAY, planned)
