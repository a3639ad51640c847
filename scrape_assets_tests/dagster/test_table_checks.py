"""The checks of the tables as a whole in Dagster: by schedule, and one of them by a click."""

from __future__ import annotations

from datetime import UTC, datetime

import dagster as dg
import sqlalchemy as sa

from scrape_assets.checks.tables import judge_tables
from scrape_assets.operations.checking.judging import OF_THE_TABLES
from scrape_assets.resources.flow import FlowResource
from scrape_assets.storage.schema import creator_profiles
from scrape_assets_tests.dagster.world import QUIET, World, check_results


def test_the_schedule_asks_four_times_a_day_for_a_run_that_judges_all_tables(world: World) -> None:
    world.add_creators("ada-arendt", "bram-bakker")
    with world.engine.begin() as conn:
        conn.execute(sa.update(creator_profiles).values(platform_user_id="7"))
    schedule = world.defs.resolve_schedule_def("regular_checks")
    times = [datetime(2026, 11, 21, hour, 15, tzinfo=UTC) for hour in (2, 8, 14, 20)]
    requests: list[dg.RunRequest] = []
    for time in times:
        with dg.build_schedule_context(instance=world.instance, scheduled_execution_time=time) as context:
            requests += schedule.evaluate_tick(context).run_requests or []
    assert len({request.run_key for request in requests}) == 4
    assert (schedule.cron_schedule, schedule.default_status) == ("15 2,8,14,20 * * *", dg.DefaultScheduleStatus.RUNNING)

    result = world.run("check_tables", requests[0])

    assert result.success, "a check that fails fails no run"
    judged = check_results(result)
    assert set(judged) == set(OF_THE_TABLES)
    assert [name for name, one in judged.items() if not one.passed] == [("creators", "one_owner")]
    failed = judged["creators", "one_owner"]
    assert failed.severity is dg.AssetCheckSeverity.ERROR
    assert "End the wrong one" in failed.description
    assert str(failed.metadata["these_rows"].value).startswith("```sql\nSELECT one.platform")
    assert not result.get_asset_materialization_events()


def test_one_of_them_is_executed_alone_by_a_click(world: World) -> None:
    fresh = dg.AssetSelection.checks(dg.AssetCheckKey(dg.AssetKey("raw_posts"), "fresh"))

    result = dg.materialize(
        [judge_tables], instance=world.instance, selection=fresh, resources={"flow": FlowResource()}, run_config=QUIET
    )

    assert {name: one.passed for name, one in check_results(result).items()} == {("raw_posts", "fresh"): True}
