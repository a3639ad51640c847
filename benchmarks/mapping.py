"""How long one record takes from bytes to Post, on one core, for every mapping. Run: `python -m benchmarks.mapping`."""

import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.invented_posts import invented_lines
from benchmarks.platform_records import platform_lines
from scrape_assets.posts.model import Post
from scrape_assets.sources.datasets.linkedin import map_line

ROWS = 20_000
ROUNDS = 5
TARGET_US = 40.0


def microseconds_per_row(lines: list[bytes], map_one: Callable[[bytes], object]) -> float:
    """The median over some rounds, each over all lines."""
    rounds = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for line in lines:
            map_one(line)
        rounds.append((time.perf_counter() - started) / len(lines) * 1e6)
    return statistics.median(rounds)


def main() -> None:
    lines = [line.rstrip(b"\n") for line in invented_lines(ROWS)]
    # Half a surrogate pair, even in a field that nobody reads, takes a line to the slow path.
    broken = [line.replace(b'"user_posts": ', b'"half": "\\ud83d", "user_posts": ') for line in lines]
    assert all(isinstance(map_line(line, False), Post) for line in (*lines, *broken))
    kilobytes = statistics.mean(map(len, lines)) / 1024
    mapped = microseconds_per_row(lines, lambda line: map_line(line, False))
    print(f"{ROWS} invented records of {kilobytes:.1f} KB, median of {ROUNDS} rounds, one core, µs a record:")
    print(f"  map_line                  {mapped:6.1f}  (target {TARGET_US:.0f}; {1e6 / mapped:,.0f} records/s)")
    print(f"  map_line, the slow path   {microseconds_per_row(broken, lambda line: map_line(line, False)):6.1f}")
    print(f"  json.loads alone          {microseconds_per_row(lines, json.loads):6.1f}")
    print("every mapping:")
    for one in every_mapping():
        print(f"  {one.name:36} {one.kilobytes:4.1f} KB  {one.microseconds:6.1f}")


@dataclass(frozen=True)
class Mapped:
    """How one mapping fared."""

    name: str
    kilobytes: float  # a record
    microseconds: float


def every_mapping() -> list[Mapped]:
    """All of them, over invented records of about 2 KB."""
    found = []
    for name, one, lines in platform_lines():
        assert all(isinstance(one.map_line(line, False), Post) for line in lines), name
        taken = microseconds_per_row(lines, lambda line, one=one: one.map_line(line, False))  # type: ignore[misc]
        found.append(Mapped(name, statistics.mean(map(len, lines)) / 1000, taken))
    return found


if __name__ == "__main__":
    main()
