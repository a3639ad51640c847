"""A dry run: it says what a collection would do, to the input and the cent, and does nothing."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from scrape_assets.flow.choosing.estimate import Basis
from scrape_assets.flow.collect import collect
from scrape_assets.flow.rehearse import Rehearsal, rehearse
from scrape_assets.flow.wanted.plan import UnknownTarget
from scrape_assets.settings import SettingsError
from scrape_assets.storage.schema import metadata
from scrape_assets_tests.flow.invented_rows import post, replay
from scrape_assets_tests.flow.test_never_twice import ask
from scrape_assets_tests.flow.world import ANNA, HARBOUR, MILL, TODAY, World

PRICE = Decimal("0.002")


def play(world: World, **options: object) -> Rehearsal:
    return rehearse(world.ctx, "linkedin", TODAY, **options)  # type: ignore[arg-type]


def everything(world: World) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables."""
    with world.engine.connect() as conn:
        return {
            table.name: sorted(map(tuple, conn.execute(sa.select(table))), key=str) for table in metadata.sorted_tables
        }


@pytest.fixture
def many(world: World) -> World:
    """Companies and a person, jobs that ask for the same, one that was collected lately, one that cannot be."""
    world.creator("harbour", HARBOUR)
    world.run()
    for number in range(5):
        world.creator(f"yard-{number}", f"https://www.linkedin.com/company/yard-{number}")
    world.creator("anna", ANNA)
    for name in ("one", "two"):
        ask(world, name, MILL)
    ask(world, "late")
    ask(world, "wrong", "https://www.linkedin.com/jobs/view/1")
    return world


def test_it_agrees_with_what_the_collection_then_does_and_does_nothing_itself(many: World) -> None:
    many.set(prices={"brightdata": PRICE}, budgets={"day": "0.07"}, batch_size=2)
    before, calls, paid = everything(many), many.control.calls(), len(many.control.accepted())

    played = play(many)
    assert everything(many) == before
    assert many.control.calls() == calls

    report = many.collect()
    accepted = many.control.accepted()[paid:]
    asked_for = [len(one["inputs"]) for one in accepted]
    assert [one.inputs for one in played.batches] == asked_for == [one.inputs for one in report.accepted]
    new = {one.vendor_snapshot_id: one for one in many.snapshots()}
    assert [one.cost for one in played.batches] == [new[one["snapshot_id"]].estimated_usd for one in accepted]
    assert played.inputs < 7, "the budget has no room for all"
    assert sum(len(one.job_ids) for one in played.held_back) == sum(len(one.job_ids) for one in report.held_back)
    assert [(one.target_id, one.way) for one in played.spared] == [(one.target_id, one.way) for one in report.spared]
    assert [(one.target_id, one.way) for one in played.spared] == [("late", "collected before")]
    assert (played.jobs_added, played.jobs_due) == (report.jobs_added, report.jobs_claimed)
    [failing] = played.failing
    assert failing == many.job("wrong").error
    assert [str(purse.budget) for purse in played.budgets] == ["the day's budget of $0.07"]


def test_what_is_expected_is_what_came_of_late(world_with: Callable[..., World], tmp_path: Path) -> None:
    rows = [post(1), post(2), post(3), post(4, feed=MILL)]
    world = world_with(replay_dir=replay(tmp_path / "replay", rows))
    world.set(prices={"brightdata": PRICE}, freshness_minutes=0)
    world.creator("harbour", HARBOUR)
    world.creator("mill", MILL)
    first = play(world)
    [batch] = first.batches
    assert (batch.records, batch.cost, batch.bases) == (Decimal(50), 50 * PRICE, (Basis.GUESS,))

    for round_ in range(3):
        world.collect(force=round_ > 0)
        world.poll()
        world.process()
        [batch] = play(world, force=True).batches
        if round_ < 2:
            assert (batch.records, batch.bases) == (Decimal(4), (Basis.OTHERS,))
    assert (batch.records, batch.bases) == (Decimal(4), (Basis.ITS_OWN,))
    [mill] = play(world, force=True, creators=["mill"]).batches
    assert (mill.records, mill.cost) == (Decimal(1), PRICE)


def test_what_a_person_may_give_at_most_is_said_as_such(world: World) -> None:
    world.creator("anna", ANNA)
    [batch] = play(world).batches
    assert (batch.records, batch.bases, batch.cost) == (Decimal(25), (Basis.LIMIT,), None)


def test_jobs_that_wait_already_are_foretold_with_their_reason(world: World) -> None:
    world.set(prices={"brightdata": PRICE}, budgets={"day": 0})
    world.creator("harbour", HARBOUR)
    world.collect()
    [held] = play(world).held_back
    assert "the day's budget of $0.00 has $0.00 left" in held.why
    with world.engine.begin() as conn:
        conn.execute(sa.text("UPDATE scrape_jobs SET error_class = 'server', error = 'it broke'"))
    assert play(world).waiting == {"it broke": 1}


def test_without_a_key_it_says_that_nobody_can_be_asked_and_that_all_would_wait(world: World) -> None:
    world.creator("harbour", HARBOUR)
    world.ctx = world.context("host:1:test", key="")
    played = play(world)
    assert (played.batches, list(played.waiting.values())) == ((), [1])
    assert "BRIGHTDATA_API_KEY not set" in played.remarks[0]


def test_a_budget_that_cannot_be_kept_is_said(world: World) -> None:
    world.creator("harbour", HARBOUR)
    world.set(budgets={"day": 0})
    played = play(world)
    assert (played.inputs, played.cost) == (1, None)
    assert "no budget can be kept for it" in played.remarks[0]


def test_what_cannot_be_collected_is_said_as_by_the_collection(world: World) -> None:
    with pytest.raises(UnknownTarget, match="there is no creator nobody"):
        play(world, creators=["nobody"])
    world.set(prices={"nobody": 1})
    with pytest.raises(SettingsError, match="there is no source 'nobody'"):
        play(world)
    with pytest.raises(SettingsError, match="there is no source 'nobody'"):
        collect(world.ctx, "linkedin", TODAY)


def test_a_collection_may_go_on_while_another_is_rehearsed(world: World) -> None:
    world.set(prices={"brightdata": PRICE}, budgets={"day": 1})
    world.creator("harbour", HARBOUR)
    world.creator("mill", MILL)
    world.collect(creators=["mill"])
    assert [one.inputs for one in play(world).batches] == [1]
    assert len(world.collect().accepted) == 1
    assert world.paid() == {HARBOUR: 1, MILL: 1}
