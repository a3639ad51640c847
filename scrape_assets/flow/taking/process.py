"""Phase 2 for one snapshot: download, load, match. Each stage is written down before the next begins."""

from __future__ import annotations

import traceback
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import partial

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
from scrape_assets.flow.fates.drought import note_yield
from scrape_assets.flow.fates.fates import close_jobs
from scrape_assets.flow.side_by_side import Crew, as_they_end
from scrape_assets.flow.taking.download import fetch_payload
from scrape_assets.flow.taking.events import match_events
from scrape_assets.ledger import jobs, snapshots
from scrape_assets.ledger.errors import OURS, RETRYABLE, ErrorClass
from scrape_assets.ledger.owner import LeaseKeeper
from scrape_assets.ledger.snapshots import Snapshot
from scrape_assets.ledger.states import IllegalTransition, SnapshotStatus
from scrape_assets.sources.errors import EmptySnapshot, Expired, NotReady, SourceError, UnknownSnapshot
from scrape_assets.sources.registry import mapping_of
from scrape_assets.storage.loader import LoadReport, load_payload
from scrape_assets.storage.matching import MatchReport, match_snapshot
from scrape_assets.storage.payloads import Payload, PayloadCorrupt, PayloadMissing

log = structlog.get_logger(__name__)

NOTHING_BY_ITSELF = "nothing more happens by itself; materialize this partition when the cause is gone"


class Stage(StrEnum):
    """The three stages, named as the assets that show them."""

    DOWNLOAD = "snapshots"
    LOAD = "raw_posts"
    MATCH = "creator_content"


ALL_STAGES = frozenset(Stage)


@dataclass
class Outcome:
    """What happened to one snapshot in one run. Filled stage by stage."""

    snapshot: Snapshot  # as it was when claimed
    done: list[Stage] = field(default_factory=list)
    payload: Payload | None = None
    payload_kept: bool = False  # it lay in the archive already; the vendor was not asked
    remark: str | None = None  # that it came torn, and posts may be missing
    load: LoadReport | None = None
    match: MatchReport | None = None
    error_class: ErrorClass | None = None
    error: str | None = None
    what_next: str | None = None
    deferred: bool = False  # nobody failed: the source needs more time after all

    @property
    def failed(self) -> bool:
        """Whether a stage that was asked for did not succeed."""
        return self.error is not None


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
        _attempt(ctx, outcome, stages, redownload=redownload)
    except IllegalTransition as error:
        # The lease ran out and somebody else has it: theirs to finish, and nothing of ours was committed.
        outcome.error_class, outcome.error = ErrorClass.LEASE_LOST, str(error)
        outcome.what_next = "another run has taken it over"
    except sa.exc.SQLAlchemyError as error:
        # Not even the failure could be written down. No other snapshot of the run must suffer for that.
        outcome.error_class, outcome.error = ErrorClass.SERVER, _in_one_line(error)
        outcome.what_next = "it comes back by itself when its lease runs out"
    if outcome.failed:
        log.warning("snapshot not processed", snapshot_id=snapshot.snapshot_id, error=outcome.error)
    return outcome


def _attempt(ctx: FlowContext, outcome: Outcome, stages: frozenset[Stage], *, redownload: bool) -> None:
    """Run the stages, and write down what becomes of the snapshot when one fails."""
    snapshot = outcome.snapshot
    try:
        _run_stages(ctx, outcome, stages, redownload=redownload)
    except NotReady as error:
        _not_ready_after_all(ctx, outcome, error)
    except EmptySnapshot as error:
        close_empty(ctx, snapshot, error.message)
        outcome.done.extend(sorted(stages, key=list(Stage).index))
    except Expired as error:
        outcome.error_class, outcome.error = error.error_class, str(error)
        outcome.what_next = "it cannot be downloaded any more; a collection with force asks (and pays) again"
        close_failed(ctx, snapshot, SnapshotStatus.EXPIRED, error.error_class, str(error))
    except UnknownSnapshot as error:
        # It was called ready a moment ago; a gateway's 404 is not the last word on what is paid for.
        _give_back(ctx, outcome, error.error_class, str(error))
    except SourceError as error:
        _after_source_error(ctx, outcome, error)
    except IllegalTransition:
        raise
    except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError) as error:
        # Ours, not the snapshot's: a database or a disk in trouble. No attempt is spent on it.
        _give_back(ctx, outcome, ErrorClass.SERVER, _in_one_line(error), count_attempt=False)
    except OSError as error:
        _give_back(ctx, outcome, ErrorClass.SERVER, ctx.archive.complaint(error), count_attempt=False)
    except Exception as error:  # noqa: BLE001 -- a failure nobody thought of is this snapshot's own
        # It must not take the others down, nor be tried for ever.
        if not isinstance(error, PayloadCorrupt | PayloadMissing):
            # As text: a traceback that a renderer decorates with local variables would show the key.
            log.error("unforeseen failure", snapshot_id=snapshot.snapshot_id, traceback=traceback.format_exc())
        _give_back(ctx, outcome, ErrorClass.BAD_DATA, _in_one_line(error))


def _in_one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:500] or type(error).__name__


def known_empty(snapshot: Snapshot) -> bool:
    """Whether the source has said that there is nothing in it, so that there is no payload and never will be."""
    return snapshot.processed_at is not None and not snapshot.payload_uri and snapshot.posts_retrieved == 0


def _run_stages(ctx: FlowContext, outcome: Outcome, stages: frozenset[Stage], *, redownload: bool) -> None:
    snapshot = outcome.snapshot
    if known_empty(snapshot) and not redownload:
        raise EmptySnapshot("the source said that it holds nothing")
    if Stage.DOWNLOAD in stages:
        outcome.payload, outcome.payload_kept, outcome.remark = fetch_payload(ctx, snapshot, again=redownload)
        outcome.done.append(Stage.DOWNLOAD)
    if Stage.LOAD in stages:
        ctx.stop.look()
        outcome.payload = outcome.payload or ctx.archive.open(str(snapshot.payload_uri))
        outcome.load = _load(ctx, snapshot, outcome.payload)
        outcome.done.append(Stage.LOAD)
    if Stage.MATCH in stages:
        ctx.stop.look()
        outcome.match = _match(ctx, snapshot, outcome.remark)
        outcome.done.append(Stage.MATCH)
    with ctx.engine.begin() as conn:
        snapshots.settle_processing(conn, snapshot.snapshot_id, ctx.now(), ctx.owner)
    if outcome.load:
        note_yield(ctx, snapshot, outcome.load.posts)


def _load(ctx: FlowContext, snapshot: Snapshot, payload: Payload) -> LoadReport:
    mapping = mapping_of(snapshot.source, snapshot.platform, snapshot.dataset_id)
    with ctx.engine.begin() as conn:
        report = load_payload(
            conn,
            snapshot_id=snapshot.snapshot_id,
            payload=payload,
            map_line=ctx.stop.before(mapping.map_line),
            mapping_version=mapping.version,
        )
        snapshots.loaded(
            conn,
            snapshot.snapshot_id,
            posts_retrieved=report.posts,
            rows_rejected=report.rows_rejected,
            coverage=report.coverage.as_json(),
            now=ctx.now(),
            owner=ctx.owner,
        )
    return report


def _match(ctx: FlowContext, snapshot: Snapshot, remark: str | None) -> MatchReport:
    with ctx.engine.begin() as conn:
        report = match_snapshot(conn, snapshot.snapshot_id, ctx.now())
        served = jobs.get_many(conn, (item.job_id for item in snapshot.inputs))
        match_events(ctx, conn, snapshot, served)
        close_jobs(ctx, conn, snapshot, served, remark)
        snapshots.matched(
            conn, snapshot.snapshot_id, posts_matched=report.matched_posts, now=ctx.now(), owner=ctx.owner
        )
    return report


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
