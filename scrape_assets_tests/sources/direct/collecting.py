"""Drives a direct source against a server on loopback, with clocks that nobody waits for. No tests."""

import os
import time
from collections.abc import Collection, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from scrape_assets.ledger.attempts import Call
from scrape_assets.posts.model import Post, Rejected
from scrape_assets.sources.direct.api import Api
from scrape_assets.sources.direct.envelope import item_line
from scrape_assets.sources.direct.source import DirectSource, Known, Page, Target
from scrape_assets.sources.errors import SourceError
from scrape_assets.sources.http import HttpTransport
from scrape_assets_tests.ledger.pace.memory_book import memory_gate

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def nothing_known(post_ids: Collection[str]) -> Set[str]:
    """For a target that was never collected."""
    return frozenset()


@dataclass
class Collected:
    """What a collection brought, and what it cost."""

    pages: list[Page] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    error: SourceError | None = None

    @property
    def items(self) -> list[bytes]:
        return [item for page in self.pages for item in page.items]

    def mapped(self, source: DirectSource, key: str = "in/asked") -> list[Post | Rejected | None]:
        """What becomes of the items, in their order."""
        lines = [item_line(key, NOON, item) for item in self.items]
        return [source.mapping.map_line(line[:-1], last=False) for line in lines]

    def posts(self, source: DirectSource) -> list[Post]:
        """The posts, in their order; whatever is none is left out."""
        return [post for post in self.mapped(source) if isinstance(post, Post)]

    def ids(self, source: DirectSource) -> list[str]:
        """The ids of the posts, in their order."""
        return [post.post_id for post in self.posts(source)]


def collect(
    source: DirectSource, url: str, target: Target, cursor: str | None = None, known: Known = nothing_known
) -> Collected:
    """Read all pages; a SourceError ends it and is kept."""
    collected = Collected()
    clock = [NOON]

    def sleep(seconds: float) -> None:
        collected.slept.append(seconds)
        clock[0] += timedelta(seconds=seconds)

    gate = memory_gate(source.name, lambda: clock[0], sleep)
    with HttpTransport(
        source.name, collected.calls.append, gate=gate, sleep=sleep, now=lambda: clock[0], monotonic=time.monotonic
    ) as transport:
        keys = {name: os.environ[name] for name in source.optional_keys if name in os.environ}
        api = Api(transport, override=url, keys=keys, pause_after=source.pause_after, sleep=sleep, now=lambda: clock[0])
        try:
            collected.pages.extend(source.pages(api, target, cursor, known))
        except SourceError as error:
            collected.error = error
    return collected
