"""The sensor that follows snapshots: asks the vendor about what is due, and requests runs for what is ready."""

from __future__ import annotations

import math
from datetime import timedelta

import dagster as dg

from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.mending.recovery import reclaim_expired
from scrape_assets.flow.mending.settle import SettleReport, settle_unknown
from scrape_assets.flow.taking.poll import PollReport, poll_due
from scrape_assets.jobs import process_snapshots_job
from scrape_assets.ledger import snapshots
from scrape_assets.ledger.planners import PartitionRange, plan_ranges
from scrape_assets.ledger.snapshots import Snapshot
from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets.partitions import snapshot_partitions
from scrape_assets.policies import BY_SNAPSHOTS, KEYS_A_RUN, RANGE_END, RANGE_START, REQUESTED_BY
from scrape_assets.resources.flow import FlowResource

KEYS_A_TICK = 1_000
# Where workers on other hosts stand ready, all of them are given some; a run starts warm there, but not for nothing.
KEYS_A_RUN_AT_LEAST = 25
# So many ranges more than there need be are let pass; keys that lie in more pieces are moved together.
SPARE_RANGES = 2
# The tick is cut off after 60 s, and a cut-off tick requests nothing. It is meant to take less than 5 s, however much
# is open; a vendor that hangs adds a time-out.
TICK_TIMEOUT = timedelta(seconds=60)
ASKING_BUDGET = timedelta(seconds=3)
# One by one, beside what the vendor's lists tell: no more than can be requested in the same tick.
ASKED_AT_MOST = KEYS_A_TICK
# A run asked for and not begun after this long is asked for again; claiming makes a second one harmless.
REQUEST_HOLDS = timedelta(minutes=15)


WHAT_NEXT = (
    "Nothing is lost, and the next tick asks again by itself; if it stays so, look at BRIGHTDATA_API_KEY, at the "
    "network, at the vendor's status"
)


class NobodyAnswered(Exception):
    """Every look-up at the vendor failed: a dead key or network must be a failed tick, a skipped one looks idle."""


@dg.sensor(
    name=BY_SNAPSHOTS,
    job=process_snapshots_job,
    minimum_interval_seconds=15,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Asks the vendor about snapshots that are due and requests range runs, of at most "
    f"{KEYS_A_RUN} snapshots each, for those that are ready.",
)
def pending_snapshots(context: dg.SensorEvaluationContext, flow: FlowResource) -> dg.SensorResult | dg.SkipReason:
    """One tick: give back what died, settle what is unknown, ask, register, request."""
    with flow.open() as ctx:
        began = ctx.now()
        reclaimed = reclaim_expired(ctx)
        if reclaimed.any:
            context.log.info(f"given back: {reclaimed.jobs} jobs, {reclaimed.snapshots} snapshots")
        # What is ready goes first: a vendor that keeps us waiting must not hold it up.
        ready = _ready(ctx)
        if ready:
            return _request(context, ctx, ready)
        settled = settle_unknown(ctx)
        # Looking up lost answers may take long, and must not keep all others waiting.
        left = max(ASKING_BUDGET - (ctx.now() - began), ASKING_BUDGET / 2)
        polled = poll_due(ctx, left, ASKED_AT_MOST)
        for error in (*settled.errors, *polled.errors):
            context.log.warning(f"a look-up at the vendor failed: {error}")
        ready = _ready(ctx)
        if ready:
            return _request(context, ctx, ready)
        with ctx.engine.connect() as conn:
            waiting = snapshots.open_counts(conn)
            requested = snapshots.count_requested(conn, ctx.now())
    if nobody_answered(polled, settled):
        first, *others = (*polled.errors, *settled.errors)
        raise NobodyAnswered(f"every look-up at the vendor failed, {len(others) + 1} in all: {first}. {WHAT_NEXT}")
    return dg.SkipReason(why_nothing(polled, settled, waiting, requested))


def _ready(ctx: FlowContext) -> list[Snapshot]:
    with ctx.engine.connect() as conn:
        return snapshots.ready_unrequested(conn, ctx.now(), KEYS_A_TICK)


def _request(context: dg.SensorEvaluationContext, ctx: FlowContext, ready: list[Snapshot]) -> dg.SensorResult:
    name = str(snapshot_partitions.name)
    keys = sorted(snapshot.partition_key for snapshot in ready)
    registered = list(context.instance.get_dynamic_partitions(name))
    # New keys are appended in this order, so they are neighbours; older ones are cut into contiguous ranges.
    added = sorted(set(keys) - set(registered))
    size = keys_a_run(len(keys), ctx.settings.max_runs)
    ranges = plan_ranges([*registered, *added], set(keys), max_size=size)
    if len(ranges) > math.ceil(len(keys) / size) + SPARE_RANGES:
        # What failed together comes back scattered by its jitter. Taken away and registered anew, the keys are
        # neighbours again; what was materialized of them stays. (One result may not name a key for both.)
        for key in set(keys) & set(registered):
            context.instance.delete_dynamic_partition(name, key)
        added = keys
        ranges = plan_ranges(keys, set(keys), max_size=size)
    now = ctx.now()
    with ctx.engine.begin() as conn:
        asked = [snapshot.snapshot_id for snapshot in ready]
        snapshots.mark_requested(conn, asked, until=now + REQUEST_HOLDS, now=now)
    context.log.info(f"{len(ready)} ready, {len(ranges)} runs requested")
    attempts = {snapshot.partition_key: snapshot.attempts for snapshot in ready}
    return dg.SensorResult(
        run_requests=[_range_run(chunk, attempts) for chunk in ranges],
        dynamic_partitions_requests=[snapshot_partitions.build_add_request(added)] if added else [],
    )


def keys_a_run(ready: int, runs_at_once: int | None) -> int:
    """How many snapshots one run is given: few enough that all who may run at once have some, where that was said."""
    if runs_at_once is None:
        return KEYS_A_RUN
    return min(max(math.ceil(ready / runs_at_once), KEYS_A_RUN_AT_LEAST), KEYS_A_RUN)


def _range_run(chunk: PartitionRange, attempts: dict[str, int]) -> dg.RunRequest:
    return dg.RunRequest(
        run_key=None,
        tags={
            RANGE_START: chunk.start,
            RANGE_END: chunk.end,
            REQUESTED_BY: BY_SNAPSHOTS,
            "scrape_assets/attempt": str(max(attempts[key] for key in chunk.keys) + 1),
        },
    )


def nobody_answered(polled: PollReport, settled: SettleReport) -> bool:
    """Whether something was looked up and every look-up failed."""
    answered = polled.asked > len(polled.errors) or settled.found or settled.never_accepted
    list_was_read = settled.still_unknown and not settled.errors
    failed = len(polled.errors) > polled.throttled or settled.errors
    return bool(failed and not answered and not list_was_read)


def why_nothing(polled: PollReport, settled: SettleReport, waiting: dict[SnapshotStatus, int], requested: int) -> str:
    """In plain words: why this tick requested no run.

    Args:
        polled: what the vendor said.
        settled: what its list said.
        waiting: the open snapshots by state.
        requested: how many of those that are ready wait for a run.
    """
    if not any(waiting.values()):
        return "No snapshot is open: nothing has been asked of the vendor that is not finished."
    parts = [f"{count} {status}" for status, count in sorted(waiting.items()) if count]
    words = [f"Nothing new is ready. Open: {', '.join(parts)}."]
    delayed = waiting.get(SnapshotStatus.READY, 0) - requested
    at_the_vendor = waiting.get(SnapshotStatus.PENDING, 0) + waiting.get(SnapshotStatus.RUNNING, 0)
    if requested:
        words.append(f"{requested} ready wait for a run that is requested already.")
    if delayed:
        words.append(f"{delayed} ready wait for the time of their next attempt.")
    if polled.asked:
        words.append(f"Asked about {polled.asked}: {polled.working} still being worked on, {len(polled.ended)} ended.")
    elif at_the_vendor:
        words.append("None is due to be asked about yet.")
    if polled.shut:
        words.append(f"The vendor is asked nothing more for now, {polled.left} look-ups wait for it: {polled.shut}.")
    if polled.errors:
        words.append(f"{len(polled.errors)} look-ups failed ({polled.errors[0]}); they are asked again later.")
    if settled.still_unknown:
        words.append(
            f"{len(settled.still_unknown)} triggers have no known answer and are looked up in the vendor's list."
        )
    return " ".join(words)
