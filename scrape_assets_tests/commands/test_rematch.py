"""`scrape-assets rematch`: from the tables alone, with a word before and a count after."""

from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from scrape_assets.simulator.server import SimulatorThread
from scrape_assets.storage.payloads import PayloadArchive
from scrape_assets_tests.commands.command_line import CommandLine
from scrape_assets_tests.storage.invented import Loading, row
from scrape_assets_tests.storage.matching_world import World


@pytest.fixture
def history(db: Engine, tmp_path: Path) -> World:
    """Posts of somebody whom nobody followed when they came."""
    world = World(db, Loading(db, PayloadArchive(f"memory:/{tmp_path}")))
    ines = {"author_key": "in/ines-moreau", "author_handle": "ines-moreau"}
    world.loading.load("s", row("1", **ines), row("2", **ines, kind="repost"), row("3", author_key="in/x"))
    assert world.match().matched_posts == 0
    return world


def test_who_is_imported_is_matched_over_all_history_without_a_call(
    history: World, scrape_assets: CommandLine, creators: list[str], vendor: SimulatorThread
) -> None:
    planned = scrape_assets("rematch", "--dry-run")
    assert planned.status == 0
    assert "3 creators: 3 profiles, seen under 1 names" in planned.err
    assert history.matches() == []

    done = scrape_assets("rematch", "--json")
    assert done.status == 0, done.err
    told = {name: done.json[name] for name in ("creators", "posts", "by_role", "written", "snapshots", "waiting")}
    assert told == {
        "creators": 3,
        "posts": 2,
        "by_role": {"author": 1, "reposter": 1},
        "written": 2,
        "snapshots": 1,
        "waiting": 0,
    }
    assert scrape_assets("rematch", "--json").json["creators"] == 0

    one = scrape_assets("rematch", "--creator", creators[0])
    assert "2 posts looked at: 0 matches written, 0 removed" in one.out
    assert "1 creator: 1 profiles" in one.err
    assert scrape_assets("rematch", "--all", "--platform", "linkedin", "--json").json["creators"] == 3
    assert vendor.control.calls() == {}, "no source is asked"


def test_a_creator_nobody_knows_is_one_clear_line(scrape_assets: CommandLine) -> None:
    assert scrape_assets("rematch", "--creator", "nobody").complaint == "there is no creator nobody"
