"""New dead letters are told of: by a check on the days they were collected for, and by the sensor `failed_runs`."""

import logging

import dagster as dg
import pytest

from scrape_assets.sensors.ended_cursor import EndedCursor
from scrape_assets.sensors.failed_runs import tell_of_dead_letters
from scrape_assets_tests.dagster.world import World, check_results, today

DEAD = """
    INSERT INTO scrape_jobs (target_id, platform, status, error_class, error, collection_date, finished_at)
    SELECT 'creator-' || n, :platform, 'failed', 'server', 'part ' || n || ' is damaged', :day, now()
    FROM generate_series(1, :count) n
"""


def collect(world: World) -> dg.ExecuteInProcessResult:
    return world.materialize(["collections"], f"{today()}|linkedin", op="collections", config={})


def test_the_check_warns_of_the_dead_letters_of_the_days_of_the_run_by_cause(world: World) -> None:
    world.add_creators("ada-arendt")
    verdict = check_results(collect(world))["collections", "dead_letters"]
    assert (verdict.passed, verdict.description) == (True, "no job is a dead letter")

    world.rows(DEAD, platform="linkedin", day=today(), count=3)
    world.rows(DEAD, platform="x", day=today(), count=2)
    world.rows(DEAD, platform="linkedin", day="2026-01-01", count=2)
    run = collect(world)
    verdict = check_results(run)["collections", "dead_letters"]
    assert run.success, "it warns, and stops nothing"
    assert (verdict.passed, verdict.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert verdict.description is not None
    assert verdict.description.startswith("3 jobs are dead letters, most of them: part <n> is damaged. ")
    assert "`scrape-assets dead-letters replay`" in verdict.description, "it says what to do"
    assert verdict.metadata["dead_letters"].value == 3
    assert r"| 3 | server | part \<n\> is damaged |" in str(verdict.metadata["causes"].value)


def test_the_sensor_tells_how_many_are_new_since_its_last_tick(world: World, caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("the tick's")
    flow = (world.defs.resources or {})["flow"]
    world.rows(DEAD, platform="linkedin", day=today(), count=3)
    cursor = tell_of_dead_letters(log, flow, EndedCursor.parse(None))
    assert not caplog.messages, "what was there before its first tick is not new"

    world.rows("UPDATE scrape_jobs SET status = 'pending'")
    world.rows("UPDATE scrape_jobs SET status = 'dead' WHERE target_id <> 'creator-1'")
    cursor = tell_of_dead_letters(log, flow, EndedCursor.parse(cursor.text()))
    assert [message.partition(".")[0] for message in caplog.messages] == ["New dead letters: 2 jobs, 0 snapshots"]

    tell_of_dead_letters(log, flow, cursor)
    assert len(caplog.messages) == 1


def test_a_tick_remembers_what_it_has_told(world: World) -> None:
    world.rows(DEAD, platform="linkedin", day=today(), count=1)
    world.rows("UPDATE scrape_jobs SET status = 'pending'")
    told = EndedCursor.parse(world.tick("failed_runs").cursor).last_change
    assert told == world.rows("SELECT max(change_id) FROM state_changes")[0]
