"""Work done by several threads at once that nobody has to wait for for ever. What the work is, the caller says."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, ParamSpec, TypeVar

from scrape_assets.flow.stopping import GRACE_SECONDS, TICK_SECONDS, Interrupted, Stop

P = ParamSpec("P")
T = TypeVar("T")


class Crew(Executor):
    """As ThreadPoolExecutor, but of daemon threads: one that hangs in a call does not keep the process from ending."""

    def __init__(self, threads: int, name: str, stop: Stop) -> None:
        self._orders: SimpleQueue[tuple[Future[Any], Callable[[], object]] | None] = SimpleQueue()
        self._size, self._name, self._stop = threads, name, stop
        self._threads: list[threading.Thread] = []

    def submit(self, work: Callable[P, T], /, *args: P.args, **named: P.kwargs) -> Future[T]:
        """Have something done; what becomes of it, the future tells."""
        future: Future[T] = Future()
        self._orders.put((future, partial(work, *args, **named)))
        if len(self._threads) < self._size:
            thread = threading.Thread(target=self._work, name=f"{self._name}-{len(self._threads)}", daemon=True)
            self._threads.append(thread)
            thread.start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more orders; wait for what has begun, or leave it."""
        if cancel_futures:
            with suppress(Empty):
                while order := self._orders.get_nowait():
                    order[0].cancel()
        for _ in self._threads:
            self._orders.put(None)
        if wait:
            for thread in self._threads:
                thread.join()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Whoever was asked to stop has waited for them already, as long as it may.
        self.shutdown(wait=not self._stop.asked, cancel_futures=True)

    def _work(self) -> None:
        while order := self._orders.get():
            future, do = order
            if self._stop.asked:
                future.cancel()
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(do())
                except BaseException as error:  # noqa: BLE001 -- whoever asks the future is told
                    future.set_exception(error)
            del order, future, do  # and what they hold, while this thread waits for the next


def as_they_end(futures: Sequence[Future[T]], stop: Stop) -> Iterator[Future[T]]:
    """Give each future as it ends, but not those that were cut short.

    Raises:
        Interrupted: it was asked to stop. What had not begun was not begun; what had was waited for, for a moment.
    """
    for [future] in in_groups(futures, stop, most=1):
        yield future


def in_groups(futures: Sequence[Future[T]], stop: Stop, most: int) -> Iterator[list[Future[T]]]:
    """Give the futures that have ended since the last were given, between one and `most`; see `as_they_end`."""
    ended: SimpleQueue[Future[T]] = SimpleQueue()
    for future in futures:
        future.add_done_callback(ended.put)
    until: float | None = None
    cut_short, left = False, len(futures)
    while left:
        if until is None and stop.asked:
            until = time.monotonic() + GRACE_SECONDS
            for future in futures:
                future.cancel()
        group = _next(ended, most)
        if not group and until is not None and time.monotonic() >= until:
            raise Interrupted
        left -= len(group)
        whole = [one for one in group if not (one.cancelled() or isinstance(one.exception(), Interrupted))]
        cut_short |= len(whole) < len(group)
        if whole:
            yield whole
    if cut_short:
        raise Interrupted


def _next(ended: SimpleQueue[T], most: int) -> list[T]:
    """Wait for one, but not for long, and give what is there then."""
    group: list[T] = []
    with suppress(Empty):
        group.append(ended.get(timeout=TICK_SECONDS))
        while len(group) < most:
            group.append(ended.get_nowait())
    return group
