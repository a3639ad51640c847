"""What the vendor sends: notices and rows, gzip or not, array or lines, twice, late, forged."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from scrape_assets_tests.api.served import HOOK, Api, assert_problem

TOKEN = "a-webhook-token-nobody-can-guess"
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
    given = {
        "snapshot_id": "linkedin_20261120_a",
        "partition_key": "linkedin_20261120_a",
        "source": "brightdata",
        "platform": "linkedin",
        "dataset_id": "gd_lyy3tktm25m4avu764",
        "vendor_snapshot_id": "s_abc",
        "collection_date": "2026-11-20",
        "status": "running",
        "inputs": "[]",
        "creator_urls": [],
        "webhook_token": TOKEN,
        "next_check_at": "2099-01-01T00:00:00Z",
        **columns,
    }
    names = ", ".join(given)
    places = ", ".join(f":{name}" for name in given)
    api.change(f"INSERT INTO snapshots ({names}) VALUES ({places})", **given)


def send(api: Api, body: bytes, token: str = TOKEN, **headers: str) -> httpx.Response:
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
