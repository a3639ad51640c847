"""How much memory processes hold while something is measured. Samples; nothing is judged here."""

import resource
import sys
import threading
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil  # type: ignore[import-untyped]  # comes with the embedded PostgreSQL

from benchmarks.harness import homes

EVERY_SECONDS = 1.0
# What a process is, by a word of its command line; the first that fits.
ROLES = (
    ("run worker", "multiprocessing.spawn"),
    ("code server", "api grpc"),
    ("web server", "dagster_webserver"),
    ("daemon", "_daemon"),
    ("simulator", "simulate"),
)


class _Watching(ABC):
    """Looks once a second, beside what is measured. A context manager."""

    def __init__(self) -> None:
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
        while not self._stop.wait(EVERY_SECONDS):
            self._look(psutil.Process())

    @abstractmethod
    def _look(self, me: psutil.Process) -> None:
        """At what this process, and all it has started, hold now."""


class ResidentPeaks(_Watching):
    """The highest resident size seen, by role: of one process, and of all together. A context manager.

    Counts what this process has started, however deep; shared pages are counted for each who holds them.
    """

    def __init__(self) -> None:
        self.one: dict[str, int] = {}  # bytes of the largest single process
        self.together: dict[str, int] = {}  # bytes of all processes of a role at one moment
        super().__init__()

    def _look(self, me: psutil.Process) -> None:
        now: dict[str, list[int]] = {}
        for child in me.children(recursive=True):
            with suppress(psutil.Error):
                role = _role(" ".join(child.cmdline()))
                if role:
                    now.setdefault(role, []).append(child.memory_info().rss)
        for role, sizes in now.items():
            self.one[role] = max(self.one.get(role, 0), *sizes)
            self.together[role] = max(self.together.get(role, 0), sum(sizes))


class OwnPeaks(_Watching):
    """The highest resident sizes of one benchmark: itself, what it started, its PostgreSQL. A context manager.

    The first is what the system itself has kept, the others are looked at once a second. Of PostgreSQL's processes
    counts what each owns, all of them together; the pages that they share are counted once.
    """

    def __init__(self) -> None:
        self._started = 0  # bytes, all processes together
        self._postgres = 0
        super().__init__()

    @property
    def megabytes(self) -> dict[str, int]:
        """By what it is; what there was none of is left out."""
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        found = {"itself": own, "processes it started": self._started, "PostgreSQL": self._postgres}
        return {name: size // 1_000_000 for name, size in found.items() if size}

    def _look(self, me: psutil.Process) -> None:
        servers = [server for home in list(homes) if (server := _postmaster(home))]
        with suppress(psutil.Error):
            others = [one for one in me.children(recursive=True) if _name(one) != "postgres"]
            self._started = max(self._started, sum(map(_resident, others)))
            self._postgres = max(self._postgres, sum(map(_server_size, servers)))


def _postmaster(home: Path) -> psutil.Process | None:
    with suppress(OSError, ValueError, IndexError, psutil.Error):
        number = int((home / "postgres" / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
        return psutil.Process(number)
    return None


def _server_size(postmaster: psutil.Process) -> int:
    owned, shared = 0, 0
    for one in [postmaster, *postmaster.children(recursive=True)]:
        with suppress(psutil.Error):
            size = one.memory_info()
            owned += size.rss - getattr(size, "shared", 0)
            shared = max(shared, getattr(size, "shared", 0))
    return owned + shared


def _resident(process: psutil.Process) -> int:
    with suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0


def _name(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        return str(process.name())
    return ""


def _role(command: str) -> str | None:
    return next((role for role, word in ROLES if word in command), None)
