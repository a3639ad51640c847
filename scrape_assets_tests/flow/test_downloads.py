"""Downloads that go wrong: no half payload is ever believed, nothing is fetched twice, nothing is given up too soon."""

from collections import Counter
from collections.abc import Iterator

import pytest

from scrape_assets.flow import download
from scrape_assets.flow.process import Outcome
from scrape_assets.ledger.snapshots import Snapshot
from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets_tests.flow.world import HARBOUR, World

POSTS = 7


@pytest.fixture
def ready(world: World) -> World:
    """One snapshot of seven posts, ready at the vendor."""
    world.control.settings(rows_per_input=POSTS)
    world.creator("harbour", HARBOUR)
    world.collected()
    return world


def assert_whole(world: World, posts: int = POSTS) -> None:
    """The end that an undisturbed run would have come to."""
    assert (world.snapshot().status, world.snapshot().error) == (SnapshotStatus.PROCESSED, None)
    assert (world.job().status, world.job().posts_found) == ("completed", posts)
    for table in ("raw_posts", "post_metrics", "post_sightings"):
        assert world.count(table) == posts
    assert world.paid() == {HARBOUR: 1}


def later(world: World, **time: float) -> list[Outcome]:
    """Process again when the time has come."""
    world.clock.forward(**time or {"minutes": 2})
    return world.process()


@pytest.mark.parametrize(
    ("fault", "error_class", "words"),
    [
        ("cut_body", "network", "ended after"),
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
    assert (snapshot.status, snapshot.attempts) == (SnapshotStatus.DEAD, snapshot.max_attempts)
    assert (job.status, job.error_class) == ("failed", "bad_data")
    assert snapshot.snapshot_id in str(job.error)
    assert "damaged" in str(job.error)

    ready.control.clear_faults()
    assert ready.again().error is None
    assert ready.snapshot().status is SnapshotStatus.PROCESSED
    assert ready.count("raw_posts") == POSTS


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


class Killed(BaseException):
    """The process dies here; no handler of ours runs."""


@pytest.fixture
def parts(world: World) -> World:
    """A snapshot of four parts, ready at the vendor."""
    world.control.settings(rows_per_input=3_300)
    world.set(rows_per_part=1_000)
    world.creator("harbour", HARBOUR)
    world.collected()
    return world


def test_a_large_snapshot_is_fetched_part_by_part_each_once(parts: World) -> None:
    parts.process()
    assert_whole(parts, 3_300)
    assert parts.download_calls() == {"1": 1, "2": 1, "3": 1, "4": 1}
    assert parts.snapshot().payload_rows == 3_300


def test_a_part_that_breaks_is_fetched_again_and_no_other(parts: World) -> None:
    break_at_part(parts, 3)
    [outcome] = parts.process()
    assert outcome.error_class == "network"
    later(parts)
    assert_whole(parts, 3_300)
    assert parts.download_calls() == {"1": 1, "2": 1, "3": 2, "4": 1}


@pytest.mark.parametrize("per_part", [1_500, 50_000])
def test_parts_of_another_size_are_not_mixed(parts: World, per_part: int) -> None:
    break_at_part(parts, 3)
    parts.process()
    parts.set(rows_per_part=per_part)
    later(parts)
    assert_whole(parts, 3_300)
    assert parts.column("SELECT count(DISTINCT payload_row) FROM raw_posts") == [3_300]


def test_one_broken_snapshot_does_not_hold_up_the_others(world: World) -> None:
    world.set(batch_size=1)
    for number in range(4):
        world.creator(f"yard-{number}", f"https://www.linkedin.com/company/yard-{number}")
    world.collect()
    world.poll()
    world.control.fault("corrupt_gzip", match="yard-2")
    outcomes = world.process()
    assert sorted(outcome.error is None for outcome in outcomes) == [False, True, True, True]
    assert Counter(one.status.value for one in world.snapshots()) == {"processed": 3, "ready": 1}


def test_a_failure_that_nobody_thought_of_is_the_snapshots_own(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug of ours, met by one payload, must neither take the others of the run down nor be tried for ever."""
    world.set(batch_size=1)
    for number in range(3):
        world.creator(f"yard-{number}", f"https://www.linkedin.com/company/yard-{number}")
    world.collect()
    world.poll()
    unlucky = world.snapshots()[1].snapshot_id
    download_it = download._download

    def surprised(ctx: object, snapshot: Snapshot, *rest: object) -> object:
        if snapshot.snapshot_id == unlucky:
            raise ZeroDivisionError("nobody thought of this")
        return download_it(ctx, snapshot, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(download, "_download", surprised)
    outcomes = world.process()
    assert [one.error for one in outcomes if one.failed] == ["nobody thought of this"]
    assert sum(not one.failed for one in outcomes) == 2
    for _ in range(5):
        later(world, hours=7)
    dead = next(one for one in world.snapshots() if one.snapshot_id == unlucky)
    assert (dead.status, dead.attempts) == (SnapshotStatus.DEAD, 5)
    assert world.statuses() == {"completed": 2, "failed": 1}


def test_a_disk_in_trouble_is_not_the_snapshots_fault(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(download, "_download", full)
    for _ in range(6):
        [outcome] = later(ready)
        assert "No space left" in str(outcome.error)
    assert (ready.snapshot().status, ready.snapshot().attempts) == (SnapshotStatus.READY, 0)
    monkeypatch.undo()
    later(ready)
    assert_whole(ready)


def test_a_run_that_is_interrupted_gives_back_what_it_had_not_begun(ready: World) -> None:
    def interrupt(*_: object) -> Iterator[bytes]:
        raise Killed

    ready.ctx.vendor.download = interrupt  # type: ignore[method-assign,assignment]
    with pytest.raises(Killed):
        ready.process()
    snapshot = ready.snapshot()
    assert (snapshot.status, snapshot.attempts, snapshot.lease_owner) == (SnapshotStatus.READY, 0, None)


def break_at_part(world: World, part: int) -> None:
    """Let the vendor close the connection in the middle of a part, once."""
    from scrape_assets.sources.brightdata.client import BrightDataClient

    download = BrightDataClient.download
    client = world.ctx.vendor

    def breaking(vendor_id: str, **asked: object) -> object:
        if asked.get("part") == part:
            world.control.fault("cut_body", times=1, share=0.4)
            del client.download  # type: ignore[attr-defined]
        return download(client, vendor_id, **asked)  # type: ignore[arg-type]

    client.download = breaking  # type: ignore[method-assign,assignment]
