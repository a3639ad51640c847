"""Run the benchmarks, one after the other, and hold their ratios against what was promised.

`python -m benchmarks [--quick] [NAME …]`. All figures go to benchmarks/results/, the ratios to the terminal. The exit
status is 1 when a promise is not kept or a benchmark could not run.
"""

import argparse
import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.harness import Ratio, described, machine

RESULTS = Path(__file__).parent / "results"
# In the order of their length. Not imported: each runs in a process of its own, and dlt may not be installed.
NAMES = (
    "mapping",
    "load_memory",
    "load_vs_dlt",
    "matching_quality",
    "activity",
    "transitions",
    "api_load",
    "rematch",
    "isolation",
    "snapshots_1000",
    "storm",
    "sensor_tick",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which ones: {', '.join(NAMES)}; default: all")
    parser.add_argument("--quick", action="store_true", help="small worlds: whether it runs, not how fast")
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.names) - set(NAMES))
    if unknown:
        parser.error(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(NAMES)}")
    facts = machine()
    began = datetime.now(UTC)
    print(described(facts), flush=True)
    reports = {name: _run(name, quick=arguments.quick) for name in arguments.names or NAMES}
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{began:%Y%m%dT%H%M%SZ}{'-quick' if arguments.quick else ''}.json"
    content = {"began": began.isoformat(), "quick": arguments.quick, "machine": facts, "benchmarks": reports}
    file.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    missed = [line for report in reports.values() for line in report["missed"]]
    print(f"all figures: {file}")
    for line in missed:
        print(f"MISSED: {line}")
    sys.exit(bool(missed))


def _run(name: str, *, quick: bool) -> dict[str, Any]:
    """One benchmark in its own process; its ratios are printed, its report is given."""
    print(f"{name} …", flush=True)
    began = time.perf_counter()
    command = [sys.executable, "-m", "benchmarks.measured", name, *(["--quick"] if quick else [])]
    ended = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
    try:
        report: dict[str, Any] = json.loads(ended.stdout.strip().splitlines()[-1])
    except (ValueError, IndexError):
        return {"missed": [f"{name} could not run: exit status {ended.returncode}, see above"]}
    report["seconds"] = round(time.perf_counter() - began, 1)
    for ratio in (Ratio(**given) for given in report["ratios"]):
        print(f"  {ratio.name:50} {ratio.value:10.3g}   {ratio.limit}{'' if ratio.holds else '   MISSED'}", flush=True)
    return report


if __name__ == "__main__":
    main()
