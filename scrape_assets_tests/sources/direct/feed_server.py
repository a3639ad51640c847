"""A site with feeds on loopback, and feeds with invented entries. No tests."""

from collections.abc import Callable, Collection, Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import urlencode

import msgspec
import pytest

from scrape_assets.posts.identity import Profile, ProfileKind
from scrape_assets.posts.platforms import Platform
from scrape_assets.sources.direct import feed_document
from scrape_assets.sources.direct.feed_parser import parsed
from scrape_assets.sources.direct.source import Known, Target
from scrape_assets.sources.mapping import TimeWindow
from scrape_assets_tests.sources.direct.collecting import Collected
from scrape_assets_tests.sources.direct.platform_server import Reply, platform_server

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MONTH = TimeWindow(NOON - timedelta(days=30), NOON + timedelta(days=1))
ADDRESS = "https://blog.example.com/feed.xml"
KEY = "blog.example.com/feed.xml"

Answering = Callable[[Mapping[str, str]], Reply]


@dataclass
class Site:
    """What is found at which path and query, and what was asked for."""

    answers: dict[str, Reply | Answering]
    asked: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def __call__(
        self, method: str, path: str, query: dict[str, list[str]], headers: Mapping[str, str], body: bytes
    ) -> Reply:
        del method, body
        address = path + (f"?{urlencode(query, doseq=True)}" if query else "")
        self.asked.append(address)
        self.headers.append(dict(headers))
        answer = self.answers.get(address, (404, {}, b"<html>no such page</html>"))
        return answer if isinstance(answer, tuple) else answer(headers)


@contextmanager
def site(answers: Mapping[str, Reply | Answering]) -> Iterator[tuple[Site, str]]:
    """The site, and the address of its server."""
    found = Site(dict(answers))
    with platform_server(found) as url:
        yield found, url


@pytest.fixture
def parsed_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Feeds are parsed in this process: another one for each costs a tenth of a second."""

    def parse(document: bytes) -> feed_document._Parsed:
        return msgspec.json.decode(parsed(document), type=feed_document._Parsed)

    monkeypatch.setattr(feed_document, "_parse_apart", parse)


def found(body: str | bytes, **headers: str) -> Reply:
    """A document."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return 200, {"content-type": "application/rss+xml", **named}, body.encode() if isinstance(body, str) else body


def moved(location: str, status: int = 301) -> Reply:
    """A redirect."""
    return status, {"location": location}, b""


def unless_known(reply: Reply, etag: str) -> Answering:
    """304 for whoever has seen it."""

    def answer(headers: Mapping[str, str]) -> Reply:
        if headers.get("if-none-match") == etag:
            return 304, {"etag": etag}, b""
        return reply[0], {**reply[1], "etag": etag}, reply[2]

    return answer


def item(number: int, days_ago: float = 1.0, more: str = "") -> str:
    """An entry of RSS."""
    published = format_datetime(NOON - timedelta(days=days_ago))
    return (
        f"<item><title>Entry {number}</title><guid>https://blog.example.com/{number}</guid>"
        f"<pubDate>{published}</pubDate><description>Words {number}</description>{more}</item>"
    )


def rss(*items: str, older: str | None = None, more: str = "") -> str:
    """A feed of RSS 2.0."""
    link = f'<atom:link rel="next" href="{older}"/>' if older else ""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom">'
        f"<channel><title>Tea &amp;amp; Leaves</title><link>https://blog.example.com/</link>{link}{more}"
        f"{''.join(items)}</channel></rss>"
    )


def ids(*numbers: int) -> list[str]:
    """The ids of entries."""
    return [f"https://blog.example.com/{number}" for number in numbers]


def of_feed(window: TimeWindow = MONTH, remembered: str | None = None, address: str = ADDRESS) -> Target:
    """Whoever wants a feed."""
    key = address.partition("://")[2]
    profile = Profile(Platform.FEED, key, address, None, ProfileKind.FEED)
    return Target(key, window, profile=profile, remembered=remembered)


def knowing(*known: str) -> Known:
    """These posts need no second look."""

    def known_among(post_ids: Collection[str]) -> Set[str]:
        return set(known) & set(post_ids)

    return known_among


def remembered(collected: Collected) -> str:
    """What the last page of a collection asked to be remembered."""
    text = collected.pages[-1].remember
    assert text
    return text
