"""What the benchmarks share: a data folder of their own, the machine in words, ratios held against promises."""

import os
import platform
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from scrape_assets.storage.embedded import detach

LOCALHOST = "127.0.0.1"


@dataclass(frozen=True)
class Ratio:
    """A measured ratio and, where one was promised, its limit."""

    name: str
    value: float
    at_least: float | None = None
    at_most: float | None = None

    @property
    def holds(self) -> bool:
        """Whether the promise is kept; true where nothing was promised."""
        return (self.at_least is None or self.value >= self.at_least) and (
            self.at_most is None or self.value <= self.at_most
        )

    @property
    def limit(self) -> str:
        """The promise in words."""
        if self.at_least is not None:
            return f"at least {self.at_least:g}"
        return "no target" if self.at_most is None else f"at most {self.at_most:g}"


@dataclass(frozen=True)
class Report:
    """What one benchmark found."""

    measured: dict[str, object]
    ratios: list[Ratio]
    complaints: list[str] = field(default_factory=list)  # whatever else is not as it should be

    @property
    def missed(self) -> list[str]:
        """Every promise that is not kept."""
        return [f"{r.name}: {r.value:.3g}, {r.limit}" for r in self.ratios if not r.holds] + self.complaints


@contextmanager
def temporary_home(name: str) -> Iterator[Path]:
    """A data folder that is gone afterwards, together with the embedded PostgreSQL that was started in it."""
    with tempfile.TemporaryDirectory(prefix=f"{name}_", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        try:
            yield home
        finally:
            detach(home)  # before its folder goes; left alone, the server would run until this process ends


def free_port() -> int:
    """A port on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind((LOCALHOST, 0))
        return int(probe.getsockname()[1])


def machine() -> dict[str, object]:
    """The machine, and how busy it is with other things at this moment."""
    return {
        "cores": os.cpu_count(),
        "architecture": platform.machine(),
        "processor": _processor(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": platform.system(),
        "python": platform.python_version(),
        "load_average_1_min": round(os.getloadavg()[0], 2),
    }


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def described(facts: dict[str, object]) -> str:
    """The machine in one line."""
    return (
        f"{facts['cores']} cores ({facts['processor']}), {facts['memory_gb']} GB, {facts['system']}, "
        f"Python {facts['python']}, load average {facts['load_average_1_min']} at the start"
    )
