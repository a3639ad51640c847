"""Runs coroutines in a loop of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor


def in_a_loop(work: Callable[[], Awaitable[object]], seconds: float = 20) -> None:
    """Run to the end, in a thread of its own: this one may have a loop already, the browser's."""

    async def whole() -> None:
        await asyncio.wait_for(work(), seconds)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, whole()).result()
