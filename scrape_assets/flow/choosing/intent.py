"""The intent of a snapshot: what is about to be asked for, and paid, is committed before anybody is asked.

In the same transaction it is made sure, for all processes alike, that nobody else has asked for it meanwhile and that
the budgets have room for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy.engine import Connection

from scrape_assets.flow.choosing.estimate import Forecast, dataset_id_of, forecast
from scrape_assets.flow.choosing.freshness import overtaken
from scrape_assets.flow.choosing.resolve import Planned
from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.money.budget import Budget, Shortage, fit, in_all, purses
from scrape_assets.ledger import jobs, snapshots
from scrape_assets.ledger.costs import NOTHING
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.sharing import one_intent_at_a_time
from scrape_assets.ledger.snapshots import NewSnapshot, SnapshotInput, distinct
from scrape_assets.sources.registry import BRIGHTDATA


@dataclass(frozen=True)
class HeldBack:
    """Jobs that a budget has no room for now."""

    job_ids: tuple[str, ...]
    why: str
    until: datetime


@dataclass(frozen=True)
class Intent:
    """What of a batch is about to be asked for."""

    asked: tuple[Planned, ...]  # none: nothing was written, and nobody is to be asked
    forecasts: tuple[Forecast, ...] = ()  # of each
    held_back: tuple[HeldBack, ...] = ()
    overtaken: tuple[Planned, ...] = ()  # that somebody else asked for since it was planned

    @property
    def inputs(self) -> int:
        """How many the source is sent: jobs that ask for the same share one."""
        return len(distinct(inputs_of(self.asked)))

    @property
    def cost(self) -> Decimal | None:
        """US dollars expected; None when nobody has told the price."""
        return _total(self.forecasts)


def write_intent(
    ctx: FlowContext, snapshot_id: str, platform: str, day: date, batch: Sequence[Planned], *, rehearsed: bool = False
) -> Intent:
    """Commit what is about to be asked for, with what it is expected to cost.

    What a budget has no room for waits until that renews, with no attempt spent. What somebody else has asked for
    meanwhile is left to the caller, who still holds its jobs.

    Args:
        ctx: what the flow works with.
        snapshot_id: of the snapshot to be.
        platform: of the batch.
        day: the collection date.
        batch: alike in everything that is said once for all of them.
        rehearsed: it is all going to be undone: nobody else is kept waiting.

    Raises:
        IllegalTransition: a job was called off, or is no longer held by us. Nothing is written.
    """
    with ctx.engine.begin() as conn:
        if not rehearsed:
            one_intent_at_a_time(conn)
        gone = overtaken(conn, ctx, batch)
        elsewhere = {one.job.job_id for one in gone}
        left = [one for one in batch if one.job.job_id not in elsewhere]
        if not left:
            return Intent((), overtaken=tuple(gone))
        forecasts = forecast(conn, ctx.settings, left)
        shortages = _shortages(conn, ctx, platform, forecasts)
        asked = [one for one, short in zip(left, shortages, strict=True) if not short]
        reserved = [one for one, short in zip(forecasts, shortages, strict=True) if not short]
        held_back = _hold_back(conn, [(one, short) for one, short in zip(left, shortages, strict=True) if short])
        if asked:
            new = _new_snapshot(ctx, snapshot_id, platform, day, asked, _total(reserved))
            snapshots.record_intent(conn, new, owner=ctx.owner, lease=ctx.settings.lease, now=ctx.now())
    return Intent(tuple(asked), tuple(reserved), tuple(held_back), tuple(gone))


def inputs_of(batch: Sequence[Planned]) -> list[SnapshotInput]:
    """All that is asked for in a batch, in its order, once for each job that it serves."""
    return [
        SnapshotInput(job.job_id, asked.url, asked.input) for one in batch for job in one.jobs for asked in one.asked
    ]


def _shortages(
    conn: Connection, ctx: FlowContext, platform: str, forecasts: Sequence[Forecast]
) -> list[Shortage | None]:
    """Which of a batch must wait for a budget. What is free, or nobody knows the price of, never does."""
    if not forecasts[0].price:  # the same for all
        return [None] * len(forecasts)
    amounts = [one.cost or NOTHING for one in forecasts]
    return fit(purses(conn, ctx.settings, ctx.now(), platform), amounts)


def _hold_back(conn: Connection, some: Sequence[tuple[Planned, Shortage]]) -> list[HeldBack]:
    """Leave jobs for later, each with what it is short of; and say it of all together, budget by budget."""
    by_budget: dict[tuple[Budget, datetime], list[tuple[Planned, Shortage]]] = {}
    for planned, short in some:
        by_budget.setdefault((short.budget, short.until), []).append((planned, short))
        for job in planned.jobs:
            jobs.postpone(
                conn, job.job_id, error_class=ErrorClass.BUDGET, error=str(short), next_attempt_at=short.until
            )
    return [
        HeldBack(
            tuple(job.job_id for planned, _ in group for job in planned.jobs),
            in_all([short for _, short in group]),
            until,
        )
        for (_, until), group in by_budget.items()
    ]


def _new_snapshot(
    ctx: FlowContext, snapshot_id: str, platform: str, day: date, asked: Sequence[Planned], cost: Decimal | None
) -> NewSnapshot:
    alike = asked[0]
    said_once: dict[str, object] = {"discover_by": alike.discover_by, "limit_per_input": alike.limit_per_input}
    return NewSnapshot(
        snapshot_id=snapshot_id,
        source=alike.source,
        platform=platform,
        dataset_id=dataset_id_of(alike),
        collection_date=day,
        inputs=tuple(inputs_of(asked)),
        trigger_params=said_once if alike.source == BRIGHTDATA else {},
        run_id=ctx.run_id,
        estimated_usd=cost,
    )


def _total(forecasts: Sequence[Forecast]) -> Decimal | None:
    known = [one.cost for one in forecasts if one.cost is not None]
    return sum(known, start=NOTHING) if len(known) == len(forecasts) else None
