"""Each alarm has its row in docs/operations.md: what it means and what to do."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from scrape_assets.operations.metrics import render
from scrape_assets.sensors.failed_runs import GONE
from scrape_assets_tests.commands.command_line import REPOSITORY
from scrape_assets_tests.flow.conftest import clock, world, world_with
from scrape_assets_tests.flow.world import World

__all__ = ["clock", "world", "world_with"]

DOCS = (REPOSITORY / "docs" / "operations.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in DOCS.splitlines() if line.startswith("| ")]


def told_of(beginning: str) -> list[str]:
    """The row of this alarm, which must be one of three cells, none empty."""
    [row] = [row for row in ROWS if row[0].startswith(beginning)]
    assert len(row) == 3, row
    assert all(row), row
    return row


def test_every_metric_is_told_of(world: World) -> None:
    metrics = [one.name.removeprefix("scrape_assets_") for one in text_string_to_metric_families(render(world.ctx))]
    told = " ".join(row[0] for row in ROWS if len(row) == 3)
    assert len(metrics) > 10
    assert [name for name in metrics if f"`{name}{{" not in told] == []


def test_what_the_sensor_and_the_api_s_health_say_is_told_of() -> None:
    assert GONE.startswith("The process of this run is gone")
    for said in ("No run has failed", "*n* runs failed", "The process of this run is gone", "New dead letters"):
        told_of(said)
    for answer in ("200", "503, the database does not answer", "503, the tables are at revision"):
        told_of(f"`/readyz` {answer}")
