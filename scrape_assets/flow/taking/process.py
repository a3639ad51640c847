"""Phase 2 for snapshots that are claimed: several at once, their leases renewed, each with an outcome of its own.

Threads download and load. Whoever waits for the outcomes matches what is loaded by then, all of it in one transaction:
only one may match a platform's posts at a time, and most of what it costs is the same for one snapshot as for many.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from functools import partial

import sqlalchemy as sa
import structlog

from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.side_by_side import Crew, in_groups
from scrape_assets.flow.taking.outcome import ALL_STAGES, Outcome, Stage
from scrape_assets.flow.taking.setbacks import attempt, in_one_line
from scrape_assets.flow.taking.stages import fetch_and_load, match_and_settle
from scrape_assets.ledger import snapshots
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.owner import LeaseKeeper
from scrape_assets.ledger.snapshots import Snapshot
from scrape_assets.ledger.states import IllegalTransition

log = structlog.get_logger(__name__)


MATCHED_TOGETHER = 25
"""A transaction of so many snapshots is still a short one."""


def process_many(
    ctx: FlowContext, claimed: Sequence[Snapshot], stages: frozenset[Stage], *, redownload: bool = False
) -> Generator[Outcome, None, None]:
    """Process claimed snapshots, several at once, and yield each as it ends. Leases are renewed meanwhile.

    Raises:
        Interrupted: it was asked to stop; what was not finished is put back, with no attempt spent.
    """
    with LeaseKeeper(lambda: _renew(ctx), ctx.settings.lease):
        try:
            with Crew(ctx.settings.concurrency, "process", ctx.stop) as crew:
                begin = partial(_begin, ctx, stages=stages, redownload=redownload)
                futures = [crew.submit(begin, snapshot) for snapshot in claimed]
                for group in in_groups(futures, ctx.stop, MATCHED_TOGETHER):
                    outcomes = [future.result() for future in group]
                    _end(ctx, outcomes, stages)
                    yield from outcomes
        finally:
            # An interrupted run starts nothing new; what it still holds goes back without an attempt spent.
            _put_back_untouched(ctx)


def _renew(ctx: FlowContext) -> None:
    with ctx.engine.begin() as conn:
        snapshots.renew_leases(conn, ctx.owner, ctx.settings.lease, ctx.now())


def _put_back_untouched(ctx: FlowContext) -> None:
    with ctx.engine.begin() as conn:
        snapshots.release_run(conn, ctx.owner, ctx.now(), count_attempt=False)


def process_one(
    ctx: FlowContext, snapshot: Snapshot, stages: frozenset[Stage] = ALL_STAGES, *, redownload: bool = False
) -> Outcome:
    """Take one claimed snapshot through the stages asked for; never raises for what belongs to this snapshot."""
    outcome = _begin(ctx, snapshot, stages, redownload=redownload)
    _end(ctx, [outcome], stages)
    return outcome


def _begin(ctx: FlowContext, snapshot: Snapshot, stages: frozenset[Stage], *, redownload: bool) -> Outcome:
    """The stages that each snapshot goes through by itself."""
    outcome = Outcome(snapshot)
    _try(ctx, outcome, stages, lambda: fetch_and_load(ctx, outcome, stages, redownload=redownload))
    return outcome


def _end(ctx: FlowContext, outcomes: Sequence[Outcome], stages: frozenset[Stage]) -> None:
    """The last stage, all together; where that fails, each by itself, so that it is known whose fault it is."""
    left = [one for one in outcomes if not one.ended]
    if len(left) > 1:
        try:
            match_and_settle(ctx, left, stages)
        except Exception as error:  # noqa: BLE001 -- what belongs to one snapshot is found out below
            log.warning("matched one by one", snapshots=len(left), error=in_one_line(error))
        else:
            return
    for outcome in left:
        _try(ctx, outcome, stages, partial(match_and_settle, ctx, [outcome], stages))


def _try(ctx: FlowContext, outcome: Outcome, stages: frozenset[Stage], do: Callable[[], None]) -> None:
    try:
        attempt(ctx, outcome, stages, do)
    except IllegalTransition as error:
        # The lease ran out and somebody else has it: theirs to finish, and nothing of ours was committed.
        outcome.error_class, outcome.error = ErrorClass.LEASE_LOST, str(error)
        outcome.what_next, outcome.ended = "another run has taken it over", True
    except sa.exc.SQLAlchemyError as error:
        # Not even the failure could be written down. No other snapshot of the run must suffer for that.
        outcome.error_class, outcome.error = ErrorClass.SERVER, in_one_line(error)
        outcome.what_next, outcome.ended = "it comes back by itself when its lease runs out", True
    if outcome.failed:
        log.warning("snapshot not processed", snapshot_id=outcome.snapshot.snapshot_id, error=outcome.error)
