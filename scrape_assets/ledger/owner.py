"""Who holds a lease, and the heartbeat that keeps it held. What is renewed, the caller says."""

import os
import secrets
import socket
import threading
from collections.abc import Callable
from datetime import timedelta
from types import TracebackType
from typing import Self

import structlog

log = structlog.get_logger()


def process_owner() -> str:
    """Make a lease owner's name, `host:pid:random`: host and pid for people, the rest against reused pids."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


class LeaseKeeper:
    """Calls `renew` every third of `lease` on a thread of its own, from entering the block to leaving it.

    Two calls in a row may fail before the lease is lost. A call that fails is logged, and the next one is
    made all the same. `renew` must open its own connection: it runs beside the caller's work.
    """

    def __init__(self, renew: Callable[[], object], lease: timedelta) -> None:
        if lease <= timedelta(0):
            raise ValueError(f"A lease must last some time, not {lease}")
        self._renew = renew
        self._pause = lease.total_seconds() / 3
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="lease-keeper", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._stop.wait(self._pause):
            try:
                self._renew()
            except Exception:
                # A thread that dies of one lost connection gives away all that its process still works on.
                log.exception("lease_not_renewed", next_try_seconds=self._pause)
