"""What the vendor sends: notices and rows, gzip or not, array or lines, twice, late, forged."""

from __future__ import annotations

import gzip
import json
import socket
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from scrape_assets.api import webhooks
from scrape_assets.api.leaving import Leaving, OutOfTime
from scrape_assets_tests.api.served import HOOK, Api, assert_problem
from scrape_assets_tests.api.vendor_deliveries import WEBHOOK_TOKEN, write_snapshot
from scrape_assets_tests.commands.deployment import wait_until

ROWS: list[dict[str, Any]] = [
    {
        "id": "7123456789012345678",
        "timestamp": "2026-11-20T12:00:00Z",
        "input": {"url": "https://www.linkedin.com/in/x"},
    },
    {
        "id": "7123456789012345679",
        "timestamp": "2026-11-20T12:00:01Z",
        "input": {"url": "https://www.linkedin.com/in/x"},
    },
]


def snapshot(api: Api, **columns: Any) -> None:
    """A snapshot that was asked for with our token in its webhook."""
    write_snapshot(api.engine, **columns)


def send(api: Api, body: bytes, token: str = WEBHOOK_TOKEN, **headers: str) -> httpx.Response:
    return httpx.post(f"{api.url}/api/webhooks/brightdata/{token}", content=body, headers=headers)


def state(api: Api) -> Any:
    [found] = api.rows("SELECT status, payload_rows, next_check_at < now() OR next_check_at IS NULL FROM snapshots")
    return found


def test_a_notice_makes_the_snapshot_ready_without_a_poll(api: Api) -> None:
    snapshot(api)
    answer = send(api, b'{"snapshot_id": "s_abc", "status": "ready"}')
    assert (answer.status_code, answer.json()) == (200, {"outcome": "ready"})
    assert state(api) == ("ready", None, True)


def test_bad_news_is_not_believed_but_asked_about(api: Api) -> None:
    snapshot(api)
    assert send(api, b'{"snapshot_id": "s_abc", "status": "failed"}').json() == {"outcome": "asked about"}
    assert state(api) == ("running", None, True)


def test_a_notice_about_another_snapshot_changes_nothing(api: Api) -> None:
    snapshot(api)
    assert send(api, b'{"snapshot_id": "s_other", "status": "ready"}').json() == {"outcome": "known"}
    assert state(api) == ("running", None, False)


def test_a_notice_brings_the_answer_that_was_lost(api: Api) -> None:
    snapshot(api, status="unknown", vendor_snapshot_id=None)
    assert send(api, b'{"snapshot_id": "s_found", "status": "ready"}').status_code == 200
    assert api.rows("SELECT status, vendor_snapshot_id FROM snapshots") == [("ready", "s_found")]


FORMS: dict[str, Callable[[list[dict[str, Any]]], bytes]] = {
    "array": lambda rows: json.dumps(rows).encode(),
    "gzip array": lambda rows: gzip.compress(json.dumps(rows).encode()),
    "lines": lambda rows: "\n".join(map(json.dumps, rows)).encode(),
    "gzip lines": lambda rows: gzip.compress("\n".join(map(json.dumps, rows)).encode()),
}


@pytest.mark.parametrize("form", FORMS)
def test_rows_become_the_payload_of_the_snapshot(api: Api, form: str) -> None:
    snapshot(api)
    assert send(api, FORMS[form](ROWS)).json() == {"outcome": "stored"}
    assert state(api) == ("ready", 2, True)
    [uri] = api.rows("SELECT payload_uri FROM snapshots")
    payload = api.ctx.archive.open(uri)
    payload.verify()
    assert [json.loads(line.line) for line in payload.lines()] == ROWS


def test_one_row_alone_is_a_delivery_too(api: Api) -> None:
    snapshot(api)
    assert send(api, json.dumps(ROWS[0]).encode()).json() == {"outcome": "stored"}
    assert state(api) == ("ready", 1, True)


def test_the_same_delivery_twice_or_late_changes_nothing(api: Api) -> None:
    snapshot(api)
    send(api, FORMS["array"](ROWS))
    before = api.rows("SELECT snapshots FROM snapshots")
    assert send(api, FORMS["array"](ROWS)).json() == {"outcome": "known"}
    assert send(api, b'{"snapshot_id": "s_abc", "status": "ready"}').json() == {"outcome": "known"}
    assert api.rows("SELECT snapshots FROM snapshots") == before
    api.change("UPDATE snapshots SET status = 'processing'")
    api.change("UPDATE snapshots SET status = 'processed'")
    assert send(api, FORMS["array"](ROWS[:1])).json() == {"outcome": "known"}
    assert state(api)[:2] == ("processed", 2)


def test_a_damaged_body_is_refused_and_nothing_is_kept(api: Api) -> None:
    snapshot(api)
    whole = gzip.compress(json.dumps(ROWS).encode())
    assert_problem(send(api, whole[:-9]), 400, "body")
    assert state(api) == ("running", None, False)
    assert send(api, whole).json() == {"outcome": "stored"}


def test_who_knows_no_token_gets_nowhere(api: Api) -> None:
    snapshot(api)
    assert_problem(send(api, b"[]", token="another-token-of-the-right-form"), 404)
    assert_problem(send(api, b"[]", token="short"), 422)
    assert state(api) == ("running", None, False)


def test_where_a_secret_is_set_it_must_be_shown(api_with: Callable[..., Api]) -> None:
    api = api_with(brightdata_webhook_secret=HOOK)
    snapshot(api)
    assert_problem(send(api, FORMS["array"](ROWS)), 401, "Authorization")
    assert_problem(send(api, FORMS["array"](ROWS), authorization="wrong"), 401)
    assert state(api) == ("running", None, False)
    assert send(api, FORMS["array"](ROWS), authorization=HOOK).status_code == 200


def test_a_trigger_that_is_still_being_written_down_is_asked_to_come_again(api: Api) -> None:
    snapshot(api, status="triggering", vendor_snapshot_id=None)
    answer = send(api, b'{"snapshot_id": "s_abc", "status": "ready"}')
    assert_problem(answer, 503)
    assert answer.headers["retry-after"] == "5"


def test_the_vendor_is_answered_in_time_although_the_rows_are_still_being_stored(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot(api)
    monkeypatch.setattr(webhooks, "ANSWER_SECONDS", 0)
    assert send(api, FORMS["gzip lines"](ROWS)).json() == {"outcome": "being stored"}
    wait_until(lambda: state(api) == ("ready", 2, True), 30, "the storing of the rows")


def test_what_turns_out_damaged_after_the_answer_is_left_to_polling(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot(api)
    monkeypatch.setattr(webhooks, "ANSWER_SECONDS", 0)
    damaged = gzip.compress(json.dumps(ROWS).encode())[:-9]
    with capture_logs() as logs:
        assert send(api, damaged).json() == {"outcome": "being stored"}
        wait_until(lambda: logs, 30, "a word about it")
    assert [(one["event"], one["snapshot_id"]) for one in logs] == [("delivery_not_stored", "linkedin_20261120_a")]
    assert state(api) == ("running", None, False)


def test_storing_that_a_stopping_process_has_no_time_for_is_refused_and_leaves_nothing(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot(api)

    def no_time(_: Leaving, pieces: Iterable[bytes]) -> Iterator[bytes]:
        yield next(iter(pieces))
        raise OutOfTime("send it again")

    with monkeypatch.context() as patch:
        patch.setattr(Leaving, "in_time", no_time)
        answer = send(api, FORMS["lines"](ROWS))
    assert_problem(answer, 503, "send it again")
    assert answer.headers["retry-after"] == "5"
    assert state(api) == ("running", None, False)
    assert not [one for one in Path(api.ctx.archive.base_url).rglob("*") if one.is_file()]
    assert send(api, FORMS["lines"](ROWS)).json() == {"outcome": "stored"}


def test_a_delivery_that_breaks_off_is_nobodys_fault(api: Api) -> None:
    snapshot(api)
    where = httpx.URL(api.url)
    with capture_logs() as logs:
        with socket.create_connection((where.host, where.port or 0)) as sender:
            path = f"/api/webhooks/brightdata/{WEBHOOK_TOKEN}"
            sender.sendall(f"POST {path} HTTP/1.1\r\nhost: us\r\ncontent-length: 900\r\n\r\n[".encode())
        wait_until(lambda: logs, 30, "a word about it")
    assert [(one["event"], one["log_level"]) for one in logs] == [("delivery_broke_off", "info")]
    assert state(api) == ("running", None, False)


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is read and reset in /proc")
def test_a_large_delivery_is_streamed_and_not_held(api: Api) -> None:
    snapshot(api)
    block = b"".join(json.dumps({**ROWS[0], "text": "invented " * 300}).encode() + b"\n" for _ in range(400))
    blocks = 40
    Path("/proc/self/clear_refs").write_text("5")  # the peak is from now on
    before = peak()
    answer = httpx.post(
        f"{api.url}/api/webhooks/brightdata/{WEBHOOK_TOKEN}", content=iter([block] * blocks), timeout=60
    )
    grown, size = peak() - before, len(block) * blocks
    assert answer.json() == {"outcome": "stored"}
    assert state(api) == ("ready", 400 * blocks, True)
    assert grown < size / 2, f"{grown:,} bytes for {size:,}"


def peak() -> int:
    """The most memory that this process has had, in bytes."""
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) << 10
