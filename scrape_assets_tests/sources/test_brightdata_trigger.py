"""The one call that costs money: sent once, and its fate never guessed."""

import json

import httpx
import pytest

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.sources.brightdata.model import TriggerRequest
from scrape_assets.sources.errors import (
    AnswerLost,
    InputRefused,
    KeyRefused,
    NotConfigured,
    SourceError,
    Throttled,
    Unreachable,
)
from scrape_assets_tests.sources.wire import KEY, Body, Wire, reply

URLS = [f"https://www.linkedin.com/in/invented-{number}" for number in (1, 2, 3)]
REQUEST = TriggerRequest("gd_1", [{"url": url} for url in URLS])


def refusal(wire: Wire, request: TriggerRequest = REQUEST) -> SourceError:
    with pytest.raises(SourceError) as caught:
        wire.client().trigger(request, snapshot_id="ours")
    return caught.value


def validation_error(**more: object) -> httpx.Response:
    body = {
        "error": "Invalid input provided",
        "code": "validation_error",
        "errors": [["url", "Required field"]],
    }
    return reply(400, json.dumps(body | more))


def test_a_discovery_is_triggered_with_all_its_parameters() -> None:
    wire = Wire(reply(200, '{"snapshot_id":"sd_abc123"}'))
    request = TriggerRequest(
        "gd_1",
        [{"url": URLS[0], "start_date": "2026-11-01"}, {"url": "https://x.test/é"}],
        discover_by="profile_url",
        limit_per_input=50,
        extra={"deadline": "2h", "format": "csv"},
    )
    assert wire.client().trigger(request, snapshot_id="ours") == "sd_abc123"
    sent = wire.requests[0]
    assert (sent.method, sent.url.path) == ("POST", "/datasets/v3/trigger")
    assert dict(sent.url.params) == {
        "dataset_id": "gd_1",
        "include_errors": "true",
        "format": "ndjson",
        "type": "discover_new",
        "discover_by": "profile_url",
        "limit_per_input": "50",
        "deadline": "2h",
    }
    assert sent.headers["authorization"] == f"Bearer {KEY}"
    assert sent.headers["content-type"] == "application/json"
    assert json.loads(sent.content) == list(request.inputs)
    assert (wire.calls[0].operation, wire.calls[0].snapshot_id) == ("trigger", "ours")


def test_collecting_by_url_is_no_discovery() -> None:
    wire = Wire(reply(200, '{"snapshot_id":"s_1"}'))
    wire.client().trigger(REQUEST)
    assert set(wire.requests[0].url.params) == {"dataset_id", "include_errors", "format"}


@pytest.mark.parametrize(
    "answer",
    [
        httpx.ReadTimeout("The read operation timed out"),
        httpx.RemoteProtocolError("Server disconnected without sending a response."),
        httpx.ReadError("reset by peer"),
        httpx.WriteError("broken pipe"),
        reply(500, "Internal server error"),
        reply(502, "<h1>Bad Gateway</h1>"),
        reply(503, retry_after="5"),
        reply(408),
        reply(200, '{"snapshot_id":', content_length="40"),
        reply(200, Body(b'{"snap', httpx.ReadError("reset by peer"))),
        reply(200, '{"snapshot_id":'),
        reply(200, ""),
        reply(200, "[]"),
        reply(200, '{"snapshot_id":null}'),
        reply(200, '{"snapshot_id":"../etc"}'),
        reply(200, "<html>Welcome to our proxy</html>"),
        reply(200, b"OK", content_encoding="gzip"),
    ],
    ids=lambda answer: repr(answer)[:60],
)
def test_a_trigger_whose_fate_is_unknown_is_lost_and_sent_once(answer: httpx.Response | Exception) -> None:
    wire = Wire(answer, reply(200, '{"snapshot_id":"s_2"}'))
    error = refusal(wire)
    assert isinstance(error, AnswerLost)
    assert error.message.startswith("whether Bright Data accepted the job is not known: ")
    assert len(wire.requests) == 1
    assert wire.slept == []


@pytest.mark.parametrize("answer", [httpx.ConnectError("refused"), httpx.ConnectTimeout("")])
def test_a_trigger_that_never_left_is_not_lost(answer: Exception) -> None:
    assert isinstance(refusal(Wire(answer)), Unreachable)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (reply(429, "You have too many running jobs"), Throttled),
        (reply(429, Body(httpx.ReadError("reset"))), Throttled),
        (reply(401, "Invalid credentials"), KeyRefused),
        (reply(400, "No data to trigger"), SourceError),
        (reply(404, "dataset does not exist"), SourceError),
    ],
)
def test_a_clear_no_is_no_loss(answer: httpx.Response, kind: type[SourceError]) -> None:
    assert type(refusal(Wire(answer))) is kind


def test_the_refused_input_is_named_from_one() -> None:
    error = refusal(Wire(validation_error(index=2, line=json.dumps({"url": URLS[1]}))))
    assert isinstance(error, InputRefused)
    assert error.__cause__ is None  # Dagster follows causes, and one that is its own has no end
    assert (error.index, error.reasons) == (2, ("url: Required field",))


@pytest.mark.parametrize(
    ("told", "index"),
    [
        ({"index": 2}, 2),
        ({"index": 2, "line": "not json"}, 2),
        ({"index": 1, "line": json.dumps({"url": URLS[1], "start_date": ""})}, 2),
        ({"index": 0, "line": json.dumps({"url": URLS[0]})}, 1),
        ({"line": json.dumps({"url": URLS[2]})}, 3),
        ({"index": 3, "line": {"url": URLS[2]}}, 3),
    ],
)
def test_a_good_input_is_never_set_aside_for_a_bad_one(told: dict[str, object], index: int) -> None:
    error = refusal(Wire(validation_error(**told)))
    assert isinstance(error, InputRefused)
    assert error.index == index


@pytest.mark.parametrize("told", [{"index": 4}, {"index": 0}, {"index": 9, "line": "{}"}, {"line": '{"url":"?"}'}])
def test_a_refusal_that_names_no_input_of_ours_refuses_the_whole_job(told: dict[str, object]) -> None:
    error = refusal(Wire(validation_error(**told)))
    assert not isinstance(error, InputRefused)
    assert error.error_class is ErrorClass.BAD_REQUEST


def test_without_inputs_there_is_no_request() -> None:
    with pytest.raises(ValueError, match="at least one input"):
        TriggerRequest("gd_1", [])


@pytest.mark.parametrize("key", [None, "", "  ", "two words", "kéy", "line\nbreak"])
def test_without_a_usable_key_nothing_is_sent(key: str | None) -> None:
    wire = Wire(reply(200))
    client = wire.client(key)
    with pytest.raises(NotConfigured, match="BRIGHTDATA_API_KEY") as caught:
        client.trigger(REQUEST)
    assert wire.requests == []
    assert not key or not key.strip() or key not in caught.value.message


def test_the_key_may_have_a_line_end_around_it() -> None:
    wire = Wire(reply(200, "[]"))
    wire.client(f"{KEY}\n").check_key()
    assert wire.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_checking_the_key_triggers_nothing() -> None:
    wire = Wire(reply(200, "[]"))
    wire.client().check_key()
    assert [(sent.method, sent.url.path) for sent in wire.requests] == [("GET", "/datasets/list")]
    with pytest.raises(KeyRefused, match=r"HTTP 401: Invalid credentials\); check BRIGHTDATA_API_KEY"):
        Wire(reply(401, "Invalid credentials")).client().check_key()


def test_the_key_shows_up_nowhere_in_what_is_kept() -> None:
    wire = Wire(reply(401, f"Invalid credentials: {KEY}"))
    error = refusal(wire)
    assert KEY not in repr(wire.calls)
    assert KEY not in str(error)
    assert KEY not in repr(wire.client())
