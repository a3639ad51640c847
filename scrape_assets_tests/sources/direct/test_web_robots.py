"""robots.txt as RFC 9309 has it."""

from datetime import timedelta

import pytest

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.sources.direct.api import Api
from scrape_assets.sources.direct.web_robots import Robots
from scrape_assets.sources.errors import SourceError, Throttled
from scrape_assets.sources.http import HttpTransport
from scrape_assets_tests.sources.direct.platform_server import Reply
from scrape_assets_tests.sources.direct.web_server import Answer, site

PAGE = "https://example.com/people/jane?tab=posts"

pytest.importorskip("protego", reason="robots.txt is read with protego, of the extra `web`")


def asked(answer: Answer, address: str = PAGE) -> tuple[SourceError | None, timedelta, list[str]]:
    """Why a page may not be read, the pause that is asked for, and what was asked."""
    with (
        site({"/robots.txt": answer}) as (found, url),
        HttpTransport("web", lambda _call: None, sleep=lambda _s: None) as way,
    ):
        robots = Robots(Api(way, override=url, sleep=lambda _seconds: None))
        try:
            robots.check(address)
            robots.check(address)
        except SourceError as error:
            return error, timedelta(), found.asked
        return None, robots.delay(address), found.asked


def text(body: str) -> Reply:
    return 200, {"content-type": "text/plain"}, body.encode()


@pytest.mark.parametrize(
    "allowing",
    [
        text(""),
        text("User-agent: *\nDisallow: /private"),
        text("User-agent: *\nDisallow: /\n\nUser-agent: scrape-assets\nAllow: /"),
        text("User-agent: *\nDisallow: /people/\nAllow: /people/jane"),
        text("<!doctype html><h1>Not found</h1>"),
        text("\x00\xff\xfe Disallow"),
        (404, {}, b"User-agent: *\nDisallow: /"),
        (403, {}, b"no"),
        (410, {}, b""),
        (301, {"location": "/robots.txt"}, b""),
        (302, {"location": "http://127.0.0.1:1/"}, b""),
    ],
)
def test_what_is_not_forbidden_is_allowed(allowing: Reply) -> None:
    assert asked(allowing)[0] is None


@pytest.mark.parametrize(
    "forbidding",
    [
        text("User-agent: *\nDisallow: /"),
        text("User-agent: *\nDisallow: /*?tab="),
        text("User-agent: *\nAllow: /\nUser-agent: Scrape-Assets\nDisallow: /people"),
        text("user-agent: *\r\ndisallow: /people/jane\r\n"),
        text("User-agent: *\nCrawl-delay: 3600"),
    ],
)
def test_what_is_forbidden_is_refused(forbidding: Reply) -> None:
    error, _, _ = asked(forbidding)
    assert error is not None
    assert error.error_class is ErrorClass.REFUSED
    assert "robots.txt of example.com" in error.message


def test_rules_that_cannot_be_had_allow_nothing() -> None:
    error, _, paths = asked((503, {}, b"busy"))
    assert error is not None
    assert error.error_class is ErrorClass.SERVER
    assert len(paths) == 3
    error, _, _ = asked((429, {"retry-after": "60"}, b""))
    assert isinstance(error, Throttled)
    assert error.retry_after == timedelta(minutes=1)


def test_the_rules_are_asked_for_once_and_their_pace_is_known() -> None:
    error, delay, paths = asked(text("User-agent: *\nDisallow: /x\nCrawl-delay: 2.5"))
    assert error is None
    assert delay == timedelta(seconds=2.5)
    assert paths == ["/robots.txt"]
    assert asked(text("User-agent: *\nCrawl-delay: nan"))[1] == timedelta()
