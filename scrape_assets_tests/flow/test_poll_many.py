"""Many snapshots are asked about with few calls, and nothing is concluded from what a list does not hold."""

from collections.abc import Callable

import pytest

from scrape_assets.flow.taking import poll_many
from scrape_assets.ledger.snapshots import Snapshot
from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets_tests.flow.world import World

NAMES = ("slate-quarry", "harbour-lamps", "tide-mill", "reed-organ-works")
HOUR = 3600.0


@pytest.fixture
def crowd(world_with: Callable[..., World], monkeypatch: pytest.MonkeyPatch) -> World:
    """Four snapshots that the vendor works on for an hour; three are enough to ask for the list."""
    monkeypatch.setattr(poll_many, "MANY", 3)
    world = world_with(latency=HOUR)
    world.set(batch_size=1)
    for name in NAMES:
        world.creator(name, f"https://www.linkedin.com/company/{name}")
    world.collect()
    return world


def about(world: World, name: str) -> Snapshot:
    [snapshot] = [one for one in world.snapshots() if name in one.creator_urls[0]]
    return snapshot


def test_what_the_list_says_is_still_worked_on_is_not_asked_about_one_by_one(crowd: World) -> None:
    report = crowd.poll(minutes=20)

    assert (crowd.calls("snapshots"), crowd.calls("progress")) == (1, 0)
    assert (report.asked, report.working, report.left, report.errors) == (4, 4, 0, [])
    for snapshot in crowd.snapshots():
        assert (snapshot.status, snapshot.vendor_status) == (SnapshotStatus.RUNNING, "running")
        assert snapshot.checks == 1
        assert snapshot.next_check_at
        assert snapshot.next_check_at > crowd.clock()


def test_a_job_that_has_not_begun_stays_pending(crowd: World) -> None:
    crowd.poll(minutes=1)

    assert {(one.status, one.vendor_status) for one in crowd.snapshots()} == {(SnapshotStatus.PENDING, "starting")}
    assert crowd.calls("progress") == 0


def test_what_the_list_says_is_ready_is_not_asked_about_one_by_one(crowd: World) -> None:
    report = crowd.poll(hours=2)

    assert (crowd.calls("snapshots"), crowd.calls("progress")) == (3, 0)
    assert (report.asked, len(report.ready), report.working, report.left) == (4, 4, 0, 0)
    for snapshot in crowd.snapshots():
        assert (snapshot.status, snapshot.vendor_status) == (SnapshotStatus.READY, "ready")
        assert (snapshot.checks, snapshot.next_check_at) == (1, None)
        assert snapshot.ready_at
    crowd.process()
    assert {one.status for one in crowd.snapshots()} == {SnapshotStatus.PROCESSED}
    assert all(one.vendor_records == one.payload_rows for one in crowd.snapshots())


def test_those_asked_about_one_by_one_are_read_some_at_a_time_and_each_asked_about_once(
    crowd: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(poll_many, "MANY", 5)
    monkeypatch.setattr("scrape_assets.flow.taking.poll.AT_ONCE", 3)
    report = crowd.poll(hours=2)

    assert (len(report.ready), report.asked, report.left) == (4, 4, 0)
    assert crowd.calls("progress") == 4


def test_why_it_failed_only_the_snapshot_itself_says(crowd: World) -> None:
    crowd.poll(minutes=20)
    crowd.control.fault("failed", match="tide-mill", error_message="The crawl fell over")

    report = crowd.poll(hours=1)

    assert (len(report.ready), len(report.ended), report.asked) == (3, 1, 4)
    assert crowd.calls("progress") == 1
    assert "The crawl fell over" in str(about(crowd, "tide-mill").error)


def test_a_snapshot_without_records_is_asked_about_itself(crowd: World) -> None:
    crowd.poll(minutes=20)
    crowd.control.fault("empty", match="tide-mill")

    report = crowd.poll(hours=1)

    assert (report.asked, crowd.calls("progress")) == (4, 1)


def test_nothing_is_concluded_from_what_the_list_does_not_hold(crowd: World) -> None:
    crowd.control.fault("lists_late", match="tide-mill", seconds=5 * HOUR)

    report = crowd.poll(minutes=20)

    assert (report.working, crowd.calls("progress")) == (4, 1)
    assert about(crowd, "tide-mill").status is SnapshotStatus.RUNNING


def test_without_a_readable_list_each_is_asked_about_itself(crowd: World) -> None:
    crowd.control.fault("server_error", operation="snapshots")

    report = crowd.poll(minutes=20)

    assert (report.working, crowd.calls("progress"), len(report.errors)) == (4, 4, 1)


def test_few_are_asked_about_without_a_list(crowd: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poll_many, "MANY", 5)

    crowd.poll(minutes=20)

    assert (crowd.calls("snapshots"), crowd.calls("progress")) == (0, 4)


def test_a_list_does_not_prolong_a_deadline(crowd: World) -> None:
    crowd.set(batch_size=1, snapshot_deadline_hours=0.5)
    crowd.control.settings(latency=10 * HOUR)

    report = crowd.poll(minutes=40)

    assert len(report.ended) == 4
    assert {one.status for one in crowd.snapshots()} == {SnapshotStatus.DEAD}


def test_now_and_then_a_snapshot_is_asked_about_itself_lest_a_list_that_lags_behind_hides_its_end(
    crowd: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(poll_many, "ITSELF_EVERY", 3)

    for _ in range(3):
        crowd.poll(minutes=5)

    assert crowd.calls("progress") == 4
    assert {one.checks for one in crowd.snapshots()} == {3}
