"""Requests that are under way when the process is asked to stop: they have a few seconds, then they are refused.

Which signals ask is the business of serving.py; what work in the flow does about it, that of flow/stopping.py.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from typing import TypeVar

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scrape_assets.api.problems import problem_response
from scrape_assets.flow.stopping import Interrupted, Stop

LAST_SECONDS = 3.0  # for what was begun, from the moment of the wish
LOOK_SECONDS = 0.1
WHY = "this process is stopping; nothing of this request was done: send it again"
AGAIN = {"retry-after": "5", "connection": "close"}
T = TypeVar("T")


class OutOfTime(Exception):
    """The process is stopping, and what was begun did not end in time."""


class Leaving:
    """Knows until when the requests of a process that is asked to stop may go on."""

    def __init__(self, stop: Stop, seconds: float = LAST_SECONDS) -> None:
        self._stop = stop
        self._seconds = seconds
        self._until: float | None = None
        self._waits: set[asyncio.Timeout] = set()

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Look out for the wish to stop inside the block."""
        task = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def next(self, receive: Receive) -> Message:
        """What comes next of a request.

        Raises:
            HTTPException: 503, when it does not come in time. Of this type, because whoever reads a body lets only
                this one through.
        """
        try:
            async with asyncio.timeout_at(self._when()) as wait:
                self._waits.add(wait)
                try:
                    return await receive()
                finally:
                    self._waits.discard(wait)
        except TimeoutError:
            raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, WHY, AGAIN) from None

    def in_time(self, pieces: Iterable[T]) -> Iterator[T]:
        """Give pieces of work as they come, from any thread.

        Raises:
            OutOfTime: there is no time for more.
        """
        for piece in pieces:
            if self._until is not None and time.monotonic() > self._until:
                raise OutOfTime(WHY)
            yield piece

    async def _watch(self) -> None:
        while not self._stop.asked:
            await asyncio.sleep(LOOK_SECONDS)
        self._until = time.monotonic() + self._seconds
        for wait in self._waits:
            wait.reschedule(self._when())

    def _when(self) -> float | None:
        """The end of the time by the loop's own clock."""
        if self._until is None:
            return None
        return asyncio.get_running_loop().time() + self._until - time.monotonic()


class LastRequests:
    """Refuses what a process that is stopping has no time for: a body that does not come, work that was interrupted."""

    def __init__(self, app: ASGIApp, leaving: Leaving) -> None:
        self._app = app
        self._leaving = leaving

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def in_time() -> Message:
            return await self._leaving.next(receive)

        answered = False

        async def noted(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        try:
            await self._app(scope, in_time, noted)
        except Interrupted:  # from work that sleeps with `stop.wait`; what goes on after an answer is left as it is
            if not answered:
                await problem_response(HTTPStatus.SERVICE_UNAVAILABLE, WHY, headers=AGAIN)(scope, receive, send)
