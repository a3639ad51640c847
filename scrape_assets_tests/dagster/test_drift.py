"""A vendor that renames a key one day: what comes over HTTP, is loaded, noted, and judged."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg

from scrape_assets.checks import evaluate_checks
from scrape_assets_tests.flow.conftest import clock, world_with
from scrape_assets_tests.flow.invented_rows import post, replay
from scrape_assets_tests.flow.world import HARBOUR, TODAY, World

__all__ = ["clock", "world_with"]

DAYS = 4
POSTS = 25


def test_a_key_that_the_vendor_renames_is_named_and_its_field_with_its_figures(
    world_with: Callable[..., World], tmp_path: Path
) -> None:
    folder = tmp_path / "replay"
    world = world_with(replay_dir=replay(folder, rows_of(0)))
    world.creator("harbour", HARBOUR)
    said = []
    for number in range(DAYS):
        renamed = number == DAYS - 1
        replay(folder, (as_renamed(row) if renamed else row for row in rows_of(number)))
        world.collect(TODAY + timedelta(days=number))
        world.poll()
        world.process()
        said.append(judged(world))
        world.clock.forward(days=1)

    assert world.count("snapshots") == DAYS
    nothing = (True, "nothing to compare yet")
    assert said[:-1] == [{"schema_drift": nothing, "field_coverage": nothing}] * (DAYS - 1)
    keys, fields = said[-1]["schema_drift"], said[-1]["field_coverage"]
    assert keys[1].startswith("linkedin by brightdata lost post_text, has only null in num_likes, has new body. ")
    assert "mend the mapping" in keys[1]
    assert fields[1].startswith("linkedin by brightdata: field coverage of ")
    assert (keys[0], fields[0]) == (False, False)


def rows_of(day: int) -> list[dict[str, Any]]:
    """A day's posts."""
    return [post(day * POSTS + number) for number in range(POSTS)]


def as_renamed(row: dict[str, Any]) -> dict[str, Any]:
    """The same with another name for its text, and no value for its likes."""
    return {"body": row.pop("post_text"), **row, "num_likes": None}


def judged(world: World) -> dict[str, tuple[bool, str]]:
    """What the two checks say of the newest snapshot."""
    newest = world.snapshots()[-1].snapshot_id
    keys = [dg.AssetCheckKey(dg.AssetKey("raw_posts"), name) for name in ("schema_drift", "field_coverage")]
    results = evaluate_checks(world.ctx, {"raw_posts": [newest]}, keys)
    return {str(one.check_name): (one.passed, str(one.description)) for one in results}
