"""What the benchmarks share: rounds, a data folder of their own, the machine in words, ratios held against promises."""

import math
import os
import platform
import socket
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.plot import Series
from scrape_assets.storage.embedded import detach

LOCALHOST = "127.0.0.1"
homes: list[Path] = []  # every data folder of this process: whose PostgreSQL is looked at for its memory


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

    @property
    def times_as_good(self) -> float | None:
        """How many times as good as promised it is: 1 is just kept. None where nothing was promised."""
        if self.at_least is not None:
            return self.value / self.at_least if self.at_least else math.inf
        if self.at_most is None:
            return None
        return self.at_most / self.value if self.value else math.inf


@dataclass(frozen=True)
class Report:
    """What one benchmark found."""

    measured: dict[str, object]
    ratios: list[Ratio]
    complaints: list[str] = field(default_factory=list)  # whatever else is not as it should be
    series: list[Series] = field(default_factory=list)  # each becomes a picture

    @property
    def missed(self) -> list[str]:
        """Every promise that is not kept."""
        return [f"{r.name}: {r.value:.3g}, {r.limit}" for r in self.ratios if not r.holds] + self.complaints


def seconds(work: Callable[[], object]) -> float:
    """How long it takes once."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def in_turns(
    works: Mapping[str, Callable[[], float]],
    rounds: int,
    *,
    warm_up: int = 1,
    before: Callable[[], object] = lambda: None,
) -> dict[str, list[float]]:
    """Let each have its turn, round after round, so that whatever else the machine does falls on all alike.

    Args:
        works: by name; each tells what it measured, since not all of what it does may count.
        rounds: that count.
        warm_up: rounds before them that do not: caches fill, plans are made, modules imported.
        before: is done before each turn.
    """
    found: dict[str, list[float]] = {name: [] for name in works}
    for number in range(-warm_up, rounds):
        for name, work in works.items():
            before()
            figure = work()
            if number >= 0:
                found[name].append(figure)
    return found


def medians(found: Mapping[str, list[float]]) -> dict[str, float]:
    """The median of each."""
    return {name: statistics.median(figures) for name, figures in found.items()}


def rounded(figures: Iterable[float]) -> str:
    """Figures in a line, as whole numbers."""
    return ", ".join(f"{figure:,.0f}" for figure in figures)


def by_round(name: str, y_label: str, found: Mapping[str, list[float]], limit: float | None = None) -> Series:
    """Round after round as a picture: how far figures are apart."""
    lines = {one: list(enumerate(figures, start=1)) for one, figures in found.items()}
    return Series(name, "round", y_label, lines, limit=limit)


@contextmanager
def temporary_home(name: str) -> Iterator[Path]:
    """A data folder that is gone afterwards, together with the embedded PostgreSQL that was started in it."""
    with tempfile.TemporaryDirectory(prefix=f"{name}_", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        homes.append(home)
        try:
            yield home
        finally:
            homes.remove(home)
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
