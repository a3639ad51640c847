"""One file over HTTP: streamed, bounded, gone on with, and believed only for what it is."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from scrape_assets.sources.media.fetch import Cut, Gone, Limits, MediaClient, Refused, Told
from scrape_assets.sources.media.partial import Busy, Partial
from scrape_assets_tests.media.hosts import NOISE, PNG, Answer, Asked, Host, gives, picture, resumable, status

LIMITS = Limits(1_000_000, frozenset({"image", "video", "audio"}))
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def fetch(host: Host, folder: Path, limits: Limits = LIMITS, path: str = "/file", **client: float) -> tuple[str, bytes]:
    with MediaClient(host.policy(), **client) as made, Partial.held(folder, "one") as partial:  # type: ignore[arg-type]
        found = made.fetch(host.url(path), partial, limits)
        return found.mime_type, partial.path.read_bytes()


@pytest.mark.parametrize(
    ("body", "declared", "mime_type"),
    [
        (PNG, "image/png", "image/png"),
        (PNG, "image/jpeg", "image/png"),  # CDNs are careless; the bytes are believed
        (PNG, None, "image/png"),
        (PNG, "application/octet-stream", "image/png"),
        (picture(kind="JPEG"), "image/jpeg; charset=x", "image/jpeg"),
        (picture(kind="WEBP"), "image/webp", "image/webp"),
        (picture(kind="GIF"), "image/gif", "image/gif"),
        (NOISE, "video/mp4", "video/mp4"),
        (NOISE, "audio/mp4", "audio/mp4"),
        (b"ID3\x04" + b"\0" * 5000, "audio/mpeg", "audio/mpeg"),
        (b"OggS" + b"\0" * 5000, "audio/ogg", "audio/ogg"),
    ],
    ids=lambda given: given if isinstance(given, str) else None,
)
def test_pictures_videos_and_sounds_are_taken_as_what_their_bytes_are(
    host: Host, tmp_path: Path, body: bytes, declared: str | None, mime_type: str
) -> None:
    host.answers = {"/file": gives(body, declared)}
    assert fetch(host, tmp_path) == (mime_type, body)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (gives(b"<!DOCTYPE html><html>log in</html>", "text/html"), "a page"),
        (gives(b"<html>" * 9000, "image/png"), "a page"),
        (gives(PNG, "text/html"), "announced as text/html and begins like image/png"),
        (gives(SVG, "image/svg+xml"), "SVG"),
        (gives(b"\xef\xbb\xbf  " + SVG[21:], "image/png"), "SVG"),
        (gives(NOISE, "image/png"), "begins like video/mp4"),
        (gives(b"#EXTM3U\n#EXT-X-VERSION:3", "application/vnd.apple.mpegurl"), "a playlist"),
        (gives(b'{"error": "login_required"}', "application/json"), "JSON"),
        (gives(b"%PDF-1.7", "application/pdf"), "a PDF"),
        (gives(b"", "image/png"), "empty"),
        (gives(PNG, **{"content-encoding": "gzip"}), "encoded"),
        (gives(b"\x89PNG\r\n\x1a\n" + b"\0" * 1_000_001), "1,000,009 bytes are more than"),
        (status(400), "answers 400"),
        (status(302), "redirects to nowhere"),
        (status(204), "answers 204"),
    ],
)
def test_everything_else_is_refused_with_its_reason_and_nothing_of_it_is_left(
    host: Host, tmp_path: Path, answer: Answer, why: str
) -> None:
    host.answers = {"/file": answer}
    with pytest.raises(Refused, match=why):
        fetch(host, tmp_path)
    assert not list(tmp_path.iterdir())


def test_types_that_are_not_wanted_are_refused_after_their_first_bytes(host: Host, tmp_path: Path) -> None:
    host.answers = {"/file": gives(NOISE, "video/mp4")}
    with pytest.raises(Refused, match="video is not taken"):
        fetch(host, tmp_path, Limits(1_000_000, frozenset({"image"})))


def test_a_body_without_end_is_cut_at_the_limit(host: Host, tmp_path: Path) -> None:
    def endless(asked: Asked) -> None:
        asked.send_response(200)
        asked.send_header("transfer-encoding", "chunked")
        asked.end_headers()
        asked.close_connection = True
        try:
            while True:
                asked.wfile.write(b"10000\r\n" + NOISE[:65536] + b"\r\n")
        except OSError:
            return

    host.answers = {"/file": endless}
    with pytest.raises(Refused, match="more than the 1,000,000 bytes"):
        fetch(host, tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("code", [401, 403, 404, 410, 451])
def test_what_the_host_does_not_give_is_gone(host: Host, tmp_path: Path, code: int) -> None:
    host.answers = {"/file": status(code)}
    with pytest.raises(Gone, match=str(code)):
        fetch(host, tmp_path)


@pytest.mark.parametrize(("code", "seconds"), [(429, 7.0), (503, 7.0), (500, 7.0)])
def test_a_host_in_trouble_is_left_alone_for_as_long_as_it_asks(
    host: Host, tmp_path: Path, code: int, seconds: float
) -> None:
    host.answers = {"/file": status(code, **{"retry-after": "7"})}
    with pytest.raises(Cut, match=str(code)) as caught:
        fetch(host, tmp_path)
    assert caught.value.retry_after == seconds


def test_a_file_that_was_cut_goes_on_where_it_stopped(host: Host, tmp_path: Path) -> None:
    host.answers = {"/file": resumable(NOISE, cut_after=100_000)}
    with pytest.raises(Cut):
        fetch(host, tmp_path)
    assert fetch(host, tmp_path) == ("video/mp4", NOISE)
    assert [headers.get("range") for _, headers in host.asked] == [None, "bytes=100000-"]


def test_a_file_that_has_changed_meanwhile_comes_from_its_beginning(host: Host, tmp_path: Path) -> None:
    host.answers = {"/file": resumable(NOISE, cut_after=100_000)}
    with pytest.raises(Cut):
        fetch(host, tmp_path)
    other = NOISE[::-1].join([NOISE[:64], b""])
    host.answers = {"/file": resumable(other, etag='"v2"')}
    assert fetch(host, tmp_path) == ("video/mp4", other)


@pytest.mark.parametrize("headers", [{}, {"etag": 'W/"weak"'}, {"etag": "unquoted"}])
def test_what_cannot_be_known_again_comes_from_its_beginning(
    host: Host, tmp_path: Path, headers: dict[str, str]
) -> None:
    def cut(asked: Asked) -> None:
        asked.close_connection = True
        asked.give(200, {**headers, "content-type": "video/mp4", "content-length": str(len(NOISE))}, NOISE[:9000])

    host.answers = {"/file": cut}
    with pytest.raises(Cut):
        fetch(host, tmp_path)
    host.answers = {"/file": gives(NOISE, "video/mp4")}
    assert fetch(host, tmp_path) == ("video/mp4", NOISE)
    assert all("range" not in asked for _, asked in host.asked)


@pytest.mark.parametrize("given", ["bytes 5-9/10", "bytes */10", "", "items 1-2/3"])
def test_a_host_that_goes_on_elsewhere_is_not_believed(host: Host, tmp_path: Path, given: str) -> None:
    host.answers = {"/file": resumable(NOISE, cut_after=100_000)}
    with pytest.raises(Cut):
        fetch(host, tmp_path)
    host.answers = {"/file": lambda asked: asked.give(206, {"content-range": given}, NOISE[9:])}
    with pytest.raises(Cut, match="from the beginning"):
        fetch(host, tmp_path)
    host.answers = {"/file": gives(NOISE, "video/mp4")}
    assert fetch(host, tmp_path) == ("video/mp4", NOISE)


def test_a_range_that_is_none_any_more_is_asked_for_whole(host: Host, tmp_path: Path) -> None:
    host.answers = {"/file": resumable(NOISE, cut_after=100_000)}
    with pytest.raises(Cut):
        fetch(host, tmp_path)

    def shrunk(asked: Asked) -> None:
        (status(416) if "range" in asked.headers else gives(PNG))(asked)

    host.answers = {"/file": shrunk}
    assert fetch(host, tmp_path) == ("image/png", PNG)


def test_a_host_that_drips_does_not_keep_us(host: Host, tmp_path: Path) -> None:
    def drips(asked: Asked) -> None:
        asked.send_response(200)
        asked.send_header("content-length", "1000000")
        asked.end_headers()
        asked.close_connection = True
        try:
            for _ in range(1_000):
                asked.wfile.write(NOISE[:100])
                time.sleep(0.02)
        except OSError:
            return

    host.answers = {"/file": drips}
    began = time.monotonic()
    with pytest.raises(Cut, match=r"too long|timed out|Timeout"):
        fetch(host, tmp_path, file_seconds=0.2)
    assert time.monotonic() - began < 10


def test_headers_without_end_do_not_keep_us_either(host: Host, tmp_path: Path) -> None:
    def drips(asked: Asked) -> None:
        asked.close_connection = True
        try:
            asked.wfile.write(b"HTTP/1.1 200 OK\r\n")
            for _ in range(100):
                asked.wfile.write(b"x: y\r\n")
                time.sleep(0.02)
        except OSError:
            return

    host.answers = {"/file": drips}
    with pytest.raises(Cut):
        fetch(host, tmp_path, file_seconds=0.2)


def test_a_file_is_fetched_by_one_at_a_time(tmp_path: Path) -> None:
    with Partial.held(tmp_path, "one"), pytest.raises(Busy), Partial.held(tmp_path, "one"):
        pass
    with Partial.held(tmp_path, "one"):
        pass


def test_the_audit_has_the_host_and_not_the_rest_of_the_address(host: Host, tmp_path: Path) -> None:
    told: list[Told] = []
    host.answers = {"/file": gives(PNG)}
    with MediaClient(host.policy(), tell=told.append) as client, Partial.held(tmp_path, "one") as partial:
        client.fetch(host.url("/file?who=anna"), partial, LIMITS)
    [one] = told
    assert (one.origin, one.status_code, one.bytes_received) == (f"http://cdn.example.com:{host.port}", 200, len(PNG))
