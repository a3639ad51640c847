"""Materializing again: from the kept payload without the vendor, or, when told to, from a new download."""

import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from scrape_assets.flow.taking.claim import claim_for_processing
from scrape_assets.flow.taking.outcome import ALL_STAGES, Stage
from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets_tests.flow.world import ANNA, HARBOUR, MILL, World

LOAD, MATCH, DOWNLOAD = (frozenset({stage}) for stage in (Stage.LOAD, Stage.MATCH, Stage.DOWNLOAD))


@pytest.fixture
def done(world: World) -> World:
    """One snapshot, processed."""
    world.creator("harbour", HARBOUR)
    world.run()
    assert world.snapshot().status is SnapshotStatus.PROCESSED
    return world


def everything(world: World) -> dict[str, list[tuple[object, ...]]]:
    tables = ("raw_posts", "post_metrics", "post_sightings", "rejected_rows", "creator_content")
    return {table: sorted(world.rows(f"SELECT * FROM {table}"), key=str) for table in tables}


def payload_folder(world: World) -> Path:
    return Path(urlsplit(str(world.snapshot().payload_uri)).path).parent


@pytest.mark.parametrize("stages", [ALL_STAGES, DOWNLOAD, LOAD, MATCH, LOAD | MATCH])
def test_from_the_kept_payload_nothing_changes_and_nobody_is_asked(done: World, stages: frozenset[Stage]) -> None:
    before, calls, job = everything(done), done.control.calls(), done.job()
    done.clock.forward(hours=1)
    outcome = done.again(stages)
    assert outcome.error is None
    assert set(outcome.done) == stages
    assert (everything(done), done.control.calls(), done.job()) == (before, calls, job)


def test_long_after_the_vendor_has_forgotten_it_the_payload_still_serves(done: World) -> None:
    done.clock.forward(days=400)
    calls = done.control.calls()
    with done.engine.begin() as conn:
        conn.exec_driver_sql("TRUNCATE raw_posts, post_metrics, post_sightings, creator_content")
    assert done.again().error is None
    assert done.count("raw_posts") == done.count("creator_content") == done.job().posts_found
    assert done.control.calls() == calls


def test_loading_alone_leaves_the_matching_to_come(done: World) -> None:
    done.clock.forward(minutes=1)
    done.again(LOAD)
    assert done.snapshot().status is SnapshotStatus.READY
    done.process()
    assert done.snapshot().status is SnapshotStatus.PROCESSED


def test_a_creator_added_later_is_matched_without_any_vendor(world: World) -> None:
    world.creator("anna", ANNA)
    world.run()
    authors = world.column("SELECT author_key FROM raw_posts WHERE author_key NOT LIKE '%anna%' LIMIT 1")
    assert authors, "a person's feed holds posts of others"
    calls = world.control.calls()
    world.creator("somebody", f"https://www.linkedin.com/{authors[0]}")
    world.again(MATCH)
    assert world.column("SELECT count(*) FROM creator_content WHERE creator_id = 'somebody'") != [0]
    assert world.control.calls() == calls


def test_a_new_download_keeps_the_old_payload_beside_it(done: World) -> None:
    first, before = done.snapshot(), everything(done)
    outcome = done.again(redownload=True)
    second = done.snapshot()
    assert outcome.error is None
    assert not outcome.payload_kept
    assert (first.payload_generation, second.payload_generation) == (1, 2)
    assert first.payload_uri != second.payload_uri
    for snapshot in (first, second):
        done.archive.open(str(snapshot.payload_uri)).verify()
    assert first.payload_sha256 == second.payload_sha256
    assert everything(done)["post_metrics"] == before["post_metrics"]
    assert done.download_calls() == {"": 2}
    assert done.paid() == {HARBOUR: 1}
    done.again(redownload=True)
    assert done.snapshot().payload_generation == 3


def test_a_new_download_that_fails_leaves_the_old_payload_and_posts_and_says_why(done: World) -> None:
    before = everything(done)
    done.control.fault("cut_body")
    outcome = done.again(redownload=True)
    assert outcome.error_class == "network"
    assert "materialize this partition when the cause is gone" in str(outcome.what_next)
    snapshot = done.snapshot()
    assert (snapshot.status, snapshot.payload_generation) == (SnapshotStatus.FAILED, 1)
    assert (everything(done), done.job().status) == (before, "completed")
    assert done.again().error is None
    assert done.snapshot().status is SnapshotStatus.PROCESSED


def test_a_payload_deleted_from_the_archive_is_a_clear_failure(done: World) -> None:
    before = everything(done)
    shutil.rmtree(payload_folder(done))
    outcome = done.again(LOAD)
    assert outcome.error_class == "bad_data"
    assert str(done.snapshot().payload_uri) in str(outcome.error)
    assert done.snapshot().status is SnapshotStatus.FAILED
    assert everything(done) == before


def test_a_deleted_payload_is_fetched_again_while_the_vendor_keeps_it(done: World) -> None:
    before = everything(done)
    shutil.rmtree(payload_folder(done))
    assert done.again().error is None
    assert (done.snapshot().payload_generation, done.paid()) == (2, {HARBOUR: 1})
    assert everything(done)["post_metrics"] == before["post_metrics"]


def test_a_deleted_payload_that_the_vendor_has_thrown_away_is_said_so(done: World) -> None:
    shutil.rmtree(payload_folder(done))
    done.clock.forward(days=17)
    outcome = done.again()
    assert "no longer keeps" in str(outcome.error)
    assert done.snapshot().status is SnapshotStatus.EXPIRED
    assert done.job().status == "completed"


def test_a_payload_that_was_tampered_with_is_not_loaded(done: World) -> None:
    before = everything(done)
    part = next(payload_folder(done).glob("part-*.zst"))
    content = bytearray(part.read_bytes())
    content[len(content) // 2] ^= 0xFF
    part.write_bytes(content)
    for stages in (ALL_STAGES, LOAD):
        outcome = done.again(stages)
        assert outcome.error_class == "bad_data"
        assert part.name in str(outcome.error)
    assert everything(done) == before


def test_what_cannot_be_processed_is_refused_with_its_reason(world: World) -> None:
    world.set(batch_size=1)
    world.control.settings(latency=600.0)
    world.creator("harbour", HARBOUR)
    world.creator("mill", MILL)
    world.control.fault("reset_before_accept", times=1)
    world.collect()
    world.clock.forward(minutes=2)
    keys = [snapshot.partition_key for snapshot in world.snapshots()]
    claimed, refused = claim_for_processing(world.ctx, [*keys, "by-hand"], ALL_STAGES, only_ready=False)
    assert claimed == []
    reasons = [one.reason for one in refused]
    assert "not known yet whether the vendor accepted it" in reasons[0]
    assert "the vendor still works on it" in reasons[1]
    assert "added by hand" in reasons[2]


def test_a_stage_whose_input_is_missing_names_the_stage_that_makes_it(world: World) -> None:
    world.creator("harbour", HARBOUR)
    keys = [world.collected().partition_key]
    for stages, reason in ((LOAD, "materialize snapshots first"), (MATCH, "materialize raw_posts first")):
        _, [refused] = claim_for_processing(world.ctx, keys, stages, only_ready=False)
        assert reason in refused.reason
    assert world.again(DOWNLOAD).error is None
    assert world.snapshot().status is SnapshotStatus.READY
    assert world.again(LOAD).error is None
    assert world.again(MATCH).error is None
    assert (world.snapshot().status, world.job().status) == (SnapshotStatus.PROCESSED, "completed")
    assert world.download_calls() == {"": 1}


def test_whoever_asks_by_hand_need_not_wait_for_the_sensor(world: World) -> None:
    world.creator("harbour", HARBOUR)
    world.collect()
    assert world.snapshot().status is SnapshotStatus.PENDING
    assert world.again().error is None
    assert world.job().status == "completed"
