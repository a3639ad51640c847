"""`media_files` in Dagster: one run for what is due, each partition with its counts, nothing in the way of posts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from sqlalchemy.engine import Engine

from scrape_assets.build import build_defs
from scrape_assets.flow.context import FlowContext, open_context
from scrape_assets.policies import RANGE_END, RANGE_START
from scrape_assets.resources.flow import FlowResource
from scrape_assets.sensors.media_due import OFF
from scrape_assets.settings import Settings
from scrape_assets.storage.media.store import remove
from scrape_assets_tests.dagster.world import World, check_results, failure_of, materializations
from scrape_assets_tests.media.hosts import PNG, gives, status
from scrape_assets_tests.media.world import MediaWorld, media_world


@pytest.fixture
def media(db: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MediaWorld]:
    """Two snapshots of now, one of another platform between them; media of Instagram are on."""
    with media_world(db, tmp_path) as made:
        yield _filled(made, db, monkeypatch)


def _filled(world: MediaWorld, db: Engine, monkeypatch: pytest.MonkeyPatch) -> MediaWorld:
    host = world.host
    address = db.url.set(drivername="postgresql").render_as_string(hide_password=False)
    monkeypatch.setenv("SCRAPE_ASSETS_DATABASE_URL", address)
    monkeypatch.setenv("SCRAPE_ASSETS_HOME", str(world.home))
    monkeypatch.setenv("SCRAPE_ASSETS_MEDIA_PLATFORMS", '["instagram"]')
    monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", "200")
    world.now = datetime.now(UTC)
    with db.begin() as conn:
        conn.exec_driver_sql("UPDATE snapshots SET created_at = now(), matched_at = now()")
    world.snapshot("two", platform="linkedin")
    world.snapshot("three")
    world.post("p1", [host.url("/a.png"), host.url("/gone.png")])
    world.post("p3", [host.url("/a.png")], snapshot_id="three")
    host.answers = {"/a.png": gives(PNG), "/gone.png": status(410)}
    return world


@pytest.fixture
def daemon(media: MediaWorld, db: Engine, instance: dg.DagsterInstance) -> World:
    """The code location, whose flow may go to the host on loopback."""

    class OnLoopback(FlowResource):
        @contextmanager
        def open(self, run_id: str | None = None) -> Iterator[FlowContext]:
            with open_context(Settings.from_environment(), run_id=run_id) as ctx:
                yield replace(ctx, media_policy=media.host.policy())

    instance.add_dynamic_partitions("snapshots", ["one", "two", "three"])
    nobody: Any = None
    return World(db, instance, nobody, build_defs(resource_overrides={"flow": OnLoopback()}))


def test_one_run_takes_what_is_due_and_shows_each_snapshot(daemon: World, media: MediaWorld) -> None:
    ticked = daemon.tick("media_due")
    [request] = ticked.run_requests or []
    assert (request.tags[RANGE_START], request.tags[RANGE_END]) == ("one", "three")
    assert not daemon.tick("media_due").run_requests, "it is asked for"

    result = daemon.run("media", request)

    assert result.success
    shown = materializations(result)
    assert set(shown) == {("media_files", "one"), ("media_files", "three")}, "the one between is of another platform"
    first = {name: value.value for name, value in shown["media_files", "one"].metadata.items()}
    assert (first["stored"], first["expired"], first["bytes"], first["thumbnails"]) == (1, 1, len(PNG), 1)
    assert first["dagster/partition_row_count"] == 2
    assert "the host answers 410" in str(first["not_stored"])
    assert "64 x 48" in str(first["files"])
    assert "example.com" not in str(first), "addresses of posts are not in what Dagster keeps"
    checks = check_results(result)
    assert {name: one.passed for name, one in checks.items()} == {
        ("media_files", "taken"): True,
        ("media_files", "in_store"): True,
    }
    assert media.host.calls() == {"/a.png": 1, "/gone.png": 1}
    assert not daemon.tick("media_due").run_requests, "nothing is due any more"


def test_a_file_that_is_missing_in_the_store_and_a_store_that_takes_nothing_are_told(
    daemon: World, media: MediaWorld
) -> None:
    media.post("p3", [media.host.url("/b.png")], snapshot_id="three")
    media.host.answers["/b.png"] = gives(PNG + b"another")
    assert daemon.materialize(["media_files"], "one", op="take_media").success
    [stored] = media.rows("SELECT uri FROM media_files WHERE status = 'stored'")
    remove(stored.uri)

    again = daemon.materialize(["media_files"], "one", op="take_media")
    assert again.success
    missing = check_results(again)["media_files", "in_store"]
    assert not missing.passed
    assert "1 of 1 files are missing" in missing.description

    for path in sorted((media.home / "media").rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    (media.home / "media").rmdir()
    (media.home / "media").write_text("no folder")
    full = daemon.materialize(["media_files"], "three", op="take_media")
    assert not full.success
    assert "SCRAPE_ASSETS_MEDIA_URL" in failure_of(full)
    assert "by themselves" in failure_of(full)


def test_asked_for_by_hand_where_media_are_off_the_failure_says_what_to_set(daemon: World, media: MediaWorld) -> None:
    result = daemon.materialize(["media_files"], "two", op="take_media")
    assert "media of linkedin are off; name it in SCRAPE_ASSETS_MEDIA_PLATFORMS" in failure_of(result)


def test_where_media_are_off_the_sensor_says_so_and_asks_for_nothing(
    daemon: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SCRAPE_ASSETS_MEDIA_PLATFORMS")
    ticked = daemon.tick("media_due")
    assert (ticked.run_requests, ticked.skip_message) == ([], OFF)


def test_without_a_policy_of_the_tests_loopback_is_refused(daemon: World, media: MediaWorld) -> None:
    """What a deployment runs with: the same assets, the real policy."""
    real = World(daemon.engine, daemon.instance, daemon.vendor, build_defs())
    media.post("p1", [f"http://127.0.0.1:{media.host.port}/a.png", "http://127.0.0.1/a.png", "http://localhost/a.png"])
    assert real.materialize(["media_files"], "one", op="take_media").success
    assert media.statuses() == {"refused": 3}
    assert not media.host.asked


def test_a_run_whose_process_is_gone_gives_back_what_it_held(daemon: World, media: MediaWorld) -> None:
    [request] = daemon.tick("media_due").run_requests or []
    run = daemon.queue("media", request)
    daemon.instance.report_run_canceled(run)
    daemon.tick("failed_runs")
    assert daemon.tick("media_due").run_requests, "asked for again at once"
