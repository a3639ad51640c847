"""A process killed (-9) between the vendor's acceptance and our note of it: recovery brings home what was paid for."""

from collections.abc import Callable

from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets.operations.recover import recover
from scrape_assets_tests.flow.world import ANNA, HARBOUR, MILL
from scrape_assets_tests.recovery.conftest import KilledWorld


def test_what_a_killed_process_had_paid_for_is_recovered(make_world: Callable[..., KilledWorld]) -> None:
    world = make_world()
    for creator, url in {"anna": ANNA, "harbour": HARBOUR, "mill": MILL}.items():
        world.creator(creator, url)
    world.kill_at("collect", "after the second batch was accepted")
    assert recover(world.ctx).found == [], "its lease still runs: the second one may be written down any moment"
    with world.engine.begin() as conn:  # and of the first, what was written down is lost as well
        conn.exec_driver_sql("DELETE FROM snapshots WHERE status = 'pending'")
    world.clock.forward(minutes=10)

    report = recover(world.ctx)

    assert [found.jobs == found.inputs for found in report.found] == [True]
    assert len(report.settled.found) == 1
    world.poll(minutes=1)
    world.process()
    assert world.statuses() == {"completed": 3}
    assert {one.status for one in world.snapshots()} == {SnapshotStatus.PROCESSED}
    assert world.paid() == {ANNA: 1, HARBOUR: 1, MILL: 1}
    assert world.calls("trigger") == 2
