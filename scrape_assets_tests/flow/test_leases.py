"""Who lost the lease writes nothing more; and what several do at once is done once."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

import pytest
import sqlalchemy as sa

from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.mending.recovery import reclaim_expired, release_run
from scrape_assets.flow.mending.settle import settle_unknown
from scrape_assets.flow.taking import process, stages
from scrape_assets.flow.taking.claim import claim_for_processing
from scrape_assets.flow.taking.outcome import ALL_STAGES, Outcome, Stage
from scrape_assets.flow.taking.process import process_many
from scrape_assets.flow.taking.stages import match_and_settle
from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets_tests.flow.one_snapshot import make_many_ready
from scrape_assets_tests.flow.world import ANNA, HARBOUR, World

WRITTEN = ("raw_posts", "post_metrics", "post_sightings", "rejected_rows", "creator_content")


@pytest.fixture
def ready(world: World) -> World:
    world.creator("harbour", HARBOUR)
    world.collected()
    return world


def stolen_at(world: World, monkeypatch: pytest.MonkeyPatch, stage: str) -> None:
    """The process sleeps before a stage until its lease is over and another has taken the snapshot."""
    thief = world.context("host:2:thief")
    room = process if stage == "match_and_settle" else stages
    honest = getattr(room, stage)

    def slept(*args: object, **named: object) -> object:
        monkeypatch.undo()
        world.clock.forward(minutes=10)
        claimed, _ = claim_for_processing(thief, [world.snapshot().partition_key], ALL_STAGES, only_ready=True)
        assert claimed
        return honest(*args, **named)

    monkeypatch.setattr(room, stage, slept)


@pytest.mark.parametrize(
    ("stage", "fault"),
    [
        ("fetch_payload", None),
        ("fetch_payload", "cut_body"),
        ("fetch_payload", "building_after_ready"),
        ("fetch_payload", "empty"),
        ("fetch_payload", "expired"),
        ("fetch_payload", "throttled"),
        ("_load", None),
        ("match_and_settle", None),
    ],
)
def test_whoever_lost_the_lease_writes_nothing(
    ready: World, monkeypatch: pytest.MonkeyPatch, stage: str, fault: str | None
) -> None:
    if fault:
        ready.control.fault(fault, operation="snapshot")
    stolen_at(ready, monkeypatch, stage)
    [outcome] = ready.process()
    assert outcome.error_class == "lease_lost"
    assert outcome.what_next == "another run has taken it over"
    snapshot = ready.snapshot()
    assert (snapshot.status, snapshot.lease_owner) == (SnapshotStatus.PROCESSING, "host:2:thief")
    assert ready.job().status == "processing"
    untouched = ["creator_content"] if stage == "match_and_settle" else WRITTEN  # the load before the theft was its own
    assert {table: ready.count(table) for table in untouched} == dict.fromkeys(untouched, 0)
    assert (snapshot.loaded_at is None, snapshot.matched_at) == (stage != "match_and_settle", None)

    ready.control.clear_faults()
    thief = ready.context("host:2:thief")
    assert [one.error for one in process_many(thief, [snapshot], ALL_STAGES)] == [None]
    assert (ready.snapshot().status, ready.job().status) == (SnapshotStatus.PROCESSED, "completed")
    assert ready.count("creator_content") == ready.count("raw_posts") == ready.job().posts_found


def test_of_those_matched_together_only_whose_lease_is_lost_is_not_matched(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_many_ready(world, 4)
    stolen = world.snapshots()[2].snapshot_id
    together: list[int] = []

    def all_at_once(futures: Sequence[Future[Outcome]], *_: object) -> Iterator[Sequence[Future[Outcome]]]:
        wait(futures)
        yield futures

    def slept(ctx: FlowContext, outcomes: Sequence[Outcome], stages: frozenset[Stage]) -> None:
        together.append(len(outcomes))
        with ctx.engine.begin() as conn:
            theft = "UPDATE snapshots SET lease_owner = 'host:2:thief' WHERE snapshot_id = :stolen"
            conn.execute(sa.text(theft), {"stolen": stolen})
        match_and_settle(ctx, outcomes, stages)

    monkeypatch.setattr(process, "in_groups", all_at_once)
    monkeypatch.setattr(process, "match_and_settle", slept)

    outcomes = world.process()

    assert together == [4, 1, 1, 1, 1]
    assert [(one.snapshot.snapshot_id, one.error_class) for one in outcomes if one.failed] == [(stolen, "lease_lost")]
    assert Counter(one.status.value for one in world.snapshots()) == {"processed": 3, "processing": 1}
    assert world.statuses() == {"completed": 3, "processing": 1}
    assert world.column("SELECT DISTINCT snapshot_id FROM creator_content WHERE snapshot_id = :id", id=stolen) == []


def test_what_a_dead_process_held_comes_back_with_the_attempt_counted(ready: World) -> None:
    claim_for_processing(ready.ctx, [ready.snapshot().partition_key], ALL_STAGES, only_ready=True)
    ready.clock.forward(seconds=119)
    assert not reclaim_expired(ready.ctx).any
    ready.clock.forward(seconds=2)
    assert reclaim_expired(ready.ctx).snapshots == 1
    assert (ready.snapshot().status, ready.snapshot().attempts) == (SnapshotStatus.READY, 1)
    assert ready.ctx.owner in str(ready.snapshot().error)
    ready.process()
    assert ready.job().status == "completed"


def test_a_snapshot_that_kills_its_process_each_time_ends_dead_and_its_jobs_with_it(ready: World) -> None:
    for _ in range(5):
        claim_for_processing(ready.ctx, [ready.snapshot().partition_key], ALL_STAGES, only_ready=True)
        ready.clock.forward(minutes=5)
        reclaim_expired(ready.ctx)
    assert (ready.snapshot().status, ready.job().status) == (SnapshotStatus.DEAD, "failed")
    assert ready.job().error_class == "lease_lost"


@pytest.mark.parametrize(("count_attempt", "attempts"), [(True, 1), (False, 0)])
def test_an_ended_run_gives_back_what_it_held_at_once(ready: World, *, count_attempt: bool, attempts: int) -> None:
    run = ready.context("run:abc")
    claim_for_processing(run, [ready.snapshot().partition_key], ALL_STAGES, only_ready=True)
    assert release_run(ready.ctx, "abc", count_attempt=count_attempt).snapshots == 1
    assert (ready.snapshot().status, ready.snapshot().attempts) == (SnapshotStatus.READY, attempts)


def both(first: Callable[[], object], second: Callable[[], object]) -> list[object]:
    with ThreadPoolExecutor(2) as pool:
        return [future.result() for future in (pool.submit(first), pool.submit(second))]


def test_two_collections_at_once_pay_once_for_each_input(world: World) -> None:
    world.set(batch_size=3)
    for number in range(12):
        world.creator(f"yard-{number}", f"https://www.linkedin.com/company/yard-{number}")
    other = world.context("host:2:other", batch_size=3)
    both(world.collect, lambda: world.collect(ctx=other))
    assert len(world.paid()) == 12
    assert set(world.paid().values()) == {1}
    assert world.statuses() == {"processing": 12}


def test_two_that_process_at_once_share_the_work(world: World) -> None:
    make_many_ready(world, 6)
    results = both(world.process, lambda: world.process(ctx=world.context("host:2:other")))
    outcomes: list[Outcome] = [outcome for part in results for outcome in part]  # type: ignore[attr-defined]
    assert len(outcomes) == 6
    assert not any(outcome.failed for outcome in outcomes)
    assert world.statuses() == {"completed": 6}
    assert set(world.download_calls().values()) == {6}


@pytest.mark.parametrize("triggers", [1, 4])
def test_two_that_settle_at_once_come_to_one_result(world: World, triggers: int) -> None:
    world.set(batch_size=1)
    for number in range(triggers):
        world.creator(f"yard-{number}", f"https://www.linkedin.com/company/yard-{number}")
    world.control.fault("lost_answer")
    world.collect()
    both(lambda: settle_unknown(world.ctx), lambda: settle_unknown(world.context("host:2:other")))
    vendors = {one["snapshot_id"] for one in world.control.accepted()}
    assert {snapshot.vendor_snapshot_id for snapshot in world.snapshots()} == vendors
    assert {snapshot.status.value for snapshot in world.snapshots()} == {"pending"}


def test_a_trigger_settled_by_another_while_its_answer_was_under_way_ends_quietly(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process was stopped for so long that its lease ran out; meanwhile the vendor's list told of the job."""
    world.creator("anna", ANNA)
    other: FlowContext = world.context("host:2:other")
    trigger = world.ctx.vendor.trigger

    def stopped(*args: object, **named: object) -> str:
        accepted = trigger(*args, **named)  # type: ignore[arg-type]
        world.clock.forward(minutes=10)
        reclaim_expired(other)
        assert len(settle_unknown(other).found) == 1
        return accepted

    monkeypatch.setattr(world.ctx.vendor, "trigger", stopped)
    report = world.collect()
    assert [one.error_class for one in report.problems] == ["lease_lost"]
    assert world.paid() == {ANNA: 1}
    world.poll()
    world.process()
    assert world.job().status == "completed"
