"""What TikTok's errors come to, and how its token is kept."""

import json
from datetime import timedelta

import pytest

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.sources.direct.tiktok import SOURCE
from scrape_assets.sources.errors import KeyRefused
from scrape_assets_tests.sources.direct.collecting import NOON
from scrape_assets_tests.sources.direct.tiktok_asking import about, by, collect
from scrape_assets_tests.sources.direct.tiktok_server import KEYS, failure, tiktok, video

MANY = [video(number, days_ago=number / 100) for number in range(1, 251)]
IDS = [str(one["id"]) for one in MANY]
SECRETS = (*KEYS.values(), "clt.invented0")


@pytest.mark.parametrize(
    ("status", "code", "message", "error_class", "tries"),
    [
        (400, "invalid_params", "Invalid field", ErrorClass.BAD_REQUEST, 1),
        (400, "invalid_params", "username x is invalid: cannot find the user", ErrorClass.NOT_FOUND, 1),
        (400, "invalid_params", "API cannot return this user's information", ErrorClass.NOT_FOUND, 1),
        (401, "access_token_invalid", "The access token is invalid", ErrorClass.REFUSED, 2),
        (401, "scope_not_authorized", "The user did not authorize the scope", ErrorClass.REFUSED, 2),
        (403, "forbidden", "no", ErrorClass.REFUSED, 1),
        (404, "not_here", "no", ErrorClass.NOT_FOUND, 1),
        (429, "rate_limit_exceeded", "The API rate limit was exceeded.", ErrorClass.THROTTLED, 1),
        (429, "daily_quota_limit_exceeded", "Daily quota", ErrorClass.THROTTLED, 1),
        (500, "internal_error", "Something is wrong. Please try again later.", ErrorClass.SERVER, 3),
        (400, "internal_error", "Server Internal Error", ErrorClass.SERVER, 3),
        (200, "internal_error", "Server Internal Error", ErrorClass.SERVER, 3),
        (200, "invalid_params", "no", ErrorClass.BAD_REQUEST, 1),
        (200, "rate_limit_exceeded", "no", ErrorClass.THROTTLED, 1),
    ],
)
def test_an_error_comes_to_its_class(status: int, code: str, message: str, error_class: ErrorClass, tries: int) -> None:
    with tiktok(*MANY) as (api, url):
        api.script.replies = [failure(status, code, message)] * 3
        collected = collect(url, by())
    assert collected.error is not None
    assert collected.error.error_class is error_class
    assert code in collected.error.message
    assert len(api.bodies) == tries


@pytest.mark.parametrize(
    ("status", "error_class", "tries"),
    [(400, ErrorClass.BAD_REQUEST, 1), (403, ErrorClass.REFUSED, 1), (504, ErrorClass.SERVER, 3)],
)
def test_an_error_without_a_code_is_judged_by_its_status(status: int, error_class: ErrorClass, tries: int) -> None:
    with tiktok(*MANY) as (api, url):
        api.script.replies = [(status, {}, b"<html>Gateway Timeout")] * 3
        error = collect(url, by()).error
    assert error is not None
    assert error.error_class is error_class
    assert len(api.bodies) == tries


def test_a_spent_allowance_is_waited_for_until_midnight_utc() -> None:
    with tiktok(*MANY) as (api, url):
        whole = collect(url, by())
        api.script.replies = [None, failure(429, "rate_limit_exceeded")]
        begun = collect(url, by())
        rest = collect(url, by(), begun.pages[-1].cursor, now=NOON + timedelta(hours=12))
    assert begun.error is not None
    assert begun.error.retry_after == timedelta(hours=12)
    assert begun.ids(SOURCE) + rest.ids(SOURCE) == whole.ids(SOURCE)


def test_a_stated_pause_is_believed() -> None:
    with tiktok(*MANY) as (api, url):
        status, _, body = failure(429, "rate_limit_exceeded")
        api.script.replies = [(status, {"Retry-After": "90"}, body)]
        error = collect(url, by()).error
    assert error is not None
    assert error.retry_after == timedelta(seconds=90)


def test_what_fails_in_passing_is_asked_for_again() -> None:
    cut = (200, {"Content-Length": "5000"}, b'{"data": {"videos": [')
    lost = failure(400, "invalid_params", "Invalid count or cursor")
    with tiktok(*MANY) as (api, url):
        api.script.replies = [failure(500, "internal_error"), cut, None, lost]
        collected = collect(url, by())
    assert collected.error is None
    assert collected.ids(SOURCE) == IDS
    assert collected.slept == [2, 8, 2]
    assert [body["cursor"] for body in api.bodies] == [0, 0, 0, 100, 100, 200]


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"null", b"\xff", b'{"data": {"vid', b"{}", b'{"data": 5, "error": {"code": "ok"}}']
)
def test_what_is_no_page_is_bad_data(body: bytes) -> None:
    with tiktok(*MANY) as (api, url):
        api.script.replies = [(200, {}, body)]
        error = collect(url, by()).error
    assert error is not None
    assert error.error_class is ErrorClass.BAD_DATA
    assert len(api.bodies) == 1


def test_a_look_up_that_is_refused_says_nothing() -> None:
    with tiktok() as (api, url):
        api.lookup_reply = failure(401, "scope_not_authorized")
        refused = collect(url, by())
        api.lookup_reply = failure(429, "rate_limit_exceeded")
        throttled = collect(url, by())
    assert refused.error is None
    assert len(refused.pages) == 1
    assert throttled.error is not None
    assert throttled.error.error_class is ErrorClass.THROTTLED


def test_one_token_serves_a_collection_until_it_runs_out() -> None:
    with tiktok(*MANY) as (api, url):
        collected = collect(url, about("tea"))
        assert len(api.tokens) == 1
        api.token_lasts = 61
        api.script.replies = [failure(500, "internal_error")]  # the pause outlasts it
        assert collect(url, about("tea")).ids(SOURCE) == collected.ids(SOURCE)
    assert len(api.tokens) == 3


def test_a_withdrawn_token_is_replaced() -> None:
    with tiktok(*MANY) as (api, url):
        api.script.replies = [None, failure(401, "access_token_invalid")]
        collected = collect(url, by())
    assert collected.ids(SOURCE) == IDS
    assert len(api.tokens) == 2


@pytest.mark.parametrize("status", [200, 400, 401])
def test_a_refused_key_is_told(status: int) -> None:
    said = {
        "error": "invalid_client",
        "error_description": f"Client {KEYS['TIKTOK_CLIENT_KEY']} is wrong.",
        "log_id": "2026",
    }
    with tiktok(*MANY) as (api, url):
        api.token_replies = [(status, {}, json.dumps(said).encode())]
        collected = collect(url, by())
    assert isinstance(collected.error, KeyRefused)
    assert "invalid_client" in collected.error.message
    assert [call.operation for call in collected.calls] == ["token"]
    for secret in SECRETS:
        assert secret not in str(collected.error)
        assert secret not in str(collected.calls)


def test_no_secret_is_in_a_message_or_a_cursor() -> None:
    for reply in (
        failure(400, "invalid_params", f"no {' '.join(SECRETS)}"),
        (400, {}, f"<html>{' '.join(SECRETS)}".encode()),
    ):
        with tiktok(*MANY) as (api, url):
            api.script.replies = [None, reply]
            collected = collect(url, by())
        assert collected.error is not None
        told = (
            f"{collected.error} {collected.error.message} {collected.calls} {[one.cursor for one in collected.pages]}"
        )
        assert "***" in told
        assert not [secret for secret in SECRETS if secret in told]
