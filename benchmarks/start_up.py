"""How long it takes to start: importing the code location, `scrape-assets up` until the UI is usable, launching a run.

Run: `python -m benchmarks.start_up [--rounds 7]`.

Imports are timed from outside, each in a fresh Python whose files are in the page cache and compiled, in turns with
`import dagster` alone: what is ours is the difference, libraries that Dagster would not import included. `up` is
started twice in one data folder: from nothing, and again. Its demo asks for its first collections by itself: how long
their runs wait, from being requested until they do something, is how long a launch takes on a machine that is busy with
starting.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import dagster as dg

from benchmarks.crowded_world import own_environment
from benchmarks.dagster_record import median, runs_of
from benchmarks.harness import LOCALHOST, free_port, in_turns, medians, seconds, temporary_home
from scrape_assets.commands.api_process import api_is_ready
from scrape_assets.commands.children import Children
from scrape_assets.commands.dagster_processes import is_ready
from scrape_assets.runtime import export_environment, prepare
from scrape_assets.settings import Settings
from scrape_assets.storage.embedded import detach

WHOLE_AT_MOST = 2.5  # seconds
OURS_AT_MOST = 0.5
IMPORTED = {"the code location": "scrape_assets.definitions", "dagster alone": "dagster"}
START_SECONDS = 180.0


@dataclass
class Result:
    """All times in seconds."""

    imports: dict[str, list[float]]
    nothing: float  # a Python that imports nothing
    up: dict[str, dict[str, float]] = field(default_factory=dict)  # from nothing, again: until each answers
    launches: list[float] = field(default_factory=list)  # of the first runs, from requested to begun

    @property
    def medians(self) -> Mapping[str, float]:
        """Of each import, without what a Python takes that imports nothing."""
        return {name: figure - self.nothing for name, figure in medians(self.imports).items()}

    @property
    def whole(self) -> float:
        """`python -c "import scrape_assets.definitions"`, the start of Python included."""
        return medians(self.imports)["the code location"]

    @property
    def ours(self) -> float:
        """What we add to Dagster."""
        return self.medians["the code location"] - self.medians["dagster alone"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7, help="of imports, that count")
    result = measure(parser.parse_args().rounds)
    each = ", ".join(f"{figure:.2f}" for figure in result.imports["the code location"])
    print(f"import scrape_assets.definitions: {result.whole:.2f} s (median of {each}; at most {WHOLE_AT_MOST})")
    print(f"  beyond `import dagster`: {result.ours:.2f} s (at most {OURS_AT_MOST})")
    for when, answered in result.up.items():
        print(f"up, {when}: " + ", ".join(f"{what} after {after:.1f} s" for what, after in answered.items()))
    print(f"launching a run: {median(result.launches):.1f} s (median of the first {len(result.launches)})")
    sys.exit(result.whole > WHOLE_AT_MOST or result.ours > OURS_AT_MOST)


def measure(rounds: int = 7, runs: int = 4) -> Result:
    """Import, and start twice; look at so many first runs."""
    works = {name: partial(seconds, partial(_python, f"import {module}")) for name, module in IMPORTED.items()}
    result = Result(in_turns(works, rounds), nothing=statistics.median(seconds(partial(_python, "")) for _ in range(5)))
    with ExitStack() as stack:
        home = stack.enter_context(temporary_home("start_up"))
        stack.enter_context(own_environment(home, 20))
        for when, wanted in (("from nothing", runs), ("again", 0)):
            with Children(home / "logs of the benchmark") as children:
                result.up[when] = _up(children)
                if wanted:
                    with own_environment(home, 20):
                        result.launches = _launches(children, wanted)
                    detach(home)
    return result


def _python(code: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, cwd=Path(__file__).parents[1])


def _up(children: Children) -> dict[str, float]:
    port, api_port = free_port(), free_port()
    os.environ["SCRAPE_ASSETS_SIMULATOR_PORT"] = str(free_port())
    began = time.perf_counter()
    command = [sys.executable, "-m", "scrape_assets", "up", "--port", str(port), "--api-port", str(api_port)]
    children.start("up", command)
    answered: dict[str, float] = {}
    address, api = f"http://{LOCALHOST}:{port}", f"http://{LOCALHOST}:{api_port}"
    looks = {"the UI with its assets": partial(is_ready, address), "the API": partial(api_is_ready, api)}

    def all_answer() -> bool:
        for what, look in looks.items():
            if what not in answered and look():
                answered[what] = time.perf_counter() - began
        return len(answered) == len(looks)

    children.wait_until(all_answer, START_SECONDS, "the UI and the API")
    return answered


def _launches(children: Children, wanted: int) -> list[float]:
    """Wait until so many runs have begun; how long each waited."""
    prepared = prepare(Settings.from_environment())
    export_environment(prepared, None)
    prepared.engine.dispose()
    found: list[float] = []
    with dg.DagsterInstance.get() as instance:

        def have_begun() -> bool:
            found[:] = [run.waited for run in runs_of(instance) if run.waited]  # 0: it has not begun
            return len(found) >= wanted

        children.wait_until(have_begun, START_SECONDS, "the first runs")
    return found[:wanted]


if __name__ == "__main__":
    main()
