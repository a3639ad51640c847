"""Phase 1 as a whole: write the jobs, settle what is unknown, claim what is due, ask for it in batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import structlog

from scrape_assets.flow.asking.gather import SHORTEST_BLOCK, gather_batch
from scrape_assets.flow.asking.trigger import Triggered, postpone_all, trigger_batch
from scrape_assets.flow.choosing.choose import Standing, check_somebody, standings
from scrape_assets.flow.choosing.freshness import Spared, apart, share
from scrape_assets.flow.choosing.intent import HeldBack
from scrape_assets.flow.choosing.probe import all_or_one
from scrape_assets.flow.choosing.resolve import Planned, resolve
from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.mending.recovery import reclaim_expired
from scrape_assets.flow.mending.settle import SettleReport, settle_unknown
from scrape_assets.flow.money.budget import check_money
from scrape_assets.flow.pacing.lanes import lane_of
from scrape_assets.flow.wanted.plan import plan_jobs
from scrape_assets.ledger import jobs, snapshots
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.jobs import Job, JobFilter
from scrape_assets.ledger.owner import LeaseKeeper
from scrape_assets.ledger.pace import block
from scrape_assets.ledger.planners import Batch, plan_batches
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
    spared: list[Spared] = field(default_factory=list)  # jobs that need not be asked for
    held_back: list[HeldBack] = field(default_factory=list)  # jobs that a budget has no room for

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
        force: ask again for what this day has asked already, however lately it was collected.
        requested_only: write no new jobs, only serve those that wait.

    Raises:
        SettingsError: the prices or budgets name what there is not.
        SourceError: no source has its key, or the vendor refuses it; said before anything is written or triggered.
        UnknownTarget: a named creator or event cannot be collected there.
        NoSource: nothing collects the platform.
        UnknownPlatform: the name is no platform.
        Interrupted: it was asked to stop; what was not reached goes back, with no attempt spent.
    """
    platform = str(parse_platform(platform))
    check_money(ctx.settings)
    stands = standings(ctx, platform)
    check_somebody(ctx, stands)
    reclaim_expired(ctx)
    added = 0
    if not requested_only:
        can_search = any(stand.abilities.events for stand in stands)
        added = len(
            plan_jobs(
                ctx, platform, day, only_creators=creators, only_events=events, with_events=can_search, force=force
            )
        )
        # Somebody may have raised the budget that they wait for: they are held back once more if not.
        with ctx.engine.begin() as conn:
            jobs.bring_forward(conn, platform, day, error_class=ErrorClass.BUDGET, now=ctx.now())
    settled = settle_unknown(ctx)
    asked: list[Triggered] = []
    spared: list[Spared] = []
    claimed = 0
    targets = None if creators is None and events is None else [*(creators or ()), *(events or ())]
    with LeaseKeeper(lambda: _renew(ctx), ctx.settings.lease):
        try:
            for _ in stands:  # whom a blocked source leaves is asked of the next one
                planned, taken, served = take_due(ctx, platform, day, targets, stands)
                claimed += taken
                spared += served
                planned = all_or_one(ctx, platform, planned, stands)
                _ask(ctx, platform, day, planned, asked, spared, last=stands[-1].source)
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
    return CollectReport(
        platform,
        day,
        added,
        claimed,
        [one for one in asked if not one.nobody_asked],
        settled,
        counts,
        spared,
        [held for one in asked for held in one.held_back],
    )


def take_due(
    ctx: FlowContext, platform: str, day: date, targets: Sequence[str] | None, stands: Sequence[Standing]
) -> tuple[list[Planned], int, list[Spared]]:
    """Claim what is due and find what to ask for it.

    Returns:
        What to ask for, how many jobs were claimed, and for which of them nobody needs to be asked.
    """
    claimed = _claim(ctx, platform, day, target_ids=targets)
    planned, siblings = resolve(ctx, claimed, stands)
    if siblings:
        further = _claim(ctx, platform, day, job_ids=siblings)
        claimed += further
        planned += resolve(ctx, further, stands)[0]
    left, spared = share(ctx, planned)
    return left, len(claimed), spared


def _claim(
    ctx: FlowContext,
    platform: str,
    day: date,
    *,
    target_ids: Sequence[str] | None = None,
    job_ids: Sequence[str] | None = None,
) -> list[Job]:
    with ctx.engine.begin() as conn:
        claimed = jobs.claim_jobs(
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
    # The equally urgent by name, not by their ids: a dry run, whose ids are other ones, has the same order.
    return sorted(claimed, key=lambda job: (job.place, job.target_id, job.profile_url or ""))


def _ask(
    ctx: FlowContext,
    platform: str,
    day: date,
    planned: Sequence[Planned],
    report: list[Triggered],
    spared: list[Spared],
    *,
    last: str,
) -> None:
    """Ask batch after batch, each source until it answers in a way in which it would answer all others, too."""
    for source in dict.fromkeys(one.source for one in planned):
        batches = batches_of(ctx, planned, source)
        for number, batch in enumerate(batches, start=1):
            ctx.stop.look()
            ask = trigger_batch if source == BRIGHTDATA else gather_batch
            answer = ask(ctx, platform, day, batch.items)
            log.info("asked", platform=platform, source=source, snapshot_id=answer.snapshot_id, error=answer.error)
            report.append(answer)
            # What somebody else has asked for meanwhile is served with that; if it cannot be, it is released.
            spared += share(ctx, apart(answer.overtaken))[1]
            if answer.blocked_until:
                # A vendor that is asked on while it says 429 blocks the address for good.
                unasked = _job_ids(batches[number:])
                postpone_all(ctx, unasked, answer)
            if answer.blocked_until or answer.unreachable:
                if source != last and not answer.paced:
                    left = _job_ids(batches[number - 1 :])
                    _leave_to_the_next(ctx, source, platform, answer, left)
                break


def batches_of(ctx: FlowContext, planned: Sequence[Planned], source: str) -> list[Batch[Planned]]:
    """What is asked of a source together, the most urgent first."""
    return plan_batches([one for one in planned if one.source == source], ctx.settings.batch_size, key=_may_share)


def _job_ids(batches: Sequence[Batch[Planned]]) -> list[str]:
    return [job.job_id for batch in batches for one in batch.items for job in one.jobs]


def _leave_to_the_next(ctx: FlowContext, source: str, platform: str, answer: Triggered, job_ids: Sequence[str]) -> None:
    """Ask a source for nothing more for a while; what it left is due at once, for the platform's next source."""
    now = ctx.now()
    until = max(answer.blocked_until or now, now + SHORTEST_BLOCK)
    error_class, error = answer.error_class or ErrorClass.NETWORK, answer.error or "it takes nothing from us"
    with ctx.engine.begin() as conn:
        block(
            conn,
            lane_of(ctx.settings, source, platform),
            until=until,
            error_class=error_class,
            error=error,
            now=now,
        )
        jobs.put_off(conn, job_ids, error_class=error_class, error=error, next_attempt_at=now)


def _may_share(planned: Planned) -> tuple[object, ...]:
    """Inputs may share one snapshot when everything that is said once for all of them is equal."""
    dataset_id = planned.dataset.dataset_id if planned.dataset else None
    return (dataset_id, planned.discover_by, planned.limit_per_input)


def _renew(ctx: FlowContext) -> None:
    with ctx.engine.begin() as conn:
        jobs.renew_leases(conn, ctx.owner, ctx.settings.lease, ctx.now())
        snapshots.renew_leases(conn, ctx.owner, ctx.settings.lease, ctx.now())  # those being triggered
