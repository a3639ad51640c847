"""The daily schedule."""

from datetime import UTC, datetime

import dagster as dg
import pytest
from dagster._core.definitions.schedule_definition import ScheduleExecutionData

from scrape_assets.resources.flow import FlowResource
from scrape_assets_tests.dagster.world import World


def at_six(world: World) -> ScheduleExecutionData:
    """What the schedule of LinkedIn comes to at six."""
    # Left open, the context would be the one in which all later definitions of this process are loaded.
    with dg.build_schedule_context(
        instance=world.instance,
        scheduled_execution_time=datetime(2026, 11, 21, 6, tzinfo=UTC),
        repository_def=world.defs.get_repository_def(),
        resources={"flow": FlowResource()},
    ) as context:
        return world.defs.resolve_schedule_def("collect_linkedin").evaluate_tick(context)


def test_the_schedule_asks_for_the_day_that_has_begun_once(world: World) -> None:
    world.add_creators("ada-arendt")
    schedule = world.defs.resolve_schedule_def("collect_linkedin")

    [request] = at_six(world).run_requests or []

    assert request.partition_key == "2026-11-21|linkedin"
    assert request.run_key == "linkedin-2026-11-21"
    assert request.tags["platform"] == "linkedin"
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 6 * * *", "UTC")


def test_the_run_that_the_schedule_asks_for_collects_that_day(world: World) -> None:
    world.add_creators("ada-arendt")
    [request] = at_six(world).run_requests or []

    assert world.run("collect", request).success

    assert world.materialized("collections") == {"2026-11-21|linkedin"}
    assert world.rows("SELECT collection_date::text, status FROM snapshots") == [("2026-11-21", "pending")]
    assert world.paid() == 1


def test_a_schedule_without_anybody_to_collect_or_to_ask_starts_nothing_and_says_why(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "No creator has a linkedin profile" in str(at_six(world).skip_message)
    world.add_creators("ada-arendt")
    monkeypatch.delenv("BRIGHTDATA_API_KEY")
    assert at_six(world).skip_message == (
        "linkedin: nobody can be asked: brightdata is not configured: BRIGHTDATA_API_KEY not set."
    )
