"""The range run that the sensor requests: what is materialized, what is not, and what the failure says."""

from collections.abc import Iterator
from contextlib import closing

import dagster as dg
import pytest
import sqlalchemy as sa

from scrape_assets.flow.taking import process as flow_process
from scrape_assets.flow.taking.outcome import Outcome
from scrape_assets_tests.dagster.world import (
    THREE_ASSETS,
    World,
    check_results,
    events_of,
    failure_of,
    materializations,
)


def vendor_id(world: World, key: str) -> str:
    [found] = world.rows("SELECT vendor_snapshot_id FROM snapshots WHERE partition_key = :key", key=key)
    return str(found)


def test_one_run_materializes_each_asset_of_each_snapshot(world: World) -> None:
    keys = world.ready_snapshots(3)

    result = world.process()

    assert result.success
    assert sorted(events_of(result)) == sorted((asset, key) for asset in THREE_ASSETS for key in keys)
    assert [world.materialized(asset) for asset in THREE_ASSETS] == [set(keys)] * 3
    assert world.rows("SELECT count(*) FROM raw_posts") == [9]
    assert world.rows("SELECT DISTINCT status FROM scrape_jobs") == ["completed"]


def test_every_materialization_carries_counts_and_a_preview(world: World) -> None:
    [key] = world.ready_snapshots(1)

    found = materializations(world.process())

    download, load, match = (found[asset, key].metadata for asset in THREE_ASSETS)
    for metadata in (download, load, match):
        assert metadata["dagster/partition_row_count"].value == 3
    assert download["from"].value == "vendor"
    assert download["vendor_snapshot_id"].value == vendor_id(world, key)
    assert "ada" in str(download["inputs"].value)
    assert (load["rows_read"].value, load["posts_new"].value, load["rows_rejected"].value) == (3, 3, 0)
    assert str(load["preview"].value).count("\n") == 4
    assert str(load["rejected"].value) == "_nothing_"
    assert match["posts_matched"].value == 3
    assert "| Ada Arendt |" in str(match["preview"].value)
    assert "| author |" in str(match["by_role"].value) or "found" in str(match["by_role"].value)


def test_what_was_rejected_is_told_with_its_reason(world: World) -> None:
    world.vendor.control.settings(error_rate=0.7)
    [key] = world.ready_snapshots(1)

    metadata = materializations(world.process())["raw_posts", key].metadata

    assert metadata["rows_rejected"].value == 2
    assert "| source\\_error | crawl\\_failed | 2 |" in str(metadata["rejected"].value)


def test_every_check_is_evaluated_over_the_snapshots_of_the_run(world: World) -> None:
    world.ready_snapshots(2)

    checks = check_results(world.process())

    assert len(checks) == 12
    assert all(one.passed for one in checks.values())
    assert {one.metadata["snapshots"].value for one in checks.values()} == {2}
    assert checks["raw_posts", "required_fields"].description == "all 6 posts complete"


def test_one_failed_snapshot_leaves_the_others_materialized_and_is_named_with_its_future(world: World) -> None:
    first, broken, last = world.ready_snapshots(3)
    world.vendor.control.fault("server_error", operation="snapshot", match=vendor_id(world, broken))

    result = world.process()

    assert not result.success
    assert [world.materialized(asset) for asset in THREE_ASSETS] == [{first, last}] * 3
    said = failure_of(result)
    assert said.startswith("1 of the run's snapshots were not processed; the others were.\n" + broken)
    assert "HTTP 500" in said
    assert "it is tried again after" in said
    assert "by itself" in said
    assert first not in said
    assert not [event for event in result.all_events if event.is_step_up_for_retry]
    assert [world.status_of(key) for key in (first, broken, last)] == ["processed", "ready", "processed"]
    assert {one.metadata["snapshots"].value for one in check_results(result).values()} == {2}


def test_what_can_be_downloaded_no_more_says_what_a_person_can_do(world: World) -> None:
    [key] = world.ready_snapshots(1)
    world.vendor.control.fault("expired")

    result = world.process()

    assert "a collection with force asks (and pays) again" in failure_of(result)
    assert world.status_of(key) == "expired"
    assert world.materialized("snapshots") == set()


def test_a_failure_in_a_later_stage_keeps_what_the_stages_before_it_have_done(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    [key] = world.ready_snapshots(1)

    def broken(*args: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("scrape_assets.flow.taking.stages.match_snapshots", broken)

    result = world.process()

    assert events_of(result) == [("snapshots", key), ("raw_posts", key)]
    assert "no space left on device" in failure_of(result)
    assert {asset for asset, _ in check_results(result)} == {"snapshots", "raw_posts"}


def test_a_vendor_that_is_still_building_fails_nobody(world: World) -> None:
    building, done = world.ready_snapshots(2)
    world.vendor.control.fault("building_after_ready", match=vendor_id(world, building))

    result = world.process()

    assert result.success
    assert world.materialized("snapshots") == {done}
    assert world.rows("SELECT status, attempts FROM snapshots WHERE partition_key = :key", key=building) == [
        ("running", 0)
    ]


def test_an_empty_snapshot_is_a_result(world: World) -> None:
    [key] = world.ready_snapshots(1)
    world.vendor.control.fault("zero_rows")

    result = world.process()

    assert result.success
    assert sorted(events_of(result)) == sorted((asset, key) for asset in THREE_ASSETS)
    assert materializations(result)["raw_posts", key].metadata["dagster/partition_row_count"].value == 0
    assert world.rows("SELECT status, posts_found FROM scrape_jobs") == [("completed", 0)]


def test_a_run_that_comes_twice_does_nothing_the_second_time(world: World) -> None:
    world.ready_snapshots(2)
    [request] = world.tick("pending_snapshots").run_requests or []
    world.run("process_snapshots", request)

    again = world.run("process_snapshots", request)

    assert again.success
    assert events_of(again) == []
    assert check_results(again) == {}
    assert world.calls()["snapshot"] == {"200": 2}


def interrupted_after_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first attempt of a step dies of the database when one snapshot is done and another in the works."""
    whole = flow_process.process_many
    attempts = iter(["dies", "lives"])

    def process_many(*args: object, **kwargs: object) -> Iterator[Outcome]:
        with closing(whole(*args, **kwargs)) as outcomes:  # type: ignore[arg-type]
            if next(attempts) == "dies":
                yield next(outcomes)
                raise sa.exc.OperationalError("SELECT", {}, Exception("the server closed the connection"))
            yield from outcomes

    monkeypatch.setattr("scrape_assets.assets.process.process_many", process_many)
    monkeypatch.setattr(dg.RetryPolicy, "calculate_delay", lambda *_: 0)


@pytest.mark.parametrize("asked_by", ["sensor", "person"])
def test_the_second_attempt_of_a_step_does_not_redo_what_the_first_has_finished(
    world: World, monkeypatch: pytest.MonkeyPatch, asked_by: str
) -> None:
    keys = world.ready_snapshots(5)
    monkeypatch.setenv("SCRAPE_ASSETS_CONCURRENCY", "2")
    interrupted_after_the_first(monkeypatch)
    if asked_by == "person":
        world.instance.add_dynamic_partitions("snapshots", keys)

    result = world.process() if asked_by == "sensor" else world.materialize(THREE_ASSETS, *keys)

    assert len([event for event in result.all_events if event.is_step_up_for_retry]) == 1
    assert result.success
    assert [world.materialized(asset) for asset in THREE_ASSETS] == [set(keys)] * 3
    assert world.calls()["snapshot"] == {"200": 5}
    assert world.rows("SELECT DISTINCT status, attempts FROM snapshots") == [("processed", 0)]


def test_a_database_that_stays_down_ends_the_run_after_three_attempts(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    [key] = world.ready_snapshots(1)
    [request] = world.tick("pending_snapshots").run_requests or []
    monkeypatch.setattr(dg.RetryPolicy, "calculate_delay", lambda *_: 0)
    monkeypatch.setenv("SCRAPE_ASSETS_DATABASE_URL", "postgresql://127.0.0.1:1/nowhere")

    result = world.run("process_snapshots", request)

    assert not result.success
    assert len([event for event in result.all_events if event.is_step_up_for_retry]) == 2
    assert "cannot be used" in failure_of(result)
    assert world.status_of(key) == "ready"


def test_a_partition_that_the_ledger_does_not_know_is_left_alone_by_the_sensor_s_run(world: World) -> None:
    [key] = world.ready_snapshots(1)
    world.instance.add_dynamic_partitions("snapshots", ["added-by-hand"])
    request = dg.RunRequest(
        tags={
            "dagster/asset_partition_range_start": "added-by-hand",
            "dagster/asset_partition_range_end": key,
            "scrape_assets/requested_by": "pending_snapshots",
        }
    )
    world.instance.add_dynamic_partitions("snapshots", [key])

    result = world.run("process_snapshots", request)

    assert result.success
    assert world.materialized("raw_posts") == {key}
