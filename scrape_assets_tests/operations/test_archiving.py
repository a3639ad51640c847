"""Payloads that move to a cheaper place: found again by whoever needs them, and never lost, wherever it is cut off."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from scrape_assets.flow.taking.claim import claim_for_processing
from scrape_assets.flow.taking.outcome import ALL_STAGES, Stage
from scrape_assets.flow.taking.process import process_many
from scrape_assets.keeping import KeepDays
from scrape_assets.operations import archiving
from scrape_assets.operations.archiving import Archived, archive, rehearse
from scrape_assets.operations.forgetting import forget
from scrape_assets.operations.retention import retain
from scrape_assets.settings import SettingsError
from scrape_assets.storage.forgetting import resolve
from scrape_assets.storage.moves import payloads_stay
from scrape_assets.storage.pseudonyms import Pseudonyms
from scrape_assets_tests.flow.world import ANNA, HARBOUR, World

REMAP = frozenset({Stage.LOAD, Stage.MATCH})
PLACES = (
    "SELECT payload_uri FROM snapshots UNION SELECT payload_uri FROM raw_posts "
    "UNION SELECT payload_uri FROM rejected_rows"
)
KEY = "an invented key, long enough"


@pytest.fixture
def posted(world_with: Callable[..., World], tmp_path: Path) -> World:
    """Two snapshots of 100 days ago, and an archive."""
    world = world_with(rows_per_input=4, error_rate=0.3)
    world.set(batch_size=1, archive_url=str(tmp_path / "cold"), privacy_key=KEY)
    world.creator("anna", ANNA)
    world.creator("harbour", HARBOUR)
    world.run()
    world.clock.forward(days=100)
    return world


def lying_in(folder: str) -> list[str]:
    """The files there, by their names below it."""
    return sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*") if path.is_file())


def cold(world: World) -> str:
    return str(world.ctx.settings.archive_url)


def warm(world: World) -> str:
    return world.archive.base_url


def again(world: World, stages: frozenset[Stage], *keys: str, redownload: bool = False) -> None:
    """Materialize these by hand."""
    claimed, refused = claim_for_processing(world.ctx, keys, stages, only_ready=False)
    assert not refused
    assert all(one.error is None for one in process_many(world.ctx, claimed, stages, redownload=redownload))


def whole(world: World, folder: Path) -> None:
    """Every payload is whole where the ledger says, and nothing lies where it does not."""
    for one in world.snapshots():
        world.archive.open(str(one.payload_uri)).verify()
    known = {str(one.payload_uri).rpartition("/")[0].removeprefix("file://") for one in world.snapshots()}
    assert {str(path.parent) for path in folder.rglob("*.*") if path.is_file()} == known
    assert world.column("SELECT payload_copy FROM snapshots WHERE payload_copy IS NOT NULL") == []


def test_what_is_old_moves_and_a_second_time_nothing_is_left_to_move(posted: World, tmp_path: Path) -> None:
    before, warm_files = posted.snapshots(), lying_in(warm(posted))
    told = rehearse(posted.ctx)
    assert (told.left.rows, told.there.rows, lying_in(cold(posted))) == (2, 0, [])

    told = archive(posted.ctx)

    assert (told.moved.rows, told.left.rows, told.there.rows) == (2, 0, 2)
    assert told.moved.bytes == sum(one.payload_bytes or 0 for one in before)
    assert lying_in(warm(posted)) == []
    assert [name for name in warm_files if not name.endswith("0001.json")] == lying_in(cold(posted))
    assert all(str(uri).startswith(f"file://{cold(posted)}/linkedin/") for uri in posted.column(PLACES))
    whole(posted, tmp_path)
    assert archive(posted.ctx).moved.rows == 0


def test_what_is_young_or_not_processed_stays_and_without_an_archive_nothing_moves(posted: World) -> None:
    posted.set(archive_url=cold(posted), archive_after_days=101)
    assert archive(posted.ctx) == Archived(f"file://{cold(posted)}", 101)
    posted.set(archive_url=cold(posted))
    assert archive(posted.ctx, within=timedelta(0)).left.rows == 2, "its time is over"
    with posted.engine.begin() as conn:
        conn.exec_driver_sql("UPDATE snapshots SET status = 'dead'")
    assert archive(posted.ctx).moved.rows == 0
    posted.set()
    assert archive(posted.ctx) == Archived(None, 90)


def test_what_has_moved_is_mapped_again_downloaded_again_and_removed_as_before(posted: World) -> None:
    archive(posted.ctx)
    posts = posted.rows("SELECT platform, post_id, text, payload_uri FROM raw_posts ORDER BY post_id")
    with posted.engine.begin() as conn:
        conn.exec_driver_sql("UPDATE raw_posts SET text = 'mapped wrongly', mapping_version = mapping_version - 1")
    [key, other] = [one.partition_key for one in posted.snapshots()]

    again(posted, REMAP, key, other)

    assert posted.rows("SELECT platform, post_id, text, payload_uri FROM raw_posts ORDER BY post_id") == posts
    posted.clock.forward(days=-99)  # the vendor has it no longer than 16 days
    again(posted, ALL_STAGES, key, redownload=True)
    assert {name.split("/")[3] for name in lying_in(cold(posted)) if key in name} == {"g1", "g2"}
    posted.clock.forward(days=300)
    posted.set(keep_days=KeepDays(payloads=90))
    assert retain(posted.ctx, by="a test")[0].removed == {"payloads": 2}
    assert lying_in(cold(posted)) == lying_in(warm(posted)) == []


def test_who_is_held_by_a_run_stays_and_so_does_everything_while_somebody_is_forgotten(posted: World) -> None:
    key = posted.snapshots()[0].partition_key
    with payloads_stay(posted.engine):
        assert archive(posted.ctx).moved.rows == 0
    claimed, _ = claim_for_processing(posted.ctx, [key], REMAP, only_ready=False)
    mapped: list[Any] = []
    beside = threading.Thread(target=lambda: mapped.extend(process_many(posted.ctx, claimed, REMAP)))
    beside.start()
    assert archive(posted.ctx).moved.rows in (1, 2)  # 2 if the other was faster
    beside.join()
    assert mapped[0].error is None
    posted.clock.forward(days=100)
    archive(posted.ctx)
    assert lying_in(warm(posted)) == []


def test_who_is_forgotten_is_forgotten_in_the_archive_and_in_the_copy_of_a_move_that_was_cut_off(
    posted: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:  # killed after the copy is whole
        patch.setattr(archiving, "point_to", cut_off)
        with pytest.raises(KeyboardInterrupt):
            archive(posted.ctx)
    assert lying_in(cold(posted)), "a copy"
    with posted.engine.connect() as conn:
        anna = resolve(conn, creator_id="anna")
    forget(posted.engine, anna, Pseudonyms(KEY.encode()), by="a test", now=posted.clock())
    archive(posted.ctx)
    whole(posted, tmp_path)
    lines = [row.line for one in posted.snapshots() for row in posted.archive.open(str(one.payload_uri)).lines()]
    assert not any(b"anna-vesterholt" in line for line in lines)


def cut_off(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


def test_a_damaged_payload_stays_and_an_archive_that_is_the_folder_of_payloads_itself_is_refused(
    posted: World, tmp_path: Path
) -> None:
    link, place = tmp_path / "link", cold(posted)
    link.symlink_to(warm(posted))
    files = lying_in(warm(posted))
    posted.set(archive_url=str(link))
    with pytest.raises(SettingsError, match="itself, under another address"):
        archive(posted.ctx)
    assert lying_in(warm(posted)) == files

    posted.set(archive_url=str(Path(warm(posted)).parent))
    with pytest.raises(SettingsError, match="name another place"):
        archive(posted.ctx)
    posted.set(archive_url=place)
    [part, *_] = sorted(Path(warm(posted)).rglob("*.zst"))
    part.write_bytes(b"something else")
    told = archive(posted.ctx)
    assert (told.moved.rows, told.left.rows, list(told.damaged)) == (1, 1, [part.parts[-3]])
    assert part.exists()
