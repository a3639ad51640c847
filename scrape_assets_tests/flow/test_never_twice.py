"""The same target is not asked for twice: not within its freshness window, not while it is being collected."""

import dataclasses
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from scrape_assets.flow.collect import CollectReport, collect
from scrape_assets.flow.taking.claim import claim_for_processing
from scrape_assets.flow.taking.outcome import ALL_STAGES
from scrape_assets.flow.taking.process import process_many
from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets.posts.identity import profile_key
from scrape_assets.simulator import datasets, linkedin
from scrape_assets.simulator.jobs import JobInput
from scrape_assets.storage.creators import upsert_creator
from scrape_assets_tests.flow.world import HARBOUR, MILL, NOW, TODAY, World
from scrape_assets_tests.sources.direct.hackernews_server import Search, hackernews, story

LEASE = "lease_owner = 'another', leased_until = '2027-01-01'"
ADA = "https://news.ycombinator.com/user?id=ada"


def ask(world: World, target: str = "harbour", url: str = HARBOUR, **params: object) -> str:
    """Another program asks for somebody's posts; the id of its job."""
    return world.ask_for(
        target,
        profile_url=url,
        collection_date=TODAY,
        next_attempt_at=world.clock(),
        search_params=json.dumps(params),
        created_at=world.clock(),
    )


def asked(world: World, target: str = "harbour", url: str = HARBOUR, **params: object) -> Any:
    """The same, collected: the job as it is then."""
    job_id = ask(world, target, url, **params)
    world.collect(requested_only=True)
    return job(world, job_id)


def job(world: World, job_id: str) -> Any:
    [found] = [one for one in world.jobs() if one.job_id == job_id]
    return found


@pytest.fixture
def done(world: World) -> World:
    """Harbour, collected and processed three minutes ago."""
    world.creator("harbour", HARBOUR)
    world.run()
    world.clock.forward(minutes=12)
    return world


def test_what_was_collected_a_while_ago_completes_a_job_at_once_and_says_so(done: World) -> None:
    first = done.job()
    again = asked(done)
    assert (again.status, again.snapshot_id, again.posts_found) == ("completed", first.snapshot_id, first.posts_found)
    assert again.warning == f"collected 12 minutes ago by job {first.job_id}; nothing was asked again"
    assert (again.attempts, again.error, again.source) == (0, None, "brightdata")
    assert done.paid() == {HARBOUR: 1}


def test_it_says_again_what_the_source_complained_about(world: World) -> None:
    missing = "https://www.linkedin.com/company/missing-mill"
    world.creator("mill", missing)
    world.run()
    again = asked(world, "mill", missing)
    assert "nothing was asked again; dead_page: Invalid input.url" in str(again.warning)
    assert again.posts_found == 0


@pytest.mark.parametrize("minutes", [30, 60])
def test_after_the_window_it_is_asked_for_again(done: World, minutes: int) -> None:
    done.clock.forward(minutes=minutes)
    assert asked(done).status == "processing"
    assert done.paid() == {HARBOUR: 2}


def test_what_was_served_so_does_not_make_the_window_longer(done: World) -> None:
    asked(done)
    done.clock.forward(minutes=20)
    assert asked(done).status == "processing"


def test_a_window_of_none_asks_every_time(done: World) -> None:
    done.set(freshness_minutes=0)
    asked(done)
    asked(done)
    assert done.paid() == {HARBOUR: 3}


def test_who_forces_is_served_anew_and_serves_the_others(done: World) -> None:
    assert asked(done, force=True).status == "processing"
    done.clock.forward(seconds=1)
    assert done.collect(force=True).accepted
    done.poll()
    done.process()
    assert done.paid() == {HARBOUR: 3}
    assert asked(done).snapshot_id == done.snapshots()[-1].snapshot_id


def test_another_time_or_another_target_is_asked_for(done: World) -> None:
    asked(done, "mill", MILL)
    asked(done, timeRange={"start": "2026-01-01", "end": "2026-02-01"})
    assert done.paid() == {HARBOUR: 2, MILL: 1}


def test_whoever_trusts_one_source_alone_is_not_served_with_anothers_answer(done: World) -> None:
    with done.engine.begin() as conn:
        conn.execute(sa.text("UPDATE snapshots SET source = 'another'"))
    assert asked(done, source="brightdata").status == "processing"


def test_what_lies_ready_for_longer_than_the_window_is_too_old_for_a_further_job(world: World) -> None:
    world.creator("harbour", HARBOUR)
    world.collected()
    world.clock.forward(minutes=31)
    asked(world)
    assert world.paid() == {HARBOUR: 2}


def test_what_ended_badly_serves_nobody(world: World) -> None:
    world.creator("harbour", HARBOUR)
    world.control.fault("expired")
    world.collect()
    world.poll()
    world.process()
    world.control.clear_faults()
    assert world.job().status == "failed"
    assert asked(world).status == "processing"


def test_a_creator_who_was_not_known_when_it_was_collected_gets_the_posts_too(world: World) -> None:
    asked(world, "somebody")
    world.poll()
    world.process()
    assert world.count("creator_content") == 0
    world.creator("harbour", HARBOUR)
    world.collect()
    assert world.count("creator_content") == world.job("harbour").posts_found == world.count("raw_posts") > 0


def in_the_middle(world: World, status: str) -> Callable[[], object]:
    """Bring the one snapshot into a state, and give what brings it to its end."""
    if status == "unknown":
        world.control.fault("lost_answer", times=1)
    world.collect()
    if status in ("ready", "processing"):
        world.poll()
    if status == "processing":
        keys = [world.snapshot().partition_key]
        claimed, _ = claim_for_processing(world.ctx, keys, ALL_STAGES, only_ready=True)
        return lambda: list(process_many(world.ctx, claimed, ALL_STAGES))

    def end() -> None:
        world.clock.forward(minutes=3)
        world.collect(requested_only=True)
        world.poll()
        world.process()

    return end


@pytest.mark.parametrize("status", ["pending", "ready", "processing", "unknown"])
def test_what_is_being_collected_serves_a_further_job_which_ends_with_it(world: World, status: str) -> None:
    world.creator("harbour", HARBOUR)
    end = in_the_middle(world, status)
    assert world.snapshot().status == status

    other = world.context("host:2:other")
    late = ask(world, "late")
    with pytest.MonkeyPatch.context() as patched:
        # The list does not show it yet, or the collection would settle the unknown one first.
        patched.setattr(other.vendor, "list_snapshots", lambda *_: [])
        report = world.collect(ctx=other, requested_only=True)
    assert [(one.job_id, one.way) for one in report.spared] == [(late, "being collected")]
    assert (job(world, late).status, job(world, late).snapshot_id) == ("processing", world.snapshot().snapshot_id)

    end()
    assert {(one.status.value, one.posts_found) for one in world.jobs()} == {("completed", world.count("raw_posts"))}
    assert world.paid() == {HARBOUR: 1}
    assert world.snapshot().status is SnapshotStatus.PROCESSED


def test_equal_jobs_of_one_collection_share_one_input_and_all_end_with_it(world: World) -> None:
    world.creator("mill", MILL)
    three = [ask(world, name) for name in ("one", "two", "three")]
    world.collect()
    assert world.paid_together() == [[HARBOUR, MILL]]
    assert sorted(one.job_id for one in world.snapshot().inputs if one.url == HARBOUR) == sorted(three)
    world.poll()
    world.process()
    assert world.statuses() == {"completed": 4}
    assert len({job(world, job_id).posts_found for job_id in three}) == 1


def test_batches_are_filled_with_distinct_inputs_alone(world: World) -> None:
    world.set(batch_size=2)
    for number in range(3):
        for name in ("one", "two"):
            ask(world, f"{name}-{number}", f"https://www.linkedin.com/company/yard-{number}")
    world.collect(requested_only=True)
    assert sorted(len(together) for together in world.paid_together()) == [1, 2]
    assert set(world.paid().values()) == {1}


def test_an_input_that_is_refused_fails_all_jobs_that_share_it_and_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check(given: JobInput, discover_by: str | None) -> list[tuple[str, str]]:
        return [("url", "closed")] if given["url"] == MILL else linkedin.check_input(given, discover_by)

    ours = dataclasses.replace(datasets.DATASETS[linkedin.POSTS_DATASET], check_input=check)
    monkeypatch.setitem(datasets.DATASETS, linkedin.POSTS_DATASET, ours)
    mills = [ask(world, name, MILL) for name in ("one", "two")]
    harbours = [ask(world, name, HARBOUR) for name in ("three", "four")]
    [triggered] = world.collect(requested_only=True).triggered

    assert world.paid_together() == [[HARBOUR]]
    assert triggered.inputs == 1
    assert sorted(one.job_id for one in triggered.set_aside) == sorted(mills)
    assert {job(world, job_id).status.value for job_id in mills} == {"failed"}
    assert {job(world, job_id).status.value for job_id in harbours} == {"processing"}
    assert sorted(one.job_id for one in world.snapshot().inputs) == sorted(harbours)


def test_a_job_that_is_tied_to_a_trigger_whose_input_is_then_refused_fails_with_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = dataclasses.replace(
        datasets.DATASETS[linkedin.POSTS_DATASET],
        check_input=lambda given, _: [("url", "closed")] if given["url"] == MILL else [],
    )
    monkeypatch.setitem(datasets.DATASETS, linkedin.POSTS_DATASET, ours)
    trigger, other = world.ctx.vendor.trigger, world.context("host:2:other")

    def asked_meanwhile(request: Any, **options: Any) -> str:
        if world.count("scrape_jobs") == 2:
            for name, url in (("late-mill", MILL), ("late-harbour", HARBOUR)):
                ask(world, name, url)
            assert len(world.collect(ctx=other, requested_only=True).spared) == 2
        return trigger(request, **options)

    monkeypatch.setattr(world.ctx.vendor, "trigger", asked_meanwhile)
    world.creator("mill", MILL)
    world.creator("harbour", HARBOUR)
    world.collect()

    assert world.paid_together() == [[HARBOUR]]
    assert {one.target_id: one.status.value for one in world.jobs()} == {
        "mill": "failed",
        "late-mill": "failed",
        "harbour": "processing",
        "late-harbour": "processing",
    }
    world.poll()
    world.process()
    assert world.statuses() == {"failed": 2, "completed": 2}


def test_a_lost_answer_to_shared_inputs_is_found_by_what_was_really_sent(world: World) -> None:
    for name in ("one", "two"):
        ask(world, name)
    world.control.fault("lost_answer", times=1)
    world.collect(requested_only=True)
    assert world.collect(requested_only=True).settled.found == [world.snapshot().snapshot_id]
    world.poll()
    world.process()
    assert (world.statuses(), world.paid()) == ({"completed": 2}, {HARBOUR: 1})


def test_what_the_source_fails_is_asked_for_again_as_one(world: World) -> None:
    for name in ("one", "two"):
        ask(world, name)
    world.control.fault("failed", times=1)
    world.collect(requested_only=True)
    world.poll()
    assert world.statuses() == {"pending": 2}
    world.clock.forward(hours=1)
    world.collect(requested_only=True)
    assert world.paid_together() == [[HARBOUR], [HARBOUR]]
    assert len(world.snapshots()[-1].inputs) == 2


def test_a_job_tied_to_a_snapshot_that_fails_is_asked_for_again_with_the_first(world: World) -> None:
    world.creator("harbour", HARBOUR)
    world.control.fault("failed", times=1)
    world.collect()
    asked(world, "late")
    world.poll()
    assert [(one.status.value, one.attempts) for one in world.jobs()] == [("pending", 1), ("pending", 1)]


@pytest.fixture
def search() -> Iterator[tuple[Search, str]]:
    begin = int(NOW.timestamp())
    with hackernews(*(story(number, begin - 60 * number) for number in range(6)), users=("ada",)) as running:
        yield running


@pytest.fixture
def direct(world: World, search: tuple[Search, str]) -> World:
    """The world with Hacker News on loopback, where one person is followed."""
    world.set(hackernews_api_url=search[1])
    with world.engine.begin() as conn:
        upsert_creator(conn, "ada", "Ada", profile_key("hackernews", ADA))
    return world


def gather(world: World) -> CollectReport:
    return collect(world.ctx, "hackernews", TODAY)


def ask_directly(world: World, target: str) -> str:
    return world.ask_for(
        target, platform="hackernews", profile_url=ADA, collection_date=TODAY, next_attempt_at=world.clock()
    )


def test_a_direct_source_is_paged_through_once_for_all_who_ask(direct: World, search: tuple[Search, str]) -> None:
    ask_directly(direct, "two")
    gather(direct)
    once = len(search[0].asked)
    direct.process()
    assert [(one.status.value, one.posts_found) for one in direct.jobs()] == [("completed", 6), ("completed", 6)]

    late = ask_directly(direct, "late")
    gather(direct)
    assert (job(direct, late).status, job(direct, late).posts_found) == ("completed", 6)
    assert len(search[0].asked) == once


def test_a_target_that_cannot_be_had_ends_all_who_ask_for_it(direct: World, search: tuple[Search, str]) -> None:
    search[0].users = ()
    search[0].hits.clear()
    ask_directly(direct, "two")
    gather(direct)
    assert direct.statuses() == {"failed": 2}


def test_while_a_direct_source_is_being_asked_an_equal_job_waits_with_no_attempt_spent(direct: World) -> None:
    gather(direct)
    with direct.engine.begin() as conn:  # as it is while another process pages through it
        conn.execute(sa.text(f"UPDATE snapshots SET status = 'triggering', {LEASE}"))
    late = ask_directly(direct, "late")
    [spared] = gather(direct).spared
    waits = job(direct, late)
    assert (spared.way, waits.status, waits.attempts, waits.snapshot_id) == (
        "waits for an equal job",
        "pending",
        0,
        None,
    )
    assert "the same is being collected from hackernews for job" in str(waits.error)
    assert timedelta() < waits.next_attempt_at - direct.clock() < timedelta(minutes=2)

    with direct.engine.begin() as conn:
        conn.execute(sa.text("UPDATE snapshots SET status = 'ready', lease_owner = NULL, leased_until = NULL"))
    direct.process()
    direct.clock.forward(minutes=3)
    gather(direct)
    assert direct.statuses() == {"completed": 2}
