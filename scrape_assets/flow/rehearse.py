"""A collection that is only played: what would be asked of whom, how much would come, and what it would cost.

Everything runs as in earnest, up to the point at which somebody would be asked, in one transaction that is rolled back:
so a dry run cannot differ from what would be done. Nobody is asked and nothing is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import cast

from sqlalchemy.engine import Connection, Engine

from scrape_assets.flow.choosing.choose import nobody_configured, standings
from scrape_assets.flow.choosing.estimate import Basis
from scrape_assets.flow.choosing.freshness import Spared, apart, share
from scrape_assets.flow.choosing.intent import HeldBack, Intent, write_intent
from scrape_assets.flow.collect import batches_of, take_due
from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.mending.recovery import reclaim_expired
from scrape_assets.flow.money.budget import Purse, check_money, purses
from scrape_assets.flow.money.prices import unpriced
from scrape_assets.flow.wanted.plan import plan_jobs
from scrape_assets.ledger import jobs
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.jobs import Job, JobFilter
from scrape_assets.ledger.keys import new_snapshot_id
from scrape_assets.ledger.states import JobStatus
from scrape_assets.posts.platforms import parse_platform

MOST_JOBS = 100_000


@dataclass(frozen=True)
class WouldAsk:
    """One batch, as it would be asked for."""

    source: str
    dataset_id: str | None  # the vendor's
    inputs: int  # that the source would be sent
    jobs: int  # that they serve
    records: Decimal  # expected
    bases: tuple[Basis, ...]  # what that stands on
    cost: Decimal | None  # US dollars expected; None: nobody has told the price


@dataclass(frozen=True)
class Rehearsal:
    """What a collection would do now."""

    platform: str
    day: date
    jobs_added: int
    jobs_due: int
    batches: tuple[WouldAsk, ...]
    spared: tuple[Spared, ...]  # jobs for which nobody would be asked
    held_back: tuple[HeldBack, ...]  # jobs that a budget has no room for
    waiting: dict[str, int]  # jobs that nobody can be asked for now, by reason
    failing: dict[str, int]  # jobs that would end at once, by reason
    budgets: tuple[Purse, ...]  # of the platform, before anything is asked
    remarks: tuple[str, ...]

    @property
    def inputs(self) -> int:
        """That would be sent in all."""
        return sum(one.inputs for one in self.batches)

    @property
    def records(self) -> Decimal:
        """Expected in all."""
        return sum((one.records for one in self.batches), start=Decimal(0))

    @property
    def cost(self) -> Decimal | None:
        """US dollars expected of all whose price is known; None when it is of none."""
        known = [one.cost for one in self.batches if one.cost is not None]
        return sum(known, start=Decimal(0)) if known or not self.batches else None


def rehearse(
    ctx: FlowContext,
    platform: str,
    day: date,
    *,
    creators: Sequence[str] | None = None,
    events: Sequence[str] | None = None,
    force: bool = False,
) -> Rehearsal:
    """Play what `collect` would do with the same arguments, as far as it is known without asking anybody.

    What a source will say is not known: it may refuse inputs, or take nothing at the moment.

    Raises:
        SettingsError, UnknownTarget, NoSource, UnknownPlatform: as `collect` would.
    """
    [found] = rehearse_days(ctx, platform, [day], creators=creators, events=events, force=force)
    return found


def rehearse_days(
    ctx: FlowContext,
    platform: str,
    days: Sequence[date],
    *,
    creators: Sequence[str] | None = None,
    events: Sequence[str] | None = None,
    force: bool = False,
) -> list[Rehearsal]:
    """Play the collections of several days, one after the other: what one asks for, the next need not.

    Raises:
        SettingsError, UnknownTarget, NoSource, UnknownPlatform: as `collect` would.
    """
    platform = str(parse_platform(platform))
    check_money(ctx.settings)
    with _undone(ctx) as played:
        return [_play(played, platform, day, creators, events, force=force) for day in days]


@contextmanager
def _undone(ctx: FlowContext) -> Iterator[FlowContext]:
    """The same context with all its transactions inside one that is rolled back."""
    with ctx.engine.connect() as conn:
        try:
            yield replace(ctx, engine=cast(Engine, _OneTransaction(conn)))
        finally:
            conn.rollback()


class _OneTransaction:
    """What the flow uses of an engine, over a connection whose transaction is somebody else's to end."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A savepoint in the place of a transaction."""
        with self._conn.begin_nested():
            yield self._conn

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """The connection, which stays open."""
        yield self._conn


def _play(
    ctx: FlowContext,
    platform: str,
    day: date,
    creators: Sequence[str] | None,
    events: Sequence[str] | None,
    *,
    force: bool,
) -> Rehearsal:
    stands = standings(ctx, platform)
    reclaim_expired(ctx)
    can_search = any(stand.abilities.events for stand in stands)
    with ctx.engine.connect() as conn:
        before = purses(conn, ctx.settings, ctx.now(), platform)
    failed_before = {job.job_id for job in _jobs(ctx, platform, day, JobStatus.FAILED)}
    added = plan_jobs(
        ctx, platform, day, only_creators=creators, only_events=events, with_events=can_search, force=force
    )
    with ctx.engine.begin() as conn:
        jobs.bring_forward(conn, platform, day, error_class=ErrorClass.BUDGET, now=ctx.now())
    targets = None if creators is None and events is None else [*(creators or ()), *(events or ())]
    planned, due, spared = take_due(ctx, platform, day, targets, stands)
    intents: list[Intent] = []
    for source in dict.fromkeys(one.source for one in planned):
        for batch in batches_of(ctx, planned, source):
            snapshot_id = new_snapshot_id(platform, day, ctx.now(), ctx.rng.randbytes(5))
            intent = write_intent(ctx, snapshot_id, platform, day, batch.items, rehearsed=True)
            spared += share(ctx, apart(intent.overtaken))[1]
            intents.append(intent)
    held_back = [held for intent in intents for held in intent.held_back]
    held_ids = {job_id for held in held_back for job_id in held.job_ids}
    spared_ids = {one.job_id for one in spared}
    waiting = [
        job
        for job in _jobs(ctx, platform, day, JobStatus.PENDING)
        if job.next_attempt_at > ctx.now() and job.job_id not in held_ids | spared_ids
    ]
    failing = [job for job in _jobs(ctx, platform, day, JobStatus.FAILED) if job.job_id not in failed_before]
    return Rehearsal(
        platform=platform,
        day=day,
        jobs_added=len(added),
        jobs_due=due,
        batches=tuple(_would_ask(intent) for intent in intents if intent.asked),
        spared=tuple(spared),
        held_back=tuple(held_back),
        waiting=_by_reason(waiting),
        failing=_by_reason(failing),
        budgets=tuple(before),
        remarks=tuple(_remarks(ctx, platform, before, [one.source for one in stands], nobody_configured(stands))),
    )


def _jobs(ctx: FlowContext, platform: str, day: date, status: JobStatus) -> list[Job]:
    with ctx.engine.connect() as conn:
        return jobs.list_jobs(conn, JobFilter(status=status, platform=platform, collection_date=day), MOST_JOBS)


def _by_reason(some: Sequence[Job]) -> dict[str, int]:
    return dict(Counter(job.error or "no reason was noted" for job in some).most_common())


def _would_ask(intent: Intent) -> WouldAsk:
    alike = intent.asked[0]
    return WouldAsk(
        source=alike.source,
        dataset_id=alike.dataset.dataset_id if alike.dataset else None,
        inputs=intent.inputs,
        jobs=sum(len(one.jobs) for one in intent.asked),
        records=sum((one.records for one in intent.forecasts), start=Decimal(0)),
        bases=tuple(dict.fromkeys(one.basis for one in intent.forecasts)),
        cost=intent.cost,
    )


def _remarks(
    ctx: FlowContext, platform: str, budgets: Sequence[Purse], sources: Sequence[str], nobody: str | None
) -> list[str]:
    remarks = [nobody] if nobody else []
    if budgets:
        remarks += [one for source in sources if (one := unpriced(ctx.settings, source, platform))]
    return remarks
