"""Old Idempotency-Keys are forgotten while the API runs: nobody repeats a request after two days."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Engine

from scrape_assets.ledger.once import forget_old

EVERY_SECONDS = 3600.0
log = structlog.get_logger(__name__)


@asynccontextmanager
async def forgetting(engine: Engine, now: Callable[[], datetime], every: float = EVERY_SECONDS) -> AsyncIterator[None]:
    """Forget what is old at once, and every hour inside the block."""
    task = asyncio.create_task(_forget(engine, now, every))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _forget(engine: Engine, now: Callable[[], datetime], every: float) -> None:
    while True:
        try:
            gone = await asyncio.to_thread(_forget_once, engine, now)
        except (sa.exc.OperationalError, sa.exc.TimeoutError) as error:
            log.warning("keys_not_forgotten", error=type(error).__name__)
        else:
            if gone:
                log.info("keys_forgotten", count=gone)
        await asyncio.sleep(every)


def _forget_once(engine: Engine, now: Callable[[], datetime]) -> int:
    with engine.begin() as conn:
        return forget_old(conn, now())
