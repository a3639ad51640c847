"""What Instagram's errors and headers of usage come to."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.sources.direct.instagram import SOURCE
from scrape_assets.sources.errors import KeyRefused
from scrape_assets_tests.sources.direct.instagram_asking import about, by, collect
from scrape_assets_tests.sources.direct.instagram_server import TOKEN, failure, instagram, picture

RECORDED = Path(__file__).parents[4] / "shared/recorded/instagram/error_permission_100.json"
MANY = [picture(number, hours_ago=number) for number in range(120)]


@pytest.mark.parametrize(
    ("code", "message", "status", "more", "error_class", "tries"),
    [
        (4, "Application request limit reached", 403, {}, ErrorClass.THROTTLED, 1),
        (17, "User request limit reached", 400, {}, ErrorClass.THROTTLED, 1),
        (32, "Page request limit reached", 400, {}, ErrorClass.THROTTLED, 1),
        (613, "Calls to this api have exceeded the rate limit.", 400, {}, ErrorClass.THROTTLED, 1),
        (80002, "There have been too many calls", 400, {}, ErrorClass.THROTTLED, 1),
        (190, "Error validating access token: Session has expired", 401, {}, ErrorClass.REFUSED, 1),
        (190, "Malformed access token", 400, {"error_subcode": 467}, ErrorClass.REFUSED, 1),
        (10, "Application does not have permission for this action", 403, {}, ErrorClass.REFUSED, 1),
        (200, "Permissions error", 403, {}, ErrorClass.REFUSED, 1),
        (110, "Invalid user id", 400, {"error_subcode": 2207013}, ErrorClass.NOT_FOUND, 1),
        (24, "The requested resource does not exist", 400, {}, ErrorClass.NOT_FOUND, 1),
        (100, "Invalid parameter", 400, {"error_user_msg": "Cannot find User: x"}, ErrorClass.NOT_FOUND, 1),
        (100, "The user cannot be found", 400, {}, ErrorClass.NOT_FOUND, 1),
        (100, "Invalid parameter", 400, {}, ErrorClass.BAD_REQUEST, 1),
        (2, "Service temporarily unavailable", 500, {"is_transient": True}, ErrorClass.SERVER, 3),
        (1, "An unknown error occurred", 400, {}, ErrorClass.SERVER, 1),
        (12345, "Try again", 400, {"is_transient": True}, ErrorClass.SERVER, 1),
        (12345, "Something else", 400, {}, ErrorClass.BAD_REQUEST, 1),
    ],
)
def test_an_error_comes_to_its_class(
    code: int, message: str, status: int, more: dict[str, object], error_class: ErrorClass, tries: int
) -> None:
    with instagram() as (api, url):
        api.accounts["adas.kettle"] = MANY
        api.script.replies = [failure(code, message, status, **more)] * 3
        collected = collect(url, by())
    assert collected.error is not None
    assert collected.error.error_class is error_class
    assert f"code {code}" in collected.error.message
    assert len(api.script.asked) == tries
    assert isinstance(collected.error, KeyRefused) == (error_class is ErrorClass.REFUSED)


@pytest.mark.parametrize(
    ("status", "error_class"), [(400, ErrorClass.BAD_REQUEST), (403, ErrorClass.REFUSED), (503, ErrorClass.SERVER)]
)
def test_an_error_without_a_reason_is_judged_by_its_status(status: int, error_class: ErrorClass) -> None:
    with instagram() as (api, url):
        api.script.replies = [(status, {}, b"<html>Sorry")] * 3
        error = collect(url, by()).error
    assert error is not None
    assert (error.error_class, error.status_code) == (error_class, status)


def test_an_error_in_an_answer_of_200_is_an_error() -> None:
    with instagram() as (api, url):
        api.script.replies = [failure(190, "expired", 200)]
        error = collect(url, by()).error
    assert isinstance(error, KeyRefused)


def test_a_token_in_a_message_is_hidden() -> None:
    for body in (json.dumps({"error": {"code": 190, "message": f"Malformed access token {TOKEN}"}}), f"no {TOKEN}"):
        with instagram() as (api, url):
            api.script.replies = [(400, {}, body.encode())]
            collected = collect(url, by())
        assert collected.error is not None
        assert TOKEN not in str(collected.error)
        assert TOKEN not in collected.error.message
        assert "***" in collected.error.message
        assert TOKEN not in str(collected.calls)


@pytest.mark.skipif(not RECORDED.exists(), reason="the recorded answers are kept outside the project")
def test_the_recorded_error_is_a_missing_permission() -> None:
    with instagram() as (api, url):
        api.script.replies = [(400, {}, RECORDED.read_bytes())] * 2
        accounts, hashtags = collect(url, by()).error, collect(url, about("tea")).error
    assert isinstance(accounts, KeyRefused)
    assert hashtags is not None
    assert hashtags.error_class is ErrorClass.BAD_REQUEST


def test_an_account_with_a_limit_of_age_is_not_found() -> None:
    with instagram() as (api, url):
        api.script.replies = [(200, {}, b'{"id": "1"}')]
        error = collect(url, by()).error
    assert error is not None
    assert error.error_class is ErrorClass.NOT_FOUND
    assert "adas.kettle" in error.message


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({}, None),
        ({"X-App-Usage": '{"call_count":94,"total_cputime":0,"total_time":12}'}, None),
        ({"X-App-Usage": '{"call_count":3,"total_cputime":97,"total_time":12}'}, timedelta(minutes=15)),
        ({"X-App-Usage": "nonsense"}, None),
        ({"X-App-Usage": '{"call_count":"100"}', "X-Business-Use-Case-Usage": "[]"}, None),
        (
            {"X-Business-Use-Case-Usage": '{"1":[{"type":"instagram","call_count":100,'
             '"estimated_time_to_regain_access":42}],"2":[{"type":"pages","call_count":1}]}'},
            timedelta(minutes=42),
        ),
        (
            {"X-Business-Use-Case-Usage": '{"1":[{"type":"instagram","call_count":96,'
             '"estimated_time_to_regain_access":0}]}'},
            timedelta(minutes=15),
        ),
        ({"X-Business-Use-Case-Usage": '{"1":[{"estimated_time_to_regain_access":1e300}]}'}, timedelta(days=1)),
        ({"Retry-After": "60"}, timedelta(minutes=1)),
    ],
)  # fmt: skip
def test_a_throttled_call_says_when_to_come_back(headers: dict[str, str], pause: timedelta | None) -> None:
    with instagram() as (api, url):
        status, _, body = failure(4, "Application request limit reached", 403)
        api.script.replies = [(status, headers, body)]
        error = collect(url, by()).error
    assert error is not None
    assert error.error_class is ErrorClass.THROTTLED
    assert error.retry_after == pause


def test_a_used_up_allowance_is_noticed_before_it_is_refused() -> None:
    with instagram() as (api, url):
        api.accounts["adas.kettle"] = MANY
        api.usage = {"X-App-Usage": '{"call_count":96,"total_cputime":0,"total_time":0}'}
        begun = collect(url, by())
        api.usage = {}
        rest = collect(url, by(), begun.pages[-1].cursor)
    assert len(begun.pages) == 1
    assert begun.error is not None
    assert begun.error.error_class is ErrorClass.THROTTLED
    assert begun.error.retry_after == timedelta(minutes=15)
    assert begun.ids(SOURCE) + rest.ids(SOURCE) == [f"C{number}" for number in range(120)]


def test_a_short_pause_is_waited_for() -> None:
    with instagram() as (api, url):
        api.accounts["adas.kettle"] = MANY
        api.usage = {"Retry-After": "5"}
        collected = collect(url, by())
    assert len(collected.ids(SOURCE)) == 120
    assert collected.slept == [5, 5]


def test_a_broken_answer_is_asked_for_again() -> None:
    with instagram() as (api, url):
        api.accounts["adas.kettle"] = MANY[:1]
        api.script.replies = [(502, {}, b"<html>"), (200, {"Content-Length": "5000"}, b'{"business_disc')]
        collected = collect(url, by())
    assert collected.ids(SOURCE) == ["C0"]
    assert len(api.script.asked) == 3


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b"null", b"\xff", b'{"business_discovery"', b'{"business_discovery": {"media": [1]}}'],
)
def test_what_is_no_page_is_bad_data(body: bytes) -> None:
    with instagram() as (api, url):
        api.script.replies = [(200, {}, body)]
        error = collect(url, by()).error
    assert error is not None
    assert error.error_class is ErrorClass.BAD_DATA
