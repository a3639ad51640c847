"""Phase 1 as a whole: write the jobs, settle what is unknown, claim what is due, trigger it in batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import structlog

from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.plan import Planned, plan_jobs, resolve
from scrape_assets.flow.recovery import reclaim_expired
from scrape_assets.flow.settle import SettleReport, settle_unknown
from scrape_assets.flow.trigger import Triggered, postpone_all, trigger_batch
from scrape_assets.ledger import jobs, snapshots
from scrape_assets.ledger.jobs import Job, JobFilter
from scrape_assets.ledger.owner import LeaseKeeper
from scrape_assets.ledger.planners import plan_batches
from scrape_assets.posts.platforms import parse_platform
from scrape_assets.sources.registry import brightdata_dataset

log = structlog.get_logger(__name__)

CLAIM_LIMIT = 5_000


@dataclass(frozen=True)
class CollectReport:
    """What one collection of one day and platform did."""

    platform: str
    day: date
    jobs_added: int = 0
    jobs_claimed: int = 0
    triggered: list[Triggered] = field(default_factory=list)
    settled: SettleReport = field(default_factory=SettleReport)
    jobs_by_status: dict[str, int] = field(default_factory=dict)  # of this day and platform, afterwards

    @property
    def accepted(self) -> list[Triggered]:
        """The batches that the source took."""
        return [one for one in self.triggered if one.vendor_snapshot_id]

    @property
    def problems(self) -> list[Triggered]:
        """The batches that it did not take, or whose answer was lost."""
        return [one for one in self.triggered if not one.vendor_snapshot_id]


def collect(
    ctx: FlowContext,
    platform: str,
    day: date,
    *,
    creators: Sequence[str] | None = None,
    force: bool = False,
    requested_only: bool = False,
) -> CollectReport:
    """Collect one day of one platform: pay for what is due, wait for nothing.

    Args:
        ctx: what the flow works with.
        platform: a platform's name ("twitter" is taken as "x").
        day: the collection date.
        creators: only these; None means all with a profile there.
        force: ask again for what this day has asked already.
        requested_only: write no new jobs, only serve those that wait.

    Raises:
        SourceError: the key is missing or refused; said before anything is written or triggered.
        UnknownCreator: a named creator cannot be collected there.
        ValueError: the platform is unknown, or no source collects it yet.
    """
    platform = str(parse_platform(platform))
    brightdata_dataset(platform)
    ctx.vendor.check_key()
    reclaim_expired(ctx)
    added = [] if requested_only else plan_jobs(ctx, platform, day, creators, force=force)
    settled = settle_unknown(ctx)
    triggered: list[Triggered] = []
    with LeaseKeeper(lambda: _renew(ctx), ctx.settings.lease):
        try:
            claimed = _claim(ctx, platform, day, target_ids=creators)
            planned, siblings = resolve(ctx, claimed)
            if siblings:
                further = _claim(ctx, platform, day, job_ids=siblings)
                claimed += further
                planned += resolve(ctx, further)[0]
            _trigger(ctx, platform, day, planned, triggered)
        finally:
            # Whatever was claimed and not reached goes back, without an attempt spent.
            with ctx.engine.begin() as conn:
                jobs.release(conn, ctx.owner)
    with ctx.engine.connect() as conn:
        by_status = jobs.counts_by_status(conn, JobFilter(platform=platform, collection_date=day))
    counts = {str(status): count for status, count in by_status.items()}
    return CollectReport(platform, day, len(added), len(claimed), triggered, settled, counts)


def _claim(
    ctx: FlowContext,
    platform: str,
    day: date,
    *,
    target_ids: Sequence[str] | None = None,
    job_ids: Sequence[str] | None = None,
) -> list[Job]:
    with ctx.engine.begin() as conn:
        return jobs.claim_jobs(
            conn,
            platform=platform,
            collection_date=day,
            owner=ctx.owner,
            lease=ctx.settings.lease,
            now=ctx.now(),
            limit=CLAIM_LIMIT,
            target_ids=target_ids,
            job_ids=job_ids,
            run_id=ctx.run_id,
        )


def _trigger(ctx: FlowContext, platform: str, day: date, planned: Sequence[Planned], report: list[Triggered]) -> None:
    """Trigger batch after batch, until one is answered in a way in which all others would be, too."""
    batches = plan_batches(planned, ctx.settings.batch_size, key=_may_share)
    for number, batch in enumerate(batches, start=1):
        triggered = trigger_batch(ctx, platform, day, batch.items)
        log.info("triggered", platform=platform, snapshot_id=triggered.snapshot_id, error=triggered.error)
        report.append(triggered)
        if triggered.blocked_until:
            # A vendor that is asked on while it says 429 blocks the address for good.
            unasked = [one.job.job_id for later in batches[number:] for one in later.items]
            postpone_all(ctx, unasked, triggered)
        if triggered.blocked_until or triggered.unreachable:
            return


def _may_share(planned: Planned) -> tuple[object, ...]:
    """Inputs may share one trigger when everything that is said once for all of them is equal."""
    return (planned.discover_by, planned.limit_per_input)


def _renew(ctx: FlowContext) -> None:
    with ctx.engine.begin() as conn:
        jobs.renew_leases(conn, ctx.owner, ctx.settings.lease, ctx.now())
        snapshots.renew_leases(conn, ctx.owner, ctx.settings.lease, ctx.now())  # those being triggered
