"""`scrape-assets media`: what would be fetched, what was, and that nothing is where media are off."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from scrape_assets_tests.commands.command_line import CommandLine
from scrape_assets_tests.media.world import MediaWorld, media_world


@pytest.fixture
def waiting(db: Engine, tmp_path: Path) -> Iterator[MediaWorld]:
    """A snapshot of just now with three attachments, two of which say how large they are."""
    with media_world(db, tmp_path) as world:
        yield _filled(world)


def _filled(world: MediaWorld) -> MediaWorld:
    world.now = datetime.now(UTC)
    world.snapshot("now", posts_retrieved=2)
    here = f"http://127.0.0.1:{world.host.port}"
    sized = [{"type": "video", "url": f"{here}/{n}.mp4", "bytes": 1_500_000} for n in range(2)]
    world.post("p1", [*sized, f"{here}/a.png"], snapshot_id="now")
    return world


def test_a_rehearsal_tells_files_and_known_bytes_and_changes_nothing(
    waiting: MediaWorld, scrape_assets: CommandLine
) -> None:
    told = scrape_assets("media", "--dry-run", "--platform", "instagram")
    assert told.status == 0, told.err
    assert "3,000,000 of 2 of 3 files" in told.out
    assert "3 files would be fetched; nothing was changed" in told.out
    assert "media are on for: no platform" in told.err
    [one] = scrape_assets("media", "--dry-run", "--snapshot", "now", "--json").json["snapshots"]
    assert (one["files"], one["to_fetch"], one["announced_bytes"]) == (3, 3, 3_000_000)
    assert waiting.rows() == []
    assert not waiting.host.asked


def test_it_takes_what_is_due_by_the_rules_of_production(
    waiting: MediaWorld, scrape_assets: CommandLine, tmp_path: object
) -> None:
    on = {"SCRAPE_ASSETS_MEDIA_PLATFORMS": '["instagram"]', "SCRAPE_ASSETS_MEDIA_URL": f"{tmp_path}/media"}
    done = scrape_assets("media", "--json", **on)
    assert done.status == 0, done.err
    [one] = [one for one in done.json["snapshots"] if one["snapshot_id"] == "now"]
    assert (one["refused"], one["stored"]) == (3, 0), "loopback is never contacted"
    assert not waiting.host.asked
    again = scrape_assets("media", **on)
    assert "0 snapshots, 0 attachments are here" in again.out
    retried = scrape_assets("media", "--snapshot", "now", "--retry", **on)
    assert retried.status == 0, retried.err


def test_where_media_are_off_it_says_what_to_set(waiting: MediaWorld, scrape_assets: CommandLine) -> None:
    for arguments in ((), ("--platform", "instagram"), ("--snapshot", "now")):
        complaint = scrape_assets("media", *arguments).complaint
        assert "are off" in complaint
        assert "SCRAPE_ASSETS_MEDIA_PLATFORMS" in complaint
    assert scrape_assets("media", "--snapshot", "nothing").complaint == "there is no snapshot nothing"
    wrong = scrape_assets("media", SCRAPE_ASSETS_MEDIA_PLATFORMS='["myspace"]')
    assert "SCRAPE_ASSETS_MEDIA_PLATFORMS" in wrong.complaint
