"""Counts of all jobs, kept fresh in the background: to count a million rows takes longer than an answer may."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Engine

from scrape_assets.ledger.figures import count_jobs
from scrape_assets.ledger.states import JobStatus

EVERY_SECONDS = 2.0
SHARE = 0.04  # of the time may be spent on counting: over a million jobs it is done every few seconds
IDLE_SECONDS = 60.0  # without anybody asking for so long, nothing is counted
# Several processes would be done sooner, and leave no processor to those who wait for an answer.
_ALONE = sa.text("SET LOCAL max_parallel_workers_per_gather = 0")
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Counted:
    """How many jobs of each platform were in each state at a moment."""

    by_platform: dict[str, dict[JobStatus, int]]
    at: datetime

    @property
    def by_status(self) -> dict[JobStatus, int]:
        """Over all platforms; zero included."""
        return {status: sum(counts.get(status, 0) for counts in self.by_platform.values()) for status in JobStatus}


class Counting:
    """Counts when first asked, and every two seconds or more from then on while somebody asks."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now
        self._counted: Counted | None = None
        self._lock = threading.Lock()
        self._wanted = False

    def counts(self) -> Counted:
        """The counts, at most a few seconds old. Called from any thread."""
        self._wanted = True
        with self._lock:
            if self._counted is None:
                self._counted = self._count()
            return self._counted

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep the counts fresh inside the block."""
        task = asyncio.create_task(self._refresh())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _refresh(self) -> None:
        idle = took = 0.0
        while True:
            pause = max(EVERY_SECONDS, took / SHARE)
            await asyncio.sleep(pause)
            idle = 0.0 if self._wanted else idle + pause
            self._wanted = False
            if idle >= IDLE_SECONDS:
                self._counted = None  # the next one who asks waits for a fresh count
                continue
            try:
                began = time.monotonic()
                self._counted = await asyncio.to_thread(self._count)
                took = time.monotonic() - began
            except (sa.exc.OperationalError, sa.exc.TimeoutError) as error:
                log.warning("jobs_not_counted", error=type(error).__name__)

    def _count(self) -> Counted:
        with self._engine.begin() as conn:
            conn.execute(_ALONE)
            counts = count_jobs(conn)
        by_platform: dict[str, dict[JobStatus, int]] = {}
        for one in counts:
            by_platform.setdefault(one.platform, {})[JobStatus(one.status)] = one.number
        return Counted(by_platform, self._now())
