"""A process killed (-9) while it archives: no payload is ever lost, and the next one leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from scrape_assets.operations.archiving import archive
from scrape_assets_tests.flow.world import ANNA, HARBOUR
from scrape_assets_tests.recovery.conftest import KilledWorld
from scrape_assets_tests.recovery.driver import ARCHIVE_POINTS

LEFT = "SELECT payload_copy FROM snapshots WHERE payload_copy IS NOT NULL"
NAMED = "SELECT payload_uri FROM snapshots UNION SELECT payload_uri FROM raw_posts"


def test_killed_anywhere_the_payload_is_whole_where_the_ledger_says_and_the_next_process_goes_on(
    make_world: Callable[..., KilledWorld], tmp_path: Path
) -> None:
    world = make_world(rows_per_input=5)
    world.creator("anna", ANNA)
    world.creator("harbour", HARBOUR)
    world.set(batch_size=1)
    world.run()
    world.clock.forward(days=100)
    for number, point in enumerate(ARCHIVE_POINTS):
        place = str(tmp_path / f"archive-{number}")  # from the one before
        world.environment["SCRAPE_ASSETS_ARCHIVE_URL"] = place

        world.kill_at("archive", point)

        for one in world.snapshots():
            world.archive.open(str(one.payload_uri)).verify()
        if number % 2:  # or the archive is given up: what was begun is cleared up
            world.set(archive_url=None)
            archive(world.ctx)
            assert world.column(LEFT) == []
        world.set(archive_url=place)
        assert archive(world.ctx).left.rows == 0
        named = world.column(NAMED)
        manifests = tmp_path.rglob("manifest.json")
        assert sorted(named) == sorted(path.as_uri() for path in manifests)
        folders = {Path(uri.removeprefix("file://")).parent for uri in named}
        assert {path.parent for path in tmp_path.rglob("*.*") if path.is_file()} == folders, "nothing is left behind"
        assert world.column(LEFT) == []
