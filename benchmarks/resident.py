"""How much memory processes hold while something is measured. Samples; nothing is judged here."""

import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

import psutil  # type: ignore[import-untyped]  # comes with the embedded PostgreSQL

EVERY_SECONDS = 1.0
# What a process is, by a word of its command line; the first that fits.
ROLES = (
    ("run worker", "multiprocessing.spawn"),
    ("code server", "api grpc"),
    ("web server", "dagster_webserver"),
    ("daemon", "_daemon"),
    ("simulator", "simulate"),
)


class ResidentPeaks:
    """The highest resident size seen, by role: of one process, and of all together. A context manager.

    Counts what this process has started, however deep; shared pages are counted for each who holds them.
    """

    def __init__(self) -> None:
        self.one: dict[str, int] = {}  # bytes of the largest single process
        self.together: dict[str, int] = {}  # bytes of all processes of a role at one moment
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="resident", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        me = psutil.Process()
        while not self._stop.wait(EVERY_SECONDS):
            now: dict[str, list[int]] = {}
            for child in me.children(recursive=True):
                with suppress(psutil.Error):
                    role = _role(" ".join(child.cmdline()))
                    if role:
                        now.setdefault(role, []).append(child.memory_info().rss)
            for role, sizes in now.items():
                self.one[role] = max(self.one.get(role, 0), *sizes)
                self.together[role] = max(self.together.get(role, 0), sum(sizes))


def _role(command: str) -> str | None:
    return next((role for role, word in ROLES if word in command), None)
