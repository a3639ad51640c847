"""What the vendor has and the ledger does not know, or gave up, is found again: loaded, matched, and never paid for."""

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets.operations.recover import RecoverReport, recover
from scrape_assets.sources.brightdata.model import TriggerRequest
from scrape_assets.sources.datasets import instagram, linkedin
from scrape_assets.sources.errors import NotConfigured
from scrape_assets_tests.flow.world import ANNA, HARBOUR, MILL, QUARRY, World

POSTS = linkedin.DATASETS[0].dataset_id


def trigger(world: World, *inputs: dict[str, Any], dataset_id: str = POSTS, discover_by: str = "profile_url") -> str:
    """Somebody else's process asks the vendor with our key."""
    return world.ctx.vendor.trigger(TriggerRequest(dataset_id, list(inputs), discover_by, 25))


def forget(world: World, table: str = "snapshots") -> None:
    """The rows are lost, as from a database that was restored from an older backup."""
    with world.engine.begin() as conn:
        conn.execute(sa.text(f"DELETE FROM {table}"))


def set_jobs(world: World, **columns: Any) -> None:
    with world.engine.begin() as conn:
        conn.execute(sa.text("UPDATE scrape_jobs SET " + ", ".join(f"{name} = :{name}" for name in columns)), columns)


def load(world: World) -> None:
    """What the sensor does with what was found."""
    world.poll(minutes=1)
    world.process()


def nothing_new(report: RecoverReport) -> bool:
    return not (report.found or report.revived or report.settled.found or report.errors or report.undecided)


def test_what_was_triggered_and_lost_is_found_loaded_and_matched(world: World) -> None:
    world.creator("anna", ANNA)
    vendor_id = trigger(world, {"url": ANNA})
    world.clock.forward(days=3)

    [found] = recover(world.ctx).found

    assert (found.vendor_snapshot_id, found.inputs, found.jobs, found.followed) == (vendor_id, 1, 0, True)
    row = world.snapshot()
    assert (row.status, row.vendor_snapshot_id, row.dataset_id) == (SnapshotStatus.PENDING, vendor_id, POSTS)
    assert row.snapshot_id.startswith("linkedin-20261120-")
    assert row.partition_key == row.snapshot_id
    assert (row.created_at, row.recovered_at) == (world.clock() - timedelta(days=3), world.clock())
    assert row.expires_at == world.clock() + timedelta(days=13)
    assert [(item.job_id, item.url, item.input) for item in row.inputs] == [("", ANNA, {"url": ANNA})]
    load(world)
    assert world.snapshot().status is SnapshotStatus.PROCESSED
    assert world.snapshot().posts_retrieved
    assert world.count("raw_posts") == world.snapshot().posts_retrieved
    assert world.column("SELECT DISTINCT creator_id FROM creator_content") == ["anna"]
    assert world.paid() == {ANNA: 1}


def test_a_second_recovery_finds_nothing_new(world: World) -> None:
    trigger(world, {"url": ANNA})
    trigger(world, {"url": HARBOUR}, discover_by="company_url")
    assert len(recover(world.ctx).found) == 2
    again = recover(world.ctx)
    assert nothing_new(again)
    assert (again.listed, again.known) == (2, 2)
    load(world)
    assert nothing_new(recover(world.ctx))
    assert len(world.snapshots()) == 2


def test_two_recoveries_at_once_write_each_snapshot_once(world: World) -> None:
    for number in range(6):
        trigger(world, {"url": f"{ANNA}-{number}"})
    reports: list[RecoverReport] = []
    others = [world.context(f"host:{number}:test") for number in range(3)]
    threads = [threading.Thread(target=lambda ctx=ctx: reports.append(recover(ctx))) for ctx in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(reports) == 3
    assert sum(len(report.found) for report in reports) == len(world.snapshots()) == 6
    assert not any(report.errors for report in reports)


def test_the_job_that_waits_for_a_lost_row_is_served_under_the_old_id(world: World) -> None:
    world.creator("anna", ANNA)
    world.creator("harbour", HARBOUR)
    world.set(batch_size=1)
    world.collect()
    before = {one.vendor_snapshot_id: one.snapshot_id for one in world.snapshots()}
    forget(world)
    world.clock.forward(hours=2)

    report = recover(world.ctx)

    assert [found.jobs for found in report.found] == [1, 1]
    assert {one.vendor_snapshot_id: one.snapshot_id for one in world.snapshots()} == before
    load(world)
    assert world.statuses() == {"completed": 2}
    assert world.paid() == {ANNA: 1, HARBOUR: 1}


def test_a_job_that_is_older_than_a_lost_snapshot_and_waits_for_its_very_inputs_is_not_asked_again(
    world: World,
) -> None:
    world.creator("anna", ANNA)
    world.creator("mill", MILL)
    world.collect()
    forget(world)
    # As the jobs were when the backup was made.
    earlier = world.clock() - timedelta(hours=1)
    set_jobs(world, status="pending", snapshot_id=None, created_at=earlier, next_attempt_at=earlier)

    found = recover(world.ctx).found
    world.collect()

    assert sum(one.jobs for one in found) == 2
    load(world)
    assert world.statuses() == {"completed": 2}
    assert world.paid() == {ANNA: 1, MILL: 1}


def test_what_is_older_than_a_wish_is_no_answer_to_it(world: World) -> None:
    world.creator("anna", ANNA)
    trigger(world, {"url": ANNA})
    world.clock.forward(days=2)
    world.ask_for("anna", profile_url=ANNA, created_at=world.clock(), next_attempt_at=world.clock())
    [found] = recover(world.ctx).found
    assert found.jobs == 0
    assert world.job().status == "pending"


def test_a_trigger_whose_answer_was_lost_is_settled_and_not_found_twice(world: World) -> None:
    world.creator("anna", ANNA)
    world.control.fault("lost_answer", times=1)
    world.collect()
    looked_at = recover(world.ctx, dry_run=True)
    assert (looked_at.found, [left.why for left in looked_at.undecided]) == (
        [],
        [f"it may be that of {world.snapshot().snapshot_id}, which is unknown"],
    )

    report = recover(world.ctx)

    assert (report.found, report.settled.found) == ([], [world.snapshot().snapshot_id])
    load(world)
    assert world.job().status == "completed"
    assert world.paid() == {ANNA: 1}


def test_an_unknown_trigger_that_is_older_than_the_days_asked_for_is_not_taken_for_never_accepted(world: World) -> None:
    world.creator("anna", ANNA)
    world.control.fault("lost_answer", times=1)
    world.collect()
    world.clock.forward(days=3)
    assert recover(world.ctx, days=1).settled.found == [world.snapshot().snapshot_id]
    assert world.paid() == {ANNA: 1}


def test_two_jobs_that_ask_for_the_same_wait_for_the_one_snapshot(world: World) -> None:
    world.creator("anna", ANNA)
    trigger(world, {"url": ANNA})
    wish = {"profile_url": ANNA, "created_at": world.clock(), "next_attempt_at": world.clock()}
    for _ in range(2):
        world.ask_for("anna", **wish)
    assert [found.jobs for found in recover(world.ctx).found] == [2]
    load(world)
    assert world.statuses() == {"completed": 2}
    assert world.paid() == {ANNA: 1}


def test_the_snapshot_of_a_trigger_under_way_is_left_to_it(world: World) -> None:
    world.creator("anna", ANNA)
    world.collect()
    with world.engine.begin() as conn:  # as it is between the vendor's acceptance and our note of it
        conn.exec_driver_sql(
            "UPDATE snapshots SET status = 'triggering', vendor_snapshot_id = NULL, lease_owner = 'host:2:other',"
            " leased_until = '2026-11-20 13:00Z'"
        )
    report = recover(world.ctx)
    assert (report.found, len(report.undecided)) == ([], 1)
    assert len(world.snapshots()) == 1


def test_an_accepted_trigger_that_was_given_up_as_never_known_comes_back_with_its_jobs(world: World) -> None:
    world.creator("anna", ANNA)
    world.control.fault("lost_answer", times=1)
    world.control.fault("input_missing")
    world.control.fault("stuck")
    world.collect()
    world.clock.forward(hours=25)
    world.collect()
    assert (world.snapshot().status, world.job().status) == (SnapshotStatus.DEAD, "failed")
    world.control.clear_faults()

    report = recover(world.ctx)

    assert (report.revived, report.found) == ([world.snapshot().snapshot_id], [])
    assert (world.snapshot().status, world.job().status) == (SnapshotStatus.PENDING, "processing")
    load(world)
    assert world.job().status == "completed"
    assert world.paid() == {ANNA: 1}


def test_a_snapshot_that_was_stuck_beyond_our_patience_and_is_ready_now_comes_back(world: World) -> None:
    world.creator("anna", ANNA)
    world.control.fault("stuck")
    world.collect()
    world.poll(hours=25)
    assert (world.snapshot().status, world.job().status) == (SnapshotStatus.DEAD, "failed")
    assert nothing_new(recover(world.ctx))  # the list says that it runs
    world.control.clear_faults()

    assert recover(world.ctx).revived == [world.snapshot().snapshot_id]

    load(world)
    assert (world.snapshot().status, world.job().status) == (SnapshotStatus.PROCESSED, "completed")
    assert world.paid() == {ANNA: 1}


def test_a_snapshot_that_the_vendor_denied_and_lists_comes_back(world: World) -> None:
    world.creator("anna", ANNA)
    world.collect()
    world.control.fault("not_found", operation="progress")
    for _ in range(6):
        world.poll()
    assert world.snapshot().status is SnapshotStatus.FAILED
    world.control.clear_faults()
    assert recover(world.ctx).revived == [world.snapshot().snapshot_id]
    load(world)
    assert (world.snapshot().status, world.job().status) == (SnapshotStatus.PROCESSED, "completed")


def test_what_fails_again_gets_its_next_chance_with_the_next_day(world: World) -> None:
    world.creator("anna", ANNA)
    world.collect()
    world.poll()
    world.control.fault("expired")
    world.process()
    assert world.snapshot().status is SnapshotStatus.EXPIRED
    assert len(recover(world.ctx).revived) == 1
    load(world)
    assert world.snapshot().status is SnapshotStatus.EXPIRED
    assert nothing_new(recover(world.ctx))
    world.clock.forward(days=1)
    world.control.clear_faults()
    assert len(recover(world.ctx).revived) == 1
    load(world)
    assert world.snapshot().status is SnapshotStatus.PROCESSED
    assert world.job().status == "completed"


def test_what_is_stored_here_or_failed_at_the_vendor_is_not_taken_up(world: World) -> None:
    world.creator("anna", ANNA)
    world.creator("harbour", HARBOUR)
    world.set(batch_size=1)
    world.collect()
    world.control.fault("failed", match="harbour", error_message="The crawl fell over")
    world.poll()
    world.process()
    with world.engine.begin() as conn:
        conn.exec_driver_sql("UPDATE snapshots SET status = 'dead', processed_at = NULL WHERE status = 'processed'")
    assert nothing_new(recover(world.ctx))
    assert {one.status for one in world.snapshots()} == {SnapshotStatus.DEAD, SnapshotStatus.FAILED}


def test_what_failed_at_the_vendor_is_told_and_not_taken_on(world: World) -> None:
    vendor_id = trigger(world, {"url": ANNA})
    world.control.fault("failed")
    world.ctx.vendor.progress(vendor_id)
    report = recover(world.ctx)
    assert [(left.vendor_snapshot_id, left.vendor_status) for left in report.ended] == [(vendor_id, "failed")]
    assert (report.found, world.snapshots()) == ([], [])


def test_what_names_nobody_we_follow_is_taken_too_unless_others_share_the_key(world: World) -> None:
    world.creator("anna", ANNA)
    trigger(world, {"url": QUARRY}, discover_by="company_url")
    world.set(recover_others=False)
    assert [left.why for left in recover(world.ctx).others] == ["it names nobody we follow"]
    assert world.snapshots() == []

    world.set(recover_others=True)
    report = recover(world.ctx)

    assert [found.followed for found in report.others_taken] == [False]
    load(world)
    assert world.snapshot().posts_retrieved
    assert world.snapshot().posts_matched == 0


def test_a_search_is_known_by_its_words(world: World) -> None:
    with world.engine.begin() as conn:
        conn.exec_driver_sql(
            "INSERT INTO events (event_id, name, starts_at, ends_at, keywords)"
            " VALUES ('tide', 'Tide', '2026-11-19Z', '2026-11-21Z', '{#TideMill}')"
        )
    tiktok = "gd_lu702nij2f790tmv9h"
    trigger(world, {"search_keyword": "tidemill"}, dataset_id=tiktok, discover_by="keyword")
    [found] = recover(world.ctx).found
    assert (found.platform, found.followed) == ("tiktok", True)
    assert [item.url for item in world.snapshot().inputs] == ["search:tidemill"]
    load(world)
    assert world.snapshot().status is SnapshotStatus.PROCESSED


def test_inputs_that_the_vendor_does_not_keep_are_told_by_the_rows(world: World) -> None:
    world.creator("anna", ANNA)
    trigger(world, {"url": ANNA})
    world.control.fault("input_missing")
    world.clock.forward(minutes=3)
    [found] = recover(world.ctx).found
    assert (found.inputs, found.followed) == (1, True)
    assert [(item.url, item.input) for item in world.snapshot().inputs] == [(ANNA, {"url": ANNA})]
    load(world)
    assert world.snapshot().status is SnapshotStatus.PROCESSED
    assert world.snapshot().posts_matched


def test_without_its_inputs_and_rows_a_snapshot_is_taken_on_all_the_same(world: World) -> None:
    world.creator("anna", ANNA)
    trigger(world, {"url": ANNA})
    world.control.fault("input_missing")
    world.control.fault("stuck")
    [found] = recover(world.ctx).found
    assert found.inputs == 0
    world.control.clear_faults()
    load(world)
    assert world.snapshot().status is SnapshotStatus.PROCESSED
    assert world.snapshot().posts_matched


def test_inputs_that_cannot_be_read_now_are_asked_for_the_next_time(world: World) -> None:
    trigger(world, {"url": ANNA})
    world.control.fault("server_error", operation="input")
    report = recover(world.ctx)
    assert (len(report.errors), len(report.undecided), report.found) == (1, 1, [])
    world.control.clear_faults()
    assert len(recover(world.ctx).found) == 1


def test_a_list_that_cannot_be_read_is_told_and_does_not_stop_the_others(world: World) -> None:
    trigger(world, {"url": ANNA})
    instagram_posts = instagram.DATASETS[0].dataset_id
    trigger(world, {"url": "https://www.instagram.com/anna"}, dataset_id=instagram_posts, discover_by="url")
    world.control.fault("server_error", operation="snapshots", times=5)  # the client tries a list a few times
    report = recover(world.ctx)
    assert len(report.errors) >= 1
    assert "the vendor's list could not be read" in report.errors[0]
    assert "linkedin" in report.errors[0]
    assert "instagram" in {found.platform for found in report.found}


def test_a_refused_key_is_told_once(world: World) -> None:
    world.control.fault("unauthorized")
    report = recover(world.ctx)
    assert len(report.errors) == 1
    assert world.calls("snapshots") == 1


def test_without_a_key_there_is_nothing_to_walk(world: World) -> None:
    with pytest.raises(NotConfigured, match="BRIGHTDATA_API_KEY"):
        recover(world.context("host:1:test", key=""))


def test_only_the_days_and_the_platform_asked_for_are_walked(world: World) -> None:
    trigger(world, {"url": ANNA})
    world.clock.forward(days=3)
    trigger(world, {"url": HARBOUR}, discover_by="company_url")
    assert recover(world.ctx, platform="instagram", dry_run=True).listed == 0
    assert recover(world.ctx, days=1, dry_run=True).listed == 1
    assert len(recover(world.ctx, platform="linkedin").found) == 2


def test_looking_only_writes_nothing(world: World) -> None:
    world.creator("anna", ANNA)
    trigger(world, {"url": ANNA})
    report = recover(world.ctx, dry_run=True)
    assert ([found.snapshot_id for found in report.found], world.snapshots()) == ([None], [])
    assert len(recover(world.ctx).found) == 1


def test_nothing_is_triggered_however_often_it_is_done(world: World) -> None:
    world.creator("anna", ANNA)
    world.collect()
    forget(world)
    forget(world, "scrape_jobs")
    for _ in range(3):
        recover(replace(world.ctx, owner="host:7:test"))
        load(world)
    assert world.calls("trigger") == 1
