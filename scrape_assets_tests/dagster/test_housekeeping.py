"""What Dagster does by itself for the tables: retention, and suggestions of who may be whom."""

from __future__ import annotations

from datetime import UTC, datetime

import dagster as dg
import pytest
from dagster._core.definitions.schedule_definition import ScheduleExecutionData

from scrape_assets.resources.flow import FlowResource
from scrape_assets_tests.dagster.world import World, failure_of, materializations
from scrape_assets_tests.flow.people import People


def tick(world: World, schedule: str) -> ScheduleExecutionData:
    with dg.build_schedule_context(
        instance=world.instance,
        scheduled_execution_time=datetime(2026, 11, 21, 3, tzinfo=UTC),
        repository_def=world.defs.get_repository_def(),
        resources={"flow": FlowResource()},
    ) as context:
        return world.defs.resolve_schedule_def(schedule).evaluate_tick(context)


def test_by_default_nothing_is_removed_and_the_schedule_says_so(world: World) -> None:
    assert "SCRAPE_ASSETS_KEEP_DAYS is not set" in str(tick(world, "daily_retention").skip_message)
    result = world.materialize(["retention"])
    assert result.success
    assert materializations(result)["retention", None].metadata["removed"].value == 0


def test_what_is_old_is_removed_and_the_partition_says_how_much_and_how_old_the_rest_is(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCRAPE_ASSETS_KEEP_DAYS", '{"payloads": 1, "raw_posts": 1}')
    people = People(world.engine)
    people.author("x", "somebody", "Somebody")  # of the 3rd of November
    with world.engine.begin() as conn:
        conn.exec_driver_sql("UPDATE raw_posts SET collected_at = '2020-01-01'")
    people.author("x", "else", "Somebody Else")
    with world.engine.begin() as conn:
        conn.exec_driver_sql("UPDATE raw_posts SET collected_at = '2099-01-01' WHERE author_key = 'else'")
    [request] = tick(world, "daily_retention").run_requests or []
    assert request.run_key == "retention-2026-11-21"

    result = world.run("remove_old", request)

    metadata = materializations(result)["retention", None].metadata
    assert metadata["removed"].value == 1
    assert "| raw\\_posts | 1 | raw\\_posts | 1 | 2099-01-01 00:00 |" in str(metadata["by_table"].value)
    assert world.rows("SELECT post_id FROM raw_posts") == ["by-else"]


def test_who_may_be_whom_is_shown_with_reasons(world: World) -> None:
    assert "Nobody is followed" in str(tick(world, "daily_suggestions").skip_message)
    People(world.engine).mira()
    [request] = tick(world, "daily_suggestions").run_requests or []

    result = world.run("suggest_creators", request)

    metadata = materializations(result)["creator_suggestions", None].metadata
    assert (metadata["open"].value, metadata["new"].value) == (1, 1)
    assert "the same name: Mira Okafor" in str(metadata["likeliest"].value)


def test_without_the_key_of_those_who_were_forgotten_nobody_is_suggested(world: World) -> None:
    People(world.engine).mira()
    with world.engine.begin() as conn:
        conn.exec_driver_sql(
            "INSERT INTO forgotten (identity_hash, subject_hash, kind, platform, key_id, forgotten_by) "
            "VALUES ('h', 's', 'author', 'x', 'k', 'a test')"
        )
    result = world.materialize(["creator_suggestions"])
    assert not result.success
    assert "SCRAPE_ASSETS_PRIVACY_KEY" in failure_of(result)
