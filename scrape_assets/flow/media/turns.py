"""Whose turn it is: a few files at once from one host, so many a second, and no host waits for another."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from scrape_assets.flow.stopping import TICK_SECONDS, Stop
from scrape_assets.storage.media.rows import Wanted


def host_of(url: str) -> str:
    """The host that an address names; "" for what is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


class Turns:
    """Gives files out to threads, each once.

    Args:
        files: in the order wanted; of one host they keep it.
        per_host: at once.
        per_second: begun, of one host.
        stop: ends all waiting.
        monotonic: the clock.
    """

    def __init__(
        self,
        files: Iterable[Wanted],
        *,
        per_host: int,
        per_second: float,
        stop: Stop,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._waiting: dict[str, deque[Wanted]] = {}
        for file in files:
            self._waiting.setdefault(host_of(file.url), deque()).append(file)
        self._per_host, self._pause, self._stop, self._monotonic = per_host, 1 / per_second, stop, monotonic
        self._running: Counter[str] = Counter()
        self._not_before: dict[str, float] = {}
        self._changed = threading.Condition()

    def next(self) -> Wanted | None:
        """The next file whose host has its turn; None: there is none left.

        Raises:
            Interrupted: it is time to stop.
        """
        with self._changed:
            while self._waiting:
                self._stop.look()
                now, soonest = self._monotonic(), TICK_SECONDS
                for host in list(self._waiting):
                    if self._running[host] >= self._per_host:
                        continue
                    wait = self._not_before.get(host, now) - now
                    if wait <= 0:
                        return self._given(host, now)
                    soonest = min(soonest, wait)
                self._changed.wait(soonest)
        return None

    def done(self, file: Wanted) -> None:
        """The file is fetched, or not: its host has room again."""
        with self._changed:
            self._running[host_of(file.url)] -= 1
            self._changed.notify_all()

    def drop(self, host: str | None = None) -> list[Wanted]:
        """Give no more out, of one host or at all; give what was left."""
        with self._changed:
            hosts = list(self._waiting) if host is None else [host]
            left = [file for name in hosts for file in self._waiting.pop(name, ())]
            self._changed.notify_all()
            return left

    def _given(self, host: str, now: float) -> Wanted:
        files = self._waiting.pop(host)
        file = files.popleft()
        if files:
            self._waiting[host] = files  # behind the other hosts
        self._running[host] += 1
        self._not_before[host] = now + self._pause
        return file
