"""Work that goes on after the answer: one of a kind at a time in a process, and what the last one came to."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import structlog

from scrape_assets.flow.context import FlowContext
from scrape_assets.ledger.writes import note_write

log = structlog.get_logger(__name__)


class UnderWay:
    """One kind of work in this process."""

    def __init__(self, name: str, work: Callable[[FlowContext], dict[str, Any]]) -> None:
        self._name = name
        self._work = work
        self._one = threading.Lock()
        self.last: dict[str, Any] | None = None  # None: none has ended since the start

    def begin(self, flow: FlowContext, caller: str) -> bool:
        """Whether one begins now, which is noted as the caller's; `run` must follow."""
        if not self._one.acquire(blocking=False):
            return False
        try:
            with flow.engine.begin() as conn:
                note_write(conn, caller, self._name, [])
        except BaseException:
            self._one.release()  # nothing begins that nobody has noted
            raise
        return True

    def run(self, flow: FlowContext) -> None:
        """Do it, and remember what it came to."""
        try:
            self.last = {"finishedAt": flow.now().isoformat(), **self._work(flow)}
        except Exception as error:  # nobody waits for the answer: it is kept for whoever asks next
            log.exception(f"{self._name}_failed")
            self.last = {"finishedAt": flow.now().isoformat(), "errors": [str(error)]}
        finally:
            self._one.release()
