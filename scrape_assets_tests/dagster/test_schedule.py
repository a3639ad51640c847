"""The daily schedule."""

from datetime import UTC, datetime

import dagster as dg

from scrape_assets_tests.dagster.world import World


def test_the_schedule_asks_for_the_day_that_has_begun_once(world: World) -> None:
    schedule = world.defs.resolve_schedule_def("collect_linkedin")
    six = datetime(2026, 11, 21, 6, tzinfo=UTC)
    context = dg.build_schedule_context(
        instance=world.instance, scheduled_execution_time=six, repository_def=world.defs.get_repository_def()
    )

    [request] = schedule.evaluate_tick(context).run_requests or []

    assert request.partition_key == "2026-11-21|linkedin"
    assert request.run_key == "linkedin-2026-11-21"
    assert request.tags["platform"] == "linkedin"
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 6 * * *", "UTC")


def test_the_run_that_the_schedule_asks_for_collects_that_day(world: World) -> None:
    world.add_creators("ada-arendt")
    schedule = world.defs.resolve_schedule_def("collect_linkedin")
    context = dg.build_schedule_context(
        instance=world.instance,
        scheduled_execution_time=datetime(2026, 11, 21, 6, tzinfo=UTC),
        repository_def=world.defs.get_repository_def(),
    )
    [request] = schedule.evaluate_tick(context).run_requests or []

    assert world.run("collect", request).success

    assert world.materialized("collections") == {"2026-11-21|linkedin"}
    assert world.rows("SELECT collection_date::text, status FROM snapshots") == [("2026-11-21", "pending")]
    assert world.paid() == 1
