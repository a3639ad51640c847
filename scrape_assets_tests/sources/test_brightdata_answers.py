"""What each of the vendor's refusals means for us, whatever form its body has."""

import json
from datetime import timedelta

import pytest

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.sources.answer import Answer
from scrape_assets.sources.brightdata.answers import judge, not_the_data
from scrape_assets.sources.errors import (
    EmptySnapshot,
    Expired,
    InputRefused,
    KeyRefused,
    NotReady,
    NotRunning,
    SourceError,
    Throttled,
    UnknownSnapshot,
)

TOO_MANY = (
    "You have too many running jobs for this dataset. Please wait until some of them finish or consider "
    "combining multiple inputs into a single request. Running jobs: 100>=100"
)


def answer(status: int, body: object = b"", retry_after: timedelta | None = None) -> Answer:
    raw = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return Answer(status, {"content-type": "text/html; charset=utf-8"}, raw, retry_after)


@pytest.mark.parametrize(
    ("status", "body", "kind", "error_class"),
    [
        (401, "Credentials are missing", KeyRefused, ErrorClass.REFUSED),
        (401, "Auth method is not supported", KeyRefused, ErrorClass.REFUSED),
        (401, "Invalid credentials", KeyRefused, ErrorClass.REFUSED),
        (401, {"error": "Unauthorized"}, KeyRefused, ErrorClass.REFUSED),
        (401, {"error": "User authentication is required"}, KeyRefused, ErrorClass.REFUSED),
        (403, "", KeyRefused, ErrorClass.REFUSED),
        (402, "", SourceError, ErrorClass.PAYMENT),
        (400, "Customer is not active", SourceError, ErrorClass.PAYMENT),
        (403, "Account is suspended", SourceError, ErrorClass.PAYMENT),
        (400, "Account is new, please activate it in account settings. URL", SourceError, ErrorClass.PAYMENT),
        (429, TOO_MANY, Throttled, ErrorClass.THROTTLED),
        (429, "", Throttled, ErrorClass.THROTTLED),
        (500, "Internal server error", SourceError, ErrorClass.SERVER),
        (502, "<html><body><h1>502 Bad Gateway</h1></body></html>", SourceError, ErrorClass.SERVER),
        (504, b"", SourceError, ErrorClass.SERVER),
        (408, "", SourceError, ErrorClass.SERVER),
        (404, "Snapshot does not exist", UnknownSnapshot, ErrorClass.NOT_FOUND),
        (404, {"error": "Snapshot not found"}, UnknownSnapshot, ErrorClass.NOT_FOUND),
        (404, "snapshot not found", UnknownSnapshot, ErrorClass.NOT_FOUND),
        (404, "", UnknownSnapshot, ErrorClass.NOT_FOUND),
        (404, "dataset does not exist", SourceError, ErrorClass.NOT_FOUND),
        (404, "Collector not found", SourceError, ErrorClass.NOT_FOUND),
        (404, "<pre>Cannot GET /datasets/v3/snapshot/s_1</pre>", SourceError, ErrorClass.NOT_CONFIGURED),
        (302, "", SourceError, ErrorClass.NOT_CONFIGURED),
        (400, "Snapshot is expired", Expired, ErrorClass.NOT_FOUND),
        (400, "Snapshot's inputs storage is expired and no longer available", Expired, ErrorClass.NOT_FOUND),
        (410, "", Expired, ErrorClass.NOT_FOUND),
        (400, "Snapshot is empty", EmptySnapshot, ErrorClass.NOT_FOUND),
        (400, {"error": "Snapshot is empty"}, EmptySnapshot, ErrorClass.NOT_FOUND),
        (400, "Snapshot is not ready", NotReady, ErrorClass.SERVER),
        (409, {"error": "Snapshot is not ready for download"}, NotReady, ErrorClass.SERVER),
        (400, "Snapshot is not running", NotRunning, ErrorClass.BAD_REQUEST),
        (400, "Snapshot input does not exist", SourceError, ErrorClass.NOT_FOUND),
        (400, "This dataset is not ready yet", SourceError, ErrorClass.BAD_REQUEST),
        (400, "No data to trigger", SourceError, ErrorClass.BAD_REQUEST),
        (400, "Incorrect discovery collector id Available types: url", SourceError, ErrorClass.BAD_REQUEST),
        (400, {"validation_errors": [["url", "Required field"]]}, SourceError, ErrorClass.BAD_REQUEST),
        (400, {"error": "Parser cannot parse input: expected a value", "code": "parse_error"},
         SourceError, ErrorClass.BAD_REQUEST),
        (400, b"\xff\xfe\x00", SourceError, ErrorClass.BAD_REQUEST),
        (400, b"[" * 100_000, SourceError, ErrorClass.BAD_REQUEST),
        (418, "", SourceError, ErrorClass.BAD_REQUEST),
    ],
)  # fmt: skip
def test_each_refusal_has_its_meaning(
    status: int, body: object, kind: type[SourceError], error_class: ErrorClass
) -> None:
    error = judge(answer(status, body))
    assert type(error) is kind
    assert (error.error_class, error.status_code) == (error_class, status)
    assert f"HTTP {status}" in error.message
    assert len(error.message) < 500
    assert "\0" not in error.message


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (401, "Invalid credentials",
         "Bright Data refused the key (HTTP 401: Invalid credentials); check BRIGHTDATA_API_KEY"),
        (404, {"error": "Snapshot not found"},
         "Bright Data knows no such snapshot (HTTP 404: Snapshot not found)"),
        (502, "<html><head><style>b {}</style></head>\n<body><h1>502</h1>Bad Gateway</body></html>",
         "Bright Data could not answer (HTTP 502: 502 Bad Gateway)"),
        (504, "", "Bright Data could not answer (HTTP 504)"),
        (404, "<pre>Cannot GET /x</pre>",
         "this is not Bright Data's API (HTTP 404: Cannot GET /x); check BRIGHTDATA_API_URL"),
        (400, {"validation_errors": [["url", "Required field"], "too few"]},
         "Bright Data does not take this request (HTTP 400: url: Required field: too few)"),
    ],
)  # fmt: skip
def test_messages_are_for_people(status: int, body: object, message: str) -> None:
    assert judge(answer(status, body)).message == message


def test_the_key_is_never_repeated() -> None:
    error = judge(answer(401, "Invalid credentials: Bearer k-123"), secrets=("k-123", ""))
    assert error.message.startswith("Bright Data refused the key (HTTP 401: Invalid credentials: Bearer ***)")


def test_the_bad_input_is_named() -> None:
    error = judge(
        answer(
            400,
            {
                "error": "Invalid input provided",
                "code": "validation_error",
                "type": "validation",
                "line": '{"url":""}',
                "index": 2,
                "errors": [["url", "Required field"], ["url", "This field must be a valid url"]],
            },
        )
    )
    assert isinstance(error, InputRefused)
    assert (error.index, error.line) == (2, '{"url":""}')
    assert error.reasons == ("url: Required field", "url: This field must be a valid url")
    assert error.error_class is ErrorClass.BAD_REQUEST


@pytest.mark.parametrize(
    ("status", "body", "header", "wait"),
    [
        (429, TOO_MANY, timedelta(seconds=9), timedelta(seconds=9)),
        (429, TOO_MANY, None, None),
        (503, "", timedelta(seconds=9), timedelta(seconds=9)),
        (202, {"status": "running", "message": "Snapshot is not ready yet, try again in 30s"}, None,
         timedelta(seconds=30)),
        (202, {"status": "running", "message": "Snapshot is not ready yet, try again in 30s"},
         timedelta(seconds=9), timedelta(seconds=9)),
    ],
)  # fmt: skip
def test_how_long_to_wait_is_passed_on(
    status: int, body: object, header: timedelta | None, wait: timedelta | None
) -> None:
    assert judge(answer(status, body, header)).retry_after == wait


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (202, {"status": "building", "message": "Snapshot is building, try again in 10s"}, NotReady),
        (202, {"snapshot_id": "s_1", "message": "Your request is still in progress"}, NotReady),
        (202, "", NotReady),
        (200, {"status": "closing", "message": "a moment"}, NotReady),
        (200, {"status": "failed", "message": "Snapshot is empty"}, EmptySnapshot),
        (200, "Snapshot is expired", Expired),
        (200, "<html>Welcome to our proxy</html>", SourceError),
    ],
)
def test_a_success_without_rows_is_understood(status: int, body: object, kind: type[SourceError]) -> None:
    error = not_the_data(answer(status, body))
    assert type(error) is kind
    if kind is SourceError:
        assert error.error_class is ErrorClass.BAD_DATA
        assert error.message == "Bright Data sent something unreadable (HTTP 200: Welcome to our proxy)"
