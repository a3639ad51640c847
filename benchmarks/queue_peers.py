"""Jobs through our ledger beside PgQueuer and procrastinate: put in, and claimed and finished, on the same PostgreSQL.

Run: `python -m benchmarks.queue_peers [--jobs 10000] [--rounds 3] [--json]`. Needs the extra `bench`.

One process puts all jobs in, a thousand at once in each library's own way; then two processes work until the queue is
empty, in each library's own way: ours claims and ends a thousand in a transaction each, PgQueuer takes ten (and, once
more, a thousand) and ends them together, procrastinate takes one and ends one, twenty of them side by side. Jobs do
nothing, weigh the same, and are durable: all tables logged, every commit on disk. All three note what became of a job.

They are not the same thing. PgQueuer and procrastinate call a function for each job, wake workers when one comes, and
run schedules; PgQueuer takes finished jobs out of its table, the others keep them. Ours knows targets, platforms and
dates, adds no job of a collection twice, retries by the class of an error and notes every change of state, whoever
makes it; it hands jobs out and leaves the work to its caller, since a vendor takes a thousand inputs at once.
"""

import argparse
import json
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import partial
from multiprocessing import get_context

from benchmarks.harness import described, in_turns, machine, medians, rounded, temporary_home
from benchmarks.queue_libraries import OURS, QUEUES, Queue, asked
from scrape_assets.storage.database import DatabaseAddress, ensure_databases, start_embedded

PROCESSES = 2
WARM_UP = 1_000  # jobs of a round that does not count
HEAD_START = 4.0  # seconds, to import and connect
EVERY = 0.02  # seconds, between looks whether it is done
PATIENCE = 300.0  # seconds


@dataclass
class Result:
    """Jobs a second, round by round, by library."""

    machine: dict[str, object]
    jobs: int
    put: dict[str, list[float]] = field(default_factory=dict)
    finished: dict[str, list[float]] = field(default_factory=dict)
    notes_a_job: dict[str, float] = field(default_factory=dict)  # rows of history
    complaints: list[str] = field(default_factory=list)

    def ours_to(self, peer: str) -> tuple[float, float]:
        """How many times as fast ours puts in, and finishes."""
        put, finished = medians(self.put), medians(self.finished)
        return put[OURS] / put[peer], finished[OURS] / finished[peer]


PEERS = tuple(name for name in QUEUES if name != OURS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    result = measure(arguments.jobs, arguments.rounds)
    if arguments.json:
        print(json.dumps(asdict(result), indent=2))
    else:
        print(described(result.machine))
        print(f"{result.jobs:,} jobs, jobs a second in each round; rows of history a job:")
        for name in QUEUES:
            put, finished = rounded(result.put[name]), rounded(result.finished[name])
            print(f"  {name:28} put in: {put}; finished: {finished}; {result.notes_a_job[name]:.1f}")
        for name in PEERS:
            print("ours to {}: {:.2f} in putting in, {:.1f} in finishing".format(name, *result.ours_to(name)))
        for complaint in result.complaints:
            print(f"  MISSED: {complaint}")
    sys.exit(bool(result.complaints))


def measure(count: int, rounds: int) -> Result:
    """All in turns, each in a database of its own on one server."""
    result = Result(machine(), count)
    with temporary_home("queue_peers") as home:
        address = start_embedded(home)
        ensure_databases(address)
        for database in {queue.database for queue in QUEUES.values()} - {None}:
            asked(address, None, f"CREATE DATABASE {database}")
        for queue in {queue.database: queue for queue in QUEUES.values()}.values():
            queue.set_up(address)
        with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:

            def turn(name: str, count: int) -> float:
                return _turn(result, pool, address, name, count)

            in_turns({name: partial(turn, name, min(count, WARM_UP)) for name in QUEUES}, 1, warm_up=0)
            result.put.clear()
            result.finished = in_turns({name: partial(turn, name, count) for name in QUEUES}, rounds, warm_up=0)
    return result


def _turn(result: Result, pool: ProcessPoolExecutor, address: DatabaseAddress, name: str, count: int) -> float:
    """Empty, fill, work; jobs finished a second."""
    queue = QUEUES[name]
    asked(address, queue.database, queue.empty)
    result.put.setdefault(name, []).append(count / queue.put(address, count))
    asked(address, queue.database, "VACUUM ANALYZE")
    asked(address, queue.database, "CHECKPOINT")
    seconds = _worked(pool, address, queue)
    done = asked(address, queue.database, queue.done)
    result.notes_a_job[name] = asked(address, queue.database, queue.notes) / count
    if done != count:
        result.complaints.append(f"{name}: {done} of {count} jobs have ended well")
    return count / seconds


def _worked(pool: ProcessPoolExecutor, address: DatabaseAddress, queue: Queue) -> float:
    """Seconds from the common start until no job is open: what a worker does to end itself is not counted."""
    start = time.time() + HEAD_START
    workers = [pool.submit(queue.work, address, number, start) for number in range(PROCESSES)]
    time.sleep(max(0.0, start - time.time()))
    while not asked(address, queue.database, queue.is_done) and time.time() < start + PATIENCE:
        time.sleep(EVERY)
    seconds = time.time() - start
    for worker in workers:
        worker.result(timeout=PATIENCE)
    return seconds


if __name__ == "__main__":
    main()
