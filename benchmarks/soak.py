"""The memory of every process over half an hour of steady work, with faults on.

Run: `python -m benchmarks.soak [--minutes 30] [--jobs-a-second 1] [--share 0.05] [--out FOLDER] [--logs FOLDER]`.

Starts `scrape-assets up` on free ports in a data folder of its own (embedded PostgreSQL, simulator, code server,
daemon, web server), inserts job rows one after the other as another program does, and samples the resident size of
every process. Leaves a report as JSON, as a Markdown table and as an SVG. The exit status is 1 when a process grew, or
something ended that should not have.

A process's size is its resident set. Of PostgreSQL's processes it is what each holds for itself: the cache that they
share fills up to its configured size, and tells nothing. Of those, and of the runs, which are short, the largest at any
moment is told. What PostgreSQL's hold together is told as well, and not judged: there are as many as connections.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]  # comes with the embedded PostgreSQL
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from benchmarks.crowded_world import own_environment
from benchmarks.harness import described, free_port, machine, temporary_home
from benchmarks.soak_report import Grown, grown, picture, table
from benchmarks.storm import PLATFORMS
from scrape_assets.posts.identity import profile_key
from scrape_assets.runtime import Prepared, prepare, running_simulator
from scrape_assets.settings import Settings
from scrape_assets.simulator.control_client import Control
from scrape_assets.storage.creators import upsert_creator

RESULTS = Path(__file__).parent / "results"
EVERY_SECONDS = 5.0
START_SECONDS = 180.0
END_SECONDS = 60.0
RUNS = "run, the largest"
POSTGRES = "PostgreSQL, the largest"
CONNECTIONS = "PostgreSQL, all together"  # not judged: as many as there are connections
# What a process is, by a word of its command line; the first that fits.
ROLES = (
    ("postgres", POSTGRES),
    ("multiprocessing.resource_tracker", ""),
    ("multiprocessing.spawn", RUNS),
    ("execute_run", RUNS),
    ("api grpc", "code server"),
    ("dagster_webserver", "web server"),
    ("dagster._daemon", "daemon"),
    ("simulate", "simulator"),
    ("scrape_assets api", "API"),
    ("scrape_assets up", "up"),
)


@dataclass
class Result:
    """How the soak went."""

    machine: dict[str, object]
    minutes: float
    jobs_a_second: float
    share: float
    series: dict[str, list[tuple[float, float]]] = field(default_factory=dict)  # seconds, MB
    grown: list[Grown] = field(default_factory=list)
    counted: dict[str, Any] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--jobs-a-second", type=float, default=1.0)
    parser.add_argument("--share", type=float, default=0.05, help="of each kind of fault; 0: none")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the report goes")
    parser.add_argument("--logs", type=Path, metavar="FOLDER", help="keep the log of `up` there")
    given = parser.parse_args()
    result = soak(given.minutes, given.jobs_a_second, given.share, given.logs)
    files = write(result, given.out)
    print(described(result.machine))
    print(table(result.grown))
    print(result.counted)
    print(*(f"report: {file}" for file in files), sep="\n")
    for complaint in result.complaints:
        print(f"MISSED: {complaint}")
    sys.exit(bool(result.complaints))


def soak(minutes: float, jobs_a_second: float, share: float, logs: Path | None = None) -> Result:
    """The whole of it, in a world of its own."""
    result = Result(machine(), minutes, jobs_a_second, share)
    with ExitStack() as stack:
        home = stack.enter_context(temporary_home("soak"))
        stack.enter_context(own_environment(home, 25))
        os.environ |= {
            "SCRAPE_ASSETS_BATCH_SIZE": "50",
            "SCRAPE_ASSETS_SIMULATOR_PORT": str(free_port()),
            "SCRAPE_ASSETS_API_PORT": str(free_port()),
        }
        prepared = prepare(Settings.from_environment())
        stack.callback(prepared.engine.dispose)
        up = stack.enter_context(started(logs or home))
        control = Control(simulator_of(prepared, up))
        stack.callback(control.close)
        if share:
            control.preset("storm", share=share)
        _work_and_watch(prepared.engine, up, result)
        result.counted = counted(prepared.engine, control)
    result.grown = [one for name in sorted(result.series) if (one := grown(name, result.series[name]))]
    result.complaints += [
        f"{one.name} grew by {one.grown:.0f} MB ({one.first:.0f} → {one.last:.0f})"
        for one in result.grown
        if not one.is_flat and one.name != CONNECTIONS
    ]
    return result


class started:  # noqa: N801 - a context manager, used as a verb
    """`scrape-assets up` on a free port, in a group of its own; asked to end when the block is left."""

    def __init__(self, logs: Path) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self._log = (logs / "up.log").open("ab")

    def __enter__(self) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "scrape_assets", "up", "--port", str(free_port())]
        self._up = subprocess.Popen(command, stdout=self._log, stderr=subprocess.STDOUT, start_new_session=True)
        return self._up

    def __exit__(self, *_: object) -> None:
        with suppress(ProcessLookupError):
            self._up.send_signal(signal.SIGTERM)
        try:
            self._up.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._up.pid, signal.SIGKILL)
            self._up.wait()
        self._log.close()


def simulator_of(prepared: Prepared, up: "subprocess.Popen[bytes]") -> str:
    """The address of the simulator that `up` starts.

    Raises:
        TimeoutError: it does not start.
    """
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and up.poll() is None:
        if url := running_simulator(prepared.settings):
            return url
        time.sleep(0.5)
    raise TimeoutError("`scrape-assets up` did not start a simulator; see its log")


def _work_and_watch(engine: Engine, up: "subprocess.Popen[bytes]", result: Result) -> None:
    began = time.monotonic()
    inserted = 0
    while (elapsed := time.monotonic() - began) < result.minutes * 60:
        while inserted < elapsed * result.jobs_a_second:
            ask(engine, inserted)
            inserted += 1
        for name, size in sizes(up.pid).items():
            result.series.setdefault(name, []).append((round(elapsed, 1), round(size, 2)))
        if up.poll() is not None:
            result.complaints.append(f"`up` ended by itself with {up.returncode}")
            return
        next_sample = (elapsed // EVERY_SECONDS + 1) * EVERY_SECONDS
        time.sleep(max(next_sample - (time.monotonic() - began), 0.0))


def ask(engine: Engine, number: int) -> None:
    """A creator nobody has asked for yet, and a job for them as another program inserts it."""
    platform = list(PLATFORMS)[number % len(PLATFORMS)]
    creator_id = f"soaked-{number:06d}"
    with engine.begin() as conn:
        profile = profile_key(platform, PLATFORMS[platform].format(number))
        upsert_creator(conn, creator_id, f"Works {number}", profile)
        insert = "INSERT INTO scrape_jobs (target_id, platform) VALUES (:target_id, :platform)"
        conn.execute(sa.text(insert), {"target_id": creator_id, "platform": platform})


def sizes(pid: int) -> dict[str, float]:
    """The megabytes that each process which `up` has started holds now, by what it is."""
    found: dict[str, float] = {}
    postmaster: list[psutil.Process] = []
    with suppress(psutil.Error):
        up = psutil.Process(pid)
        postmaster = [one for one in psutil.process_iter() if _is_ours(one)]
        for process in {*postmaster, up, *up.children(recursive=True)}:
            with suppress(psutil.Error):
                role = _role(" ".join(process.cmdline()) or process.name())
                if role == POSTGRES:
                    own = own_megabytes(process)
                    found[role] = max(found.get(role, 0.0), own)
                    found[CONNECTIONS] = found.get(CONNECTIONS, 0.0) + own
                elif role:
                    found[role] = max(found.get(role, 0.0), process.memory_info().rss / 1e6)
    return found


def own_megabytes(process: psutil.Process) -> float:
    """What a process of PostgreSQL holds for itself.

    Not its unique set size: Linux calls a page of the shared cache private as long as only one process maps it.
    """
    maps = process.memory_maps(grouped=True)
    own = [one for one in maps if not one.path.startswith(("/dev/zero", "/dev/shm", "/SYSV"))]
    return float(sum(one.private_clean + one.private_dirty for one in own)) / 1e6


def _is_ours(process: psutil.Process) -> bool:
    """Whether it is a process of the embedded PostgreSQL in this world's folder."""
    home = os.environ["SCRAPE_ASSETS_HOME"]
    with suppress(psutil.Error):
        if process.name() != "postgres":
            return False
        family = [process, *process.parents()]
        return any(home in " ".join(one.cmdline()) for one in family if one.name() == "postgres")
    return False


def _role(command: str) -> str:
    return next((role for word, role in ROLES if word in command), "")


def counted(engine: Engine, control: Control) -> dict[str, Any]:
    """What was done meanwhile."""
    with engine.connect() as conn:
        jobs = conn.execute(sa.text("SELECT status, count(*) FROM scrape_jobs GROUP BY 1"))
        snapshots = conn.execute(sa.text("SELECT status, count(*) FROM snapshots GROUP BY 1"))
        by_status = {"jobs": dict(map(tuple, jobs)), "snapshots": dict(map(tuple, snapshots))}
        posts = conn.execute(sa.text("SELECT count(*) FROM raw_posts")).scalar_one()
        runs = conn.execute(sa.text("SELECT count(DISTINCT run_id) FROM scrape_attempts")).scalar_one()
    calls = {name: sum(outcomes.values()) for name, outcomes in control.calls().items()}
    return {
        **by_status,
        "posts": posts,
        "runs that called the vendor": runs,
        "vendor calls": calls,
        **control.address(),
    }


def write(result: Result, folder: Path) -> list[Path]:
    """The report: all figures, the table, the picture."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"soak-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    title = f"Resident memory, MB: {result.minutes:g} minutes, {result.jobs_a_second:g} jobs a second"
    contents = {
        "json": json.dumps(asdict(result), indent=1, default=str) + "\n",
        "md": f"{described(result.machine)}\n\n{table(result.grown)}\n{json.dumps(result.counted)}\n",
        "svg": picture(result.series, title),
    }
    files = []
    for ending, content in contents.items():
        file = folder / f"{stem}.{ending}"
        file.write_text(content, encoding="utf-8")
        files.append(file)
    return files


if __name__ == "__main__":
    main()
