"""Housekeeping as Dagster does it: what the UI shows of today stays, and everything is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from scrape_assets import run_history
from scrape_assets.definitions import defs
from scrape_assets.policies import HOUSEKEEPING_ASSETS
from scrape_assets.run_history import JOBS, prune
from scrape_assets.storage.database import DatabaseAddress
from scrape_assets_tests.dagster.test_housekeeping import tick
from scrape_assets_tests.dagster.world import QUIET, World, materializations

FOR_UI = ("snapshots", "raw_posts", "creator_content")


@pytest.fixture
def dagster_database(server: DatabaseAddress) -> Iterator[Engine]:
    engine = sa.create_engine(server.dagster)
    yield engine
    engine.dispose()


def aged(dagster_database: Engine) -> None:
    """All runs so far are 100 days old."""
    with dagster_database.begin() as conn:
        conn.execute(sa.text("UPDATE runs SET create_timestamp = now() - interval '100 days'"))


def night(world: World) -> dict[str, dg.AssetMaterialization]:
    """What the schedule's run tells."""
    [request] = tick(world, "nightly_housekeeping").run_requests or []
    assert request.run_key == "housekeeping-2026-11-21"
    result = world.run("housekeeping", request)
    assert result.success
    return {asset: one for (asset, _), one in materializations(result).items()}


def figures(one: dg.AssetMaterialization) -> dict[str, object]:
    return {name: value.value for name, value in one.metadata.items()}


def test_a_night_does_what_there_is_to_do_and_says_so_and_the_next_has_nothing_to_do(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    keys = world.insert_snapshots(3, "processed")
    world.instance.add_dynamic_partitions("snapshots", keys)
    world.ready_snapshots(1)
    assert world.process().success
    world.rows("UPDATE snapshots SET processed_at = now() - interval '100 days' WHERE payload_uri IS NOT NULL")
    monkeypatch.setenv("SCRAPE_ASSETS_ARCHIVE_URL", str(tmp_path / "cold"))
    monkeypatch.setenv("SCRAPE_ASSETS_KEEP_PARTITIONS", "2")

    told = night(world)

    assert list(told) == list(HOUSEKEEPING_ASSETS)
    assert "2 of 4 snapshot partitions leave" in str(told["retired_partitions"].metadata["said"].value)
    assert figures(told["archived_payloads"])["in_archive"] == 1
    assert "raw\\_posts" in str(told["database_health"].metadata["tables"].value)
    told = night(world)
    assert all(str(one.metadata["said"].value).startswith("nothing to do: ") for one in told.values())


def test_a_rehearsal_changes_nothing_and_what_is_open_stays_however_old_it_is(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = world.insert_snapshots(4, "processed")
    world.rows("UPDATE snapshots SET status = 'ready' WHERE partition_key = :key", key=keys[0])
    world.instance.add_dynamic_partitions("snapshots", keys)
    monkeypatch.setenv("SCRAPE_ASSETS_KEEP_PARTITIONS", "2")
    dry = world.materialize(["retired_partitions"], config={"dry_run": True}, op="retired_partitions")
    assert figures(materializations(dry)["retired_partitions", None])["retired"] == 2
    assert world.registered() == keys

    told = figures(materializations(world.materialize(["retired_partitions"]))["retired_partitions", None])

    assert (told["before"], told["retired"], told["left"], told["finished"]) == (4, 2, 2, True)
    assert told["ui_seconds_after"] is not None
    assert world.registered() == [keys[0], keys[3]]
    assert world.rows("SELECT count(*) FROM snapshots") == [4]


def pruned(world: World, days: int = 90) -> tuple[int, int]:
    """How many runs went, and how many stayed."""
    told = prune(world.instance, datetime.now(UTC) - timedelta(days=days))
    return told.removed, told.kept


def test_old_runs_go_but_not_what_the_ui_shows_and_not_what_is_under_way(
    world: World, dagster_database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_history, "PAGE", 1)
    one, two = world.ready_snapshots(2)
    assert world.process().success
    first = newest(world)
    assert world.materialize(["raw_posts"], one).success
    waiting = world.queue("process_snapshots", dg.RunRequest(partition_key=two)).run_id
    others = elsewhere.execute_in_process(instance=world.instance, run_config=QUIET).run_id
    assert pruned(world) == (0, 0), "all are young"
    aged(dagster_database)
    shown = {asset: world.materialized(asset) for asset in FOR_UI}

    assert pruned(world) == (0, 2), "each has the newest of something"
    assert world.materialize(FOR_UI, one, two).success
    would = prune(world.instance, datetime.now(UTC) - timedelta(days=90), rehearse=True)
    assert (would.removed, world.instance.has_run(first)) == (2, True)
    assert pruned(world) == (2, 0)
    assert pruned(world) == (0, 0)

    assert world.instance.get_run_by_id(first) is None
    assert world.instance.all_logs(first) == []
    assert world.instance.has_run(waiting)
    assert world.instance.has_run(others)
    assert {asset: world.materialized(asset) for asset in FOR_UI} == shown


def test_a_run_that_failed_stays_while_its_partition_is_shown_as_failed(world: World, dagster_database: Engine) -> None:
    world.instance.add_dynamic_partitions("snapshots", ["added-by-hand"])
    assert not world.materialize(["raw_posts"], "added-by-hand").success
    aged(dagster_database)
    assert pruned(world) == (0, 1)
    world.instance.delete_dynamic_partition("snapshots", "added-by-hand")
    assert pruned(world) == (1, 0)


def test_the_jobs_whose_runs_are_removed_are_all_of_ours() -> None:
    assert {job.name for job in defs.get_repository_def().get_all_jobs()} - {"__ASSET_JOB"} == JOBS


def newest(world: World) -> str:
    return world.instance.get_runs(limit=1)[0].run_id


@dg.job
def elsewhere() -> None:
    """Of another code location."""
