"""What the vendor says of a snapshot while it works on it, and the state that follows for an operator to see."""

import pytest

from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets_tests.flow.world import HARBOUR, MILL, World


@pytest.fixture
def asked(world: World) -> World:
    """One snapshot, accepted."""
    world.creator("harbour", HARBOUR)
    world.collect()
    return world


def test_from_starting_to_ready_it_is_asked_at_growing_intervals(world: World) -> None:
    world.control.settings(latency=600.0)
    world.creator("harbour", HARBOUR)
    world.collect()
    seen = []
    for _ in range(200):
        world.poll(seconds=5)
        seen.append(world.snapshot().status.value)
        if world.snapshot().status is SnapshotStatus.READY:
            break
    assert list(dict.fromkeys(seen)) == ["pending", "running", "ready"]
    assert 5 <= world.calls("progress") <= 40
    assert world.snapshot().vendor_status == "ready"


@pytest.mark.parametrize("word", ["collecting", "digesting", "queued", "gathering moss", "", "\x00"])
def test_a_word_nobody_knows_means_that_it_is_worked_on(asked: World, word: str) -> None:
    asked.control.fault("unknown_status", times=2, word=word)
    asked.poll()
    asked.poll()
    assert asked.snapshot().status is SnapshotStatus.RUNNING
    assert asked.snapshot().attempts == 0
    asked.poll()
    asked.process()
    assert asked.job().status == "completed"


def test_stuck_past_the_deadline_it_is_given_up_and_its_jobs_say_why(asked: World) -> None:
    asked.control.fault("stuck")
    asked.poll(hours=23)
    assert asked.snapshot().status is SnapshotStatus.RUNNING
    report = asked.poll(hours=2)
    assert report.ended == [asked.snapshot().snapshot_id]
    job = asked.job()
    assert (asked.snapshot().status, job.status, job.error_class) == (SnapshotStatus.DEAD, "failed", "vendor_failed")
    assert job.error == ("still 'running' at the vendor after 24 hours; given up, nothing is asked again by itself")
    asked.poll(days=1)
    asked.collect()
    assert asked.paid() == {HARBOUR: 1}


@pytest.mark.parametrize(
    ("message", "error_class", "status", "attempts"),
    [
        ("Something went wrong. Our team is looking into it.", "vendor_failed", "pending", 1),
        ("Failed to trigger collector", "vendor_failed", "pending", 1),
        ("Internal server error", "vendor_failed", "pending", 1),
        ("Input validation failed: url: Required field", "bad_request", "failed", 1),
        ("Account is suspended", "payment", "pending", 0),
        ("Account is new, please activate it in account settings. https://x.example", "payment", "pending", 0),
    ],
)
def test_a_failed_snapshot_keeps_the_vendors_words_and_its_jobs_follow_their_meaning(
    asked: World, message: str, error_class: str, status: str, attempts: int
) -> None:
    asked.control.fault("failed", times=1, error_message=message)
    asked.poll()
    snapshot, job = asked.snapshot(), asked.job()
    assert (snapshot.status, snapshot.error_class) == (SnapshotStatus.FAILED, error_class)
    assert message in str(snapshot.error)
    assert (job.status, job.error_class, job.attempts) == (status, error_class, attempts)
    assert message in str(job.error)
    asked.clock.forward(hours=7)
    asked.collect()
    assert asked.paid() == {HARBOUR: 2 if status == "pending" else 1}


def test_a_snapshot_that_fails_every_time_ends_as_a_dead_job_and_not_in_a_circle(asked: World) -> None:
    asked.control.fault("failed")
    for _ in range(8):
        asked.poll()
        asked.clock.forward(hours=7)
        asked.collect()
    job = asked.job()
    assert (job.status, job.attempts) == ("dead", 5)
    assert asked.paid() == {HARBOUR: 5}


@pytest.mark.parametrize("message", ["Snapshot is empty", "No data found in discovery"])
def test_a_failure_for_lack_of_posts_is_an_empty_result(asked: World, message: str) -> None:
    asked.control.fault("failed", error_message=message)
    asked.poll()
    assert_empty(asked)
    assert message in str(asked.job().warning)
    assert asked.calls("snapshot") == 0


@pytest.mark.parametrize("fault", ["empty", "zero_rows"])
def test_a_ready_snapshot_without_rows_is_an_empty_result(asked: World, fault: str) -> None:
    asked.control.fault(fault)
    asked.poll()
    asked.process()
    assert_empty(asked)


def assert_empty(world: World) -> None:
    snapshot, job = world.snapshot(), world.job()
    assert (snapshot.status, snapshot.posts_retrieved, snapshot.error) == (SnapshotStatus.PROCESSED, 0, None)
    assert (job.status, job.posts_found, job.error) == ("completed", 0, None)
    assert world.again().error is None
    assert world.snapshot().status is SnapshotStatus.PROCESSED


def test_a_job_canceled_at_the_vendor_is_canceled_here(world: World) -> None:
    world.control.settings(latency=600.0)
    world.creator("harbour", HARBOUR)
    world.collect()
    world.ctx.vendor.cancel(str(world.snapshot().vendor_snapshot_id))
    world.poll()
    assert (world.snapshot().status, world.job().status) == (SnapshotStatus.CANCELED, "canceled")


def test_a_snapshot_not_visible_yet_is_looked_for_again(asked: World) -> None:
    asked.control.fault("not_found", operation="progress", times=1)
    for _ in range(3):
        assert asked.poll().errors == []
    assert asked.snapshot().status is SnapshotStatus.PENDING
    asked.control.clear_faults()
    asked.poll()
    assert asked.snapshot().status is SnapshotStatus.READY


def test_a_snapshot_the_vendor_stays_ignorant_of_is_failed_with_the_reason(asked: World) -> None:
    asked.control.fault("not_found")
    for _ in range(4):
        asked.poll()
    assert (asked.snapshot().status, asked.job().status) == (SnapshotStatus.FAILED, "failed")
    assert "the vendor no longer knows it" in str(asked.job().error)
    assert asked.job().error_class == "not_found"
    asked.clock.forward(hours=7)
    asked.collect()
    assert asked.paid() == {HARBOUR: 1}


def test_one_404_after_a_long_time_of_work_is_not_believed(asked: World) -> None:
    asked.control.fault("stuck")
    for _ in range(6):
        asked.poll()
    asked.control.clear_faults()
    asked.control.fault("not_found", operation="progress")
    asked.poll()
    assert asked.snapshot().status is SnapshotStatus.RUNNING
    asked.control.clear_faults()
    asked.poll()
    asked.process()
    assert asked.job().status == "completed"


@pytest.mark.parametrize("fault", ["throttled", "server_error", "unauthorized"])
def test_a_look_that_fails_says_nothing_of_the_snapshot_and_is_repeated(asked: World, fault: str) -> None:
    asked.control.fault(fault, operation="progress")
    report = asked.poll()
    assert (report.asked, len(report.errors)) == (1, 1)
    assert (asked.snapshot().status, asked.snapshot().attempts) == (SnapshotStatus.PENDING, 0)
    assert asked.job().status == "processing"
    asked.control.clear_faults()
    assert asked.poll().ready == [asked.snapshot().snapshot_id]


def test_one_look_that_fails_does_not_hide_the_others(world: World) -> None:
    world.set(batch_size=1)
    world.creator("harbour", HARBOUR)
    world.creator("mill", MILL)
    world.collect()
    world.control.fault("server_error", operation="progress", match="tide-mill")
    report = world.poll()
    assert (report.asked, len(report.ready), len(report.errors)) == (2, 1, 1)


def test_a_look_that_another_process_has_overtaken_changes_nothing(
    asked: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two sensors ask at once; the slower one hears 'ready' when the snapshot is being processed already."""
    progress = asked.ctx.vendor.progress

    def slow(*args: object, **named: object) -> object:
        heard = progress(*args, **named)  # type: ignore[arg-type]
        with asked.engine.begin() as conn:
            conn.exec_driver_sql("UPDATE snapshots SET status = 'processing', lease_owner = 'host:2:other'")
        return heard

    monkeypatch.setattr(asked.ctx.vendor, "progress", slow)
    report = asked.poll()
    assert report.errors == []
    assert (asked.snapshot().status, asked.snapshot().lease_owner) == (SnapshotStatus.PROCESSING, "host:2:other")
