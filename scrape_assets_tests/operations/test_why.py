"""Why a job waits, in the words that an operator reads, the most decisive first."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from scrape_assets.flow.context import run_owner
from scrape_assets.flow.pacing.lanes import trigger_lane
from scrape_assets.ledger import jobs, pace
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.jobs import Job
from scrape_assets.operations.explain import NotOne, explain
from scrape_assets.operations.why import why_waiting
from scrape_assets_tests.flow.world import HARBOUR, MILL, NOW, World

MINUTE = timedelta(minutes=1)


def why(world: World, job: Job) -> list[str]:
    return why_waiting(world.ctx, job)


def asked_for(world: World, creator: str = "harbour", **columns: Any) -> Job:
    """A job as another program inserts it, due at once."""
    job_id = world.ask_for(creator, **{"next_attempt_at": NOW, **columns})
    [job] = [job for job in world.jobs() if job.job_id == job_id]
    return job


@pytest.fixture
def harbour(world: World) -> World:
    world.creator("harbour", HARBOUR)
    return world


def test_who_has_just_become_due_waits_for_the_next_look_of_the_sensor(world: World) -> None:
    assert why(world, asked_for(world)) == [
        "It is due since 2026-11-20 12:00:00 UTC, and the sensor pending_scrape_jobs asks for a run next."
    ]


def test_who_is_due_for_long_while_nobody_asks_for_a_run_waits_for_the_daemon(world: World) -> None:
    [line] = why(world, asked_for(world, next_attempt_at=NOW - 6 * MINUTE))
    assert line.startswith("It is due since 2026-11-20 11:54:00 UTC and no run is asked for: either Dagster's daemon")


def test_more_urgent_jobs_are_counted_and_the_age_of_a_priority_is_told(world: World) -> None:
    low = asked_for(world, "low", priority="low")
    asked_for(world, "normal")
    asked_for(world, "high", priority="high", next_attempt_at=NOW + MINUTE)  # not due
    asked_for(world, "elsewhere", platform="x")
    assert why(world, low)[1:] == [
        "1 due jobs of linkedin go before it: more urgent, or due for longer.",
        "Its priority is low; from 2026-11-20 18:00:00 UTC on it counts as normal.",
    ]
    world.clock.forward(hours=12)
    assert why(world, low)[-1] == "Its priority is low; it has waited so long that it counts as high."


def test_a_time_to_come_is_told(world: World) -> None:
    assert why(world, asked_for(world, next_attempt_at=NOW + MINUTE)) == [
        "It is not to be collected before 2026-11-20 12:01:00 UTC."
    ]


def test_backoff_tells_the_attempts_spent_and_the_reason(world: World) -> None:
    job = asked_for(world)
    later = NOW + timedelta(hours=1)
    with world.engine.begin() as conn:
        jobs.claim_jobs(conn, platform="linkedin", collection_date=None, owner="a", lease=MINUTE, now=NOW, limit=1)
        jobs.retry_later(
            conn, job.job_id, error_class=ErrorClass.SERVER, error="It broke", now=NOW, next_attempt_at=later
        )
    [line] = why(world, world.job())
    assert line.startswith("It failed and is tried again at 2026-11-20 13:00:00 UTC; 1 of ")
    assert line.endswith(" attempts are spent, 1 of 10 for server: It broke.")


def test_what_is_ours_costs_no_attempt_and_says_so(world: World) -> None:
    job = asked_for(world)
    with world.engine.begin() as conn:
        jobs.put_off(
            conn,
            [job.job_id],
            error_class=ErrorClass.THROTTLED,
            error="Slow down",
            next_attempt_at=NOW + MINUTE,
        )
    assert why(world, world.job()) == [
        "It was put off until 2026-11-20 12:01:00 UTC with no attempt spent (throttled): Slow down."
    ]


def test_a_missing_key_is_named_before_anything_else(world: World) -> None:
    world.ctx = world.context("host:1:test", key="")
    assert why(world, asked_for(world))[0] == (
        "Nobody can be asked until a person has changed that: brightdata is not configured: BRIGHTDATA_API_KEY not set."
    )


def test_a_blocked_lane_and_an_open_breaker_say_until_when_and_why(world: World) -> None:
    job = asked_for(world)
    lane = trigger_lane(world.ctx.settings, "linkedin")
    with world.engine.begin() as conn:
        pace.block(
            conn, lane, until=NOW + MINUTE, error_class=ErrorClass.THROTTLED, error="Too many running jobs", now=NOW
        )
    assert why(world, job)[0] == (
        "Nobody can be asked before 2026-11-20 12:01:00 UTC: brightdata is blocked until 2026-11-20 12:01 UTC: "
        "Too many running jobs."
    )
    world.clock.forward(minutes=2)
    with world.engine.begin() as conn:
        pace.trip(conn, lane, "the last collections brought nothing", world.clock())
    assert "brightdata is left alone until" in why(world, job)[0]
    assert "the last collections brought nothing" in why(world, job)[0]


def test_what_nobody_can_ever_serve_is_told_to_fail(world: World) -> None:
    assert why(world, asked_for(world, platform="friendster"))[0].startswith(
        "It cannot be collected and fails as soon as it is taken: "
    )
    assert why(world, asked_for(world, search_params='{"source": "x"}'))[0] == (
        "Nobody can serve it, and it fails as soon as it is taken: there is no source 'x' for this platform; "
        "there are brightdata."
    )


def test_a_budget_that_holds_a_job_back_is_told_until_it_renews(harbour: World) -> None:
    harbour.set(prices={"brightdata": Decimal("0.002")}, budgets={"day": 0.01})
    harbour.collect()
    [line] = why(harbour, harbour.job())
    assert line == (
        "The budget: it would cost about $0.05; the day's budget of $0.01 has $0.01 left, and is too small for it "
        "altogether; raise it. It is looked at again at 2026-11-21 00:00:00 UTC, and no attempt is spent."
    )


def test_a_spent_budget_is_told_to_who_is_due(harbour: World) -> None:
    harbour.set(prices={"brightdata": Decimal("0.002")}, budgets={"day": 0.05})
    harbour.collect()
    assert why(harbour, asked_for(harbour, "mill"))[0] == (
        "The day's budget of $0.05 is spent ($0.05 spent or reserved): nothing that costs is asked for before "
        "2026-11-21 00:00:00 UTC."
    )


def test_a_run_that_is_asked_for_is_told_with_what_holds_it_up(harbour: World) -> None:
    job = asked_for(harbour)
    with harbour.engine.begin() as conn:
        jobs.mark_requested(conn, [job.job_id], until=NOW + 15 * MINUTE, now=NOW)
    asked, queue = why(harbour, harbour.job())
    assert asked == "A run that will take it is asked for, and has until 2026-11-20 12:15:00 UTC to begin."
    assert queue.startswith("No run holds anything now: if it stays so, Dagster's daemon does not run")

    harbour.ask_for("mill", next_attempt_at=NOW, platform="x")
    with harbour.engine.begin() as conn:
        jobs.claim_jobs(
            conn, platform="x", collection_date=None, owner=run_owner("1234"), lease=MINUTE, now=NOW, limit=1
        )
    assert why(harbour, harbour.job("harbour"))[1].startswith("1 runs hold something now (run 1234)")


def test_who_is_being_collected_says_by_whom_and_a_holder_that_is_gone_is_told(world: World) -> None:
    asked_for(world)
    with world.engine.begin() as conn:
        jobs.claim_jobs(
            conn, platform="linkedin", collection_date=None, owner=run_owner("1234"), lease=MINUTE, now=NOW, limit=1
        )
    [line] = why(world, world.job())
    assert line.startswith("It is being collected now by run 1234 since ")
    assert line.endswith("held until 2026-11-20 12:01:00 UTC unless renewed.")
    world.clock.forward(minutes=2)
    assert why(world, world.job())[0].endswith("is gone; the next look of a sensor or command puts it back.")


def test_who_waits_for_a_snapshot_is_told_how_that_fares(harbour: World) -> None:
    harbour.control.settings(latency=3600)
    harbour.collect()
    harbour.poll(minutes=20)
    name, works, looks, given_up = why(harbour, harbour.job())
    assert name == f"It waits for snapshot {harbour.snapshot().snapshot_id}."
    assert works == "The vendor works on it since 2026-11-20 12:00:00 UTC; its last word is 'running'."
    assert looks.startswith("It was asked about 1 times, and is next at 2026-11-20 12:20:")
    assert given_up == "If the vendor still works on it at 2026-11-21 12:00:00 UTC, it is given up."


def test_a_look_up_that_fails_and_a_lane_that_is_shut_are_told(harbour: World) -> None:
    harbour.collect()
    harbour.control.fault("throttled", operation="progress", retry_after=600)
    harbour.poll()
    assert why(harbour, harbour.job())[1].startswith("The vendor is asked nothing at all for now: blocked until ")


def test_a_lost_answer_is_told(harbour: World) -> None:
    harbour.control.fault("lost_answer")
    harbour.collect()
    lines = why(harbour, harbour.job())
    assert lines[1].startswith("The answer to its trigger was lost, and nothing is triggered until its fate is known")
    assert "looked up in the vendor's list" in lines[2]
    assert lines[-1].startswith("What is not known by 2026-11-21 12:00:00 UTC is given up")


def test_who_is_ready_waits_for_a_run_or_for_its_next_attempt(harbour: World) -> None:
    harbour.collected()
    line = why(harbour, harbour.job())[1]
    assert line.startswith("It is ready since 2026-11-20 12:03:00 UTC, and the sensor pending_snapshots asks for a run")
    assert line.endswith("0 are before it.")
    harbour.control.fault("corrupt_gzip")
    harbour.process()
    line = why(harbour, harbour.job())[1]
    assert line.startswith("It is ready, and processed at ")
    assert "attempts are spent, 1 of 3 for bad_data: " in line


def test_who_is_done_says_how_it_ended(harbour: World) -> None:
    harbour.control.settings(rows_per_input=2)
    harbour.run()
    assert why(harbour, harbour.job())[0] == "It waits for nothing: completed at 2026-11-20 12:03:00 UTC with 2 posts."


def test_who_is_given_up_waits_for_a_person(world: World) -> None:
    job = asked_for(world)
    with world.engine.begin() as conn:
        jobs.fail(conn, job.job_id, error_class=ErrorClass.BAD_REQUEST, error="No such page", now=NOW)
    ended, replay = why(world, world.job())
    assert ended == (
        "It waits for a person: failed at 2026-11-20 12:00:00 UTC, bad_request ends at once: No such page."
    )
    assert replay == f"Once the cause is mended: scrape-assets dead-letters replay {job.job_id}."


def test_a_job_is_explained_with_all_that_happened_to_it_and_to_its_snapshot(harbour: World) -> None:
    harbour.creator("mill", MILL)
    harbour.set(prices={"brightdata": Decimal("0.002")})
    harbour.control.settings(rows_per_input=2)
    harbour.run()
    job, snapshot = harbour.job("harbour"), harbour.snapshot()

    explained = explain(harbour.ctx, job.job_id)

    steps = [(one.kind, one.to_status) for one in explained.changes]
    assert steps == [
        ("job", "processing"),
        ("snapshot", "pending"),
        ("snapshot", "ready"),
        ("snapshot", "processing"),
        ("job", "completed"),
        ("snapshot", "processed"),
    ]
    assert [call.operation for call in explained.calls] == ["trigger", "progress", "download"]
    [cost] = explained.costs
    assert (cost.snapshot_id, cost.jobs) == (snapshot.snapshot_id, 2)
    assert cost.cost_usd
    assert explained.job == job


def test_an_id_is_found_by_its_beginning_if_that_is_enough(harbour: World) -> None:
    harbour.collect()
    job, snapshot = harbour.job(), harbour.snapshot()

    def key(start: str) -> str:
        found = explain(replace(harbour.ctx), start)
        subject = found.job or found.snapshot
        assert subject
        return subject.job_id if isinstance(subject, Job) else subject.snapshot_id

    assert key(job.job_id[:8]) == key(f" {job.job_id} ") == job.job_id
    assert key("linkedin-") == key(str(snapshot.vendor_snapshot_id)) == snapshot.snapshot_id
    harbour.creator("mill", MILL)
    harbour.collect()
    with pytest.raises(NotOne, match=r"'linkedin-' may be more than one: snapshot linkedin-.*; give more of the id"):
        explain(harbour.ctx, "linkedin-")
    for nothing in ("nonsense", "%", ""):
        with pytest.raises(NotOne, match="there is no job and no snapshot"):
            explain(harbour.ctx, nothing)
