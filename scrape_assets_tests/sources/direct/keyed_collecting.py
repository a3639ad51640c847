"""Drives sources that need keys, as `collecting.py` does those that need none. No tests."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from scrape_assets.sources.direct.api import Api
from scrape_assets.sources.direct.source import DirectSource, Known, Target
from scrape_assets.sources.errors import SourceError
from scrape_assets.sources.http import HttpTransport
from scrape_assets_tests.ledger.pace.memory_book import memory_gate
from scrape_assets_tests.sources.direct.collecting import NOON, Collected, nothing_known
from scrape_assets_tests.sources.direct.platform_server import Reply


@dataclass
class Script:
    """Answers that a server gives before its own, and what it was asked."""

    replies: list[Reply | None] = field(default_factory=list)  # None: the server's own answer
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)

    def note(self, path: str, query: dict[str, list[str]], headers: Mapping[str, str]) -> Reply | None:
        self.asked.append((path, {name: values[0] for name, values in query.items()}))
        self.headers.append(headers)
        return self.replies.pop(0) if self.replies else None

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]


def collect_with(
    keys: Mapping[str, str],
    source: DirectSource,
    url: str,
    target: Target,
    cursor: str | None = None,
    known: Known = nothing_known,
    now: datetime = NOON,
) -> Collected:
    """Read all pages; a SourceError ends it and is kept."""
    collected = Collected()
    clock = [now]

    def sleep(seconds: float) -> None:
        collected.slept.append(seconds)
        clock[0] += timedelta(seconds=seconds)

    gate = memory_gate(source.name, lambda: clock[0], sleep)
    with HttpTransport(
        source.name, collected.calls.append, gate=gate, sleep=sleep, now=lambda: clock[0], monotonic=time.monotonic
    ) as transport:
        api = Api(
            transport,
            override=url,
            keys=keys,
            pause_after=source.pause_after,
            sleep=sleep,
            now=lambda: clock[0],
        )
        try:
            collected.pages.extend(source.pages(api, target, cursor, known))
        except SourceError as error:
            collected.error = error
    return collected
