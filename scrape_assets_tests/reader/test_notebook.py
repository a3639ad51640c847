"""docs/reading.ipynb runs from its first cell to its last on the demo's people, and shows what it says.

Its cells are executed in order in this process: a kernel of its own would be forty more packages and some seconds.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from scrape_assets.flow.targets.import_creators import import_creators
from scrape_assets.storage.activity import compute_activity
from scrape_assets_tests.commands.command_line import REPOSITORY
from scrape_assets_tests.flow.conftest import world_with
from scrape_assets_tests.flow.world import Clock, World

__all__ = ["world_with"]

NOTEBOOK = json.loads((REPOSITORY / "docs" / "reading.ipynb").read_text(encoding="utf-8"))
CELLS = [cell for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code"]


@pytest.fixture
def clock() -> Clock:
    """The notebook looks back from now."""
    return Clock(datetime.now(UTC))


@pytest.fixture
def demo(world_with: Callable[..., World], monkeypatch: pytest.MonkeyPatch) -> World:
    """The sample creators of the demo, collected, with their days."""
    world = world_with(rows_per_input=5)
    with resources.as_file(resources.files("scrape_assets.simulator") / "creators.csv") as sample:
        import_creators(world.engine, Path(sample), pseudonyms=None)
    today = world.clock().date()
    world.collect(today)
    world.poll()
    world.process()
    with world.engine.begin() as conn:
        compute_activity(conn, today - timedelta(days=29), today, world.clock())
    monkeypatch.setenv("SCRAPE_ASSETS_DATABASE_URL", world.engine.url.render_as_string(hide_password=False))
    return world


def executed() -> tuple[dict[str, Any], dict[str, Any]]:
    """All cells, one after the other; what they named, and what each shows beneath it."""
    names: dict[str, Any] = {}
    shown = {}
    for cell in CELLS:
        tree = ast.parse("".join(cell["source"]))
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, cell["id"], "exec"), names)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), cell["id"], "eval"), names)
            shown[cell["id"]] = value._repr_html_() if hasattr(value, "_repr_html_") else repr(value)
    return names, shown


def test_it_is_stored_without_what_it_has_shown_to_somebody() -> None:
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in CELLS)
    assert len({cell["id"] for cell in NOTEBOOK["cells"]}) == len(NOTEBOOK["cells"])


def test_every_cell_runs_on_the_demo_s_people_and_shows_them(demo: World) -> None:
    names, shown = executed()

    authored, known, days = names["authored"], names["known"], names["days"]
    assert len(authored) > 0
    assert set(authored["role"]) == {"author"}
    assert set(known.index) == {"linkedin"}
    assert known.loc["linkedin", "view_count"] == 0, "LinkedIn tells no views: missing, not zero"
    assert known.loc["linkedin", "like_count"] > 0.5
    assert int(days["posts"].sum()) <= len(authored.drop_duplicates(["platform", "post_id"]))
    assert int(names["rhythm"].to_numpy().sum()) == authored["posted_at"].notna().sum()
    assert isinstance(names["wall"], pd.DataFrame)
    assert {cell["id"] for cell in CELLS} - set(shown) == {"import"}
    assert "Mira Okafor" in shown["newest"] or len(authored["creator_name"].unique()) > 5
    assert "linear-gradient" in shown["days"], "bars, not figures alone"
