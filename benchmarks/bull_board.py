"""Our API beside bull-board's over a BullMQ queue: a page of jobs, and putting one in, by 50 callers who never think.

Run: `python -m benchmarks.bull_board [--jobs 100000] [--seconds 4] [--rounds 3] [--json]`. Needs Node.js with npm, and
redis-server (Debian's packages nodejs, npm and redis-server). What benchmarks/peers/bull_board/ pins is installed
once, into the user's cache.

Ours runs as in benchmarks/api_load.py, but nothing is loaded meanwhile. Theirs is one process of Node.js: bull-board
behind express, and a route that puts a job in as a team with BullMQ would write it. Redis notes every change in a file
and writes it to disk once a second. Both hold as many jobs (three fifths completed, a fifth failed, a fifth waiting),
both ask for a token, both add nothing when a key comes again. A page is the newest 50 completed jobs.

They are not the same thing. bull-board serves its own UI: for each request it counts the jobs of every state, asks
Redis for each job of the page, and gives whole jobs with their options. Ours counts by state and platform in the
background, gives counts that are a few seconds old, and filters and sorts by more than the state, over tables on disk.
BullMQ's jobs all lie in memory, and what it was told within the last second is lost when the power goes. Ours checks
that the creator is known and has a profile there, notes who asked, and answers once the job is on disk.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import sqlalchemy as sa

from benchmarks import api_load, harness
from benchmarks.api_load import TOKEN
from benchmarks.cluster import NotInstalled, installed_program
from benchmarks.harness import LOCALHOST, described, free_port, in_turns, machine, medians, rounded, temporary_home
from scrape_assets.commands.children import Children
from scrape_assets.storage.database import DatabaseAddress, connect, ensure_databases, start_embedded

CALLERS = 50
PAGE = 50  # jobs
START_SECONDS = 60.0
FILL_SECONDS = 600.0
INSTALL_SECONDS = 300.0
PROGRAMS = {"node": "nodejs", "npm": "npm", "redis-server": "redis-server"}  # and Debian's packages of them
THEIR_FILES = Path(__file__).parent / "peers" / "bull_board"
OUR_PAGE = f"/api/admin/jobs?status=completed&limit={PAGE}"
THEIR_PAGE = f"/board/api/queues?activeQueue=scrape&status=completed&page=1&jobsPerPage={PAGE}"
PAGES = ("a page, ours", "a page, bull-board")
PUTS = ("a job put in, ours", "a job put in, BullMQ")
Request = Callable[[random.Random], tuple[str, bytes]]


@dataclass
class Result:
    """By kind of request, round by round where it is a list."""

    machine: dict[str, object]
    jobs: int
    theirs: dict[str, int] = field(default_factory=dict)  # BullMQ's jobs by state, as they were filled in
    fill_seconds: dict[str, float] = field(default_factory=dict)
    page_bytes: dict[str, int] = field(default_factory=dict)
    a_second: dict[str, list[float]] = field(default_factory=dict)
    seconds: dict[str, list[float]] = field(default_factory=dict, repr=False)  # of each request, as its caller saw it
    callers_busy: dict[str, float] = field(default_factory=dict)  # share of a processor that the callers took at most
    redis_mb: int = 0
    complaints: list[str] = field(default_factory=list)

    @property
    def p50(self) -> dict[str, float]:
        """Seconds."""
        return medians(self.seconds)

    @property
    def p99(self) -> dict[str, float]:
        """Seconds."""
        return {kind: statistics.quantiles(took, n=100)[98] for kind, took in self.seconds.items()}

    def ours_to_theirs(self, kinds: tuple[str, str]) -> float:
        """How many times as many requests a second ours answers."""
        found = medians(self.a_second)
        return found[kinds[0]] / found[kinds[1]]

    def told(self) -> dict[str, object]:
        """Without the latency of every single request."""
        return {**asdict(self), "seconds": None, "p50": self.p50, "p99": self.p99}


@dataclass(frozen=True)
class Servers:
    """Where both answer."""

    ours: int
    theirs: int

    @property
    def turns(self) -> dict[str, tuple[int, Request]]:
        """The port and the request of each kind."""
        pages = (self.ours, OUR_PAGE), (self.theirs, THEIR_PAGE)
        return {
            **{
                kind: (port, _always(kind, api_load.get(path))) for kind, (port, path) in zip(PAGES, pages, strict=True)
            },
            **{kind: (port, _put(kind)) for kind, port in zip(PUTS, (self.ours, self.theirs), strict=True)},
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=4, help="of each turn")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    result = measure(arguments.jobs, arguments.seconds, arguments.rounds)
    if arguments.json:
        print(json.dumps(result.told(), indent=2))
    else:
        print(described(result.machine))
        filled = ", ".join(f"{number:,} {state}" for state, number in result.theirs.items())
        print(f"{result.jobs:,} jobs each (BullMQ: {filled}; {result.redis_mb:,} MB in Redis), {CALLERS} callers")
        for name, took in result.fill_seconds.items():
            print(f"  filling {name} took {took:.0f} s")
        for name, size in result.page_bytes.items():
            print(f"  {name}: {size:,} bytes")
        for kind, figures in result.a_second.items():
            p50, p99 = result.p50[kind] * 1000, result.p99[kind] * 1000
            print(
                f"  {kind:22} {rounded(figures)} a second; median {p50:.0f} ms, p99 {p99:.0f} ms;"
                f" callers took {result.callers_busy[kind]:.0%} of a processor"
            )
        print(f"ours to theirs: pages {result.ours_to_theirs(PAGES):.2f}, jobs {result.ours_to_theirs(PUTS):.2f}")
        for complaint in result.complaints:
            print(f"  MISSED: {complaint}")
    sys.exit(bool(result.complaints))


def measure(jobs: int, seconds: float, rounds: int) -> Result:
    """Fill both, serve both, call them in turns.

    Raises:
        NotInstalled: Node.js, npm or redis-server is missing, or npm could not install what is pinned.
    """
    folder = installed()
    result = Result(machine(), jobs)
    with ExitStack() as stack:
        home = stack.enter_context(temporary_home("bull_board"))
        children = stack.enter_context(Children(home / "logs of the benchmark"))
        redis = _start_redis(children, home)
        result.fill_seconds["theirs"] = harness.seconds(lambda: result.theirs.update(_fill_theirs(folder, redis, jobs)))
        result.redis_mb = _redis_mb(redis)
        address = start_embedded(home)
        ensure_databases(address)
        result.fill_seconds["ours"] = harness.seconds(lambda: api_load.fill(address, jobs))
        ours, _ = stack.enter_context(api_load.serving(home))
        servers = Servers(ours, _serve_theirs(children, folder, redis))
        _check_pages(result, servers)
        answered = _call_in_turns(result, servers, seconds, rounds)
        _check_jobs(result, servers, address, answered)
    return result


def installed() -> Path:
    """The folder with what Node.js needs to run theirs: installed if it was not yet.

    Raises:
        NotInstalled: a program is missing, or npm could not install what is pinned.
    """
    for program, package in PROGRAMS.items():
        installed_program(program, package)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "scrape_assets"
    files = sorted(file for file in THEIR_FILES.iterdir() if file.suffix in (".json", ".mjs"))
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]
    folder = cache / f"bull_board-{digest}"
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=cache, ignore_cleanup_errors=True) as beside:
            whole = Path(beside) / "whole"
            whole.mkdir()
            for file in files:
                shutil.copy(file, whole)
            _npm_install(whole)
            whole.rename(folder)  # only what was installed completely gets its name
    return folder


def _npm_install(folder: Path) -> None:
    # No package's own scripts are run: none is needed.
    command = [installed_program("npm", PROGRAMS["npm"]), "install", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True, timeout=INSTALL_SECONDS)
    except subprocess.TimeoutExpired:
        raise NotInstalled(
            f"`npm install` did not end within {INSTALL_SECONDS:g} s: is npm's registry reachable?"
        ) from None
    if done.returncode:
        words = "\n".join(line for line in done.stderr.splitlines() if line.startswith("npm error"))[:1000]
        raise NotInstalled(f"`npm install` could not install BullMQ and bull-board; it needs npm's registry:\n{words}")


def _start_redis(children: Children, home: Path) -> int:
    """Durable as BullMQ's documentation asks of a production server: every change appended, on disk each second."""
    port = free_port()
    folder = home / "redis"
    folder.mkdir()
    command = [installed_program("redis-server", PROGRAMS["redis-server"]), "--port", str(port), "--bind", LOCALHOST]
    # Rewriting the file is Redis' own housekeeping: left for quieter times, so that it falls into nobody's turn.
    durable = ["--save", "", "--appendonly", "yes", "--appendfsync", "everysec", "--auto-aof-rewrite-percentage", "0"]
    children.start("redis", [*command, "--dir", str(folder), *durable])
    children.wait_until(partial(_redis_answers, port), START_SECONDS, "Redis")
    return port


def _redis_answers(port: int) -> bool:
    import redis

    try:
        return bool(redis.Redis(port=port).ping())
    except redis.ConnectionError:
        return False


def _redis_mb(port: int) -> int:
    import redis

    facts = redis.Redis(port=port).info("memory")
    assert isinstance(facts, dict)
    return int(facts["used_memory"]) // 1_000_000


def _fill_theirs(folder: Path, redis: int, jobs: int) -> dict[str, int]:
    command = [installed_program("node", PROGRAMS["node"]), str(folder / "fill.mjs"), str(redis), str(jobs)]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=FILL_SECONDS).stdout
    counts: dict[str, int] = json.loads(told)
    return counts


def _serve_theirs(children: Children, folder: Path, redis: int) -> int:
    port = free_port()
    node = [installed_program("node", PROGRAMS["node"]), str(folder / "server.mjs"), str(port), str(redis), TOKEN]
    children.start("bull-board", ["env", "NODE_ENV=production", *node])
    children.wait_until(partial(_answers, port), START_SECONDS, "bull-board")
    return port


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://{LOCALHOST}:{port}/").status_code == 401
    except httpx.HTTPError:
        return False


def _page(port: int, path: str) -> httpx.Response:
    answer = httpx.get(f"http://{LOCALHOST}:{port}{path}", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30)
    return answer.raise_for_status()


def _check_pages(result: Result, servers: Servers) -> None:
    """Whether both give a page of the same size, and how large it is."""
    ours, theirs = _page(servers.ours, OUR_PAGE), _page(servers.theirs, THEIR_PAGE)
    pages = ours.json()["jobs"], theirs.json()["queues"][0]["jobs"]
    for kind, answer, jobs in zip(PAGES, (ours, theirs), pages, strict=True):
        result.page_bytes[kind] = len(answer.content)
        if len(jobs) != PAGE:
            result.complaints.append(f"{kind} has {len(jobs)} jobs, not {PAGE}")


def _call_in_turns(result: Result, servers: Servers, seconds: float, rounds: int) -> dict[str, int]:
    """How many requests of each kind were answered, those of the round that does not count included."""
    works = {kind: partial(_turn, result, kind, *turn, seconds) for kind, turn in servers.turns.items()}
    in_turns(works, 1, warm_up=0)
    warmed_up = {kind: len(took) for kind, took in result.seconds.items()}
    result.seconds.clear()
    result.callers_busy.clear()
    result.a_second = in_turns(works, rounds, warm_up=0)
    return {kind: number + len(result.seconds[kind]) for kind, number in warmed_up.items()}


def _turn(result: Result, kind: str, port: int, request: Request, seconds: float) -> float:
    """Requests a second."""
    seen: dict[str, list[float]] = {kind: []}
    began, spent = time.monotonic(), time.process_time()
    asyncio.run(_call(port, began + seconds, request, seen, result.complaints))
    took = time.monotonic() - began
    result.seconds.setdefault(kind, []).extend(seen[kind])
    result.callers_busy[kind] = max(result.callers_busy.get(kind, 0.0), (time.process_time() - spent) / took)
    return len(seen[kind]) / took


async def _call(port: int, end: float, request: Request, seen: dict[str, list[float]], complaints: list[str]) -> None:
    await asyncio.gather(*(api_load.call(port, end, 0, request, seen, complaints) for _ in range(CALLERS)))


def _always(kind: str, wanted: bytes) -> Request:
    return lambda _: (kind, wanted)


def _put(kind: str) -> Request:
    return lambda chance: (kind, api_load.post_scrape(chance))


def _check_jobs(result: Result, servers: Servers, address: DatabaseAddress, answered: dict[str, int]) -> None:
    """Whether each answer to a job put in was a job more, for both."""
    engine = connect(address)
    with engine.connect() as conn:
        ours = conn.execute(sa.text("SELECT count(*) FROM scrape_jobs")).scalar_one() - result.jobs
    engine.dispose()
    counts = _page(servers.theirs, THEIR_PAGE).json()["queues"][0]["counts"]
    theirs = sum(counts.values()) - result.jobs
    for kind, written in zip(PUTS, (ours, theirs), strict=True):
        if written != answered[kind]:
            result.complaints.append(f"{kind}: {written} were written for {answered[kind]} answers")


if __name__ == "__main__":
    main()
