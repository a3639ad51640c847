"""The simulated vendor's memory: its jobs, switches, faults and clock. Answers are given by the routes."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from scrape_assets.simulator.address_block import AddressBlock
from scrape_assets.simulator.calls import CallLog
from scrape_assets.simulator.clock import Clock, utc_now
from scrape_assets.simulator.content import GeneratedRows, JobRows, Summary
from scrape_assets.simulator.faults import FaultRules
from scrape_assets.simulator.jobs import SimulatedJob
from scrape_assets.simulator.outbox import Outbox
from scrape_assets.simulator.replay import ReplayedRows
from scrape_assets.simulator.settings import Settings
from scrape_assets.simulator.store import JobStore

_REMEMBERED_PLANS = 256


@dataclass
class Vendor:
    """Everything the routes share. Used by one event loop only."""

    jobs: JobStore
    settings: Settings = field(default_factory=Settings)
    faults: FaultRules = field(default_factory=FaultRules)
    calls: CallLog = field(default_factory=CallLog)
    clock: Clock = utc_now
    replays: dict[tuple[str, str | None], Path] = field(default_factory=dict)
    block: AddressBlock = field(default_factory=AddressBlock)
    _plans: dict[tuple[str, datetime], JobRows] = field(default_factory=dict)
    _summaries: dict[tuple[str, datetime], Summary] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.outbox = Outbox(self.jobs, self.faults, self.calls, self.now, lambda: self.settings, self.rows)

    def now(self) -> datetime:
        """The vendor's time."""
        return self.clock() + timedelta(seconds=self.settings.clock_offset)

    def rows(self, job: SimulatedJob) -> JobRows:
        """What the job yields. Plans are remembered for a while, rows never."""
        plan = (job.snapshot_id, job.ready_at)
        if plan not in self._plans:
            if len(self._plans) >= _REMEMBERED_PLANS:
                self._plans.pop(next(iter(self._plans)))
            self._plans[plan] = self._plan(job)
        return self._plans[plan]

    def summary(self, job: SimulatedJob) -> Summary:
        """What a finished job found, counted once."""
        plan = (job.snapshot_id, job.ready_at)
        if plan not in self._summaries:
            self._summaries[plan] = self.rows(job).summary()
        return self._summaries[plan]

    def _plan(self, job: SimulatedJob) -> JobRows:
        replay = self.replays.get((job.order.dataset_id, job.order.discover_by))
        if replay is not None:
            return ReplayedRows(replay, include_errors=job.order.include_errors)
        return GeneratedRows(job)
