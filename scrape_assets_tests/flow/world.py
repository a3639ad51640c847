"""A small world for the flow: our ledger, a vendor on loopback, an archive, and one clock for all of them."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from scrape_assets.flow.collect import CollectReport, collect
from scrape_assets.flow.context import FlowContext, Transports
from scrape_assets.flow.pacing.gate import PacedGate, RowBook
from scrape_assets.flow.taking.claim import claim_for_processing
from scrape_assets.flow.taking.outcome import ALL_STAGES, Outcome, Stage
from scrape_assets.flow.taking.poll import PollReport, poll_due
from scrape_assets.flow.taking.process import process_many
from scrape_assets.ledger import jobs, snapshots
from scrape_assets.ledger.attempts import Call, record_call
from scrape_assets.ledger.jobs import Job, JobFilter
from scrape_assets.ledger.snapshots import Snapshot
from scrape_assets.ledger.snapshots.queue import SnapshotFilter
from scrape_assets.posts.identity import profile_key
from scrape_assets.settings import Settings
from scrape_assets.simulator.control_client import Control
from scrape_assets.simulator.server import SimulatorThread
from scrape_assets.sources.brightdata.client import BrightDataClient
from scrape_assets.sources.http import HttpTransport
from scrape_assets.storage.creators import upsert_creator
from scrape_assets.storage.payloads import PayloadArchive

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TODAY = NOW.date()
HARBOUR = "https://www.linkedin.com/company/harbour-lamps"
MILL = "https://www.linkedin.com/company/tide-mill"
QUARRY = "https://www.linkedin.com/company/slate-quarry"
ANNA = "https://www.linkedin.com/in/anna-vesterholt"


class Clock:
    """The time, ours and the vendor's; it stands still until the test moves it."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **time: float) -> None:
        self.now += timedelta(**time)


class World:
    """What the tests of the flow share. Its methods do what the assets, the sensor and the commands do."""

    def __init__(self, engine: Engine, vendor: SimulatorThread, folder: Path, clock: Clock) -> None:
        self.engine = engine
        self.vendor = vendor
        self.clock = clock
        self.archive = PayloadArchive(str(folder / "payloads"))
        gate = PacedGate(RowBook(engine), Settings(), "brightdata", now=clock, sleep=self._sleep)
        self.transport = HttpTransport("brightdata", self._audit, gate=gate, sleep=lambda _: None)
        self.ctx = self.context("host:1:test")

    @property
    def control(self) -> Control:
        """The vendor's switches."""
        return self.vendor.control

    def context(self, owner: str, *, key: str = "invented-key", url: str | None = None, **settings: Any) -> FlowContext:
        """What a process of its own would work with."""
        return FlowContext(
            settings=(chosen := Settings(**settings)),
            engine=self.engine,
            archive=self.archive,
            vendor=BrightDataClient(self.transport, url or self.vendor.url, key),
            transports=self._transports(chosen),
            owner=owner,
            now=self.clock,
            rng=random.Random(owner),
        )

    def set(self, **settings: Any) -> None:
        """Change settings."""
        chosen = Settings(**settings)
        self.ctx = replace(self.ctx, settings=chosen, transports=self._transports(chosen))

    def creator(self, creator_id: str, *urls: str) -> None:
        """Follow somebody on LinkedIn."""
        with self.engine.begin() as conn:
            for url in urls:
                upsert_creator(conn, creator_id, creator_id.title(), profile_key("linkedin", url))

    def ask_for(self, creator_id: str, **columns: Any) -> str:
        """Insert a job as another program does, with plain SQL; give its id."""
        columns = {"target_id": creator_id, "platform": "linkedin", **columns}
        names, values = ", ".join(columns), ", ".join(f":{name}" for name in columns)
        with self.engine.begin() as conn:
            inserted = conn.execute(
                sa.text(f"INSERT INTO scrape_jobs ({names}) VALUES ({values}) RETURNING job_id"), columns
            )
            return str(inserted.scalar_one())

    def collect(self, day: date = TODAY, ctx: FlowContext | None = None, **options: Any) -> CollectReport:
        """Phase 1 for one day."""
        return collect(ctx or self.ctx, "linkedin", day, **options)

    def poll(self, **forward: float) -> PollReport:
        """Let time pass, by default until every look is due, and ask the vendor about all."""
        self.clock.forward(**forward or {"minutes": 3})
        return poll_due(self.ctx, timedelta(minutes=1))

    def process(self, *, ctx: FlowContext | None = None) -> list[Outcome]:
        """Phase 2 for all that is ready, as the sensor has it done."""
        with self.engine.connect() as conn:
            keys = [one.partition_key for one in snapshots.ready_due(conn, self.clock(), 100)]
        claimed, _ = claim_for_processing(ctx or self.ctx, keys, ALL_STAGES, only_ready=True)
        return list(process_many(ctx or self.ctx, claimed, ALL_STAGES))

    def again(self, stages: frozenset[Stage] = ALL_STAGES, *, redownload: bool = False) -> Outcome:
        """Materialize the one snapshot by hand."""
        keys = [self.snapshot().partition_key]
        claimed, refused = claim_for_processing(self.ctx, keys, stages, only_ready=False)
        assert not refused, refused
        [outcome] = process_many(self.ctx, claimed, stages, redownload=redownload)
        return outcome

    def collected(self) -> Snapshot:
        """Phase 1 and the vendor's word that the one snapshot is ready."""
        self.collect()
        self.poll()
        return self.snapshot()

    def run(self) -> None:
        """Everything: collect, poll, process."""
        self.collect()
        self.poll()
        self.process()

    def snapshots(self) -> list[Snapshot]:
        """All snapshots, the oldest first."""
        with self.engine.connect() as conn:
            return snapshots.list_snapshots(conn, SnapshotFilter(), 1_000)[::-1]

    def snapshot(self) -> Snapshot:
        """The only snapshot there is."""
        [snapshot] = self.snapshots()
        return snapshot

    def jobs(self) -> list[Job]:
        """All jobs, by target."""
        with self.engine.connect() as conn:
            found = jobs.list_jobs(conn, JobFilter(), 1_000)
        return sorted(found, key=lambda job: (job.target_id, job.profile_url or "", job.round))

    def job(self, creator_id: str | None = None) -> Job:
        """The only job there is, or the only one of a creator."""
        [job] = [job for job in self.jobs() if creator_id in (None, job.target_id)]
        return job

    def statuses(self) -> Counter[str]:
        """How many jobs are in which state."""
        return Counter(job.status.value for job in self.jobs())

    def paid(self) -> Counter[str]:
        """How often the vendor accepted each input, by URL: as often it would be paid for."""
        return Counter(given["url"] for one in self.control.accepted() for given in one["inputs"])

    def paid_together(self) -> list[list[str]]:
        """The inputs of each accepted trigger."""
        return [sorted(given["url"] for given in one["inputs"]) for one in self.control.accepted()]

    def calls(self, operation: str) -> int:
        """How many calls of a kind reached the vendor."""
        return sum(self.control.calls().get(operation, {}).values())

    def download_calls(self) -> Counter[str]:
        """How often each part was fetched, or begun to be; "" is the whole."""
        urls = self.column("SELECT url FROM scrape_attempts WHERE operation = 'download'")
        return Counter(parse_qs(urlsplit(url).query).get("part", [""])[0] for url in urls)

    def rows(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        """What a query gives."""
        with self.engine.connect() as conn:
            return [tuple(row) for row in conn.execute(sa.text(query), values)]

    def column(self, query: str, **values: Any) -> list[Any]:
        """The first column of what a query gives."""
        return [row[0] for row in self.rows(query, **values)]

    def count(self, table: str) -> int:
        """Rows of a table."""
        return int(self.column(f"SELECT count(*) FROM {table}")[0])

    def _transports(self, settings: Settings) -> Transports:
        return Transports(self.engine, settings, now=self.clock, sleep=self._sleep)

    def _sleep(self, seconds: float) -> None:
        """Whoever waits for a gate lets time pass; nobody waits in earnest."""
        self.clock.forward(seconds=seconds)

    def _audit(self, call: Call) -> None:
        with self.engine.begin() as conn:
            record_call(conn, call)


def urls_of(inputs: Sequence[dict[str, Any]]) -> list[str]:
    """The URLs of inputs."""
    return [given["url"] for given in inputs]
