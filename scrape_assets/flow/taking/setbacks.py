"""What becomes of a snapshot when a stage of phase 2 does not succeed: again, when, or never."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
import structlog

from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.fates.closing import (
    GIVEN_UP,
    close_empty,
    close_failed,
    fail_jobs_of_the_dead,
    past_deadline,
)
from scrape_assets.flow.taking.outcome import Outcome, Stage
from scrape_assets.ledger import snapshots
from scrape_assets.ledger.errors import OURS, RETRYABLE, ErrorClass
from scrape_assets.ledger.states import IllegalTransition, SnapshotStatus
from scrape_assets.sources.errors import EmptySnapshot, Expired, NotReady, SourceError, UnknownSnapshot
from scrape_assets.storage.forgetting import ForgottenKeyMissing
from scrape_assets.storage.payloads import PayloadCorrupt, PayloadMissing

log = structlog.get_logger(__name__)

NOTHING_BY_ITSELF = "nothing more happens by itself; materialize this partition when the cause is gone"


def attempt(ctx: FlowContext, outcome: Outcome, stages: frozenset[Stage], do: Callable[[], None]) -> None:
    """Do some of the stages, and write down what becomes of the snapshot when one fails."""
    snapshot = outcome.snapshot
    try:
        do()
        return
    except NotReady as error:
        _not_ready_after_all(ctx, outcome, error)
    except EmptySnapshot as error:
        close_empty(ctx, snapshot, error.message)
        outcome.done.extend(sorted(stages, key=list(Stage).index))
    except Expired as error:
        outcome.error_class, outcome.error = error.error_class, str(error)
        stays = "what is kept of it stays, and can be mapped again; " if snapshot.payload_uri else ""
        outcome.what_next = f"it cannot be downloaded any more; {stays}a collection with force asks (and pays) again"
        close_failed(ctx, snapshot, SnapshotStatus.EXPIRED, error.error_class, str(error))
    except UnknownSnapshot as error:
        # It was called ready a moment ago; a gateway's 404 is not the last word on what is paid for.
        _give_back(ctx, outcome, error.error_class, str(error))
    except SourceError as error:
        _after_source_error(ctx, outcome, error)
    except IllegalTransition:
        raise
    except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError, ForgottenKeyMissing) as error:
        # Ours, not the snapshot's: a database or a disk in trouble, a key that is not here. No attempt is spent on it.
        _give_back(ctx, outcome, ErrorClass.SERVER, in_one_line(error), count_attempt=False)
    except OSError as error:
        _give_back(ctx, outcome, ErrorClass.SERVER, ctx.archive.complaint(error), count_attempt=False)
    except Exception as error:  # noqa: BLE001 -- a failure nobody thought of is this snapshot's own
        # It must not take the others down, nor be tried for ever.
        if not isinstance(error, PayloadCorrupt | PayloadMissing):
            # As text: a traceback that a renderer decorates with local variables would show the key.
            log.error("unforeseen failure", snapshot_id=snapshot.snapshot_id, traceback=traceback.format_exc())
        _give_back(ctx, outcome, ErrorClass.BAD_DATA, in_one_line(error))
    outcome.ended = True


def in_one_line(error: Exception) -> str:
    """An error for people."""
    return " ".join(str(error).split())[:500] or type(error).__name__


def _not_ready_after_all(ctx: FlowContext, outcome: Outcome, error: NotReady) -> None:
    """The vendor said ready and then 'building': that is no failure of anybody, and costs no attempt."""
    snapshot = outcome.snapshot
    if past_deadline(ctx, snapshot):
        why = f"called ready, but not to be had: {error}; {GIVEN_UP}"
        close_failed(ctx, snapshot, SnapshotStatus.DEAD, ErrorClass.VENDOR_FAILED, why)
        outcome.error_class, outcome.error = ErrorClass.VENDOR_FAILED, why
        outcome.what_next = NOTHING_BY_ITSELF
        return
    next_check = ctx.now() + error.retry_after if error.retry_after else ctx.next_check(0)
    _put_back(ctx, outcome, None, str(error), next_check, to=SnapshotStatus.RUNNING, count_attempt=False)
    outcome.error, outcome.deferred = str(error), True
    outcome.what_next = f"it is asked about again at {next_check:%H:%M:%S} UTC, by itself"


def _after_source_error(ctx: FlowContext, outcome: Outcome, error: SourceError) -> None:
    error_class, said = error.error_class, str(error)
    if error_class in OURS:
        # What is ready stays ready until we may fetch it.
        _give_back(
            ctx,
            outcome,
            error_class,
            said,
            count_attempt=False,
            next_check=ctx.when_unblocked(error_class, error.retry_after),
        )
    elif error_class in RETRYABLE:
        _give_back(ctx, outcome, error_class, said)
    else:
        outcome.error_class, outcome.error = error_class, said
        close_failed(ctx, outcome.snapshot, SnapshotStatus.FAILED, error_class, said)
        outcome.what_next = NOTHING_BY_ITSELF


def _give_back(
    ctx: FlowContext,
    outcome: Outcome,
    error_class: ErrorClass,
    error: str,
    *,
    count_attempt: bool = True,
    next_check: datetime | None = None,
) -> None:
    """Leave it for another attempt; when that was the last, its jobs end with it."""
    outcome.error_class, outcome.error = error_class, error
    next_check = next_check or ctx.again_at(error_class, outcome.snapshot.attempts)
    status = _put_back(ctx, outcome, error_class, error, next_check, count_attempt=count_attempt)
    if status is SnapshotStatus.READY:
        outcome.what_next = f"it is tried again after {next_check:%H:%M:%S} UTC, by itself"
    else:
        outcome.what_next = NOTHING_BY_ITSELF


def _put_back(
    ctx: FlowContext,
    outcome: Outcome,
    error_class: ErrorClass | None,
    error: str,
    next_check: datetime,
    *,
    count_attempt: bool,
    to: SnapshotStatus = SnapshotStatus.READY,
) -> SnapshotStatus:
    snapshot = outcome.snapshot
    with ctx.engine.begin() as conn:
        status = snapshots.put_back(
            conn,
            snapshot.snapshot_id,
            to=to,
            error_class=error_class,
            error=error,
            next_check_at=next_check,
            count_attempt=count_attempt,
            owner=ctx.owner,
        )
        if status is SnapshotStatus.DEAD:
            fail_jobs_of_the_dead(ctx, conn, replace(snapshot, error_class=error_class, error=error))
    return status
