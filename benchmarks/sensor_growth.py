"""How a tick of the sensor `pending_snapshots` grows with the snapshots that the ledger knows. It should not.

Run: `python -m benchmarks.sensor_growth [--known 1000 10000 100000] [--pending 500] [--json]`. Each size is a world of
its own as in `sensor_tick`, with as many snapshots pending in each, on which the vendor works. The first tick of each
is left out: it asks about all of them, and the daemon has just started.
"""

import argparse
import json
import statistics
import sys
from dataclasses import asdict, dataclass, field

from benchmarks import sensor_tick
from benchmarks.harness import described, machine
from benchmarks.plot import exponent

KNOWN = (1_000, 10_000, 100_000)
PENDING = 500
REGISTERED = 25_000  # partitions at most, as in use
AT_MOST = 2.0  # times as long with a hundred times as many


@dataclass
class Result:
    """Whole ticks in seconds, by the snapshots known."""

    machine: dict[str, object]
    pending: int
    ticks: dict[int, list[float]] = field(default_factory=dict)  # as they came, the first of them left out
    complaints: list[str] = field(default_factory=list)

    @property
    def medians(self) -> list[tuple[float, float]]:
        """Snapshots known and seconds."""
        return [(known, statistics.median(ticks)) for known, ticks in self.ticks.items() if ticks]

    @property
    def most_to_fewest(self) -> float:
        """How many times as long a tick takes with the most as with the fewest."""
        return self.medians[-1][1] / self.medians[0][1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--known", type=int, nargs="+", default=list(KNOWN))
    parser.add_argument("--pending", type=int, default=PENDING)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    result = measure(arguments.known, arguments.pending)
    if arguments.json:
        print(json.dumps(asdict(result), indent=2))
    else:
        print(f"{described(result.machine)}\na tick with {result.pending:,} pending, seconds:")
        for known, ticks in result.ticks.items():
            print(f"  {known:9,} known  {', '.join(f'{tick:.2f}' for tick in ticks)}")
        print(f"most to fewest: {result.most_to_fewest:.2f} (at most {AT_MOST}); grows with their ", end="")
        print(f"power of {exponent(result.medians):.2f}")
        for complaint in result.complaints:
            print(f"  MISSED: {complaint}")
    sys.exit(bool(result.complaints) or result.most_to_fewest > AT_MOST)


def measure(known: list[int], pending: int) -> Result:
    """One world after the other."""
    result = Result(machine(), pending)
    for size in sorted(known):
        found = sensor_tick.measure(size, pending, min(size - pending, REGISTERED), until_ready=False)
        result.ticks[size] = found.at_work[1:]
        result.complaints += found.complaints
    return result


if __name__ == "__main__":
    main()
