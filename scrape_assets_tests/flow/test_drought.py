"""A source that answers and brings nothing any more: left alone, told, tried with one input, and taken up again."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from scrape_assets.flow.choosing.choose import standings
from scrape_assets.flow.collect import collect
from scrape_assets.flow.pacing.lanes import trigger_lane
from scrape_assets.flow.taking.claim import claim_for_processing
from scrape_assets.flow.taking.outcome import ALL_STAGES
from scrape_assets.flow.taking.process import process_many
from scrape_assets.ledger.pace import lane_state, trip
from scrape_assets.posts.identity import profile_key
from scrape_assets.storage.creators import upsert_creator
from scrape_assets.storage.schema import snapshots
from scrape_assets_tests.flow.world import ANNA, HARBOUR, MILL, TODAY, World
from scrape_assets_tests.sources.direct.x_server import TOKEN, tweet, x_server

WHY = "answers, but its last 3 collections (12 inputs) brought nothing, where the median is 5.0 posts an input"


def remember(world: World, *posts: int, platform: str = "linkedin", inputs: int = 6) -> None:
    """Collections of earlier days, the oldest first."""
    rows = [
        {
            "snapshot_id": f"{platform}-before-{number:03}",
            "partition_key": f"{platform}-before-{number:03}",
            "source": "brightdata",
            "platform": platform,
            "collection_date": TODAY,
            "status": "processed",
            "inputs": [{"job_id": "j", "url": "u", "input": {}}] * inputs,
            "creator_urls": [],
            "posts_retrieved": count,
            "created_at": world.clock() - timedelta(days=30 - number),
            "processed_at": world.clock() - timedelta(days=30 - number),
        }
        for number, count in enumerate(posts)
    ]
    with world.engine.begin() as conn:
        conn.execute(sa.insert(snapshots), rows)


def finish(world: World) -> None:
    world.poll()
    world.process()


@pytest.fixture
def dry(world: World) -> World:
    """Two empty collections after many good ones, and a vendor that finds nothing for anybody."""
    remember(world, *[30] * 8, 0, 0)
    world.control.fault("empty")
    for name, url in (("harbour", HARBOUR), ("mill", MILL)):
        world.creator(name, url)
    return world


def why_not(world: World, platform: str = "linkedin") -> str | None:
    return next(one.why_not for one in standings(world.ctx, platform) if one.source == "brightdata")


def test_the_third_collection_without_a_post_leaves_the_source_alone_and_says_why(dry: World) -> None:
    dry.collect()
    assert why_not(dry) is None
    finish(dry)
    said = str(why_not(dry))
    assert said.startswith("left alone until 2026-11-20 12:")
    assert "answers, but its last 3 collections (14 inputs) brought nothing" in said
    assert said.endswith("where the median is 5.0 posts an input")
    assert why_not(dry, "facebook") is None, "another platform is another matter"
    assert dry.statuses() == {"completed": 2}, "their emptiness is a result all the same"


def test_meanwhile_jobs_wait_with_the_reason_and_without_an_attempt(dry: World) -> None:
    dry.collect()
    finish(dry)
    triggers = dry.calls("trigger")
    dry.creator("anna", ANNA)
    dry.collect()
    assert dry.calls("trigger") == triggers
    anna = dry.job("anna")
    assert (anna.status, anna.attempts) == ("pending", 0)
    assert "brought nothing" in str(anna.error)
    assert anna.next_attempt_at > dry.clock() + timedelta(minutes=5)


def tripped(world: World) -> None:
    """The pause is over; the next collection is the probe."""
    with world.engine.begin() as conn:
        trip(conn, trigger_lane(world.ctx.settings, "linkedin"), WHY, world.clock() - timedelta(minutes=20))


def test_then_one_input_is_asked_for_and_what_comes_revives_the_source(world: World) -> None:
    remember(world, *[30] * 8, 0, 0, 0, inputs=4)
    for name, url in (("harbour", HARBOUR), ("mill", MILL), ("anna", ANNA)):
        world.creator(name, url)
    tripped(world)

    world.collect()

    assert [len(inputs) for inputs in world.paid_together()] == [1]
    assert sorted(job.status.value for job in world.jobs()) == ["pending", "pending", "processing"]
    assert {job.attempts for job in world.jobs()} == {0}
    assert "being tried with one input" in str(why_not(world))
    world.collect(ctx=world.context("host:2:other"))
    assert len(world.paid_together()) == 1, "nobody else tries meanwhile"

    finish(world)
    assert why_not(world) is None
    world.clock.forward(minutes=10)
    world.collect()
    finish(world)
    assert world.statuses() == {"completed": 3}


def test_when_nothing_comes_again_it_is_left_alone_for_longer(world: World) -> None:
    remember(world, *[30] * 8, 0, 0, 0, inputs=4)
    world.creator("harbour", HARBOUR)
    world.control.fault("empty")
    tripped(world)
    world.collect()
    finish(world)
    with world.engine.connect() as conn:
        state = lane_state(conn, trigger_lane(world.ctx.settings, "linkedin"), world.clock())
    assert state.openings == 2
    until = state.shut_until(world.clock())
    assert until is not None
    assert until - world.clock() >= timedelta(minutes=24)
    assert "its last 4 collections (13 inputs)" in str(state.open_why)


def test_a_quiet_source_that_is_usually_quiet_is_let_be(world: World) -> None:
    remember(world, *[2] * 8, 0, 0)
    world.control.fault("empty")
    world.creator("harbour", HARBOUR)
    world.collect()
    finish(world)
    assert why_not(world) is None


def test_to_process_an_old_snapshot_again_says_nothing_of_today(dry: World) -> None:
    dry.collect()
    finish(dry)
    with dry.engine.begin() as conn:
        conn.exec_driver_sql("UPDATE source_state SET open_until = NULL, dry = false, open_why = NULL")
    newest = max(dry.snapshots(), key=lambda one: one.created_at)
    claimed, _ = claim_for_processing(dry.ctx, [newest.partition_key], ALL_STAGES, only_ready=False)
    [outcome] = process_many(dry.ctx, claimed, ALL_STAGES)
    assert not outcome.failed
    assert why_not(dry) is None


def test_the_platform_s_next_source_serves_meanwhile(world: World) -> None:
    with x_server(*(tweet(world.clock() - timedelta(hours=hour), hour) for hour in range(1, 4))) as (_, url):
        world.set(x_api_url=url, x_bearer_token=TOKEN, source_order={"x": ["brightdata", "x"]})
        for name in ("ada", "bo"):
            with world.engine.begin() as conn:
                upsert_creator(conn, name, name.title(), profile_key("x", f"https://x.com/{name}_l"))
        with world.engine.begin() as conn:
            trip(conn, trigger_lane(world.ctx.settings, "x"), WHY, world.clock() - timedelta(minutes=20))
        collect(world.ctx, "x", TODAY)
    assert sorted(str(job.source) for job in world.jobs()) == ["brightdata", "x"], "one tries, the other need not wait"
