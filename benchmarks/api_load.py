"""The API under load: `POST scrape` and `GET jobs` by 50 callers at once, over a million jobs, while posts are loaded.

Run: `python -m benchmarks.api_load [--jobs 1000000] [--seconds 20] [--callers 50] [--think 0.5] [--apart] [--json]`.

The API runs as it does in production (`scrape-assets api`), beside a process that loads posts without a pause, at the
priority that runs have under `up`. The callers share one process and speak plain HTTP/1.1 over kept connections, so
that they cost as little as they can; each waits `think` seconds on average between an answer and its next request. The
figures are latencies as callers see them. With `--think 0` nobody waits: 50 requests are under way at any time, and
the callers measure how many a second the two cores can do. Callers ask for one of four pages, as people and programs
that watch do; with `--apart` each asks for the jobs of another creator, so that no two can share an answer.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import httpx
import psutil  # type: ignore[import-untyped]  # comes with the embedded PostgreSQL
import sqlalchemy as sa

from benchmarks.harness import LOCALHOST, described, free_port, machine, temporary_home
from benchmarks.invented_posts import invented_lines
from scrape_assets.commands.dagster_processes import BACKGROUND
from scrape_assets.sources.datasets.linkedin import DATASETS
from scrape_assets.storage.database import DatabaseAddress, connect, ensure_databases, start_embedded
from scrape_assets.storage.migrate import migrate

TOKEN = "benchmark-token"
HEAD = f"Host: {LOCALHOST}\r\nAuthorization: Bearer {TOKEN}\r\n"
P99_SECONDS = 0.1
FILL = """
INSERT INTO scrape_jobs (job_id, target_id, platform, status, priority, error_class, error, created_at, finished_at)
SELECT 'job-' || n, 'creator-' || n % 5000, (ARRAY['linkedin', 'x', 'instagram', 'tiktok'])[n % 4 + 1],
    (ARRAY['completed', 'completed', 'completed', 'pending', 'failed'])[n % 5 + 1],
    (ARRAY['normal', 'high', 'low'])[n % 3 + 1], CASE WHEN n % 5 = 4 THEN 'network' END,
    CASE WHEN n % 5 = 4 THEN 'no answer' END, now() - n * interval '1 second',
    CASE WHEN n % 5 <> 3 THEN now() - n * interval '1 second' END
FROM generate_series(1, :jobs) n
"""
QUERIES = ("", "?status=failed&platform=x", "?creator=creator-17&limit=20", "?sort=createdAt&limit=100")


@dataclass
class Result:
    """Latencies in seconds, by kind of request."""

    machine: dict[str, object]
    jobs: int
    callers: int
    think: float
    requests_a_second: float = 0.0
    p50: dict[str, float] = field(default_factory=dict)
    p99: dict[str, float] = field(default_factory=dict)
    processor_ms: float = 0.0  # of the API's process, a request
    loaded_posts: int = 0
    complaints: list[str] = field(default_factory=list)

    @property
    def worst_p99(self) -> float:
        """Of all kinds."""
        return max(self.p99.values(), default=float("inf"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--callers", type=int, default=50)
    parser.add_argument("--think", type=float, default=0.5)
    parser.add_argument("--apart", action="store_true", help="no two callers ask for the same")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--load", nargs=2, metavar=("HOME", "STOP"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.load:
        _load_until(Path(arguments.load[0]), Path(arguments.load[1]))
        return
    result = measure(arguments.jobs, arguments.seconds, arguments.callers, arguments.think, apart=arguments.apart)
    if arguments.json:
        print(json.dumps(asdict(result), indent=2))
    else:
        print(described(result.machine))
        print(f"{result.callers} callers, {result.requests_a_second:.0f} requests a second over {result.jobs:,} jobs")
        for kind, p99 in result.p99.items():
            print(f"  {kind:12} median {result.p50[kind] * 1000:6.1f} ms, p99 {p99 * 1000:6.1f} ms")
        print(f"  the API spent {result.processor_ms:.2f} ms of a processor on a request")
        print(f"  meanwhile {result.loaded_posts:,} posts were loaded")
        for complaint in result.complaints:
            print(f"  MISSED: {complaint}")
    sys.exit(bool(result.complaints) or result.worst_p99 > P99_SECONDS)


def measure(jobs: int, seconds: float, callers: int, think: float, *, apart: bool = False) -> Result:
    """Fill the ledger, serve, call."""
    result = Result(machine(), jobs, callers, think)
    request = _request_apart if apart else _request
    with temporary_home("api_load") as home:
        address = start_embedded(home)
        ensure_databases(address)
        fill(address, jobs)
        stop = home / "stop"
        loader = subprocess.Popen(
            [*BACKGROUND, sys.executable, "-m", "benchmarks.api_load", "--load", str(home), str(stop)],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            with serving(home) as (port, server):
                asyncio.run(_call_all(result, port, seconds, request, server))
        finally:
            stop.touch()
            result.loaded_posts = int(loader.communicate(timeout=120)[0] or 0)
        _check(result, address, jobs)
    return result


@contextmanager
def serving(home: Path) -> Iterator[tuple[int, psutil.Process]]:
    """The API over the database in that folder, as it runs in production: its port, its process."""
    port = free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("SCRAPE_ASSETS_")},
        "SCRAPE_ASSETS_HOME": str(home),
        "ADMIN_API_TOKEN": TOKEN,
        "SCRAPE_ASSETS_API_REQUESTS_PER_SECOND": "100000",
        "SCRAPE_ASSETS_API_BURST": "100000",
    }
    server = subprocess.Popen(
        [sys.executable, "-m", "scrape_assets", "api", "--port", str(port)],
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait_for(port)
        yield port, psutil.Process(server.pid)
    finally:
        server.terminate()
        server.wait(30)


def fill(address: DatabaseAddress, jobs: int) -> None:
    """5,000 creators, and so many jobs: three fifths completed, a fifth pending, a fifth failed."""
    engine = connect(address)
    migrate(engine)
    with engine.begin() as conn:
        conn.execute(
            sa.text(
                "INSERT INTO creators (creator_id, name) SELECT 'creator-' || n, 'c' FROM generate_series(0, 4999) n"
            )
        )
        conn.execute(
            sa.text(
                "INSERT INTO creator_profiles (creator_id, platform, profile_url, profile_key) SELECT 'creator-' || n,"
                " 'linkedin', 'https://www.linkedin.com/in/c' || n, 'in/c' || n FROM generate_series(0, 4999) n"
            )
        )
        conn.execute(sa.text(FILL), {"jobs": jobs})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(sa.text("VACUUM ANALYZE scrape_jobs"))
    engine.dispose()


def _load_until(home: Path, stop: Path) -> None:
    """Load payload after payload; the number of posts on stdout."""
    from datetime import UTC, datetime

    from scrape_assets.storage.loader import load_payload
    from scrape_assets.storage.payloads import PayloadArchive

    engine = connect(start_embedded(home))
    archive = PayloadArchive(str(home / "payloads"))
    today = datetime.now(UTC).date()
    loaded = 0
    number = 0
    lines = list(invented_lines(5_000))
    while not stop.exists():
        number += 1
        writer = archive.writer("linkedin", today, f"load-{number}", 1)
        writer.write_part(1, [bytes(line) for line in lines])
        mapping = DATASETS[0].mapping
        with engine.begin() as conn:
            report = load_payload(
                conn,
                snapshot_id=f"load-{number}",
                payload=writer.commit(),
                map_line=mapping.map_line,
                mapping_version=mapping.version,
            )
        loaded += report.posts
    print(loaded)


def _wait_for(port: int) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            if httpx.get(f"http://{LOCALHOST}:{port}/readyz").status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise TimeoutError("the API does not answer")


async def _call_all(
    result: Result,
    port: int,
    seconds: float,
    request: Callable[[random.Random], tuple[str, bytes]],
    server: psutil.Process,
) -> None:
    callers, think = result.callers, result.think
    seen: dict[str, list[float]] = {"POST scrape": [], "GET jobs": []}
    await asyncio.gather(
        *(call(port, time.monotonic() + 2, think, request, {k: [] for k in seen}, []) for _ in range(callers))
    )
    end = time.monotonic() + seconds
    before = server.cpu_times()
    await asyncio.gather(*(call(port, end, think, request, seen, result.complaints) for _ in range(callers)))
    after = server.cpu_times()
    spent = after.user + after.system - before.user - before.system
    result.processor_ms = spent / sum(map(len, seen.values())) * 1000
    result.requests_a_second = sum(map(len, seen.values())) / seconds
    for kind, took in seen.items():
        result.p50[kind] = statistics.median(took)
        result.p99[kind] = statistics.quantiles(took, n=100)[98]


async def call(
    port: int,
    end: float,
    think: float,
    request: Callable[[random.Random], tuple[str, bytes]],
    seen: dict[str, list[float]],
    complaints: list[str],
) -> None:
    """One caller on a connection of its own: one request after the other, whose seconds go to `seen` by kind.

    Args:
        port: of the server, on this machine.
        end: of the monotonic clock; no request is begun after it.
        think: seconds that the caller waits on average between an answer and its next request.
        request: a kind and the bytes to send.
        seen: must know every kind.
        complaints: what was answered with anything but 200 or 202; the first five.
    """
    reader, writer = await asyncio.open_connection(LOCALHOST, port)
    chance = random.Random()  # never the same keys again: they would be answered without writing anything
    try:
        await asyncio.sleep(chance.uniform(0, think))
        while time.monotonic() < end:
            kind, wanted = request(chance)
            began = time.perf_counter()
            writer.write(wanted)
            status = await _answer(reader)
            seen[kind].append(time.perf_counter() - began)
            if status not in (200, 202) and len(complaints) < 5:
                complaints.append(f"{kind} was answered with {status}")
            if think:
                await asyncio.sleep(chance.expovariate(1 / think))
    finally:
        writer.close()


def get(path: str) -> bytes:
    """A request for what lies there."""
    return f"GET {path} HTTP/1.1\r\n{HEAD}\r\n".encode()


def post_scrape(chance: random.Random) -> bytes:
    """A request for a scrape of one of the creators, with a key of its own."""
    body = json.dumps({"creatorId": f"creator-{chance.randrange(5000)}", "platform": "linkedin", "priority": "low"})
    return (
        f"POST /api/admin/scrape HTTP/1.1\r\n{HEAD}Idempotency-Key: {uuid.UUID(int=chance.getrandbits(128))}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def _request(chance: random.Random) -> tuple[str, bytes]:
    if chance.random() < 0.5:
        return "GET jobs", get(f"/api/admin/jobs{chance.choice(QUERIES)}")
    return "POST scrape", post_scrape(chance)


def _request_apart(chance: random.Random) -> tuple[str, bytes]:
    if chance.random() < 0.5:
        return "GET jobs", get(f"/api/admin/jobs?creator=creator-{chance.randrange(5000)}")
    return "POST scrape", post_scrape(chance)


async def _answer(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(line.partition(b":")[2]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    )
    await reader.readexactly(length)
    return int(head[9:12])


def _check(result: Result, address: DatabaseAddress, jobs: int) -> None:
    engine = connect(address)
    with engine.connect() as conn:
        written, keys = conn.execute(
            sa.text("SELECT (SELECT count(*) FROM scrape_jobs), (SELECT count(*) FROM idempotency_keys)")
        ).one()
    engine.dispose()
    if written - jobs != keys:
        result.complaints.append(f"{written - jobs} jobs were written for {keys} keys")


if __name__ == "__main__":
    main()
