"""Downloads that go wrong: no half payload is ever believed, and nothing is given up too soon."""

import pytest

from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets_tests.flow.one_snapshot import POSTS, assert_whole, later, make_ready
from scrape_assets_tests.flow.world import HARBOUR, World


@pytest.fixture
def ready(world: World) -> World:
    return make_ready(world)


@pytest.mark.parametrize(
    ("fault", "error_class", "words"),
    [
        ("cut_body", "network", "broke off"),
        ("corrupt_gzip", "bad_data", "damaged"),
        ("server_error", "server", "could not answer"),
        ("not_found", "not_found", "knows no such snapshot"),
    ],
)
def test_a_download_that_breaks_leaves_nothing_behind_and_is_tried_again(
    ready: World, fault: str, error_class: str, words: str
) -> None:
    ready.control.fault(fault, operation="snapshot")
    [outcome] = ready.process()
    assert (outcome.error_class, outcome.deferred) == (error_class, False)
    assert words in str(outcome.error)
    assert "tried again after" in str(outcome.what_next)
    snapshot = ready.snapshot()
    assert (snapshot.status, snapshot.attempts, snapshot.payload_uri) == (SnapshotStatus.READY, 1, None)
    assert (ready.count("raw_posts"), ready.job().status) == (0, "processing")
    assert ready.process() == [], "not before its time"

    ready.control.clear_faults()
    later(ready)
    assert_whole(ready)


def test_after_as_many_tries_as_there_are_it_is_dead_and_its_jobs_say_so(ready: World) -> None:
    ready.control.fault("corrupt_gzip")
    for _ in range(6):
        later(ready, hours=7)
    snapshot, job = ready.snapshot(), ready.job()
    assert (snapshot.status, snapshot.failures) == (SnapshotStatus.DEAD, {"bad_data": 3})
    assert (job.status, job.error_class) == ("failed", "bad_data")
    assert snapshot.snapshot_id in str(job.error)
    assert "damaged" in str(job.error)

    ready.control.clear_faults()
    assert ready.again().error is None
    assert ready.snapshot().status is SnapshotStatus.PROCESSED
    assert ready.count("raw_posts") == POSTS
    assert (ready.job().status, ready.job().posts_found) == ("completed", POSTS), (
        "what ended with it is served after all"
    )
    assert ready.paid() == {HARBOUR: 1}


@pytest.mark.parametrize("fault", ["building_after_ready", "disguised_not_ready"])
def test_building_after_ready_is_waited_for_and_costs_no_attempt(ready: World, fault: str) -> None:
    ready.control.fault(fault, times=8)
    for _ in range(8):
        [outcome] = ready.process()
        assert outcome.deferred
        assert (ready.snapshot().status, ready.snapshot().attempts) == (SnapshotStatus.RUNNING, 0)
        ready.poll()
    ready.process()
    assert_whole(ready)


def test_building_for_ever_ends_at_the_deadline(ready: World) -> None:
    ready.control.fault("building_after_ready")
    ready.process()
    ready.poll(hours=25)
    [outcome] = ready.process()
    assert not outcome.deferred
    assert ready.snapshot().status is SnapshotStatus.DEAD
    assert ready.job().status == "failed"
    assert "called ready, but not to be had" in str(ready.job().error)


def test_expired_at_the_vendor_is_final_and_tells_what_to_do(ready: World) -> None:
    ready.clock.forward(days=17)
    [outcome] = ready.process()
    assert "a collection with force asks (and pays) again" in str(outcome.what_next)
    assert (ready.snapshot().status, ready.job().status) == (SnapshotStatus.EXPIRED, "failed")
    assert "no longer keeps" in str(ready.job().error)


@pytest.mark.parametrize(
    ("fault", "error_class", "wait"),
    [("throttled", "throttled", {"minutes": 3}), ("unauthorized", "refused", {"minutes": 20})],
)
def test_what_is_paid_for_waits_until_we_may_fetch_it_again(
    ready: World, fault: str, error_class: str, wait: dict[str, float]
) -> None:
    ready.control.fault(fault, operation="snapshot")
    for _ in range(7):
        [outcome] = later(ready, minutes=20)
        assert outcome.error_class == error_class
    assert (ready.snapshot().status, ready.snapshot().attempts) == (SnapshotStatus.READY, 0)
    assert ready.job().status == "processing"
    ready.control.clear_faults()
    later(ready, **wait)
    assert_whole(ready)


def test_a_throttled_download_heeds_retry_after(ready: World) -> None:
    ready.control.fault("throttled", operation="snapshot", times=1, retry_after=3600)
    ready.process()
    assert later(ready, minutes=59) == []
    later(ready, minutes=5)
    assert_whole(ready)


def test_a_line_cut_at_the_end_is_set_aside_and_the_others_are_loaded(ready: World) -> None:
    ready.control.fault("truncated_last_line")
    [outcome] = ready.process()
    assert outcome.error is None
    assert_whole(ready, POSTS - 1)
    [(row_number, reason, detail)] = ready.rows("SELECT row_number, reason, detail FROM rejected_rows")
    assert (row_number, reason) == (POSTS, "truncated")
    assert "ends in the middle" in detail
    assert ready.snapshot().rows_rejected == 1
