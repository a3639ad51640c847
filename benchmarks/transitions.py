"""How many job transitions a second, claimed and finished in batches, beside claiming one and finishing one.

Run: `python -m benchmarks.transitions [--jobs 100000] [--rounds 3] [--json]`.

Two processes empty one queue of jobs of several platforms, priorities and ages. Ours claims batches with `claim_jobs`
and ends them with `complete_many`, a transaction each. The baseline does what queues in the manner of BullMQ do: each
of its connections claims one job with SKIP LOCKED and ends it, a transaction each, with prepared statements and nothing
of ours in between but the table. Same server, same tables with their indexes and the history written by triggers, same
durability, in turns within one run. A job makes two transitions: pending to processing to completed.
"""

import argparse
import json
import statistics
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context

import psycopg
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from benchmarks.harness import described, machine, rounded, temporary_home
from scrape_assets.ledger import jobs
from scrape_assets.ledger.jobs import Completion
from scrape_assets.storage.database import DatabaseAddress, connect, ensure_databases, start_embedded
from scrape_assets.storage.migrate import migrate

AT_LEAST = 10_000  # transitions a second, on 2 cores
PLATFORMS = ("bluesky", "linkedin", "reddit", "x")
BATCH = 1_000
PROCESSES = 2
CONNECTIONS = 4  # of the baseline, in each process: more than one, because it waits for the disk at every step
BASELINE_SHARE = 20  # the baseline is given so much fewer jobs, lest it takes all day
LEASE = timedelta(minutes=5)


@dataclass
class Result:
    """Transitions a second, round by round."""

    machine: dict[str, object]
    jobs: int
    ours: list[float] = field(default_factory=list)
    one_by_one: list[float] = field(default_factory=list)
    changes: int = 0  # rows of history
    complaints: list[str] = field(default_factory=list)

    @property
    def ours_a_second(self) -> float:
        """The median of ours."""
        return statistics.median(self.ours)

    @property
    def to_baseline(self) -> float:
        """How many times as fast as one by one."""
        return self.ours_a_second / statistics.median(self.one_by_one)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=100_000, help="in each round of ours")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    result = measure(arguments.jobs, arguments.rounds)
    if arguments.json:
        print(json.dumps(asdict(result), indent=2))
    else:
        print(described(result.machine))
        print(f"in batches of {BATCH:,}: {rounded(result.ours)} transitions a second (at least {AT_LEAST:,})")
        print(f"one by one: {rounded(result.one_by_one)}; {result.to_baseline:.1f} times as fast")
        for complaint in result.complaints:
            print(f"  MISSED: {complaint}")
    sys.exit(bool(result.complaints) or result.ours_a_second < AT_LEAST)


def measure(count: int, rounds: int) -> Result:
    """Both in turns, in a database of their own."""
    result = Result(machine(), count)
    few = max(count // BASELINE_SHARE, PROCESSES * CONNECTIONS)
    with temporary_home("transitions") as home:
        address = start_embedded(home)
        ensure_databases(address)
        engine = connect(address)
        migrate(engine)
        with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
            for _ in range(rounds):
                fill(engine, few)
                result.one_by_one.append(_round(pool, one_by_one, address, few))
                fill(engine, count)
                result.ours.append(_round(pool, in_batches, address, count))
        with engine.connect() as conn:
            result.changes = int(conn.execute(sa.text("SELECT count(*) FROM state_changes")).scalar_one())
            left = conn.execute(sa.text("SELECT count(*) FROM scrape_jobs WHERE status <> 'completed'")).scalar_one()
        engine.dispose()
    if left:
        result.complaints.append(f"{left} jobs are not completed")
    if result.changes != 2 * rounds * (count + few):
        result.complaints.append(f"the history holds {result.changes} changes, not two for each job")
    return result


def fill(engine: Engine, count: int) -> None:
    """Put due jobs into the queue."""
    with engine.begin() as conn:
        conn.execute(
            sa.text(
                """
                INSERT INTO scrape_jobs (target_id, platform, priority, next_attempt_at, profile_url)
                SELECT 'creator-' || n, (CAST(:platforms AS text[]))[1 + n % :kinds],
                       (ARRAY['high', 'normal', 'low'])[1 + n % 3], now() - random() * interval '1 day',
                       'https://www.example.org/in/creator-' || n
                FROM generate_series(1, :count) AS n
                """
            ),
            {"platforms": list(PLATFORMS), "kinds": len(PLATFORMS), "count": count},
        )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(sa.text("VACUUM ANALYZE scrape_jobs"))
        conn.execute(sa.text("CHECKPOINT"))


def _round(
    pool: ProcessPoolExecutor,
    work: Callable[[DatabaseAddress, int, float], float],
    address: DatabaseAddress,
    count: int,
) -> float:
    """Let every process work until the queue is empty; transitions a second, from a common start to the last end."""
    start = time.time() + 4.0  # time to import and connect
    ends = [future.result() for future in [pool.submit(work, address, n, start) for n in range(PROCESSES)]]
    return 2 * count / (max(ends) - start)


def in_batches(address: DatabaseAddress, number: int, start: float) -> float:
    """Claim and end batch after batch, platform after platform; when it was done."""
    engine = connect(address)
    engine.connect().close()
    owner = f"bench:{number}"
    time.sleep(max(0.0, start - time.time()))
    empty: set[str] = set()
    batch = 1  # the first of a session is a single one: the server keeps plans that it made for the first statement
    while len(empty) < len(PLATFORMS):
        for platform in PLATFORMS[number:] + PLATFORMS[:number]:
            now = datetime.now(UTC)
            with engine.begin() as conn:
                claimed = jobs.claim_jobs(
                    conn,
                    platform=platform,
                    collection_date=None,
                    owner=owner,
                    lease=LEASE,
                    now=now,
                    limit=batch,
                )
            batch = BATCH
            if not claimed:
                empty.add(platform)
                continue
            with engine.begin() as conn:
                jobs.complete_many(conn, [Completion(job.job_id, posts_found=3) for job in claimed], now)
    engine.dispose()
    return time.time()


_CLAIM_ONE = """
    UPDATE scrape_jobs
    SET status = 'processing', started_at = now(), lease_owner = %s, leased_until = now() + interval '5 minutes'
    WHERE job_id = (
        SELECT job_id FROM scrape_jobs
        WHERE status = 'pending' AND platform = %s AND next_attempt_at <= now()
        ORDER BY place, job_id LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    RETURNING job_id
"""
_END_ONE = """
    UPDATE scrape_jobs
    SET status = 'completed', posts_found = 3, finished_at = now(), lease_owner = NULL, leased_until = NULL
    WHERE job_id = %s AND status = 'processing'
"""


def one_by_one(address: DatabaseAddress, number: int, start: float) -> float:
    """Claim one and end it, on several connections; when the last was done."""

    def work(owner: str) -> None:
        url = address.application.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(url, autocommit=True, prepare_threshold=1) as conn:
            time.sleep(max(0.0, start - time.time()))
            for platform in PLATFORMS:
                while row := conn.execute(_CLAIM_ONE, (owner, platform)).fetchone():
                    conn.execute(_END_ONE, row)

    threads = [threading.Thread(target=work, args=(f"one:{number}:{n}",)) for n in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.time()


if __name__ == "__main__":
    main()
