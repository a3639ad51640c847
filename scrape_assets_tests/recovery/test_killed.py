"""A process killed (-9) anywhere, and another one finishes: nothing lost, nothing twice, nothing paid twice."""

from collections.abc import Callable
from typing import Any

import pytest

from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets_tests.flow.world import ANNA, HARBOUR, MILL
from scrape_assets_tests.recovery.conftest import KilledWorld
from scrape_assets_tests.recovery.driver import COLLECT_POINTS, PROCESS_POINTS

MakeWorld = Callable[..., KilledWorld]
CREATORS = {"anna": ANNA, "harbour": HARBOUR, "mill": MILL}
BIG, PARTS = 2_100, 3  # posts, in two batches of the loader


def small(make_world: MakeWorld) -> KilledWorld:
    """Three creators, two batches."""
    world = make_world()
    for creator, url in CREATORS.items():
        world.creator(creator, url)
    return world


def large(make_world: MakeWorld) -> KilledWorld:
    """One creator, whose snapshot is ready and comes in three parts."""
    world = make_world(rows_per_input=BIG, error_rate=0.01)
    world.creator("harbour", HARBOUR)
    world.collect()
    world.poll()
    return world


_undisturbed: dict[str, Any] = {}


def undisturbed(make: Callable[[MakeWorld], KilledWorld], make_world: MakeWorld) -> dict[str, list[str]]:
    """What a run comes to that nobody kills. Found out once; the tables are emptied again for the real test."""
    if make.__name__ not in _undisturbed:
        world = make(make_world)
        world.collect()
        world.poll()
        world.process()
        assert {snapshot.status for snapshot in world.snapshots()} == {SnapshotStatus.PROCESSED}
        _undisturbed[make.__name__] = world.content()
        tables = "snapshots, scrape_jobs, scrape_attempts, raw_posts, post_metrics, post_sightings, creator_content"
        with world.engine.begin() as conn:
            # The lanes, too: the clock of the real test begins before the one that paced this.
            conn.exec_driver_sql(f"TRUNCATE {tables}, rejected_rows, creators, source_state CASCADE")
    return dict(_undisturbed[make.__name__])


@pytest.mark.parametrize("point", COLLECT_POINTS)
def test_killed_while_it_triggers(make_world: MakeWorld, point: str) -> None:
    expected = undisturbed(small, make_world)
    world = small(make_world)
    world.kill_at("collect", point)
    world.clock.forward(seconds=1)
    accepted = world.paid()
    world.collect()
    assert all(times == 1 for times in world.paid().values())
    assert accepted <= world.paid()

    world.finish()
    assert world.paid() == dict.fromkeys(CREATORS.values(), 1)
    assert world.content() == expected
    told = {one["snapshot_id"] for one in world.control.accepted()}
    kept = [one for one in world.snapshots() if one.vendor_snapshot_id]
    assert {one.vendor_snapshot_id for one in kept} == told
    assert {one.status for one in kept} == {SnapshotStatus.PROCESSED}


@pytest.mark.parametrize("point", PROCESS_POINTS)
def test_killed_while_it_processes(make_world: MakeWorld, point: str) -> None:
    expected = undisturbed(large, make_world)
    world = large(make_world)
    world.kill_at("process", point)
    world.process()
    assert world.snapshot().status is SnapshotStatus.PROCESSING, "its lease still runs"

    world.finish()
    assert (world.snapshot().status, world.snapshot().attempts) == (SnapshotStatus.PROCESSED, 1)
    assert world.paid() == {HARBOUR: 1}
    assert world.content() == expected
    # What was complete is not fetched again.
    assert world.calls("snapshot") == PARTS + (point == "in the middle of a part")
    world.archive.open(str(world.snapshot().payload_uri)).verify()


def test_killed_again_and_again_it_still_comes_to_the_same(make_world: MakeWorld) -> None:
    expected = undisturbed(large, make_world)
    world = large(make_world)
    world.kill_at("process", "between two parts")
    world.clock.forward(minutes=10)
    world.kill_at("process", "after the payload's commit")
    world.clock.forward(minutes=10)
    world.kill_at("process", "in the middle of the load")
    world.clock.forward(minutes=10)
    world.kill_at("process", "before the match's commit")
    world.finish()
    assert world.content() == expected
    assert world.paid() == {HARBOUR: 1}
    assert world.snapshot().attempts == 4
