"""Dagster's UI as the product: what an analyst opens says what it is, whose, where its rows are and what is next."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from scrape_assets.assets.queries import QUERIES
from scrape_assets.definitions import defs
from scrape_assets.policies import HOUSEKEEPING_ASSETS
from scrape_assets.storage.schema import metadata
from scrape_assets_tests.dagster.world import World, failure_of, materializations

SPECS = {spec.key.to_user_string(): spec for spec in defs.resolve_all_asset_specs()}
LINEAGE = "dagster/column_lineage"
WITHOUT_A_TABLE = {"retention", *HOUSEKEEPING_ASSETS}
# Who begins a lineage: what is followed, and what looks after everything.
ROOTS = {"creators", "events", *WITHOUT_A_TABLE}


@pytest.mark.parametrize("name", sorted(SPECS))
def test_every_asset_says_what_it_is_whose_it_is_of_which_kind_and_what_it_comes_from(name: str) -> None:
    spec = SPECS[name]
    assert len(spec.description or "") > 60
    assert spec.description.rstrip().endswith(".")  # type: ignore[union-attr]
    assert spec.group_name not in (None, "default")
    assert spec.owners == ["team:scrape-assets"]
    assert spec.kinds
    assert name in ROOTS or spec.deps


@pytest.mark.parametrize("name", sorted(set(SPECS) - WITHOUT_A_TABLE))
def test_every_asset_with_a_table_shows_its_columns_and_the_way_to_its_rows(name: str) -> None:
    shown = SPECS[name].metadata
    table = metadata.tables[str(shown["dagster/table_name"]).removeprefix("public.")]
    columns = {column.name: column for column in shown["dagster/column_schema"].columns}
    assert set(columns) == set(table.columns.keys())
    assert all(column.type for column in columns.values())
    assert name in QUERIES
    assert QUERIES[name] in str(shown["its_rows"].value)


@pytest.mark.parametrize("name", sorted(name for name, spec in SPECS.items() if LINEAGE in spec.metadata))
def test_where_a_column_comes_from_names_columns_that_there_are_of_assets_upstream(name: str) -> None:
    def columns(asset: str) -> dict[str, str | None]:
        return {column.name: column.description for column in SPECS[asset].metadata["dagster/column_schema"].columns}

    made_from = SPECS[name].metadata[LINEAGE].deps_by_column
    assert made_from.keys() <= columns(name).keys()
    for column, origins in made_from.items():
        assert "from " in (columns(name)[column] or "")
        for origin in origins:
            asset = origin.asset_key.to_user_string()
            assert asset in upstream(name)
            assert origin.column_name in columns(asset)


def test_the_assets_made_of_other_assets_columns_say_so() -> None:
    saying = {name for name, spec in SPECS.items() if LINEAGE in spec.metadata}
    assert saying == {"snapshots", "raw_posts", "creator_content", "media_files", "creator_activity", "event_coverage"}


def upstream(name: str) -> set[str]:
    """All assets that it is made of, at whatever distance."""
    above = {dep.asset_key.to_user_string() for dep in SPECS[name].deps}
    return above.union(*map(upstream, above))


def test_the_statement_beside_each_asset_runs(db: Engine) -> None:
    with db.connect() as conn:
        for name in set(QUERIES) & set(SPECS):
            conn.execute(sa.text(QUERIES[name].rstrip(";")))


def test_jobs_sensors_schedules_and_checks_say_what_they_are_for() -> None:
    repository = defs.get_repository_def()
    shown: list[Any] = [
        *(job for job in repository.get_all_jobs() if job.name != "__ASSET_JOB"),
        *repository.sensor_defs,
        *repository.schedule_defs,
    ]
    assert [one.name for one in shown if len(one.description or "") < 40] == []
    graph = defs.resolve_asset_graph()
    assert {key.asset_key.to_user_string() for key in graph.asset_check_keys} >= {"raw_posts", "creator_content"}


def test_a_materialization_links_to_the_page_that_tells_the_whole_story(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCRAPE_ASSETS_PAGE_URL", "http://page.example/")
    [key] = world.ready_snapshots(1)
    [job] = world.rows("SELECT job_id FROM scrape_jobs")

    found = materializations(world.process())

    for asset in ("snapshots", "raw_posts", "creator_content"):
        assert found[asset, key].metadata["page"].value == f"http://page.example/jobs/{job}"


def test_what_fails_says_what_happens_next_or_what_to_do(world: World, tmp_path: Path) -> None:
    world.add_creators("ada-arendt")
    world.instance.add_dynamic_partitions("snapshots", ["added-by-hand"])
    nowhere = str(tmp_path / "nowhere")
    unread = [
        world.materialize(["creators"], config={"csv_path": nowhere}, op="creators"),
        world.materialize(["events"], config={"json_path": nowhere}, op="events"),
        world.materialize(["raw_posts"], "added-by-hand"),
    ]
    world.vendor.control.fault("unauthorized")
    day = dg.MultiPartitionKey({"date": "2026-11-20", "platform": "linkedin"})
    unread.append(world.materialize(["collections"], str(day), op="collections"))

    for result in unread:
        said = failure_of(result)
        assert re.search(r"materialize|delete it|by itself", said), said
