"""Run the benchmarks, one after the other, and hold their ratios against what was promised.

`python -m benchmarks [--quick] [NAME …]`. All figures go to benchmarks/results/, and beside them a picture of each
series and one of all promises; the ratios go to the terminal. The exit status is 1 when a promise is not kept or a
benchmark could not run.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import plot
from benchmarks.harness import Ratio, described, machine
from benchmarks.measured import BY_DEFAULT, NAMES

RESULTS = Path(__file__).parent / "results"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    which = f"which ones: {', '.join(NAMES)}; default: all but bull_board"
    parser.add_argument("names", nargs="*", metavar="NAME", help=which)
    parser.add_argument("--quick", action="store_true", help="small worlds: whether it runs, not how fast")
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.names) - set(NAMES))
    if unknown:
        parser.error(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(NAMES)}")
    facts = machine()
    began = datetime.now(UTC)
    print(described(facts), flush=True)
    reports = {name: _run(name, quick=arguments.quick) for name in arguments.names or BY_DEFAULT}
    RESULTS.mkdir(exist_ok=True)
    stem = f"{began:%Y%m%dT%H%M%SZ}{'-quick' if arguments.quick else ''}"
    file = RESULTS / f"{stem}.json"
    content = {"began": began.isoformat(), "quick": arguments.quick, "machine": facts, "benchmarks": reports}
    file.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    for name, picture in pictures(reports, described(facts)).items():
        (RESULTS / f"{stem}-{name}.svg").write_text(picture, encoding="utf-8")
    missed = [line for report in reports.values() for line in report["missed"]]
    print(f"all figures: {file}, and pictures beside it")
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
        print(f"  {ratio.name:72} {ratio.value:10.3g}   {ratio.limit}{'' if ratio.holds else '   MISSED'}", flush=True)
    return report


def pictures(reports: Mapping[str, Mapping[str, Any]], described_machine: str) -> dict[str, str]:
    """Every series of every report, and how much room all promises have left; by what the file is to be called."""
    found = {}
    for name, report in reports.items():
        for number, series in enumerate(report.get("series", []), start=1):
            found[name if number == 1 else f"{name}-{number}"] = plot.drawn(plot.Series(**series))
    ratios = [Ratio(**given) for report in reports.values() for given in report.get("ratios", [])]
    promises = [(one.name, one.times_as_good, one.holds) for one in ratios if one.times_as_good is not None]
    if promises:
        found["promises"] = plot.room(promises, described_machine)
    return found


if __name__ == "__main__":
    main()
