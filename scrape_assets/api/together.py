"""Requests that come at once are answered together, so that many callers cost little more than one.

Who asks for the same shares one answer; what is to be written at once is written in one transaction. Nobody waits for
company: what comes while nothing is under way is begun at once, and what comes meanwhile is next.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

from anyio.to_thread import run_sync

Answer = TypeVar("Answer")
Wish = TypeVar("Wish")

MOST_AT_ONCE = 100


class SharedAnswers(Generic[Answer]):
    """One answer for all who wait for the same.

    Whoever asks while it is being made gets the next one: what was read before they asked is no answer to them. To be
    used in one event loop.
    """

    def __init__(self) -> None:
        self._being_made: dict[Hashable, asyncio.Task[Answer]] = {}
        self._next: dict[Hashable, asyncio.Task[Answer]] = {}

    async def to(self, question: Hashable, make: Callable[[], Answer]) -> Answer:
        """The answer to a question, made by `make` in a thread after this call; raises what `make` raises."""
        task = self._next.get(question)
        if task is None:
            task = self._next[question] = asyncio.create_task(self._make(question, make))
        return await asyncio.shield(task)  # one who leaves takes it from nobody

    async def _make(self, question: Hashable, make: Callable[[], Answer]) -> Answer:
        if before := self._being_made.get(question):
            await asyncio.wait([before])
        self._being_made[question] = self._next.pop(question)
        try:
            return await run_sync(make)
        finally:
            del self._being_made[question]


class Together(Generic[Wish, Answer]):
    """Does what is wished for in batches, one after the other, in the order of coming. To be used in one event loop.

    The thread that did a batch takes the next one itself: under load a loop that is busy with other requests would
    take as long to hand it over as the batch takes.

    Args:
        do: answers so many wishes, in their order; called in a thread. What it raises is raised for each of them.
    """

    def __init__(self, do: Callable[[Sequence[Wish]], Sequence[Answer]], most: int = MOST_AT_ONCE) -> None:
        self._do = do
        self._most = most
        self._lock = threading.Lock()
        self._waiting: list[tuple[Wish, asyncio.Future[Answer]]] = []
        self._is_worked_on = False
        self._work: set[asyncio.Task[None]] = set()

    async def do(self, wish: Wish) -> Answer:
        """Have it done, and give the answer. Who does not wait for it cannot call it back."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        with self._lock:
            self._waiting.append((wish, answer))
            begin, self._is_worked_on = not self._is_worked_on, True
        if begin:
            task = loop.create_task(run_sync(self._do_all, loop))
            self._work.add(task)  # a loop keeps no hold of its tasks
            task.add_done_callback(self._work.discard)
        return await answer

    def _do_all(self, loop: asyncio.AbstractEventLoop) -> None:
        while batch := self._next():
            answers = [answer for _, answer in batch]
            done: Sequence[Answer | BaseException]
            try:
                done = self._do([wish for wish, _ in batch])
            except BaseException as error:  # noqa: BLE001 -- raised where it is waited for
                done = [error] * len(batch)
            loop.call_soon_threadsafe(_settle, answers, done)

    def _next(self) -> list[tuple[Wish, asyncio.Future[Answer]]]:
        with self._lock:
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            self._is_worked_on = bool(batch)
            return batch


def _settle(answers: Sequence[asyncio.Future[Answer]], done: Sequence[Answer | BaseException]) -> None:
    for answer, value in zip(answers, done, strict=True):
        if answer.done():
            continue  # nobody waits for it any more
        if isinstance(value, BaseException):
            answer.set_exception(value)
        else:
            answer.set_result(value)
