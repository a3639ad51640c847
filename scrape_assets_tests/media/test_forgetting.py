"""Who is forgotten leaves no picture behind, and takes nobody else's away."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from scrape_assets.operations.forgetting import Report, forget, rehearse
from scrape_assets.storage.forgetting import resolve
from scrape_assets.storage.media.forgetting import FILES
from scrape_assets.storage.media.store import remove
from scrape_assets.storage.pseudonyms import Pseudonyms
from scrape_assets_tests.media.hosts import NOISE, PNG, Asked, gives, picture, resumable
from scrape_assets_tests.media.world import PLATFORM, MediaWorld

PSEUDONYMS = Pseudonyms(b"an invented key, long enough")


def forgotten(world: MediaWorld, creator: str) -> Report:
    with world.engine.connect() as conn:
        subject = resolve(conn, creator_id=creator, account=None, post_key=None)
    return forget(world.engine, subject, PSEUDONYMS, by="a test", now=world.now, coming=world.home / "media_partial")


def posted(world: MediaWorld) -> None:
    """Anna and Otto share a picture; each has one of their own; half of a video of Anna's has come."""
    world.host.answers = {
        "/both.png": gives(PNG),
        "/anna.png": gives(picture(colour="red")),
        "/otto.png": gives(picture(colour="blue")),
        "/v.mp4": resumable(NOISE, cut_after=9_000),
    }
    for name in ("anna", "otto"):
        world.post(f"of-{name}", [world.host.url("/both.png"), world.host.url(f"/{name}.png")], creator=name)
        with world.engine.begin() as conn:
            conn.execute(
                sa.text("INSERT INTO creator_profiles (creator_id, platform, profile_url, profile_key, handle)"
                        " VALUES (:name, :platform, :name, :name, :name)"),
                {"name": name, "platform": PLATFORM},
            )  # fmt: skip
    world.post("video", [{"type": "video", "url": world.host.url("/v.mp4")}], creator="anna")
    world.take()
    assert world.statuses() == {"stored": 4, "waiting": 1}


def test_files_and_thumbnails_of_one_person_go_and_what_others_have_too_stays(world: MediaWorld) -> None:
    posted(world)
    [theirs] = {row.sha256 for row in world.rows() if row.post_id == "of-anna" and row.url.endswith("anna.png")}
    assert sum(theirs in path.name for path in world.files()) == 2
    assert any(path.suffix == ".part" for path in world.files())
    with world.engine.connect() as conn:
        subject = resolve(conn, creator_id="anna", account=None, post_key=None)
    assert rehearse(world.engine, subject, PSEUDONYMS).removed[FILES] == 2
    assert sum(theirs in path.name for path in world.files()) == 2, "only rehearsed"

    report = forgotten(world, "anna")

    assert (report.left, report.removed[FILES], report.removed["media_files"]) == ({}, 2, 3)
    assert not any(theirs in path.name for path in world.files())
    assert not any(path.suffix == ".part" for path in world.files())
    assert len(world.kept()) == 2, "Otto's, and the one they shared"
    assert {row.post_id for row in world.rows()} == {"of-otto"}
    assert "anna" not in str(world.rows("SELECT * FROM scrape_attempts"))
    report = forgotten(world, "otto")
    assert (report.left, world.files()) == ({}, []), "the last who had it takes it along"


def test_cut_off_before_the_rows_went_it_is_done_again(world: MediaWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    posted(world)

    class Killed(BaseException):
        pass

    removed: list[str] = []

    def one_and_dead(uri: str) -> None:
        remove(uri)
        removed.append(uri)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("scrape_assets.storage.media.forgetting.remove", one_and_dead)
        with pytest.raises(Killed):
            forgotten(world, "anna")
    assert removed
    report = forgotten(world, "anna")
    assert (report.left, report.removed["media_files"]) == ({}, 3)
    assert len(world.kept()) == 2


def test_what_comes_while_somebody_is_forgotten_is_not_kept(world: MediaWorld) -> None:
    def forgets(asked: Asked) -> None:
        with world.engine.begin() as conn:
            conn.execute(sa.text("DELETE FROM media_files"))
        gives(PNG)(asked)

    world.host.answers = {"/a.png": forgets}
    world.post("p1", [world.host.url("/a.png")])
    report = world.take()
    assert report.fates == {"unwanted": 1}
    assert world.files() == []
