"""Where processes come from that are going to be killed: one that has loaded everything, and forks when it is told to.

    python -m scrape_assets_tests.recovery.nursery

A line of JSON on stdin, `{"now": …, "seed": …, "environment": {…}, "seconds": …}`, has one process collect, ask and
process, with its own clock that begins at `now`; when the seconds are over it is killed (-9). How it ended comes back
as a line. Without seconds the work is done here, by the nursery itself: whoever is forked later finds everything warm.
A process of its own, because a test's has threads, and a fork of those may stand still for ever.
"""

import json
import os
import random
import signal
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from scrape_assets.flow.asking import parts
from scrape_assets.flow.collect import collect
from scrape_assets.flow.context import FlowContext, Transports, open_context, vendor_client
from scrape_assets.flow.mending.recovery import reclaim_expired
from scrape_assets.flow.taking.claim import claim_for_processing
from scrape_assets.flow.taking.outcome import ALL_STAGES
from scrape_assets.flow.taking.poll import poll_due
from scrape_assets.flow.taking.process import process_many
from scrape_assets.ledger import snapshots
from scrape_assets.settings import Settings
from scrape_assets.sources.registry import BRIGHTDATA
from scrape_assets_tests.flow.world import Clock

PLATFORMS = ("linkedin", "hackernews")


def everything(ctx: FlowContext, clock: Clock) -> None:
    """What schedule, sensors and runs do, twice."""
    for _ in range(2):
        for platform in PLATFORMS:
            collect(ctx, platform, ctx.now().date())
        clock.forward(minutes=2)
        poll_due(ctx, timedelta(minutes=1))
        reclaim_expired(ctx)
        with ctx.engine.connect() as conn:
            keys = [one.partition_key for one in snapshots.ready_due(conn, ctx.now(), 100)]
        claimed, _ = claim_for_processing(ctx, keys, ALL_STAGES, only_ready=True)
        for _ in process_many(ctx, claimed, ALL_STAGES):
            pass


def work(now: str, seed: str, environment: dict[str, str]) -> None:
    """Be a process of ours, whose time is its own clock's."""
    os.environ.update(environment)
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    parts.PART_BYTES = 1  # every page is a part
    clock = Clock(datetime.fromisoformat(now))
    with open_context(Settings.from_environment()) as opened:
        ways = Transports(opened.engine, opened.settings, now=clock, sleep=lambda s: clock.forward(seconds=s))
        vendor = vendor_client(opened.settings, ways.of(BRIGHTDATA))
        ctx = replace(opened, now=clock, transports=ways, vendor=vendor, rng=random.Random(seed))
        everything(ctx, clock)


def main() -> None:
    """Fork for each line, one process at a time, and kill it when its time is over."""
    for line in sys.stdin:
        order = json.loads(line)
        seconds = order.pop("seconds")
        status = _status_of(order) if seconds is None else forked(order, seconds)
        sys.stdout.write(f"{status}\n")
        sys.stdout.flush()


def forked(order: dict[str, Any], seconds: float) -> int:
    """The exit status of a process that may live for so long."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})  # kept until it is waited for
    child = os.fork()
    if child == 0:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        os._exit(_status_of(order))
    signal.sigtimedwait({signal.SIGCHLD}, seconds)
    os.kill(child, signal.SIGKILL)  # nobody else's number: it is not buried yet, if it has ended at all
    _, status = os.waitpid(child, 0)
    while signal.sigtimedwait({signal.SIGCHLD}, 0):
        pass  # what tells of this one must not be taken for word of the next
    return os.waitstatus_to_exitcode(status)


def _status_of(order: dict[str, Any]) -> int:
    try:
        work(**order)
    except BaseException as error:  # noqa: BLE001 -- the test is told
        sys.stderr.write(f"{error!r}\n")
        sys.stderr.flush()
        return 1
    return 0


if __name__ == "__main__":
    main()
