"""Bluesky's search, read over HTTP from a server on loopback: its login, its paging, its refusals."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from scrape_assets.ledger.attempts import Call
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.posts.search import Search
from scrape_assets.sources.direct.api import Api
from scrape_assets.sources.direct.bluesky import SOURCE
from scrape_assets.sources.direct.source import Page, Target
from scrape_assets.sources.errors import KeyRefused, SourceError
from scrape_assets.sources.http import HttpTransport
from scrape_assets.sources.mapping import TimeWindow
from scrape_assets_tests.sources.direct.bluesky_server import KEYS, LOGIN, SEARCH, bluesky, reply, view
from scrape_assets_tests.sources.direct.collecting import NOON, nothing_known

ALWAYS = TimeWindow(NOON - timedelta(days=3650), NOON)


def event(*keywords: str, window: TimeWindow = ALWAYS) -> Target:
    return Target("event:7", window, search=Search(keywords))


def finds(count: int) -> list[dict[str, Any]]:
    return [view(number) for number in range(count, 0, -1)]


def since(hours: float) -> TimeWindow:
    return TimeWindow(NOON - timedelta(hours=hours), NOON)


@dataclass
class Signed:
    """One collection with keys: all its calls go through one `Api`."""

    api: Api
    calls: list[Call] = field(default_factory=list)

    def pages(self, target: Target, cursor: str | None = None) -> list[Page]:
        return list(SOURCE.pages(self.api, target, cursor, nothing_known))


@contextmanager
def signed(url: str, keys: dict[str, str] | None = None) -> Iterator[Signed]:
    calls: list[Call] = []
    with HttpTransport("bluesky", calls.append, sleep=lambda _: None, monotonic=time.monotonic) as transport:
        api = Api(
            transport,
            base_url=SOURCE.base_url,
            override=url,
            keys=KEYS if keys is None else keys,
            pause_after=SOURCE.pause_after,
            sleep=lambda _: None,
            now=lambda: NOON,
        )
        yield Signed(api, calls)


def test_a_search_logs_in_once_and_asks_for_one_keyword_after_the_other() -> None:
    answers = {"#flood": finds(120), '"burst dam"': finds(2)}
    window = since(2000)
    target = event("#flood", " burst  dam", "burst dam", '"', window=window)
    with bluesky(finds=answers) as (network, url), signed(url) as client:
        pages = client.pages(target)
        assert [len(page.items) for page in pages] == [100, 20, 2]
        common = {
            "sort": "latest",
            "since": "2026-08-30T04:00:00.000Z",
            "until": "2026-11-21T12:00:00.000Z",
            "limit": "100",
        }
        assert network.asked == [
            (LOGIN, {}),
            (SEARCH, {"q": "#flood"} | common),
            (SEARCH, {"q": "#flood"} | common | {"cursor": "100"}),
            (SEARCH, {"q": '"burst dam"'} | common),
        ]
        for place, page in enumerate(pages[:-1], start=1):
            assert client.pages(target, page.cursor) == pages[place:]
        assert network.logins == [{"identifier": "us.example.com", "password": KEYS["BLUESKY_APP_PASSWORD"]}]
        written = repr(client.calls) + repr(pages)
        assert [call.operation for call in client.calls][:2] == ["token", "page"]
        assert KEYS["BLUESKY_APP_PASSWORD"] not in written
        assert "token-1" not in written


def test_another_collection_logs_in_by_itself() -> None:
    with bluesky(finds={"rain": finds(1)}) as (network, url):
        for _ in range(2):
            with signed(url) as client:
                assert len(client.pages(event("rain"))[0].items) == 1
    assert len(network.logins) == 2


def test_a_token_that_ends_on_the_way_is_renewed() -> None:
    with bluesky(finds={"rain": finds(250)}) as (network, url), signed(url) as client:
        pages = SOURCE.pages(client.api, event("rain"), None, nothing_known)
        got = len(next(pages).items)
        network.tokens = []
        got += sum(len(page.items) for page in pages)
    assert got == 250
    assert len(network.logins) == 2


def test_a_token_refused_when_new_is_no_reason_to_log_in_for_ever() -> None:
    with bluesky() as (network, url), signed(url) as client:
        network.replies = [None, reply(401, {"error": "AuthMissing", "message": "Authentication Required"})]
        with pytest.raises(KeyRefused, match="Authentication Required"):
            client.pages(event("rain"))
        assert len(network.logins) == 1


@pytest.mark.parametrize("missing", ["BLUESKY_HANDLE", "BLUESKY_APP_PASSWORD"])
def test_a_search_without_its_keys_is_not_configured(missing: str) -> None:
    keys = {name: value for name, value in KEYS.items() if name != missing}
    with bluesky() as (network, url), signed(url, keys) as client:
        with pytest.raises(SourceError, match=missing) as caught:
            client.pages(event("rain"))
        assert caught.value.error_class is ErrorClass.NOT_CONFIGURED
        assert network.asked == []


@pytest.mark.parametrize(
    ("answer", "error_class"),
    [
        (None, ErrorClass.REFUSED),
        (reply(400, {"error": "AccountTakedown", "message": "Account has been taken down"}), ErrorClass.REFUSED),
        (reply(401, {"error": "AuthFactorTokenRequired", "message": "A sign in code"}), ErrorClass.REFUSED),
        (reply(429, {"error": "RateLimitExceeded"}, {"RateLimit-Reset": "1795264200"}), ErrorClass.THROTTLED),
        (reply(502, b"bad gateway"), ErrorClass.SERVER),
        (reply(200, {"accessJwt": 7}), ErrorClass.BAD_DATA),
        (reply(200, b'{"accessJwt": "secret-tok'), ErrorClass.BAD_DATA),
    ],
)
def test_a_login_that_fails_says_why_and_no_secret(answer: Any, error_class: ErrorClass) -> None:
    keys = KEYS | {"BLUESKY_APP_PASSWORD": "wrong-password"}
    with bluesky() as (network, url), signed(url, keys) as client:
        network.replies = [answer]
        with pytest.raises(SourceError) as caught:
            client.pages(event("rain"))
    assert caught.value.error_class is error_class
    assert isinstance(caught.value, KeyRefused) is (error_class is ErrorClass.REFUSED)
    assert "wrong-password" not in caught.value.message
    assert "secret" not in caught.value.message
