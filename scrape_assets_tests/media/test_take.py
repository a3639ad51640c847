"""The media of a snapshot: which are wanted, what becomes of each, and what a second run does."""

from __future__ import annotations

import hashlib
import threading
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from scrape_assets.flow.media.one_file import next_try
from scrape_assets.flow.media.turns import Turns
from scrape_assets.flow.stopping import Interrupted, Stop
from scrape_assets.storage.media import decoding, pictures, rows
from scrape_assets.storage.media.reading import reasons, some_files, standing
from scrape_assets.storage.media.rows import Wanted
from scrape_assets_tests.media.hosts import NOISE, PNG, Asked, gives, picture, resumable, status
from scrape_assets_tests.media.world import NOW, MediaWorld


def signed(world: MediaWorld, path: str, *, hours: float, token: str = "a") -> str:
    """An address as Instagram signs them."""
    until = int((world.now + timedelta(hours=hours)).timestamp())
    return f"{world.host.url(path)}?oh={token}&oe={until:X}"


def test_a_picture_is_kept_by_its_hash_with_size_and_thumbnail(world: MediaWorld) -> None:
    large = picture(1600, 900, "JPEG")
    world.host.answers = {"/a.jpg": gives(large, "image/jpeg")}
    world.post("p1", [world.host.url("/a.jpg")])

    report = world.take()

    row = world.row()
    assert (report.fates, report.bytes) == ({"stored": 1}, len(large))
    assert (row.status, row.mime_type, row.bytes) == ("stored", "image/jpeg", len(large))
    assert row.sha256 == hashlib.sha256(large).hexdigest()
    assert (row.width, row.height, row.fetched_at) == (1600, 900, NOW)
    kept = Path(row.uri.removeprefix("file://"))
    assert kept == world.home / "media" / row.sha256[:2] / f"{row.sha256}.jpg"
    assert kept.read_bytes() == large
    with Image.open(row.thumbnail_uri.removeprefix("file://")) as small:
        assert (small.format, small.size) == ("JPEG", (320, 180))
    assert len(world.files()) == 2, "nothing is left of the coming"
    [call] = world.rows("SELECT source, url, status_code, run_id FROM scrape_attempts")
    assert call == ("media", f"http://cdn.example.com:{world.host.port}", 200, "a-run")


def test_only_matched_posts_in_the_roles_asked_for_and_only_files(world: MediaWorld) -> None:
    address = world.host.url("/a.png")
    world.host.answers = {"/a.png": gives(PNG)}
    world.post("nobodys", [address], creator=None)
    world.post("a-strangers", [address], role="found_in_feed")
    world.post("hers", [{"type": "link", "url": address}, {"type": "document", "url": address}, address])
    world.post("without", [])

    report = world.take()

    assert [(row.post_id, row.position) for row in world.rows()] == [("hers", 3)]
    assert (report.listed["one"].files, report.listed["one"].others) == (1, 2)
    world.take(ctx=world.with_settings(media_roles=["author", "found_in_feed"]))
    assert {row.post_id for row in world.rows()} == {"hers", "a-strangers"}


def test_a_second_run_asks_for_nothing_that_is_there(world: MediaWorld) -> None:
    world.host.answers = {"/a.png": gives(PNG), "/b.png": status(503)}
    world.post("p1", [world.host.url("/a.png"), world.host.url("/b.png")])
    world.take()
    world.host.answers["/b.png"] = gives(picture(colour="red"))
    world.forward(hours=1)
    world.take()
    world.take()
    assert world.statuses() == {"stored": 2}
    assert world.host.calls() == {"/a.png": 1, "/b.png": 2}


def test_the_same_file_under_a_new_signature_is_not_fetched_again(world: MediaWorld) -> None:
    world.host.answers = {"/a.png": gives(PNG)}
    world.post("p1", [signed(world, "/a.png", hours=24)])
    world.take()
    world.snapshot("two")
    world.post("p1", [signed(world, "/a.png", hours=48, token="b")], snapshot_id="two")
    world.post("p2", [signed(world, "/a.png", hours=48, token="c")], snapshot_id="two")
    world.take("two")
    assert world.host.calls() == {"/a.png": 1}
    assert [(row.post_id, row.status) for row in world.rows()] == [("p1", "stored"), ("p2", "stored")]


def test_equal_files_of_many_posts_are_one_in_the_store_and_one_address_is_fetched_once(world: MediaWorld) -> None:
    world.host.answers = {"/a.png": gives(PNG), "/copy.png": gives(PNG)}
    for post_id in ("p1", "p2", "p3"):
        world.post(post_id, [world.host.url("/a.png"), world.host.url("/copy.png")])
    world.take()
    assert world.statuses() == {"stored": 6}
    assert world.host.calls() == {"/a.png": 1, "/copy.png": 1}
    assert len(world.kept()) == 1


def test_an_address_that_has_ended_is_not_asked_for_and_a_new_one_brings_it_back(world: MediaWorld) -> None:
    world.host.answers = {"/a.png": gives(PNG)}
    world.post("p1", [signed(world, "/a.png", hours=-1)])
    world.take()
    assert (world.row().status, world.row().reason) == ("expired", "its address was good until 2026-11-20 11:00 UTC")
    assert not world.host.asked
    world.snapshot("two")
    world.post("p1", [signed(world, "/a.png", hours=24, token="b")], snapshot_id="two")
    world.take("two")
    assert (world.row().status, world.row().reason) == ("stored", None)


@pytest.mark.parametrize(
    ("code", "is_signed", "expected"),
    [(403, True, "expired"), (403, False, "refused"), (410, False, "expired"), (404, False, "expired")],
)
def test_what_the_host_does_not_give_is_not_asked_for_again(
    world: MediaWorld, code: int, is_signed: bool, expected: str
) -> None:
    world.host.answers = {"/a.png": status(code)}
    world.post("p1", [signed(world, "/a.png", hours=24) if is_signed else world.host.url("/a.png")])
    world.take()
    world.forward(days=1)
    world.take()
    assert (world.row().status, world.row().reason) == (expected, f"the host answers {code}")
    assert len(world.host.asked) == 1


def test_a_host_in_trouble_is_asked_again_with_patience_and_given_up(world: MediaWorld) -> None:
    world.host.answers = {"/a.png": status(500)}
    world.post("p1", [world.host.url("/a.png")])
    waits = []
    for _ in range(5):
        world.take()
        waits.append(world.row().next_attempt_at and world.row().next_attempt_at - world.now)
        world.forward(hours=6)
    assert waits == [*sorted(waits[:4]), None]
    assert (world.row().status, world.row().reason) == ("failed", "the host answers 500 (5 attempts)")
    assert len(world.host.asked) == 5
    world.host.answers = {"/a.png": gives(PNG)}
    world.take()
    assert world.row().status == "failed", "again only when it is asked for"
    world.take(retry=True)
    assert world.row().status == "stored"


def test_a_host_that_asks_to_be_left_alone_is_and_its_other_files_spend_no_attempt(world: MediaWorld) -> None:
    world.settings = {"media_per_host": 1}
    world.host.answers = {f"/{n}.png": status(429, **{"retry-after": "600"}) for n in range(5)}
    world.post("p1", [world.host.url(f"/{n}.png") for n in range(5)])
    report = world.take()
    assert len(world.host.asked) == 1
    assert (report.left, sum(row.attempts for row in world.rows())) == (4, 1)
    assert "left alone until 12:10:00" in str(report.why_left)
    assert min(row.next_attempt_at for row in world.rows()) == NOW + timedelta(minutes=10)


def test_a_host_that_is_down_takes_no_attempt_of_all_its_files(world: MediaWorld) -> None:
    world.settings = {"concurrency": 1}
    world.host.answers = {f"/{n}.png": status(502) for n in range(9)}
    world.post("p1", [world.host.url(f"/{n}.png") for n in range(9)])
    report = world.take()
    assert (len(world.host.asked), sum(row.attempts for row in world.rows()), report.left) == (5, 5, 4)
    assert "failed 5 times in a row" in str(report.why_left)


@pytest.mark.parametrize(
    ("ends_in", "retry_after", "expected"),
    [(None, None, 60), (3600, None, 60), (100, None, 40), (65, None, None), (100, 50.0, None), (None, 900.0, 900)],
)
def test_the_last_attempt_is_made_before_the_address_ends(
    ends_in: float | None, retry_after: float | None, expected: float | None
) -> None:
    ends = None if ends_in is None else NOW + timedelta(seconds=ends_in)
    wanted = Wanted("instagram", "k", "https://cdn.example.com/", 0, ends, "one")
    found = next_try(wanted, NOW, 1.0, retry_after)
    assert (found and (found - NOW).total_seconds()) == expected


def test_a_cut_file_goes_on_in_the_next_run_even_under_a_new_signature(world: MediaWorld) -> None:
    world.host.answers = {"/v.mp4": resumable(NOISE, cut_after=100_000)}
    world.post("p1", [{"type": "video", "url": signed(world, "/v.mp4", hours=24)}])
    world.take()
    assert world.row().status == "waiting"
    world.forward(hours=1)
    world.snapshot("two")
    world.post("p1", [{"type": "video", "url": signed(world, "/v.mp4", hours=48, token="b")}], snapshot_id="two")
    world.take("two")
    assert world.row().sha256 == hashlib.sha256(NOISE).hexdigest()
    assert world.host.asked[-1][1]["range"] == "bytes=100000-"


def test_the_number_of_a_posts_files_is_bounded(world: MediaWorld) -> None:
    world.host.answers = {f"/{n}.png": gives(PNG) for n in range(9)}
    world.post("p1", [world.host.url(f"/{n}.png") for n in range(9)])
    report = world.take(ctx=world.with_settings(media_files_per_post=4))
    assert (report.listed["one"].files, report.listed["one"].left_out, len(world.rows())) == (4, 5, 4)


def test_a_days_bytes_are_bounded_and_the_rest_waits_for_midnight(world: MediaWorld) -> None:
    world.settings = {"media_bytes_per_day": 1, "concurrency": 1}
    world.host.answers = {f"/{n}.png": gives(picture(colour=colour)) for n, colour in enumerate(("red", "blue"))}
    world.post("p1", [world.host.url("/0.png"), world.host.url("/1.png")])
    report = world.take()
    assert world.statuses() == {"stored": 1, "waiting": 1}
    assert "MEDIA_BYTES_PER_DAY" in str(report.why_left)
    assert {row.next_attempt_at for row in world.rows()} == {None, NOW.replace(hour=0) + timedelta(days=1)}
    world.forward(days=1)
    world.take()
    assert world.statuses() == {"stored": 2}


def test_a_run_that_has_taken_its_time_leaves_the_rest_to_the_next(world: MediaWorld) -> None:
    world.post("p1", [world.host.url("/a.png")])
    moments = iter([NOW] * 5)
    late = replace(world.ctx, now=lambda: next(moments, NOW + timedelta(hours=1)))
    report = world.take(ctx=late)
    assert (report.left, world.row().status, world.row().next_attempt_at) == (1, "waiting", NOW)
    assert not world.host.asked


def test_pictures_too_large_to_look_at_and_broken_ones_are_refused(
    world: MediaWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoding, "MAX_PIXELS", 5_000)
    world.host.answers = {
        "/bomb.png": gives(picture(200, 200)),
        "/broken.png": gives(b"\x89PNG\r\n\x1a\n" + b"\0" * 5000),
        "/torn.jpg": gives(picture(64, 64, "JPEG", quality=95)[:-300], "image/jpeg"),
        "/turned.jpg": gives(_turned(60, 30), "image/jpeg"),
        "/clear.png": gives(_transparent(), "image/png"),
        "/local.png": gives(PNG),
    }
    names = ("bomb.png", "broken.png", "torn.jpg", "turned.jpg", "clear.png")
    world.post("p1", [*(world.host.url(f"/{name}") for name in names), "http://10.1.2.3/local.png"])

    world.take()

    bomb, broken, torn, turned, clear, local = world.rows()
    assert (bomb.status, bomb.reason) == ("refused", "200 x 200 pixels are more than 5,000")
    assert broken.status == "refused"
    assert "cannot be read" in broken.reason
    assert (torn.status, torn.width, torn.thumbnail_uri) == ("stored", 64, None)
    assert "no thumbnail" in torn.reason
    assert (turned.width, turned.height) == (30, 60), "as it is shown"
    with Image.open(clear.thumbnail_uri.removeprefix("file://")) as small:
        assert small.getpixel((1, 1)) == (255, 255, 255)
    assert (local.status, local.reason) == ("refused", "10.1.2.3 is no public address")
    assert len(world.kept()) == 3
    with world.engine.connect() as conn:
        found = standing(conn, ["one"])
        assert (found.files, found.distinct, found.thumbnails) == ({"stored": 3, "refused": 3}, 3, 2)
        assert ("refused", "10.1.2.3 is no public address", 1) in reasons(conn, ["one"])
        assert {one.size for one in some_files(conn, ["one"], 10)} == {"64 x 64", "30 x 60", "8 x 8"}


def test_the_pixels_of_a_bomb_are_not_decoded(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.png"
    head = bytearray(picture(1, 1))
    head[16:24] = (60_000).to_bytes(4, "big") * 2  # says it is 3.6 gigapixels
    import zlib

    head[29:33] = zlib.crc32(head[12:29]).to_bytes(4, "big")
    bomb.write_bytes(head)
    with pytest.raises(pictures.NoPicture, match="pixels"):
        pictures.look_at(bomb, "image/png")


def test_a_full_disk_is_told_plainly_and_tried_again_later(world: MediaWorld) -> None:
    world.home.mkdir()
    (world.home / "media").write_text("a file where the folder should be")
    world.host.answers = {"/a.png": gives(PNG), "/b.png": gives(PNG)}
    world.post("p1", [world.host.url("/a.png"), world.host.url("/b.png")])
    report = world.take()
    assert "files cannot be kept in" in str(report.trouble)
    assert "SCRAPE_ASSETS_MEDIA_URL" in str(report.trouble)
    assert {(row.status, row.attempts, row.next_attempt_at) for row in world.rows()} == {
        ("waiting", 0, NOW + timedelta(minutes=15))
    }
    (world.home / "media").unlink()
    world.forward(minutes=15)
    world.take()
    assert world.statuses() == {"stored": 2}


def test_asked_to_stop_in_the_middle_of_a_file_it_stops_and_goes_on_there(world: MediaWorld) -> None:
    begun, free = threading.Event(), threading.Event()
    whole = resumable(NOISE)

    def slow(asked: Asked) -> None:
        if "range" in asked.headers:
            return whole(asked)
        asked.send_response(200)
        for name, value in {"etag": '"v1"', "content-length": str(len(NOISE))}.items():
            asked.send_header(name, value)
        asked.end_headers()
        asked.wfile.write(NOISE[:90_000])
        begun.set()
        free.wait(5)
        asked.close_connection = True
        asked.wfile.write(NOISE[90_000:90_100])
        return None

    world.host.answers = {"/v.mp4": slow}
    world.post("p1", [{"type": "video", "url": world.host.url("/v.mp4")}])
    ctx = world.ctx

    def ask() -> None:
        begun.wait(5)
        while not any(path.suffix == ".part" and path.stat().st_size for path in world.files()):
            time.sleep(0.002)
        ctx.stop.ask()
        free.set()

    threading.Thread(target=ask).start()
    with pytest.raises(Interrupted):
        world.take(ctx=ctx)
    assert (world.row().status, world.row().attempts) == ("waiting", 0)
    world.take()
    assert (world.row().status, world.row().reason) == ("stored", None)
    assert world.host.asked[-1][1]["range"].startswith("bytes=")


def test_a_few_at_once_from_a_host_and_no_host_waits_for_another() -> None:
    files = [
        Wanted("x", f"{host}{n}", f"https://{host}.example.com/{n}", 0, None, "one") for host in "ab" for n in "123"
    ]
    clock = [0.0]
    turns = Turns(files, per_host=1, per_second=1, stop=Stop(), monotonic=lambda: clock[0])
    first, second = turns.next(), turns.next()
    assert [one and one.url_key for one in (first, second)] == ["a1", "b1"]
    assert second
    turns.done(second)
    clock[0] = 1.0
    third = turns.next()
    assert third
    assert third.url_key == "b2", "a is at its bound still"
    assert [one.url_key for one in turns.drop("b.example.com")] == ["b3"]
    assert [one.url_key for one in turns.drop()] == ["a2", "a3"]
    assert turns.next() is None


def test_snapshots_are_due_until_their_media_are_taken(world: MediaWorld) -> None:
    world.snapshot("of-x", platform="x")
    world.snapshot("old", created_at=NOW - timedelta(days=8))
    world.snapshot("unmatched", matched_at=None)
    world.post("p1", [world.host.url("/a.png")])
    world.host.answers = {"/a.png": status(500)}

    assert due(world) == ["one"]
    with world.engine.begin() as conn:
        rows.requested(conn, ["one"], world.now + timedelta(minutes=15))
    assert due(world) == [], "a run is asked for"
    world.take()
    assert due(world) == [], "taken"
    world.forward(minutes=2)
    assert due(world) == ["one"], "something waits, and its time has come"
    world.host.answers = {"/a.png": gives(PNG)}
    world.take()
    assert due(world) == []
    with world.engine.begin() as conn:
        conn.exec_driver_sql("UPDATE snapshots SET matched_at = now() WHERE snapshot_id = 'one'")
    assert due(world) == ["one"], "matched anew"


def test_what_one_run_holds_another_leaves_alone_and_what_it_never_gave_back_is_due_again(world: MediaWorld) -> None:
    world.host.answers = {"/a.png": gives(PNG)}
    world.post("p1", [world.host.url("/a.png")])
    with world.engine.begin() as conn:
        until = world.now + timedelta(minutes=2)
        assert rows.lease(conn, ["one"], "run:dead", world.now, until) == ["one"]
        assert rows.owners_at_work(conn, world.now) == {"run:dead"}
    assert world.take().busy == ["one"]
    assert not world.host.asked
    world.forward(minutes=3)
    assert due(world) == ["one"]
    assert world.take().fates == {"stored": 1}
    assert due(world) == []
    with world.engine.begin() as conn:
        rows.lease(conn, ["one"], "run:ended", world.now, world.now + timedelta(minutes=2))
        assert rows.release(conn, "run:ended", world.now) == 1
    assert due(world) == ["one"], "nobody told of it"


def test_a_picture_whose_camera_wrote_nonsense_is_kept(world: MediaWorld) -> None:
    whole = picture(64, 48, "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\xff" * 40)
    world.host.answers = {"/a.jpg": gives(whole, "image/jpeg")}
    world.post("p1", [world.host.url("/a.jpg")])
    world.take()
    assert (world.row().status, world.row().width) == ("stored", 64)


def test_the_calls_say_what_went_wrong(world: MediaWorld) -> None:
    world.host.answers = {
        "/403.png": status(403),
        "/404.png": status(404),
        "/500.png": status(500),
        "/page.png": gives(b"<html>"),
        "/a.png": gives(PNG),
    }
    world.post("p1", [world.host.url(path) for path in world.host.answers])
    world.take(ctx=world.with_settings(concurrency=1))
    told = world.rows("SELECT status_code, error_class FROM scrape_attempts ORDER BY 1, 2 NULLS LAST")
    assert [tuple(row) for row in told] == [
        (200, "bad_data"),
        (200, None),
        (403, "refused"),
        (404, "not_found"),
        (500, "server"),
    ]


def due(world: MediaWorld) -> list[str]:
    """The snapshots for which the sensor would ask for a run."""
    with world.engine.connect() as conn:
        found = rows.due_snapshots(conn, ["instagram"], world.now, within=timedelta(days=7), most=10)
    return [snapshot_id for snapshot_id, _ in found]


def _turned(width: int, height: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return picture(width, height, "JPEG", exif=exif)


def _transparent() -> bytes:
    import io

    made = io.BytesIO()
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(made, "PNG")
    return made.getvalue()
