"""The job and the schedule that recover, and the alarm before something expires unread."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest
from dagster._core.definitions.schedule_definition import ScheduleExecutionData

from scrape_assets.resources.flow import FlowResource
from scrape_assets.sources.brightdata.model import TriggerRequest
from scrape_assets.sources.datasets import linkedin
from scrape_assets_tests.dagster.world import World, failure_of

ADA = "https://www.linkedin.com/in/ada-arendt"
CHECK = dg.AssetCheckKey(dg.AssetKey("snapshots"), "read_in_time")


def at_four(world: World) -> ScheduleExecutionData:
    with dg.build_schedule_context(
        instance=world.instance,
        scheduled_execution_time=datetime(2026, 11, 21, 4, tzinfo=UTC),
        repository_def=world.defs.get_repository_def(),
        resources={"flow": FlowResource()},
    ) as context:
        return world.defs.resolve_schedule_def("recover_snapshots").evaluate_tick(context)


def verdict(world: World) -> tuple[bool, str, str] | None:
    """What the UI shows of the check: passed, how grave, in which words."""
    record = world.instance.event_log_storage.get_latest_asset_check_execution_by_key([CHECK]).get(CHECK)
    evaluation = record.evaluation if record else None
    return (evaluation.passed, evaluation.severity.value, evaluation.description or "") if evaluation else None


def stuck(world: World, expires_in: timedelta, status: str = "dead") -> None:
    world.insert_snapshots(
        1, status, vendor_snapshot_id="s_stuck", expires_at=datetime.now(UTC) + expires_in, error="stuck"
    )


def test_the_daily_run_finds_what_is_lost_and_the_sensor_has_it_processed(world: World) -> None:
    world.add_creators("ada-arendt")
    with world.flow() as ctx:
        ctx.vendor.trigger(TriggerRequest(linkedin.DATASETS[0].dataset_id, [{"url": ADA}], "profile_url", 3))
    [request] = at_four(world).run_requests or []
    assert request.run_key == "recover-2026-11-21"

    assert world.run("recover", request).success

    [key] = world.rows("SELECT partition_key FROM snapshots WHERE recovered_at IS NOT NULL")
    assert world.process().success
    assert world.materialized("creator_content") == {key}
    assert world.rows("SELECT DISTINCT creator_id FROM creator_content") == ["ada-arendt"]
    assert world.paid() == 1
    assert verdict(world) == (True, "WARN", "nothing is about to expire unread")


def test_the_schedule_without_a_key_starts_nothing_and_says_why(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BRIGHTDATA_API_KEY")
    assert "BRIGHTDATA_API_KEY is not set" in str(at_four(world).skip_message)


def test_a_run_that_could_not_read_all_lists_fails_and_names_them(world: World) -> None:
    world.vendor.control.fault("server_error", operation="snapshots", times=3)
    result = world.run("recover", dg.RunRequest())
    assert not result.success
    assert "the vendor's list could not be read" in failure_of(result)
    assert "linkedin" in failure_of(result)
    assert verdict(world) is not None, "the alarm is judged all the same"
    assert "1 runs failed" in str(world.tick("failed_runs").skip_message)


def test_the_alarm_is_raised_days_before_although_nothing_runs(world: World) -> None:
    stuck(world, timedelta(days=5))
    world.tick("unread_snapshots")
    assert verdict(world) == (True, "WARN", "nothing is about to expire unread")

    world.rows("UPDATE snapshots SET expires_at = now() + interval '3 days'")
    ticked = world.tick("unread_snapshots")

    passed, severity, says = verdict(world) or (None, None, "")
    assert (passed, severity) == (False, "WARN")
    assert says.startswith("1 expire unread by ")
    assert str(ticked.skip_message).startswith("1 expire unread by ")


def test_what_was_lost_is_an_error(world: World) -> None:
    stuck(world, -timedelta(hours=1))
    world.tick("unread_snapshots")
    passed, severity, says = verdict(world) or (None, None, "")
    assert (passed, severity) == (False, "ERROR")
    assert "thrown away by the vendor before they were stored" in says


def test_the_alarm_is_written_once_a_day_and_whenever_it_changes(world: World) -> None:
    stuck(world, timedelta(days=3))
    first = world.tick("unread_snapshots")
    again = world.tick("unread_snapshots", first.cursor)
    assert (len(first.asset_events or ()), len(again.asset_events or ())) == (1, 0)
    world.rows("UPDATE snapshots SET expires_at = now() - interval '1 h'")
    assert len(world.tick("unread_snapshots", again.cursor).asset_events or ()) == 1


def test_the_run_that_reads_the_last_of_them_ends_the_alarm(world: World) -> None:
    [key] = world.ready_snapshots(1)
    world.rows("UPDATE snapshots SET expires_at = now() + interval '1 day'")
    world.tick("unread_snapshots")
    assert (verdict(world) or (None,))[0] is False

    assert world.process().success

    assert world.status_of(key) == "processed"
    assert (verdict(world) or (None,))[0] is True
