"""A process that collects or processes as ours do, and stands still at a named point so that it can be killed there.

    python -m scrape_assets_tests.recovery.driver

A line of JSON on stdin, `{"what": …, "point": …, "now": …, "environment": {…}}`, has this process, which has loaded
everything, fork one that works: it collects, gathers or processes, with a clock that stands at `now`. At the point it
stands still, and is killed (-9). "killed" comes back as a line, or why it never came to the point. Nothing in the
product knows of this: the points are wrapped from outside.
"""

import json
import os
import random
import signal
import sys
import threading
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import structlog

from scrape_assets.flow import collect as collecting
from scrape_assets.flow.asking import parts
from scrape_assets.flow.collect import collect
from scrape_assets.flow.context import FlowContext, Transports, open_context, vendor_client
from scrape_assets.flow.mending.recovery import reclaim_expired
from scrape_assets.flow.taking import stages
from scrape_assets.flow.taking.claim import claim_for_processing
from scrape_assets.flow.taking.outcome import ALL_STAGES
from scrape_assets.flow.taking.process import process_many
from scrape_assets.ledger import jobs, payload_moves, snapshots
from scrape_assets.operations import archiving
from scrape_assets.settings import Settings
from scrape_assets.sources.brightdata.client import BrightDataClient
from scrape_assets.sources.datasets import linkedin
from scrape_assets.sources.registry import BRIGHTDATA
from scrape_assets.storage.loader import _Load
from scrape_assets.storage.payloads import moving, writer
from scrape_assets.storage.payloads.files import ArchiveFiles
from scrape_assets.storage.payloads.writer import PayloadWriter
from scrape_assets_tests.flow.world import Clock

OWNER = "host:1:killed"
KILLED = "killed"
_STANDING = b"standing still"
_told = -1  # where the process that works says so


@dataclass(frozen=True)
class Point:
    """Where to stand still: before or after the n-th call of something."""

    owner: Any
    name: str
    after: bool = False
    call: int = 1


COLLECT_POINTS = {
    "before the intent": Point(collecting, "trigger_batch"),
    "before the intent is committed": Point(snapshots, "record_intent", after=True),
    "before the trigger": Point(BrightDataClient, "trigger"),
    "before the trigger of the second batch": Point(BrightDataClient, "trigger", call=2),
    "after the vendor accepted": Point(BrightDataClient, "trigger", after=True),
    "after the second batch was accepted": Point(BrightDataClient, "trigger", after=True, call=2),
    "before the answer is committed": Point(snapshots, "accepted", after=True),
}
GATHER_POINTS = {
    "before the gathering's intent is committed": Point(snapshots, "record_intent", after=True),
    "before the first page is kept": Point(PayloadWriter, "write_part"),
    "before the ledger knows the first page": Point(jobs, "note_progress"),
    "between two pages": Point(jobs, "note_progress", after=True),
    "before the gathered payload is committed": Point(PayloadWriter, "commit"),
    "before the ledger knows the gathered payload": Point(snapshots, "gathered"),
    "before the gathering is committed": Point(snapshots, "gathered", after=True),
}
PROCESS_POINTS = {
    "before the download": Point(BrightDataClient, "download"),
    "between two parts": Point(PayloadWriter, "write_part", after=True, call=2),
    "in the middle of a part": Point(writer, "compressed", call=3),
    "before the payload is committed": Point(PayloadWriter, "commit"),
    "after the payload's commit": Point(PayloadWriter, "commit", after=True),
    "before the ledger knows the payload": Point(snapshots, "downloaded", after=True),
    "before the load": Point(stages, "load_payload"),
    "in the middle of the load": Point(linkedin, "_post", call=2_050),
    "between two batches of the load": Point(_Load, "_merge", after=True),
    "before the load's commit": Point(snapshots, "loaded", after=True),
    "between load and match": Point(stages, "match_snapshots"),
    "before the match's commit": Point(snapshots, "matched", after=True),
    "before the finish": Point(snapshots, "settle_processing"),
    "before the finish is committed": Point(snapshots, "settle_processing", after=True),
}
ARCHIVE_POINTS = {
    "before the copy is noted": Point(payload_moves, "note_copy"),
    "before the copy": Point(archiving, "copy_generations"),
    "before a copied part has its name": Point(ArchiveFiles, "publish"),
    "before the copy's manifest counts": Point(ArchiveFiles, "publish", call=2),
    "before the copy is verified": Point(moving, "_clear", after=True),
    "before the move is noted": Point(payload_moves, "note_moved"),
    "before the move is committed": Point(archiving, "point_to", after=True),
    "before the old files go": Point(archiving, "remove_folder"),
    "before the ledger knows that they are gone": Point(archiving, "remove_folder", after=True),
}


def arm(point: Point) -> None:
    """Wrap what the point names, so that the process stands still there."""
    honest = getattr(point.owner, point.name)
    calls = 0

    def wrapped(*args: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        here = calls == point.call
        if point.name == "compressed" and here:
            return honest(_first_then_stop(args[0]), *args[1:])
        if here and not point.after:
            stand_still()
        result = honest(*args, **named)
        if here and point.after:
            stand_still()
        return result

    setattr(point.owner, point.name, wrapped)


def _first_then_stop(chunks: Iterable[bytes]) -> Iterator[bytes]:
    yield next(iter(chunks))
    stand_still()


def stand_still() -> None:
    """Tell the parent and wait to be killed."""
    os.write(_told, _STANDING)
    threading.Event().wait()


def work(ctx: FlowContext, what: str) -> None:
    """What a process of ours does."""
    if what == "collect":
        collect(ctx, "linkedin", ctx.now().date())
        return
    if what == "gather":
        parts.PART_BYTES = 1  # every page is a part
        collect(ctx, "hackernews", ctx.now().date())
        return
    if what == "archive":
        archiving.archive(ctx)
        return
    reclaim_expired(ctx)
    with ctx.engine.connect() as conn:
        keys = [one.partition_key for one in snapshots.ready_due(conn, ctx.now(), 100)]
    claimed, _ = claim_for_processing(ctx, keys, ALL_STAGES, only_ready=True)
    for _ in process_many(ctx, claimed, ALL_STAGES):
        pass


def work_until(what: str, point: str, now: str, environment: dict[str, str]) -> None:
    """Work with the clock of the tests, up to the point."""
    os.environ.update(environment)
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())  # stdout is for the answer
    arm({**COLLECT_POINTS, **GATHER_POINTS, **PROCESS_POINTS, **ARCHIVE_POINTS}[point])
    settings, clock = Settings.from_environment(), Clock(datetime.fromisoformat(now))
    with open_context(settings) as opened:
        transports = Transports(opened.engine, settings, now=clock)
        vendor = vendor_client(settings, transports.of(BRIGHTDATA))
        known = replace(opened, now=clock, owner=OWNER, rng=random.Random(now), transports=transports, vendor=vendor)
        work(known, what)


def killed_at(order: dict[str, Any]) -> str:
    """Fork a process, kill it when it stands still, and say so; or what it said when it did not."""
    global _told
    hears, _told = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(hears)
        said = "it ended without coming to it"
        try:
            work_until(**order)
        except BaseException:  # noqa: BLE001 -- the test is told
            said = traceback.format_exc()
        os.write(_told, said.encode()[-3_000:])
        os._exit(1)
    os.close(_told)
    with open(hears, "rb") as ear:
        heard = ear.read(len(_STANDING))
        if heard != _STANDING:
            heard += ear.read()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return KILLED if heard == _STANDING else heard.decode(errors="replace")


def main() -> None:
    """A process for each line, one at a time."""
    for line in sys.stdin:
        sys.stdout.write(json.dumps(killed_at(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
