"""The transport: what it retries, what it tells, and how it takes broken connections."""

import gzip
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from scrape_assets.ledger.attempts import Call
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.sources.answer import Answer, parse_retry_after
from scrape_assets.sources.errors import NotConfigured, SourceError, Throttled, Unreachable
from scrape_assets.sources.http import HttpTransport
from scrape_assets.sources.redaction import redacted_url
from scrape_assets_tests.sources.wire import NOON, Body, Wire, reply

URL = "https://vendor.test/things"


def judge(answer: Answer) -> SourceError:
    if answer.status_code == 429:
        return Throttled("slow down", status_code=429, retry_after=answer.retry_after)
    kind = ErrorClass.SERVER if answer.status_code >= 500 else ErrorClass.BAD_REQUEST
    said = answer.body.decode()
    return SourceError(kind, said, status_code=answer.status_code, retry_after=answer.retry_after)


def get(wire: Wire, url: str = URL) -> Answer:
    return wire.transport().request("progress", "GET", url, judge=judge, snapshot_id="ours")


def failure(wire: Wire, method: str = "GET", url: str = URL) -> SourceError:
    with pytest.raises(SourceError) as caught:
        wire.transport().request("progress", method, url, judge=judge)
    return caught.value


def test_a_call_is_recorded_with_what_came_of_it() -> None:
    wire = Wire(reply(200, b"fine"))
    assert get(wire, URL + "?api_key=s3cret&skip=5").body == b"fine"
    assert wire.calls == [
        Call(
            source="brightdata",
            operation="progress",
            snapshot_id="ours",
            method="GET",
            url="https://vendor.test/things?api_key=***&skip=5",
            status_code=200,
            error_class=None,
            error=None,
            bytes_received=4,
            started_at=NOON,
            duration_ms=0,
        )
    ]


def test_every_try_of_a_safe_call_is_recorded_and_the_third_is_the_last() -> None:
    wire = Wire(reply(503, "busy"), httpx.ReadTimeout("too late"), reply(500, "broken"), reply(200))
    assert failure(wire).message == "broken"
    assert [(call.status_code, call.error_class) for call in wire.calls] == [
        (503, ErrorClass.SERVER),
        (None, ErrorClass.NETWORK),
        (500, ErrorClass.SERVER),
    ]
    assert len(wire.slept) == 2
    assert all(0 <= seconds <= 4 for seconds in wire.slept)


def test_a_passing_fault_of_a_safe_call_is_not_noticed() -> None:
    assert get(Wire(httpx.ConnectError("refused"), reply(200, b"fine"))).body == b"fine"


def test_a_safe_call_is_not_tried_again_when_the_first_try_took_long() -> None:
    wire = Wire(reply(200))

    def late(request: httpx.Request) -> httpx.Response:
        wire.seconds += 60
        raise httpx.ReadTimeout("too late", request=request)

    wire.script.insert(0, late)
    assert failure(wire).error_class is ErrorClass.NETWORK
    assert [call.duration_ms for call in wire.calls] == [60_000]


@pytest.mark.parametrize("fault", [reply(500), reply(503), httpx.ReadTimeout(""), httpx.ConnectError("")])
def test_a_post_is_sent_once_whatever_happens(fault: httpx.Response | Exception) -> None:
    wire = Wire(fault, reply(200))
    failure(wire, "POST")
    assert len(wire.requests) == 1
    assert wire.slept == []


@pytest.mark.parametrize("answer", [reply(429, retry_after="5"), reply(429), reply(404), reply(503, retry_after="30")])
def test_what_a_source_says_deliberately_is_not_asked_again_at_once(answer: httpx.Response) -> None:
    wire = Wire(answer, reply(200))
    failure(wire)
    assert len(wire.requests) == 1


def test_the_wait_that_the_source_asks_for_reaches_the_caller() -> None:
    assert failure(Wire(reply(429, retry_after="17"))).retry_after == timedelta(seconds=17)


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("30", timedelta(seconds=30)),
        ("1.5", timedelta(seconds=1.5)),
        ("Sat, 21 Nov 2026 12:02:00 GMT", timedelta(minutes=2)),
        ("Sat, 21 Nov 2026 11:00:00 GMT", timedelta(0)),
        ("Mon, 21 Nov 2033 12:00:00 -0000", timedelta(days=1)),
        ("-5", timedelta(0)),
        ("99999999999999999999", timedelta(days=1)),
        ("nan", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, wait: timedelta | None) -> None:
    assert parse_retry_after(value, NOON) == wait


@given(st.text() | st.from_regex(r"\w{3}, \d+ \w{3} \d+ \d+:\d+:\d+ [+-]?\w+"))
def test_no_retry_after_makes_it_stumble(value: str) -> None:
    wait = parse_retry_after(value, NOON)
    assert wait is None or timedelta(0) <= wait <= timedelta(days=1)


@pytest.mark.parametrize("error", [httpx.ConnectError("refused"), httpx.ConnectTimeout(""), httpx.PoolTimeout("")])
def test_a_request_that_never_left_is_told_from_one_that_got_no_answer(error: Exception) -> None:
    assert isinstance(failure(Wire(error), "POST"), Unreachable)
    lost = failure(Wire(httpx.RemoteProtocolError("Server disconnected without sending a response.")), "POST")
    assert not isinstance(lost, Unreachable)
    assert lost.error_class is ErrorClass.NETWORK
    assert lost.message.startswith("vendor.test gave no answer (RemoteProtocolError: Server disconnected")


@pytest.mark.parametrize("url", ["vendor.test/x", "ftp://vendor.test", "http://vendor.test:port/", "https:///x"])
def test_an_address_that_is_none_is_a_matter_of_configuration(url: str) -> None:
    with HttpTransport("brightdata", Wire().calls.append) as transport, pytest.raises(NotConfigured):
        transport.request("progress", "GET", url, judge=judge)


def test_redirects_are_not_followed() -> None:
    wire = Wire(reply(302, location="https://elsewhere.test/"), reply(200))
    assert failure(wire).status_code == 302
    assert len(wire.requests) == 1


def test_an_audit_that_fails_does_not_break_the_call() -> None:
    def broken(call: Call) -> None:
        raise RuntimeError("the database is down")

    with capture_logs() as logs:
        answer = Wire(reply(200, b"fine")).transport(broken).request("list", "GET", URL, judge=judge)
    assert answer.body == b"fine"
    assert [(entry["event"], entry["operation"]) for entry in logs] == [("call_not_recorded", "list")]


def test_httpx_itself_writes_no_addresses(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        get(Wire(reply(200)), URL + "?token=s3cret")
    assert "s3cret" not in caplog.text


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.test/x?key=1&part=2", "https://a.test/x?key=***&part=2"),
        ("https://user:pw@a.test:81/x", "https://***@a.test:81/x"),
        ("https://a.test/?access_token=1&X-Signature=2&sig=3&Password=4", None),
        ("https://a.test/?notify=https%3A%2F%2Fus.test%2Fhooks%2Ftoken1", "https://a.test/?notify=***"),
        ("https://a.test/?keyword=flood&key=1", "https://a.test/?keyword=flood&key=***"),
        ("https://a.test/?author=jane&discover_by=profile_url&url=", "https://a.test/?author=jane&discover_by=profile_url&url="),
        ("http://[/?key=1", "(an address that cannot be read)"),
    ],
)  # fmt: skip
def test_addresses_are_shown_without_secrets(url: str, shown: str | None) -> None:
    if shown is None:
        shown = "https://a.test/?access_token=***&X-Signature=***&sig=***&Password=***"
    assert redacted_url(url) == shown


def test_a_body_shorter_than_announced_is_a_fault_of_the_network() -> None:
    error = failure(Wire(reply(200, b"half", content_length="4000")))
    assert error.error_class is ErrorClass.NETWORK
    assert error.message == "the body ended after 4 of 4,000 bytes"


def test_a_body_that_breaks_off_is_recorded_with_what_came() -> None:
    wire = Wire(reply(200, Body(b"abc", httpx.ReadError("reset by peer"))))
    assert "reset by peer" in failure(wire, "POST").message
    assert (wire.calls[0].status_code, wire.calls[0].bytes_received) == (200, 3)
    assert wire.calls[0].error_class is ErrorClass.NETWORK


def test_a_compressed_answer_is_read() -> None:
    assert get(Wire(reply(200, gzip.compress(b"fine"), content_encoding="gzip"))).body == b"fine"


def test_damaged_compression_and_encodings_we_did_not_ask_for_are_bad_data() -> None:
    damaged = gzip.compress(b"fine")[:-8] + b"12345678"
    assert failure(Wire(reply(200, damaged, content_encoding="gzip"))).error_class is ErrorClass.BAD_DATA
    assert failure(Wire(reply(200, b"?", content_encoding="br"))).error_class is ErrorClass.BAD_DATA


def test_an_answer_too_long_to_hold_is_refused() -> None:
    bomb = gzip.compress(b"\0" * (70 << 20))
    assert "longer than" in failure(Wire(reply(200, bomb, content_encoding="gzip"))).message


def test_an_answer_that_drips_does_not_hold_the_caller() -> None:
    wire = Wire()

    class Drip(Body):
        def __iter__(self) -> Iterator[bytes]:
            while True:
                wire.seconds += 30
                yield b"."

    wire.script.append(reply(200, Drip()))
    assert "took longer than 120 s" in failure(wire).message


def test_only_the_beginning_of_a_long_refusal_is_read() -> None:
    endless = Body(*[b"x" * 10_000] * 1000)
    assert len(failure(Wire(reply(400, endless))).message) == 64 << 10
    assert endless.given < 10


def test_a_refusal_whose_body_breaks_off_is_still_a_refusal() -> None:
    broken = Body(httpx.ReadError("reset"))
    assert isinstance(failure(Wire(reply(429, broken))), Throttled)
    # A 400 means many things, and only its body tells which.
    assert failure(Wire(reply(400, broken)), "POST").error_class is ErrorClass.NETWORK


def test_a_stream_is_recorded_when_it_has_been_read() -> None:
    wire = Wire(reply(500), reply(200, Body(b"ab", b"cd")))
    with wire.transport().stream("download", "GET", URL, judge=judge, params={"part": "1"}) as answer:
        assert [call.status_code for call in wire.calls] == [500]
        assert b"".join(answer.chunks()) == b"abcd"
    assert [(call.url, call.status_code, call.bytes_received) for call in wire.calls] == [
        (URL + "?part=1", 500, 0),
        (URL + "?part=1", 200, 4),
    ]


def test_a_stream_that_breaks_is_not_fetched_again_behind_the_readers_back() -> None:
    wire = Wire(reply(200, b"half", content_length="4000"), reply(200))
    with (
        pytest.raises(SourceError, match="after 4 of"),
        wire.transport().stream("download", "GET", URL, judge=judge) as answer,
    ):
        list(answer.chunks())
    assert [call.error_class for call in wire.calls] == [ErrorClass.NETWORK]


def test_a_readers_own_trouble_is_not_blamed_on_the_source() -> None:
    wire = Wire(reply(200, b"fine"))
    with pytest.raises(OSError, match="disk"), wire.transport().stream("download", "GET", URL, judge=judge):
        raise OSError("disk full")
    assert [call.error for call in wire.calls] == [None]


def test_timeouts_are_explicit_and_may_be_set_for_a_call() -> None:
    wire = Wire(reply(200))
    get(wire)
    assert wire.requests[0].extensions["timeout"] == {"connect": 10, "read": 60, "write": 60, "pool": 60}
    short = httpx.Timeout(3)
    wire.transport().request("list", "GET", URL, judge=judge, timeout=short)
    assert wire.requests[1].extensions["timeout"]["read"] == 3


@contextmanager
def speaking(raw: bytes | None) -> Iterator[str]:
    """A real server on the loopback that says `raw` to everybody and hangs up; None: it says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held: list[socket.socket] = []

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                connection.recv(65536)
                if raw is None:
                    held.append(connection)
                    continue
                with connection:
                    connection.sendall(raw)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join(5)
            for connection in held:
                connection.close()


def over_the_loopback(raw: bytes | None) -> tuple[SourceError, Call]:
    calls: list[Call] = []
    with speaking(raw) as url, HttpTransport("brightdata", calls.append) as transport:
        with pytest.raises(SourceError) as caught:
            transport.request("trigger", "POST", url, judge=judge, timeout=httpx.Timeout(0.3))
        return caught.value, calls[0]


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"", None),
        (None, None),
        (b"no http at all\r\n\r\n", None),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf", 200),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n", 200),
    ],
    ids=["hangs up", "silent", "gibberish", "short", "unfinished"],
)
def test_real_connections_that_break_are_faults_of_the_network(raw: bytes | None, status: int | None) -> None:
    error, call = over_the_loopback(raw)
    assert error.error_class is ErrorClass.NETWORK
    assert not isinstance(error, Unreachable)
    assert (call.status_code, call.error_class) == (status, ErrorClass.NETWORK)


def test_nobody_listening_means_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
    with HttpTransport("brightdata", Wire().calls.append) as transport, pytest.raises(Unreachable):
        transport.request("trigger", "POST", url, judge=judge)


def test_threads_share_a_transport() -> None:
    raw = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok"
    calls: list[Call] = []
    bodies: list[bytes] = []
    with speaking(raw) as url, HttpTransport("brightdata", calls.append) as transport:
        threads = [
            threading.Thread(target=lambda: bodies.append(transport.request("list", "GET", url, judge=judge).body))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert bodies == [b"ok"] * 8
    assert len(calls) == 8
