"""Two daemons by mistake, on one database: each job is asked for once, each snapshot processed once."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import dagster as dg

from scrape_assets.flow.collect import collect
from scrape_assets.flow.taking.claim import claim_for_processing
from scrape_assets.flow.taking.outcome import ALL_STAGES
from scrape_assets.flow.taking.process import process_many
from scrape_assets_tests.dagster.world import PEOPLE, World, today

T = TypeVar("T")


def both(*deeds: Callable[[], T]) -> list[T]:
    """Done at the same moment, by a thread each."""
    together = threading.Barrier(len(deeds))

    def do(deed: Callable[[], T]) -> T:
        together.wait(20)
        return deed()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(do, deeds))


def requested_by_two(world: World, sensor: str) -> list[dg.RunRequest]:
    """What two daemons request, each with its own tick, at the same moment."""
    ticks = both(lambda: world.tick(sensor), lambda: world.tick(sensor))
    return [request for tick in ticks for request in tick.run_requests or []]


def collects(world: World) -> int:
    """What a run of `collect` does; how many inputs it asked for."""
    # Not the runs themselves: two of them in one process stand still, each waiting for a lock of `logging`.
    with world.flow() as ctx:
        return sum(one.inputs for one in collect(ctx, "linkedin", today(), requested_only=True).accepted)


def processes(world: World, keys: list[str]) -> list[str]:
    """What a run of `process_snapshots` does; the partitions that it has done."""
    with world.flow() as ctx:
        claimed, _ = claim_for_processing(ctx, keys, ALL_STAGES, only_ready=True)
        return [one.snapshot.partition_key for one in process_many(ctx, claimed, ALL_STAGES) if not one.failed]


def test_two_daemons_do_nothing_twice(world: World) -> None:
    world.add_creators(*PEOPLE)
    for name in PEOPLE:
        world.rows("INSERT INTO scrape_jobs (target_id, platform) VALUES (:name, 'linkedin')", name=name)

    # They may share the jobs between them, and then each requests a run of the same day; nobody requests more.
    assert {one.partition_key for one in requested_by_two(world, "pending_scrape_jobs")} == {f"{today()}|linkedin"}
    assert not requested_by_two(world, "pending_scrape_jobs")
    assert sum(both(lambda: collects(world), lambda: collects(world))) == len(PEOPLE)
    asked = [given["url"] for one in world.vendor.control.accepted() for given in one["inputs"]]
    assert len(asked) == len(set(asked)) == len(PEOPLE)

    world.vendor.control.make_ready()
    assert requested_by_two(world, "pending_snapshots")
    assert not requested_by_two(world, "pending_snapshots")
    keys = world.rows("SELECT partition_key FROM snapshots")
    done = both(lambda: processes(world, keys), lambda: processes(world, keys))
    assert sorted(key for by_one in done for key in by_one) == sorted(keys), "each by one of the two"
    assert world.rows("SELECT DISTINCT status, attempts FROM snapshots") == [("processed", 0)]
    assert world.rows("SELECT DISTINCT status FROM scrape_jobs") == ["completed"]
    assert world.calls()["snapshot"] == {"200": len(PEOPLE)}, "each was fetched once"
    changes = "SELECT subject_id FROM state_changes WHERE kind = 'snapshot' AND to_status = 'processed'"
    assert sorted(world.rows(changes)) == sorted(keys)
