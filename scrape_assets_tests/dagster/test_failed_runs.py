"""The sensor `failed_runs`: what runs that ended badly leave behind."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from scrape_assets.policies import RANGE_END, RANGE_START
from scrape_assets.sensors.ended_cursor import EndedCursor
from scrape_assets_tests.dagster.world import THREE_ASSETS, World, today

NOTHING = "No run has failed or been canceled since the last look."


@dg.job
def foreign() -> None:
    """Of another code location on the same instance."""


HOLD = """
    UPDATE snapshots SET status = 'processing', lease_owner = :owner, run_id = :run_id, requested_until = NULL,
        leased_until = now() + interval '1 hour'
"""


def hold(world: World, run: dg.DagsterRun) -> None:
    """The run has claimed every snapshot there is."""
    world.rows(HOLD, owner=f"run:{run.run_id}", run_id=run.run_id)


def begin(world: World, run: dg.DagsterRun) -> None:
    """The run's process has started."""
    event = dg.DagsterEvent(dg.DagsterEventType.RUN_START.value, run.job_name)
    world.instance.report_dagster_event(event, run.run_id)


def end(world: World, run: dg.DagsterRun, how: str) -> None:
    if how == "failed":
        world.instance.report_run_failed(run)
    else:
        world.instance.report_run_canceled(run)


def requested(world: World, sensor: str = "pending_snapshots") -> dg.RunRequest:
    [request] = world.tick(sensor).run_requests or []
    return request


@pytest.mark.parametrize(("how", "attempts"), [("failed", 1), ("canceled", 0)])
def test_leases_come_back_at_once_and_only_a_failure_counts_as_an_attempt(
    world: World, how: str, attempts: int
) -> None:
    world.insert_snapshots(2)
    run = world.queue("process_snapshots", requested(world))
    begin(world, run)
    hold(world, run)
    end(world, run, how)

    said = world.tick("failed_runs").skip_message or ""

    assert said.startswith("1 runs failed or were canceled. Given back: 2 of what they held")
    assert world.rows("SELECT DISTINCT status, attempts, lease_owner FROM snapshots") == [("ready", attempts, None)]
    assert requested(world).tags["scrape_assets/attempt"] == str(attempts + 1)


def test_jobs_that_a_crashed_collection_had_claimed_come_back_too(world: World) -> None:
    run = world.queue("collect", dg.RunRequest(partition_key=f"{today()}|linkedin"))
    begin(world, run)
    world.rows(
        "INSERT INTO scrape_jobs (target_id, platform, status, lease_owner, leased_until)"
        " VALUES ('ada-arendt', 'linkedin', 'processing', :owner, now() + interval '1 hour')",
        owner=f"run:{run.run_id}",
    )
    end(world, run, "failed")

    world.tick("failed_runs")

    assert world.rows("SELECT status, attempts FROM scrape_jobs") == [("pending", 1)]


@pytest.mark.parametrize("how", ["failed", "canceled"])
def test_snapshots_of_a_run_that_ended_in_the_queue_are_requested_again_at_once(world: World, how: str) -> None:
    keys = world.insert_snapshots(3)
    run = world.queue("process_snapshots", requested(world))
    end(world, run, how)
    assert not world.tick("pending_snapshots").run_requests

    said = world.tick("failed_runs").skip_message or ""

    assert "free to be requested again: 3" in said
    request = requested(world)
    assert (request.tags[RANGE_START], request.tags[RANGE_END]) == (keys[0], keys[-1])


def test_jobs_of_a_collection_that_ended_in_the_queue_are_requested_again_at_once(world: World) -> None:
    world.rows("INSERT INTO scrape_jobs (target_id, platform) VALUES ('ada-arendt', 'linkedin')")
    run = world.queue("collect", requested(world, "pending_scrape_jobs"))
    end(world, run, "canceled")

    world.tick("failed_runs")

    assert requested(world, "pending_scrape_jobs").partition_key == f"{today()}|linkedin"


def test_a_run_that_began_and_failed_is_not_repeated_every_half_minute(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add_creators("ada-arendt")
    world.rows("INSERT INTO scrape_jobs (target_id, platform) VALUES ('ada-arendt', 'linkedin')")
    request = requested(world, "pending_scrape_jobs")
    monkeypatch.delenv("BRIGHTDATA_API_KEY")
    assert not world.run("collect", request).success

    world.tick("failed_runs")

    assert world.tick("pending_scrape_jobs").skip_message == "1 jobs wait for a run that is already requested."


def test_a_person_s_canceled_run_takes_no_mark_away(world: World) -> None:
    [key] = world.insert_snapshots(1)
    requested(world)
    by_hand = world.queue("process_snapshots", dg.RunRequest(partition_key=key))
    end(world, by_hand, "canceled")

    world.tick("failed_runs")

    assert not world.tick("pending_snapshots").run_requests


def test_what_a_killed_run_had_done_and_not_recorded_is_recorded_afterwards(world: World) -> None:
    done, held = world.insert_snapshots(2, payload_rows=7, posts_retrieved=5, posts_matched=4)
    run = world.queue("process_snapshots", requested(world))
    begin(world, run)
    hold(world, run)
    world.rows("UPDATE snapshots SET status = 'processed', processed_at = now() WHERE snapshot_id = :id", id=done)
    world.instance.report_runless_asset_event(dg.AssetMaterialization("snapshots", partition=done))
    end(world, run, "failed")

    world.tick("failed_runs")

    assert [world.materialized(asset) for asset in THREE_ASSETS] == [{done}] * 3
    assert world.status_of(held) == "ready"
    recorded = world.instance.get_latest_materialization_event(dg.AssetKey("raw_posts"))
    materialization = recorded and recorded.asset_materialization
    assert materialization is not None
    assert materialization.metadata["dagster/partition_row_count"].value == 5
    assert run.run_id in (materialization.description or "")


def test_a_run_is_looked_at_once(world: World) -> None:
    run = world.queue("collect", dg.RunRequest(partition_key=f"{today()}|linkedin"))
    end(world, run, "failed")

    first = world.tick("failed_runs")

    assert (first.skip_message or "").startswith("1 runs failed or were canceled.")
    assert world.tick("failed_runs", first.cursor).skip_message == NOTHING


def test_more_ended_runs_than_one_tick_takes_are_all_looked_at(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scrape_assets.sensors.failed_runs.RUNS_A_TICK", 2)
    for _ in range(5):
        end(world, world.queue("collect", dg.RunRequest(partition_key=f"{today()}|linkedin")), "canceled")
    said, cursor = [], None

    for _ in range(4):
        ticked = world.tick("failed_runs", cursor)
        said.append((ticked.skip_message or "").partition(" runs")[0])
        cursor = ticked.cursor

    assert said == ["2", "2", "1", NOTHING]


@pytest.mark.parametrize("garbled", [None, "", "yesterday", "[]", "{}", '{"until": 5, "run_ids": null}', "2026-11-21"])
def test_a_garbled_cursor_begins_a_day_back(garbled: str | None) -> None:
    seen = EndedCursor.parse(garbled)

    assert timedelta(hours=23) < datetime.now(UTC) - seen.until < timedelta(hours=25)
    assert seen.run_ids == frozenset()


def silent_for(cursor: str | None, minutes: int) -> str:
    """The cursor as if its suspects had been silent for so long."""
    read = EndedCursor.parse(cursor)
    since = datetime.now(UTC) - timedelta(minutes=minutes)
    return read.suspecting(dict.fromkeys(read.suspects, since)).text()


def test_a_run_whose_process_is_gone_is_failed_after_ten_minutes_without_a_lease(world: World) -> None:
    world.insert_snapshots(1)
    run = world.queue("process_snapshots", requested(world))
    begin(world, run)

    first = world.tick("failed_runs")
    second = world.tick("failed_runs", silent_for(first.cursor, 9))
    assert second.skip_message == NOTHING
    third = world.tick("failed_runs", silent_for(first.cursor, 11))

    assert (third.skip_message or "").startswith("1 runs failed or were canceled.")
    found = world.instance.get_run_by_id(run.run_id)
    assert found is not None
    assert found.status is dg.DagsterRunStatus.FAILURE


def test_a_run_that_renews_its_lease_is_left_alone_however_long_it_takes(world: World) -> None:
    world.insert_snapshots(1)
    run = world.queue("process_snapshots", requested(world))
    begin(world, run)
    suspected = world.tick("failed_runs").cursor
    hold(world, run)

    ticked = world.tick("failed_runs", silent_for(suspected, 60))

    assert ticked.skip_message == NOTHING
    assert EndedCursor.parse(ticked.cursor).suspects == {}


def test_a_run_of_somebody_else_is_never_failed(world: World) -> None:
    run = world.instance.create_run_for_job(foreign)
    begin(world, run)

    ticked = world.tick("failed_runs")

    assert EndedCursor.parse(ticked.cursor).suspects == {}


def test_without_ended_runs_it_says_so_and_without_a_ledger_the_tick_fails(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert world.tick("failed_runs").skip_message == NOTHING
    monkeypatch.setenv("SCRAPE_ASSETS_DATABASE_URL", "postgresql://127.0.0.1:1/nowhere")
    with pytest.raises(Exception, match="nowhere cannot be used"):
        world.tick("failed_runs")
