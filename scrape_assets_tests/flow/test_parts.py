"""Large snapshots come in parts: each is fetched once, and parts of two cuts are never mixed."""

import pytest

from scrape_assets.sources.brightdata.client import BrightDataClient
from scrape_assets_tests.flow.one_snapshot import assert_whole, later
from scrape_assets_tests.flow.world import HARBOUR, World


@pytest.fixture
def parts(world: World) -> World:
    """A snapshot of four parts, ready at the vendor."""
    world.control.settings(rows_per_input=3_300)
    world.set(rows_per_part=1_000)
    world.creator("harbour", HARBOUR)
    world.collected()
    return world


def test_a_large_snapshot_is_fetched_part_by_part_each_once(parts: World) -> None:
    parts.process()
    assert_whole(parts, 3_300)
    assert parts.download_calls() == {"1": 1, "2": 1, "3": 1, "4": 1}
    assert parts.snapshot().payload_rows == 3_300


def test_a_part_that_breaks_is_fetched_again_and_no_other(parts: World) -> None:
    break_at_part(parts, 3)
    [outcome] = parts.process()
    assert outcome.error_class == "network"
    later(parts)
    assert_whole(parts, 3_300)
    assert parts.download_calls() == {"1": 1, "2": 1, "3": 2, "4": 1}


@pytest.mark.parametrize("per_part", [1_500, 50_000])
def test_parts_of_another_size_are_not_mixed(parts: World, per_part: int) -> None:
    break_at_part(parts, 3)
    parts.process()
    parts.set(rows_per_part=per_part)
    later(parts)
    assert_whole(parts, 3_300)
    assert parts.column("SELECT count(DISTINCT payload_row) FROM raw_posts") == [3_300]


def break_at_part(world: World, part: int) -> None:
    """Let the vendor close the connection in the middle of a part, once."""
    fetch = BrightDataClient.download
    client = world.ctx.vendor

    def breaking(vendor_id: str, **asked: object) -> object:
        if asked.get("part") == part:
            world.control.fault("cut_body", times=1, share=0.4)
            del client.download
        return fetch(client, vendor_id, **asked)  # type: ignore[arg-type]

    client.download = breaking  # type: ignore[method-assign,assignment]
