"""The processes of a storm: the vendor's stand-in, those that collect, those that ask and process. Judges nothing.

    python -m benchmarks.storm_process vendor BEGAN SPEED PORT SEED
    python -m benchmarks.storm_process collect|process BEGAN SPEED NAME DAY

BEGAN and SPEED are the clock that all of them share. Everything else comes from the environment, as for every process
of ours. Each works until it is ended. What cannot be helped (the vendor does not answer, the gate is shut) is said in
its log and tried again, as Dagster does with a run; anything else ends the process, which is a complaint.
"""

import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta

from benchmarks.fast_clock import FastClock
from scrape_assets.flow.collect import collect
from scrape_assets.flow.context import FlowContext, Transports, open_context, vendor_client
from scrape_assets.flow.mending.recovery import reclaim_expired
from scrape_assets.flow.mending.settle import settle_unknown
from scrape_assets.flow.taking.claim import claim_for_processing
from scrape_assets.flow.taking.outcome import ALL_STAGES
from scrape_assets.flow.taking.poll import poll_due
from scrape_assets.flow.taking.process import process_many
from scrape_assets.ledger import jobs, snapshots
from scrape_assets.settings import Settings
from scrape_assets.simulator import server
from scrape_assets.simulator.settings import Settings as VendorSettings
from scrape_assets.sources.errors import SourceError
from scrape_assets.sources.registry import BRIGHTDATA

PAUSE = 0.2  # real seconds between two rounds
ASKING_SECONDS = 5.0  # real seconds that one round asks the vendor for
AT_ONCE = 50


@contextmanager
def fast_context(clock: FastClock, name: str) -> Iterator[FlowContext]:
    """What a process of ours works with, by the clock of the storm."""
    with open_context(Settings.from_environment()) as opened:
        transports = Transports(opened.engine, opened.settings, now=clock, sleep=clock.sleep)
        try:
            yield replace(
                opened,
                transports=transports,
                vendor=vendor_client(opened.settings, transports.of(BRIGHTDATA)),
                owner=f"storm:{name}",
                now=clock,
                rng=random.Random(name),
            )
        finally:
            transports.close()


def collect_round(ctx: FlowContext, day: date) -> bool:
    """What the sensor of jobs and the runs that it requests do; whether there was anything to do."""
    reclaim_expired(ctx)
    with ctx.engine.connect() as conn:
        due = sorted({job.platform for job in jobs.due_jobs(conn, ctx.now(), 5_000)})
    ctx.rng.shuffle(due)
    for platform in due:
        try:
            collect(ctx, platform, day, requested_only=True)
        except SourceError as error:
            print(f"{platform}: {error}", flush=True)
    return bool(due)


def process_round(ctx: FlowContext, clock: FastClock) -> bool:
    """What the sensor of snapshots and the runs that it requests do; whether there was anything to do."""
    reclaim_expired(ctx)
    settle_unknown(ctx)
    polled = poll_due(ctx, timedelta(seconds=ASKING_SECONDS * clock.speed))
    with ctx.engine.connect() as conn:
        keys = [one.partition_key for one in snapshots.ready_due(conn, ctx.now(), AT_ONCE)]
    claimed, _ = claim_for_processing(ctx, keys, ALL_STAGES, only_ready=True)
    outcomes = list(process_many(ctx, claimed, ALL_STAGES))
    return bool(polled.asked or outcomes)


def work(clock: FastClock, what: str, name: str, day: date) -> None:
    """Round after round, until the process is ended."""
    with fast_context(clock, name) as ctx:
        rounds: dict[str, Callable[[], bool]] = {
            "collect": lambda: collect_round(ctx, day),
            "process": lambda: process_round(ctx, clock),
        }
        while True:
            rounds[what]()
            time.sleep(PAUSE)


def serve(clock: FastClock, port: int, seed: int) -> None:
    """The vendor's stand-in, in good order so far."""
    server.run("127.0.0.1", port, seed=seed, settings=VendorSettings(error_rate=0.02), clock=clock)


def main(what: str, began: str, speed: str, *rest: str) -> None:
    """Be one of the processes."""
    clock = FastClock(float(began), float(speed))
    if what == "vendor":
        serve(clock, int(rest[0]), int(rest[1]))
    else:
        work(clock, what, rest[0], date.fromisoformat(rest[1]))


if __name__ == "__main__":
    main(*sys.argv[1:])
