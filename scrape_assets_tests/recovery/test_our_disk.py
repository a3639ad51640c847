"""A payload folder that is full, or closed to us: no attempt is spent, what to do is said, and it goes on by itself."""

import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scrape_assets.flow.asking import parts
from scrape_assets.flow.collect import collect
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.states import JobStatus, SnapshotStatus
from scrape_assets.posts.identity import profile_key
from scrape_assets.storage.creators import upsert_creator
from scrape_assets.storage.payloads import PayloadArchive
from scrape_assets_tests.flow.world import HARBOUR, TODAY
from scrape_assets_tests.recovery.conftest import KilledWorld
from scrape_assets_tests.sources.direct.hackernews_server import hackernews, story

MakeWorld = Callable[..., KilledWorld]
MORNING = int(datetime(TODAY.year, TODAY.month, TODAY.day, 6, tzinfo=UTC).timestamp())
SMALL = 64 << 10  # bytes, of which every file takes at least a page


class SmallDisk:
    """A file system of its own in memory, with room for next to nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def mount(self, options: str) -> None:
        """Make it, or change it while it is there."""
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self.folder)]
        if subprocess.run(command, check=False, capture_output=True).returncode:
            pytest.skip("to make a small disk this test must be allowed to mount one")

    def fill(self) -> None:
        """Leave no room at all."""
        with (self.folder / "ballast").open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(os.urandom(4096))
            except OSError:
                return

    def make_room(self) -> None:
        """As an operator does: somebody else's files go, and the disk grows."""
        (self.folder / "ballast").unlink()
        self.mount(f"remount,size={64 << 20}")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    small = SmallDisk(tmp_path / "disk")
    small.folder.mkdir()
    small.mount(f"size={SMALL}")
    yield small
    subprocess.run(["umount", str(small.folder)], check=False)


def on(disk: SmallDisk, world: KilledWorld) -> KilledWorld:
    """The world, with its payloads on that disk."""
    world.archive = PayloadArchive(str(disk.folder / "payloads"))
    world.ctx = replace(world.ctx, archive=world.archive)
    return world


def manifests(disk: SmallDisk) -> list[Path]:
    """What counts as a payload."""
    return list(disk.folder.rglob("manifest*"))


@pytest.mark.parametrize("trouble", ["full", "closed"])
def test_a_download_waits_until_there_is_room(make_world: MakeWorld, disk: SmallDisk, trouble: str) -> None:
    world = on(disk, make_world(rows_per_input=900))
    world.creator("harbour", HARBOUR)
    world.collected()
    if trouble == "full":
        disk.fill()
    else:
        disk.mount("remount,ro")

    [outcome] = world.process()
    waits = world.snapshot()
    assert (waits.status, waits.attempts, waits.failures) == (SnapshotStatus.READY, 0, {})
    assert (waits.payload_uri, waits.lease_owner) == (None, None)
    assert str(disk.folder) in str(waits.error)
    assert ("make room there" if trouble == "full" else "let this program write there") in str(waits.error)
    assert "it is tried again after" in str(outcome.what_next)
    assert manifests(disk) == []
    assert world.job().status is JobStatus.PROCESSING

    if trouble == "full":
        disk.make_room()
    else:
        disk.mount("remount,rw,size=64m")
    world.clock.forward(hours=1)
    world.process()
    assert world.snapshot().status is SnapshotStatus.PROCESSED
    assert world.count("raw_posts") == 900
    assert world.paid() == {HARBOUR: 1}
    world.archive.open(str(world.snapshot().payload_uri)).verify()


@pytest.mark.parametrize("full", ["from the first page", "after the first page"])
def test_a_direct_source_is_not_asked_for_what_cannot_be_kept(
    make_world: MakeWorld, disk: SmallDisk, monkeypatch: pytest.MonkeyPatch, full: str
) -> None:
    monkeypatch.setattr(parts, "PART_BYTES", 1)  # every page is a part
    world = on(disk, make_world())
    stories = [story(number, MORNING - 60 * number) for number in range(700)]
    with hackernews(*stories, users=("ada",)) as (search, url):
        world.set(hackernews_api_url=url)
        with world.engine.begin() as conn:
            upsert_creator(conn, "ada", "Ada", profile_key("hackernews", "https://news.ycombinator.com/user?id=ada"))
        honest, pages = search.page, iter(range(1, 100))

        def page(params: dict[str, str]) -> dict[str, object]:
            if next(pages) == (1 if "from" in full else 2):
                disk.fill()
            return honest(params)

        search.page = page  # type: ignore[method-assign]
        report = collect(world.ctx, "hackernews", TODAY)

        assert [one.error_class for one in report.problems] == [ErrorClass.SERVER]
        job = world.job()
        assert (job.status, job.attempts, job.failures) == (JobStatus.PENDING, 0, {})
        assert str(disk.folder) in str(job.error)
        assert "make room there" in str(job.error)
        assert manifests(disk) == []
        kept = world.snapshot()
        assert kept.status is (SnapshotStatus.FAILED if "from" in full else SnapshotStatus.UNKNOWN)

        # Still full: the next collection says so again, and loses nothing.
        world.clock.forward(hours=1)
        collect(world.ctx, "hackernews", TODAY)
        assert (world.job().status, world.job().attempts) == (JobStatus.PENDING, 0)

        disk.make_room()
        for _ in range(3):
            world.clock.forward(hours=1)
            collect(world.ctx, "hackernews", TODAY)
            world.process()
    assert world.statuses() == {"completed": 1}
    posts = world.column("SELECT post_id FROM raw_posts")
    assert sorted(posts) == sorted(str(number) for number in range(700))
    assert {one.status for one in world.snapshots()} <= {SnapshotStatus.PROCESSED, SnapshotStatus.FAILED}
