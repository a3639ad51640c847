"""Downloads: rows as lines in bounded memory; no half body and no word about the snapshot taken for rows."""

import gzip
import json
import tracemalloc
from pathlib import Path

import httpx
import pytest

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.sources.errors import (
    EmptySnapshot,
    Expired,
    KeyRefused,
    NotReady,
    SourceError,
    UnknownSnapshot,
)
from scrape_assets_tests.sources.wire import Body, Wire, reply

RECORDED = Path(__file__).parents[3] / "shared" / "recorded" / "brightdata"
ROWS = b'{"timestamp":"2026-11-20T10:00:00.000Z","id":"1"}\n{"timestamp":"2026-11-20T10:00:01.000Z","id":"2"}\n'
NOT_READY = '{"status":"running","message":"Snapshot is not ready yet, try again in 30s"}'


def fetched(answer: httpx.Response) -> bytes:
    with Wire(answer).client().download("s_1") as download:
        return b"".join(download)


@pytest.mark.parametrize(
    "answer",
    [
        reply(200, ROWS),
        reply(200, gzip.compress(ROWS)),
        reply(200, gzip.compress(ROWS), content_encoding="gzip"),
        reply(200, gzip.compress(gzip.compress(ROWS)), content_encoding="gzip"),
        reply(200, b"\xef\xbb\xbf" + ROWS),
        reply(200, b"[" + ROWS.strip().replace(b"\n", b",\n") + b"]"),
        reply(200, gzip.compress(b"[" + ROWS.strip().replace(b"\n", b",") + b"]")),
        reply(200, Body(*(bytes([byte]) for byte in ROWS))),
    ],
    ids=["lines", "gzip", "gzip on the wire", "twice", "bom", "array", "gzip array", "drops"],
)
def test_rows_come_as_lines_whatever_they_were_wrapped_in(answer: httpx.Response) -> None:
    assert fetched(answer) == ROWS


def test_a_part_is_asked_for_and_recorded() -> None:
    packed = gzip.compress(ROWS)
    wire = Wire(reply(200, packed))
    with wire.client().download("s_1", part=2, batch_size=5000, snapshot_id="ours") as download:
        assert download.expected_bytes == len(packed)
        assert b"".join(download) == ROWS
        assert download.bytes_received == len(packed)
    assert dict(wire.requests[0].url.params) == {
        "format": "ndjson",
        "compress": "true",
        "part": "2",
        "batch_size": "5000",
    }
    assert [(call.operation, call.snapshot_id, call.bytes_received) for call in wire.calls] == [
        ("download", "ours", len(packed))
    ]


@pytest.mark.parametrize("body", [b"", b"[]", b" [ ]\n", b"\n", gzip.compress(b"[]", mtime=0), b"\xef\xbb\xbf"])
def test_no_rows_are_no_bytes(body: bytes) -> None:
    assert fetched(reply(200, body)) == b""


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (reply(202, NOT_READY), NotReady),
        (reply(202, '{"status":"building","message":"Snapshot is building, try again in 10s"}'), NotReady),
        (reply(202), NotReady),
        (reply(200, NOT_READY), NotReady),
        (reply(200, json.dumps(json.loads(NOT_READY), indent=2)), NotReady),
        (reply(200, gzip.compress(NOT_READY.encode())), NotReady),
        (reply(200, '{"status":"digesting","message":"soon"}\n'), NotReady),
        (reply(200, "Snapshot is building, try again in 10s"), NotReady),
        (reply(409, '{"error":"Snapshot is not ready for download"}'), NotReady),
        (reply(400, "Snapshot is empty"), EmptySnapshot),
        (reply(400, "Snapshot is expired"), Expired),
        (reply(404, "Snapshot does not exist"), UnknownSnapshot),
        (reply(401, "Invalid credentials"), KeyRefused),
    ],
)
def test_a_word_about_the_snapshot_is_never_taken_for_rows(answer: httpx.Response, kind: type[SourceError]) -> None:
    with pytest.raises(kind):
        fetched(answer)


def test_not_ready_tells_when_to_ask_and_is_no_fault_in_the_history() -> None:
    wire = Wire(reply(202, NOT_READY))
    with pytest.raises(NotReady) as caught, wire.client().download("s_1"):
        pass
    assert caught.value.retry_after is not None
    assert caught.value.retry_after.total_seconds() == 30
    assert [(call.status_code, call.error_class) for call in wire.calls] == [(202, None)]
    assert "try again in 30s" in (wire.calls[0].error or "")


@pytest.mark.parametrize(
    "row",
    [
        {"timestamp": "2026-11-20T10:00:00.000Z", "status": "ok", "message": "a row with such fields"},
        {"input": {"url": "https://a.test"}, "error": "Collection failed", "error_code": "crawl_failed"},
        {"error": "x"},
        {},
    ],
)
def test_a_single_row_is_a_row(row: dict[str, object]) -> None:
    body = json.dumps(row).encode()
    assert fetched(reply(200, body)) == body


@pytest.mark.parametrize("body", [b"12\n" + ROWS, b"null\n", b'"text"\n', b'{"broken": \n' + ROWS, ROWS[:-30]])
def test_broken_and_strange_rows_are_passed_on_to_be_set_aside_later(body: bytes) -> None:
    assert fetched(reply(200, body)) == body


@pytest.mark.parametrize("body", ["<html>Welcome to our proxy</html>", "id,url\n1,https://a.test\n", "OK"])
def test_a_body_of_another_kind_is_bad_data(body: str) -> None:
    with pytest.raises(SourceError, match="unreadable") as caught:
        fetched(reply(200, body))
    assert caught.value.error_class is ErrorClass.BAD_DATA


@pytest.mark.parametrize(
    ("answer", "error_class"),
    [
        (reply(200, ROWS, content_length="5000"), ErrorClass.NETWORK),
        (reply(200, Body(ROWS, httpx.ReadError("reset by peer"))), ErrorClass.NETWORK),
        (reply(200, b"", content_length="5000"), ErrorClass.NETWORK),
        (reply(200, gzip.compress(ROWS)[:-9]), ErrorClass.NETWORK),
        (reply(200, gzip.compress(ROWS)[:-8] + b"checksum"), ErrorClass.BAD_DATA),
    ],
    ids=["short", "reset", "nothing", "short gzip", "damaged gzip"],
)
def test_a_body_that_is_not_whole_is_an_error(answer: httpx.Response, error_class: ErrorClass) -> None:
    wire = Wire(answer)
    with pytest.raises(SourceError) as caught, wire.client().download("s_1") as download:
        list(download)
    assert caught.value.error_class is error_class
    assert wire.calls[-1].error_class is error_class


def test_a_long_download_is_never_held_in_memory() -> None:
    line = json.dumps({"timestamp": "2026-11-20T10:00:00.000Z", "text": "x" * 2000}).encode() + b"\n"

    def peak(body: bytes) -> int:
        wire = Wire(reply(200, body))
        tracemalloc.start()
        with wire.client().download("s_1") as download:
            size = sum(len(piece) for piece in download)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert size == 10_000 * len(line)
        return most

    assert peak(gzip.compress(line * 10_000)) < 4 << 20
    assert peak(gzip.compress(b"[" + (line * 10_000).strip().replace(b"\n", b",") + b"]")) < 8 << 20


@pytest.mark.parametrize("name", ["linkedin_posts_by_company_url", "x_posts_by_profile_url"])
def test_recorded_rows_survive_the_way_as_lines_and_as_an_array(name: str) -> None:
    file = RECORDED / f"{name}.ndjson"
    if not file.exists():
        pytest.skip(f"the recorded rows are not there: {file.name}")
    rows = file.read_bytes().strip() + b"\n"
    assert fetched(reply(200, gzip.compress(rows))) == rows
    assert fetched(reply(200, b"[" + b",".join(rows.splitlines()) + b"]")) == rows
