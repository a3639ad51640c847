"""Phase 1 as a whole: write the jobs, settle what is unknown, claim what is due, ask for it in batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import structlog

from scrape_assets.flow.choose import Standing, check_somebody, standings
from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.gather import SHORTEST_BLOCK, gather_batch
from scrape_assets.flow.plan import plan_jobs
from scrape_assets.flow.recovery import reclaim_expired
from scrape_assets.flow.resolve import Planned, resolve
from scrape_assets.flow.settle import SettleReport, settle_unknown
from scrape_assets.flow.trigger import Triggered, postpone_all, trigger_batch
from scrape_assets.ledger import jobs, snapshots
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.jobs import Job, JobFilter
from scrape_assets.ledger.owner import LeaseKeeper
from scrape_assets.ledger.planners import plan_batches
from scrape_assets.ledger.source_state import block
from scrape_assets.posts.platforms import parse_platform
from scrape_assets.sources.registry import BRIGHTDATA

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
        return [one for one in self.triggered if one.accepted_as]

    @property
    def problems(self) -> list[Triggered]:
        """The batches that it did not take, or whose answer was lost."""
        return [one for one in self.triggered if not one.accepted_as]


def collect(
    ctx: FlowContext,
    platform: str,
    day: date,
    *,
    creators: Sequence[str] | None = None,
    events: Sequence[str] | None = None,
    force: bool = False,
    requested_only: bool = False,
) -> CollectReport:
    """Collect one day of one platform: ask for what is due, and wait for no vendor.

    A vendor is triggered and paid for; a direct source is paged through here. When a source takes nothing more from
    us, what is left goes to the next one of the platform.

    Args:
        ctx: what the flow works with.
        platform: a platform's name ("twitter" is taken as "x").
        day: the collection date.
        creators: only these; with neither these nor events: all with a profile there, and all events of the day.
        events: only these.
        force: ask again for what this day has asked already.
        requested_only: write no new jobs, only serve those that wait.

    Raises:
        SourceError: no source has its key, or the vendor refuses it; said before anything is written or triggered.
        UnknownTarget: a named creator or event cannot be collected there.
        NoSource: nothing collects the platform.
        UnknownPlatform: the name is no platform.
    """
    platform = str(parse_platform(platform))
    stands = standings(ctx, platform)
    check_somebody(ctx, stands)
    reclaim_expired(ctx)
    can_search = any(stand.abilities.events for stand in stands)
    added = (
        []
        if requested_only
        else plan_jobs(
            ctx, platform, day, only_creators=creators, only_events=events, with_events=can_search, force=force
        )
    )
    settled = settle_unknown(ctx)
    asked: list[Triggered] = []
    claimed = 0
    targets = None if creators is None and events is None else [*(creators or ()), *(events or ())]
    with LeaseKeeper(lambda: _renew(ctx), ctx.settings.lease):
        try:
            for _ in stands:  # whom a blocked source leaves is asked of the next one
                planned, taken = _take(ctx, platform, day, targets, stands)
                claimed += taken
                _ask(ctx, platform, day, planned, asked, last=stands[-1].source)
                if not taken:
                    break
                stands = standings(ctx, platform)
        finally:
            # Whatever was claimed and not reached goes back, without an attempt spent.
            with ctx.engine.begin() as conn:
                jobs.release(conn, ctx.owner)
    with ctx.engine.connect() as conn:
        by_status = jobs.counts_by_status(conn, JobFilter(platform=platform, collection_date=day))
    counts = {str(status): count for status, count in by_status.items()}
    return CollectReport(platform, day, len(added), claimed, asked, settled, counts)


def _take(
    ctx: FlowContext, platform: str, day: date, targets: Sequence[str] | None, stands: Sequence[Standing]
) -> tuple[list[Planned], int]:
    """Claim what is due and find what to ask for it; and how many jobs were claimed."""
    claimed = _claim(ctx, platform, day, target_ids=targets)
    planned, siblings = resolve(ctx, claimed, stands)
    if siblings:
        further = _claim(ctx, platform, day, job_ids=siblings)
        claimed += further
        planned += resolve(ctx, further, stands)[0]
    return planned, len(claimed)


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


def _ask(
    ctx: FlowContext, platform: str, day: date, planned: Sequence[Planned], report: list[Triggered], *, last: str
) -> None:
    """Ask batch after batch, each source until it answers in a way in which it would answer all others, too."""
    for source in dict.fromkeys(one.source for one in planned):
        batches = plan_batches(
            [one for one in planned if one.source == source], ctx.settings.batch_size, key=_may_share
        )
        for number, batch in enumerate(batches, start=1):
            ask = trigger_batch if source == BRIGHTDATA else gather_batch
            answer = ask(ctx, platform, day, batch.items)
            log.info("asked", platform=platform, source=source, snapshot_id=answer.snapshot_id, error=answer.error)
            report.append(answer)
            if answer.blocked_until:
                # A vendor that is asked on while it says 429 blocks the address for good.
                unasked = [one.job.job_id for later in batches[number:] for one in later.items]
                postpone_all(ctx, unasked, answer)
            if answer.blocked_until or answer.unreachable:
                if source != last:
                    left = [one.job.job_id for later in batches[number - 1 :] for one in later.items]
                    _leave_to_the_next(ctx, source, answer, left)
                break


def _leave_to_the_next(ctx: FlowContext, source: str, answer: Triggered, job_ids: Sequence[str]) -> None:
    """Ask a source for nothing more for a while; what it left is due at once, for the platform's next source."""
    now = ctx.now()
    until = max(answer.blocked_until or now, now + SHORTEST_BLOCK)
    error_class, error = answer.error_class or ErrorClass.NETWORK, answer.error or "it takes nothing from us"
    with ctx.engine.begin() as conn:
        block(conn, source, until=until, error_class=error_class, error=error, now=now)
        jobs.put_off(conn, job_ids, error_class=error_class, error=error, next_attempt_at=now)


def _may_share(planned: Planned) -> tuple[object, ...]:
    """Inputs may share one snapshot when everything that is said once for all of them is equal."""
    dataset_id = planned.dataset.dataset_id if planned.dataset else None
    return (dataset_id, planned.discover_by, planned.limit_per_input)


def _renew(ctx: FlowContext) -> None:
    with ctx.engine.begin() as conn:
        jobs.renew_leases(conn, ctx.owner, ctx.settings.lease, ctx.now())
        snapshots.renew_leases(conn, ctx.owner, ctx.settings.lease, ctx.now())  # those being triggered
