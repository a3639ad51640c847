"""Phase 2 for snapshots that are claimed: several at once, their leases renewed, each with an outcome of its own."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from functools import partial

import sqlalchemy as sa
import structlog

from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.side_by_side import Crew, as_they_end
from scrape_assets.flow.taking.outcome import ALL_STAGES, Outcome, Stage
from scrape_assets.flow.taking.setbacks import attempt, in_one_line
from scrape_assets.ledger import snapshots
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.owner import LeaseKeeper
from scrape_assets.ledger.snapshots import Snapshot
from scrape_assets.ledger.states import IllegalTransition

log = structlog.get_logger(__name__)


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
                do = partial(process_one, ctx, stages=stages, redownload=redownload)
                for future in as_they_end([crew.submit(do, snapshot) for snapshot in claimed], ctx.stop):
                    yield future.result()
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
    outcome = Outcome(snapshot)
    try:
        attempt(ctx, outcome, stages, redownload=redownload)
    except IllegalTransition as error:
        # The lease ran out and somebody else has it: theirs to finish, and nothing of ours was committed.
        outcome.error_class, outcome.error = ErrorClass.LEASE_LOST, str(error)
        outcome.what_next = "another run has taken it over"
    except sa.exc.SQLAlchemyError as error:
        # Not even the failure could be written down. No other snapshot of the run must suffer for that.
        outcome.error_class, outcome.error = ErrorClass.SERVER, in_one_line(error)
        outcome.what_next = "it comes back by itself when its lease runs out"
    if outcome.failed:
        log.warning("snapshot not processed", snapshot_id=snapshot.snapshot_id, error=outcome.error)
    return outcome
