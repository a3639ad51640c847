"""Retention: what is old enough goes, with all that belongs to it; what is young, open or not yet processed stays."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from scrape_assets.flow.taking.claim import claim_for_processing
from scrape_assets.flow.taking.outcome import ALL_STAGES, Stage
from scrape_assets.keeping import KeepDays
from scrape_assets.ledger import retention as ledger
from scrape_assets.operations.retention import rehearse, retain
from scrape_assets.storage.schema import metadata
from scrape_assets_tests.flow.world import ANNA, HARBOUR, World

REMAP = frozenset({Stage.LOAD, Stage.MATCH})
OF_POSTS = [table.name for table in metadata.sorted_tables if {"platform", "post_id"} <= set(table.columns.keys())]


@pytest.fixture
def posted(world_with: Callable[..., World]) -> World:
    """Anna's posts of today, and what is said of them; 200 days have passed since."""
    world = world_with(rows_per_input=4)
    world.creator("anna", ANNA)
    world.run()
    world.clock.forward(days=200)
    return world


def keep(world: World, **days: int) -> None:
    world.set(keep_days=KeepDays(**days))


def removed(world: World) -> dict[str, dict[str, int]]:
    return {kept.name: kept.removed for kept in retain(world.ctx, by="a test") if kept.removed}


def contents(world: World) -> dict[str, int]:
    return {table: world.count(table) for table in metadata.tables if table not in ("api_writes",)}


def test_without_a_setting_nothing_is_removed(posted: World) -> None:
    before = contents(posted)
    assert removed(posted) == {}
    assert contents(posted) == before


def test_everything_goes_after_its_time_and_a_second_time_nothing_is_left_to_go(posted: World) -> None:
    posts, metrics = posted.count("raw_posts"), posted.count("post_metrics")
    assert posts > 0
    keep(posted, payloads=90, raw_posts=90, scrape_jobs=100, scrape_attempts=30, state_changes=30, rejected_rows=30)

    first = removed(posted)

    assert first["payloads"] == {"payloads": 1}
    assert first["raw_posts"]["raw_posts"] == posts
    assert first["raw_posts"]["post_metrics"] == metrics
    assert [table for table in OF_POSTS if posted.count(table)] == []
    assert posted.count("scrape_jobs") == posted.count("snapshots") == posted.count("state_changes") == 0
    assert not list(Path(posted.archive.base_url).rglob("*.zst"))
    assert posted.count("creators") == posted.count("creator_profiles") == 1
    assert removed(posted) == {}
    told = posted.rows(
        "SELECT subjects[1], detail -> 'removed' ->> 'raw_posts' FROM api_writes WHERE action = 'retention'"
    )
    assert ("raw_posts", str(posts)) in told


def test_a_dry_run_says_how_much_and_changes_nothing(posted: World) -> None:
    keep(posted, payloads=90, post_metrics=90)
    before = contents(posted)
    told = {kept.name: kept for kept in rehearse(posted.ctx)}
    assert contents(posted) == before
    assert told["payloads"].bytes["payloads"] > 0
    assert told["post_metrics"].bytes["post_metrics"] > 0
    assert {name: kept.removed for name, kept in told.items()} == removed(posted)


def test_what_is_younger_stays_and_the_oldest_that_is_kept_is_told(posted: World) -> None:
    keep(posted, payloads=300, raw_posts=300, post_metrics=300, scrape_attempts=300)
    before = contents(posted)
    told = {kept.name: kept for kept in retain(posted.ctx, by="a test")}
    assert contents(posted) == before
    assert told["raw_posts"].oldest == posted.column("SELECT min(collected_at) FROM raw_posts")[0]
    assert told["payloads"].oldest == posted.snapshot().processed_at


def test_a_payload_that_is_gone_is_told_by_whoever_would_map_it_again_and_its_posts_stay(posted: World) -> None:
    posts = posted.rows("SELECT * FROM raw_posts ORDER BY post_id")
    was = posted.snapshot()
    keep(posted, payloads=90)
    removed(posted)

    snapshot = posted.snapshot()
    assert (snapshot.payload_uri, snapshot.payload_removed_at) == (None, posted.clock())
    assert snapshot.payload_sha256 == was.payload_sha256
    for stages in (REMAP, ALL_STAGES):
        claimed, [refused] = claim_for_processing(posted.ctx, [was.partition_key], stages, only_ready=False)
        assert claimed == []
        assert "SCRAPE_ASSETS_KEEP_DAYS" in refused.reason
        assert "cannot be mapped again" in refused.reason
    assert posted.rows("SELECT * FROM raw_posts ORDER BY post_id") == posts
    # Matching needs no payload.
    claimed, _ = claim_for_processing(posted.ctx, [was.partition_key], frozenset({Stage.MATCH}), only_ready=False)
    assert len(claimed) == 1


def test_posts_stay_as_long_as_a_payload_that_may_not_go_holds_them(posted: World) -> None:
    """Somebody maps it again at this moment: neither the payload nor what it holds is touched."""
    key = posted.snapshot().partition_key
    claimed, _ = claim_for_processing(posted.ctx, [key], REMAP, only_ready=False)
    assert len(claimed) == 1
    keep(posted, payloads=90, raw_posts=90, post_sightings=90, scrape_jobs=100)
    before = contents(posted)
    assert "raw_posts" not in removed(posted)
    after = contents(posted)
    assert {name: after[name] for name in before if name not in ("scrape_jobs", "state_changes")} == {
        name: before[name] for name in before if name not in ("scrape_jobs", "state_changes")
    }


def test_what_is_open_or_was_paid_for_and_never_processed_is_never_touched(world: World) -> None:
    world.creator("anna", ANNA)
    world.creator("harbour", HARBOUR)
    waiting = world.ask_for("harbour")
    world.collect()  # the vendor works on it, and is paid
    lost = [one.snapshot_id for one in world.snapshots()]
    with world.engine.begin() as conn:
        conn.execute(sa.text("UPDATE snapshots SET status = 'dead'"))
        conn.execute(
            sa.text("UPDATE scrape_jobs SET status = 'dead', finished_at = now() WHERE job_id <> :id"), {"id": waiting}
        )
        conn.execute(sa.text("UPDATE scrape_jobs SET status = 'pending' WHERE job_id = :id"), {"id": waiting})
    world.clock.forward(days=2000)
    keep(world, payloads=1, raw_posts=1, scrape_jobs=93, state_changes=7, scrape_attempts=7)
    jobs = world.count("scrape_jobs")
    removed(world)
    assert world.count("scrape_jobs") == jobs
    assert [one.snapshot_id for one in world.snapshots()] == lost


def test_it_goes_on_where_it_was_cut_off(posted: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after the files are gone and before the ledger says so: the next time makes up for it."""
    keep(posted, payloads=90)

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "note_payload_removed", killed)
        with pytest.raises(KeyboardInterrupt):
            retain(posted.ctx, by="a test")
    assert posted.snapshot().payload_uri is not None
    assert removed(posted) == {"payloads": {"payloads": 1}}
    assert posted.snapshot().payload_uri is None


def test_a_post_that_a_load_brings_again_at_this_moment_stays(posted: World) -> None:
    """The load has written it and not committed: retention passes it over and waits for nobody."""
    keep(posted, payloads=90, raw_posts=90)
    removed_rows: list[dict[str, dict[str, int]]] = []
    with posted.engine.begin() as conn:
        conn.execute(sa.text("UPDATE raw_posts SET collected_at = :now"), {"now": posted.clock()})
        beside = threading.Thread(target=lambda: removed_rows.append(removed(posted)))
        beside.start()
        beside.join(20)
        assert removed_rows == [{"payloads": {"payloads": 1}}]
    assert removed(posted) == {}
    assert posted.count("raw_posts") > 0


def test_when_its_time_is_over_the_rest_goes_the_next_time(posted: World) -> None:
    keep(posted, payloads=90, raw_posts=90)
    told = retain(posted.ctx, by="a test", within=timedelta(0))
    assert [kept.name for kept in told if not kept.finished][:1] == ["payloads"]
    for _ in range(3):
        told = retain(posted.ctx, by="a test")
    assert all(kept.finished for kept in told)
    assert posted.count("raw_posts") == 0


def test_payloads_must_go_first() -> None:
    for name in ("raw_posts", "post_sightings", "scrape_jobs"):
        with pytest.raises(ValueError, match="payloads must be kept for 100 days or less"):
            KeepDays.model_validate({name: 100})
        with pytest.raises(ValueError, match="payloads must be kept"):
            KeepDays.model_validate({name: 100, "payloads": 101})


def test_a_file_goes_with_its_post_unless_another_post_has_it_too(posted: World, tmp_path: Path) -> None:
    shared, own = tmp_path / "shared.jpg", tmp_path / "own.jpg"
    old, *_ = posted.column("SELECT post_id FROM raw_posts ORDER BY post_id")
    add = sa.text("""
        INSERT INTO media_files (platform, post_id, url_key, url, position, kind, status, sha256, bytes, uri,
                                 snapshot_id, fetched_at)
        VALUES ('linkedin', :post, :key, 'https://media.example/' || :key, 1, 'image', 'stored', :key, 10, :uri,
                's', :at)
    """)
    at = posted.clock() - timedelta(days=5)
    with posted.engine.begin() as conn:
        for post, path in ((old, shared), (old, own), ("young", shared)):
            path.write_bytes(b"x")
            conn.execute(add, {"post": post, "key": path.stem, "uri": path.as_uri(), "at": at})
    keep(posted, payloads=90, raw_posts=90)
    told = removed(posted)
    assert told["media_files"] == {"media_files": 2}
    assert (shared.exists(), own.exists()) == (True, False)
    assert posted.column("SELECT post_id FROM media_files") == ["young"]
