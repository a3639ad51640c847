"""Phase 1 and phase 2 when nothing goes wrong: what is asked for, how it is put together, that it is paid once."""

from datetime import timedelta

import pytest

from scrape_assets.flow.wanted.plan import UnknownTarget
from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets.sources.errors import KeyRefused, NotConfigured
from scrape_assets_tests.flow.world import ANNA, HARBOUR, MILL, QUARRY, TODAY, World


def test_a_day_of_one_creator_comes_to_matched_posts(world: World) -> None:
    world.creator("harbour", HARBOUR)

    report = world.collect()
    assert [one.inputs for one in report.accepted] == [1]
    assert report.jobs_by_status["processing"] == 1
    assert world.snapshot().status is SnapshotStatus.PENDING
    polled = world.poll()
    assert polled.ready == [world.snapshot().snapshot_id]
    [outcome] = world.process()

    snapshot, job = world.snapshot(), world.job()
    posts = world.count("raw_posts")
    assert outcome.error is None
    assert posts > 0
    assert (snapshot.status, snapshot.posts_retrieved, snapshot.posts_matched) == ("processed", posts, posts)
    assert (job.status, job.posts_found, job.error) == ("completed", posts, None)
    assert set(world.rows("SELECT creator_id, role FROM creator_content")) <= {
        ("harbour", "author"),
        ("harbour", "reposter"),
    }
    assert world.count("creator_content") == posts


def test_asking_for_the_same_day_again_pays_nothing(world: World) -> None:
    world.creator("harbour", HARBOUR)
    world.collect()
    world.collect()
    world.poll()
    world.process()
    report = world.collect()
    assert (report.jobs_added, report.jobs_claimed, report.triggered) == (0, 0, [])
    assert world.paid() == {HARBOUR: 1}


def test_force_asks_again_each_time(world: World) -> None:
    world.creator("harbour", HARBOUR)
    world.collect()
    world.collect(force=True)
    world.collect(force=True)
    assert world.paid() == {HARBOUR: 3}
    assert [job.round for job in world.jobs()] == [1, 2, 3]


def test_the_next_day_is_asked_for_by_itself(world: World) -> None:
    world.creator("harbour", HARBOUR)
    world.collect()
    world.clock.forward(days=1)
    world.collect(TODAY + timedelta(days=1))
    ends = [one["inputs"][0]["end_date"] for one in world.control.accepted()]
    assert ends == ["2026-11-21T00:00:00.000Z", "2026-11-22T00:00:00.000Z"]


def test_a_batch_holds_no_more_than_it_may_and_no_input_twice(world: World) -> None:
    world.set(batch_size=2)
    for number in range(5):
        world.creator(f"yard-{number}", f"https://www.linkedin.com/company/yard-{number}")
    world.collect()
    assert sorted(len(together) for together in world.paid_together()) == [1, 2, 2]
    assert set(world.paid().values()) == {1}
    assert len(world.paid()) == 5


def test_persons_and_companies_never_share_a_trigger(world: World) -> None:
    world.creator("anna", ANNA)
    world.creator("harbour", HARBOUR)
    world.creator("mill", MILL)
    world.collect()
    told = {one["discover_by"]: one for one in world.control.accepted()}
    assert sorted(told) == ["company_url", "profile_url"]
    assert [given["url"] for given in told["profile_url"]["inputs"]] == [ANNA]
    assert told["profile_url"]["limit_per_input"] == world.ctx.settings.posts_per_profile
    assert sorted(given["url"] for given in told["company_url"]["inputs"]) == [HARBOUR, MILL]
    assert told["company_url"]["limit_per_input"] is None


def test_a_creator_with_two_profiles_is_collected_from_both(world: World) -> None:
    world.creator("anna", ANNA, HARBOUR)
    world.run()
    assert world.paid() == {ANNA: 1, HARBOUR: 1}
    assert [(job.profile_url, job.status) for job in world.jobs()] == [(HARBOUR, "completed"), (ANNA, "completed")]
    assert all(job.posts_found for job in world.jobs())
    assert set(world.column("SELECT creator_id FROM creator_content")) == {"anna"}


def test_only_those_named_are_collected(world: World) -> None:
    world.creator("harbour", HARBOUR)
    world.creator("mill", MILL)
    world.collect(creators=["mill"])
    assert world.paid() == {MILL: 1}


def test_an_unknown_creator_is_named_and_nothing_is_written_or_paid(world: World) -> None:
    world.creator("mill", MILL)
    with pytest.raises(UnknownTarget, match="there is no creator quarry"):
        world.collect(creators=["mill", "quarry"])
    assert (world.count("scrape_jobs"), world.control.accepted()) == (0, [])


def test_a_creator_of_another_platform_is_told_from_an_unknown_one(world: World) -> None:
    world.creator("quarry", QUARRY)
    with world.engine.begin() as conn:
        conn.exec_driver_sql("UPDATE creator_profiles SET platform = 'x'")
    with pytest.raises(UnknownTarget, match="quarry has no linkedin profile"):
        world.collect(creators=["quarry"])


@pytest.mark.parametrize(("key", "error"), [("", NotConfigured), ("bad-key", KeyRefused)])
def test_a_key_that_is_missing_or_refused_is_said_before_anything_is_written(
    world: World, key: str, error: type[Exception]
) -> None:
    world.creator("harbour", HARBOUR)
    with pytest.raises(error, match="BRIGHTDATA_API_KEY"):
        world.collect(ctx=world.context("host:2:bad", key=key))
    assert (world.count("scrape_jobs"), world.count("snapshots"), world.control.accepted()) == (0, 0, [])


def test_an_unknown_platform_is_said_at_once(world: World) -> None:
    from scrape_assets.flow.collect import collect

    with pytest.raises(ValueError, match="linkdin"):
        collect(world.ctx, "linkdin", TODAY)


def test_the_same_posts_seen_on_two_days_are_kept_once_and_measured_twice(world: World) -> None:
    world.creator("harbour", HARBOUR)
    world.run()
    first = world.count("raw_posts")
    world.clock.forward(hours=6)
    world.collect(force=True)
    world.poll()
    world.process()
    assert first <= world.count("raw_posts") <= first + 3
    twice = world.column("SELECT count(*) FROM post_metrics GROUP BY platform, post_id")
    assert twice.count(2) == first
