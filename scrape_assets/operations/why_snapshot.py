"""Why a snapshot waits, in plain words, the most decisive first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.pacing.lanes import account_lane
from scrape_assets.ledger import pace, snapshots
from scrape_assets.ledger.history import history_of
from scrape_assets.ledger.snapshots import Snapshot
from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets.operations.words import at, attempts_spent, holder, sentence
from scrape_assets.sources.registry import BRIGHTDATA


def why_snapshot(ctx: FlowContext, snapshot: Snapshot) -> list[str]:
    """Why a snapshot is not processed yet; or, when it is, how it ended. Sentences, the most decisive first."""
    match snapshot.status:
        case SnapshotStatus.TRIGGERING | SnapshotStatus.PROCESSING:
            lines = _held(ctx, snapshot)
        case SnapshotStatus.UNKNOWN:
            lines = _unknown(ctx, snapshot)
        case SnapshotStatus.PENDING | SnapshotStatus.RUNNING:
            lines = _at_the_vendor(ctx, snapshot)
        case SnapshotStatus.READY:
            lines = _ready(ctx, snapshot)
        case _:
            lines = _ended(snapshot)
    return [sentence(line) for line in lines]


def _held(ctx: FlowContext, snapshot: Snapshot) -> Iterator[str]:
    with ctx.engine.connect() as conn:
        changes = history_of(conn, snapshot.snapshot_id)
    since = changes[-1].changed_at if changes else snapshot.created_at
    if snapshot.leased_until is None or snapshot.leased_until <= ctx.now():
        yield f"{holder(snapshot.lease_owner)} held it since {at(since)} and is gone; the next look puts it back"
        return
    if snapshot.status is SnapshotStatus.PROCESSING:
        what = "it is being downloaded, loaded and matched"
    elif snapshot.source == BRIGHTDATA:
        what = "the vendor is being asked for it"
    else:
        what = f"{snapshot.source} is being paged through"
    until = at(snapshot.leased_until)
    yield f"{what} by {holder(snapshot.lease_owner)} since {at(since)}; held until {until} unless renewed"


def _unknown(ctx: FlowContext, snapshot: Snapshot) -> Iterator[str]:
    yield f"the answer to its trigger was lost, and nothing is triggered until its fate is known: {snapshot.error}"
    yield _looks(ctx, snapshot, "looked up in the vendor's list")
    yield from _shut(ctx)
    yield f"what is not known by {at(_deadline(ctx, snapshot))} is given up, for a person to decide"


def _at_the_vendor(ctx: FlowContext, snapshot: Snapshot) -> Iterator[str]:
    yield from _shut(ctx)
    word = f"; its last word is '{snapshot.vendor_status}'" if snapshot.vendor_status else ""
    yield f"the vendor works on it since {at(snapshot.triggered_at or snapshot.created_at)}{word}"
    yield _looks(ctx, snapshot, "asked about")
    if snapshot.error:
        yield f"the last look-up failed: {snapshot.error}"
    yield f"if the vendor still works on it at {at(_deadline(ctx, snapshot))}, it is given up"


def _ready(ctx: FlowContext, snapshot: Snapshot) -> Iterator[str]:
    now = ctx.now()
    if snapshot.next_check_at and snapshot.next_check_at > now:
        spent = attempts_spent(snapshot.error_class, snapshot.failures, snapshot.attempts, snapshot.max_attempts)
        why = f": {snapshot.error}" if snapshot.error else ""
        yield f"it is ready, and processed at {at(snapshot.next_check_at)} or later; {spent}{why}"
        return
    if snapshot.requested_until and snapshot.requested_until > now:
        yield f"it is ready, and a run is asked for that has until {at(snapshot.requested_until)} to begin"
        return
    with ctx.engine.connect() as conn:
        before = snapshots.count_ready_before(conn, snapshot, now)
    ready = f" since {at(snapshot.ready_at)}" if snapshot.ready_at else ""
    yield f"it is ready{ready}, and the sensor pending_snapshots asks for a run next; {before} are before it"


def _ended(snapshot: Snapshot) -> Iterator[str]:
    match snapshot.status:
        case SnapshotStatus.PROCESSED:
            when = f" at {at(snapshot.processed_at)}" if snapshot.processed_at else ""
            yield f"it waits for nothing: processed{when}, {snapshot.posts_retrieved or 0} posts"
        case SnapshotStatus.CANCELED:
            yield f"it waits for nothing: canceled{f' ({snapshot.error})' if snapshot.error else ''}"
        case _:
            spent = attempts_spent(snapshot.error_class, snapshot.failures, snapshot.attempts, snapshot.max_attempts)
            yield f"it waits for a person: {snapshot.status}, {spent}: {snapshot.error or 'no reason is given'}"
            yield f"once the cause is mended: scrape-assets dead-letters replay {snapshot.snapshot_id}"


def _looks(ctx: FlowContext, snapshot: Snapshot, verb: str) -> str:
    times = f"it was {verb} {snapshot.checks} times"
    if snapshot.next_check_at is None or snapshot.next_check_at <= ctx.now():
        return f"{times}, and is due to be: by the next tick of the sensor pending_snapshots"
    return f"{times}, and is next at {at(snapshot.next_check_at)}"


def _shut(ctx: FlowContext) -> Iterator[str]:
    now = ctx.now()
    with ctx.engine.connect() as conn:
        why = pace.lane_state(conn, account_lane(ctx.settings), now).why(now)
    if why:
        yield f"the vendor is asked nothing at all for now: {why}"


def _deadline(ctx: FlowContext, snapshot: Snapshot) -> datetime:
    since = snapshot.triggered_at or snapshot.created_at
    return since + timedelta(hours=ctx.settings.snapshot_deadline_hours)
