"""One benchmark in a process of its own, as `python -m benchmarks` runs each; what it reports, and the memory it took.

`python -m benchmarks.measured NAME [--quick]` prints one report as JSON.
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict
from importlib import import_module

from benchmarks.harness import Report
from benchmarks.resident import OwnPeaks

# In the order of their length, by the room of their reports. Imported one at a time: what others need may be missing.
ROOMS = {
    "mapping": "loading",
    "load_memory": "loading",
    "load_vs_dlt": "loading",
    "load_into": "loading",
    "matching_growth": "posts",
    "matching_quality": "posts",
    "suggestions": "posts",
    "activity": "posts",
    "checks": "posts",
    "transitions": "queue",
    "queue_peers": "queue",
    "api_load": "queue",
    "bull_board": "queue",
    "rematch": "posts",
    "isolation": "flow",
    "ui_queries": "flow",
    "start_up": "flow",
    "snapshots_1000": "flow",
    "plain_script": "flow",
    "remap": "flow",
    "storm": "flow",
    "sensor_tick": "flow",
    "sensor_growth": "flow",
}
NAMES = tuple(ROOMS)
BY_DEFAULT = tuple(name for name in NAMES if name != "bull_board")  # which needs more than Python


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    measure: Callable[[bool], Report] = getattr(
        import_module(f"benchmarks.reports.{ROOMS[arguments.name]}"), f"measure_{arguments.name}"
    )
    with OwnPeaks() as peaks:
        report = measure(arguments.quick)
    told = {**asdict(report), "missed": report.missed, "peak_resident_mb": peaks.megabytes}
    print(json.dumps(told, default=str))


if __name__ == "__main__":
    main()
