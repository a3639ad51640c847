"""Phase 1 for one batch: the intent is committed, then the paid call is made, then its answer is written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime

from scrape_assets.flow.asking.webhooks import webhook_of
from scrape_assets.flow.choosing.intent import HeldBack, inputs_of, write_intent
from scrape_assets.flow.choosing.resolve import Planned
from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.fates.closing import call_off, end_or_retry
from scrape_assets.flow.stopping import Interrupted
from scrape_assets.ledger import jobs, snapshots
from scrape_assets.ledger.errors import OURS, ErrorClass
from scrape_assets.ledger.keys import new_snapshot_id
from scrape_assets.ledger.sharing import lock_inputs
from scrape_assets.ledger.snapshots import SnapshotInput, distinct, same_input
from scrape_assets.ledger.states import IllegalTransition
from scrape_assets.sources.brightdata.model import TriggerRequest
from scrape_assets.sources.errors import AnswerLost, InputRefused, Shut, SourceError, Unreachable
from scrape_assets.sources.mapping import Dataset


@dataclass(frozen=True)
class SetAside:
    """An input that the source will not take, and why."""

    job_id: str
    url: str
    reason: str


@dataclass(frozen=True)
class Triggered:
    """What became of one batch."""

    snapshot_id: str
    inputs: int  # that the source accepted
    accepted_as: str | None = None  # the vendor's id of it, or the direct source's name; None: see the error
    set_aside: tuple[SetAside, ...] = ()
    error_class: ErrorClass | None = None
    error: str | None = None
    blocked_until: datetime | None = None  # the source takes nothing at all from us before
    unreachable: bool = False  # no connection came about
    paced: bool = False  # only our own pace is spent: it will be there again, and nobody is asked instead
    records: int | None = None  # that a direct source gave at once
    held_back: tuple[HeldBack, ...] = ()  # that a budget has no room for
    overtaken: tuple[Planned, ...] = ()  # that somebody else asked for meanwhile; their jobs are still ours
    nobody_asked: bool = False  # all of it is held back or overtaken: there is no such snapshot


def trigger_batch(ctx: FlowContext, platform: str, day: date, batch: Sequence[Planned]) -> Triggered:
    """Ask the vendor for one snapshot that serves all jobs of the batch.

    The intent is committed before the call. An input that the vendor refuses by its position is set aside and the
    rest is sent again. A lost answer leaves the snapshot `unknown`; it is never sent again from here.

    Raises:
        Interrupted: it was asked to stop while it waited for its turn; nothing was sent, and the jobs are put back.
    """
    snapshot_id = new_snapshot_id(platform, day, ctx.now(), ctx.rng.randbytes(5))
    set_aside: list[SetAside] = []
    try:
        intent = write_intent(ctx, snapshot_id, platform, day, batch)
        answer = _ask(ctx, snapshot_id, intent.asked, set_aside) if intent.asked else not_asked(snapshot_id)
        return replace(answer, held_back=intent.held_back, overtaken=intent.overtaken)
    except Interrupted:
        # It waited for its turn, and nothing was sent: a call that is under way is not interrupted.
        call_off(ctx, snapshot_id)
        raise
    except IllegalTransition as error:
        # A job was called off, or our lease ran out and somebody else has settled it: the ledger has the last word.
        return Triggered(snapshot_id, 0, None, tuple(set_aside), ErrorClass.LEASE_LOST, str(error))


def not_asked(snapshot_id: str) -> Triggered:
    """The answer to a batch of which nothing was asked."""
    return Triggered(snapshot_id, 0, nobody_asked=True)


def postpone_all(ctx: FlowContext, job_ids: Sequence[str], refused: Triggered) -> None:
    """Leave claimed jobs for later that would be refused as this batch was; no attempt is spent."""
    with ctx.engine.begin() as conn:
        for job_id in job_ids:
            with suppress(IllegalTransition):  # called off, or our lease ran out: it is somebody else's to serve
                jobs.postpone(
                    conn,
                    job_id,
                    error_class=refused.error_class or ErrorClass.THROTTLED,
                    error=refused.error or "the source takes nothing from us",
                    next_attempt_at=refused.blocked_until or ctx.now(),
                )


def _ask(ctx: FlowContext, snapshot_id: str, batch: Sequence[Planned], set_aside: list[SetAside]) -> Triggered:
    waiting = distinct(inputs_of(batch))
    webhook = webhook_of(ctx, snapshot_id)
    while waiting:
        try:
            vendor_id = ctx.vendor.trigger(
                _request(batch[0], waiting, webhook), snapshot_id=snapshot_id, platform=batch[0].job.platform
            )
        except InputRefused as refused:
            set_aside += _set_aside(ctx, snapshot_id, waiting.pop(refused.index - 1), refused)
            continue
        except AnswerLost as lost:
            with ctx.engine.begin() as conn:
                snapshots.answer_lost(conn, snapshot_id, error=str(lost), next_check_at=ctx.now())
            return Triggered(snapshot_id, len(waiting), None, tuple(set_aside), lost.error_class, str(lost))
        except SourceError as error:
            blocked_until = _not_accepted(ctx, snapshot_id, error)
            return Triggered(
                snapshot_id,
                0,
                None,
                tuple(set_aside),
                error.error_class,
                str(error),
                blocked_until,
                isinstance(error, Unreachable),
                isinstance(error, Shut) and error.passing,
            )
        now = ctx.now()
        with ctx.engine.begin() as conn:
            snapshots.accepted(
                conn,
                snapshot_id,
                vendor_snapshot_id=vendor_id,
                now=now,
                next_check_at=ctx.next_check(0),
                expires_at=ctx.kept_until(now),
            )
        return Triggered(snapshot_id, len(waiting), vendor_id, tuple(set_aside))
    with ctx.engine.begin() as conn:
        reason = "the source refused every input of this batch"
        snapshots.refused(conn, snapshot_id, error_class=ErrorClass.BAD_REQUEST, error=reason)
    return Triggered(snapshot_id, 0, None, tuple(set_aside), ErrorClass.BAD_REQUEST, reason)


def _dataset(planned: Planned) -> Dataset:
    if planned.dataset is None:
        raise TypeError(f"job {planned.job.job_id} is served by {planned.source}: it is not the vendor's to collect")
    return planned.dataset


def _request(alike: Planned, inputs: Sequence[SnapshotInput], webhook: Mapping[str, str]) -> TriggerRequest:
    """One request for the inputs of a batch, which are all asked for in the same way."""
    return TriggerRequest(
        dataset_id=_dataset(alike).dataset_id,
        inputs=[one.input for one in inputs],
        discover_by=alike.discover_by,
        limit_per_input=alike.limit_per_input,
        extra=webhook,
    )


def _set_aside(
    ctx: FlowContext, snapshot_id: str, refused_input: SnapshotInput, refused: InputRefused
) -> list[SetAside]:
    """Take a refused input out of the snapshot; a job that has no other fails with the vendor's reason.

    The ledger says whose it is: jobs may have been tied to the snapshot since it was intended.
    """
    with ctx.engine.begin() as conn:
        held = lock_inputs(conn, snapshot_id)
        inputs = held[1] if held else []
        aside = [one for one in inputs if same_input(one) == same_input(refused_input)]
        left = [one for one in inputs if one not in aside]
        if left:
            snapshots.replace_inputs(conn, snapshot_id, left)
        serves = jobs.served_by(conn, snapshot_id)
        for job_id in {one.job_id for one in aside} - {one.job_id for one in left}:
            if job_id in serves:
                jobs.fail(conn, job_id, error_class=ErrorClass.BAD_REQUEST, error=str(refused), now=ctx.now())
    return [SetAside(one.job_id, one.url, refused.message) for one in aside]


def _not_accepted(ctx: FlowContext, snapshot_id: str, error: SourceError) -> datetime | None:
    """The vendor said no, so nothing is owed: the jobs wait for another attempt, or end where none would help.

    They wait together, since they can be asked for together.

    Returns:
        Until when the vendor takes nothing from us, if that is what it said.
    """
    blocked = error.error_class in OURS
    with ctx.engine.begin() as conn:
        snapshots.refused(conn, snapshot_id, error_class=error.error_class, error=str(error))
        waiting = jobs.served_by(conn, snapshot_id)
        again_at = ctx.again_at(error.error_class, max(waiting.values(), default=0), error.retry_after)
        end_or_retry(conn, waiting, error.error_class, str(error), now=ctx.now(), again_at=again_at)
    return again_at if blocked else None
