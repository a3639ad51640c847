"""Asking the vendor about snapshots that it works on, and writing down what it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.fates.closing import GIVEN_UP, close_empty, close_failed, past_deadline
from scrape_assets.flow.side_by_side import Crew, as_they_end
from scrape_assets.flow.taking.poll_many import ask_the_lists
from scrape_assets.ledger import snapshots
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.snapshots import Snapshot
from scrape_assets.ledger.states import IllegalTransition, SnapshotStatus
from scrape_assets.sources.brightdata.model import Progress, VendorState
from scrape_assets.sources.errors import Shut, SourceError, Throttled, UnknownSnapshot

# A job just accepted may not be visible at once, and a gateway's empty 404 says the same words: only a snapshot that
# stays unknown to the vendor, twice running, is lost.
PATIENCE_WITH_404 = 3
AT_ONCE = 200  # read, with their inputs


@dataclass
class PollReport:
    """What the vendor said of how many snapshots."""

    ready: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)  # failed, canceled, empty, given up
    working: int = 0
    errors: list[str] = field(default_factory=list)  # look-ups that failed; asked again later
    throttled: int = 0  # of them: the vendor wants to be asked less, and nothing is wrong
    left: int = 0  # due, and not asked about: no time, or no way through
    shut: str | None = None  # why the vendor is asked about nothing more for now, and until when

    @property
    def asked(self) -> int:
        """How many it was asked about, in vain or not."""
        return self.working + len(self.ready) + len(self.ended) + len(self.errors)


def poll_due(ctx: FlowContext, budget: timedelta, limit: int = 1_000) -> PollReport:
    """Ask about every snapshot whose time has come, oldest first, several at once, until the budget is spent.

    Where many of one dataset are due, its list is asked first which of them are ready or still worked on. The others
    are read some at a time, because each comes with its inputs: as many as the vendor's pace and the budget let
    through.

    Once the vendor's lane is shut, nothing more is asked: what is left stays due, and nothing is held against it.

    Raises:
        Interrupted: it was asked to stop; what was heard until then is written down.
    """
    end = ctx.now() + budget
    asking = _Asking(ctx, end)
    told = ask_the_lists(ctx, end - budget / 2)  # what has ended is found out one by one, and needs time as well
    heard = PollReport(ready=told.ready, working=told.working, errors=told.errors)
    known: set[str] = set()
    while len(known) < limit and not heard.left:
        with ctx.engine.connect() as conn:
            due = snapshots.due_for_check(conn, ctx.now(), min(limit - len(known), AT_ONCE))
        new = [snapshot for snapshot in due if snapshot.snapshot_id not in known]
        if not new:
            break
        known.update(snapshot.snapshot_id for snapshot in new)
        _ask(ctx, asking, new, heard)
    heard.shut = asking.shut
    return heard


def _ask(ctx: FlowContext, asking: _Asking, due: Sequence[Snapshot], heard: PollReport) -> None:
    with Crew(ctx.settings.concurrency * 2, "poll", ctx.stop) as crew:
        # Each thread looks at the clock before it asks: a vendor that hangs costs one time-out over the budget.
        futures = [crew.submit(asking.check, snapshot) for snapshot in due]
        for future in as_they_end(futures, ctx.stop):
            try:
                answer = future.result()
            except SourceError as error:
                heard.errors.append(str(error))
                heard.throttled += isinstance(error, Throttled)
                continue
            if answer is None:
                heard.left += 1
                continue
            snapshot_id, status = answer
            if status is SnapshotStatus.READY:
                heard.ready.append(snapshot_id)
            elif status in (SnapshotStatus.PENDING, SnapshotStatus.RUNNING):
                heard.working += 1
            else:
                heard.ended.append(snapshot_id)


class _Asking:
    """One round of look-ups, and whether it goes on. Shared by the threads that ask."""

    def __init__(self, ctx: FlowContext, end: datetime) -> None:
        self.shut: str | None = None
        self._ctx = ctx
        self._end = end

    def check(self, snapshot: Snapshot) -> tuple[str, SnapshotStatus] | None:
        """Ask about a snapshot; None if there is no time left, or no way through."""
        if self.shut or self._ctx.now() >= self._end:
            return None
        try:
            return check(self._ctx, snapshot)
        except Shut as error:
            if not error.passing:
                self.shut = str(error)
            return None
        except Throttled as error:
            self.shut = str(error)  # whoever comes next finds the gate shut
            raise


def check(ctx: FlowContext, snapshot: Snapshot) -> tuple[str, SnapshotStatus]:
    """Ask about one snapshot and move it to where the answer puts it.

    Raises:
        SourceError: it could not be asked; it stays where it is and is asked again later.
    """
    try:
        return snapshot.snapshot_id, _check(ctx, snapshot)
    except IllegalTransition as error:
        # Another process asked at the same moment, and what it was told has moved the snapshot on.
        return snapshot.snapshot_id, SnapshotStatus(error.actual)


def _check(ctx: FlowContext, snapshot: Snapshot) -> SnapshotStatus:
    try:
        progress = ctx.vendor.progress(str(snapshot.vendor_snapshot_id), snapshot_id=snapshot.snapshot_id)
    except UnknownSnapshot as error:
        said_before = snapshot.error_class is ErrorClass.NOT_FOUND
        if snapshot.checks < PATIENCE_WITH_404 or not said_before:
            return _not_answered(ctx, snapshot, error)
        why = f"the vendor no longer knows it: {error}"
        return close_failed(ctx, snapshot, SnapshotStatus.FAILED, ErrorClass.NOT_FOUND, why)
    except Shut:
        raise  # nobody was asked
    except SourceError as error:
        _not_answered(ctx, snapshot, error)
        raise
    return _observe(ctx, snapshot, progress)


def _observe(ctx: FlowContext, snapshot: Snapshot, progress: Progress) -> SnapshotStatus:
    if progress.empty:
        return close_empty(ctx, snapshot, progress.message or "the vendor found nothing")
    if progress.state is VendorState.READY:
        with ctx.engine.begin() as conn:
            snapshots.observed(
                conn,
                snapshot.snapshot_id,
                SnapshotStatus.READY,
                now=ctx.now(),
                vendor_status=progress.word,
                vendor_records=progress.records,
                vendor_errors=progress.errors,
                next_check_at=None,
            )
        return SnapshotStatus.READY
    if progress.state is VendorState.FAILED:
        return close_failed(
            ctx,
            snapshot,
            SnapshotStatus.FAILED,
            progress.error_class or ErrorClass.VENDOR_FAILED,
            f"the vendor failed this snapshot: {progress.message or 'it gave no reason'}",
        )
    if progress.state is VendorState.CANCELED:
        return close_failed(ctx, snapshot, SnapshotStatus.CANCELED, ErrorClass.VENDOR_FAILED, "canceled at the vendor")
    if past_deadline(ctx, snapshot):
        hours = ctx.settings.snapshot_deadline_hours
        why = f"still '{progress.word}' at the vendor after {hours:g} hours; {GIVEN_UP}"
        return close_failed(ctx, snapshot, SnapshotStatus.DEAD, ErrorClass.VENDOR_FAILED, why)
    return _working(ctx, snapshot, progress.word)


def _working(ctx: FlowContext, snapshot: Snapshot, word: str) -> SnapshotStatus:
    """It is being worked on: look again later."""
    # 'starting' is the vendor's word for accepted and not begun; every other word that ends nothing means running.
    status = SnapshotStatus.PENDING if word == "starting" else SnapshotStatus.RUNNING
    with ctx.engine.begin() as conn:
        snapshots.observed(
            conn,
            snapshot.snapshot_id,
            status,
            now=ctx.now(),
            vendor_status=word,
            next_check_at=ctx.next_check(snapshot.checks),
        )
    return status


def _not_answered(ctx: FlowContext, snapshot: Snapshot, error: SourceError) -> SnapshotStatus:
    """Asking failed, which says nothing about the snapshot: ask again later."""
    with ctx.engine.begin() as conn:
        return snapshots.not_answered(
            conn,
            snapshot.snapshot_id,
            error_class=error.error_class,
            error=str(error),
            next_check_at=ctx.next_check(snapshot.checks),
        )
