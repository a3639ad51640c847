"""The sensor that follows snapshots: asks the vendor about what is due, and requests runs for what is ready."""

from __future__ import annotations

from datetime import timedelta

import dagster as dg

from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.poll import PollReport, poll_due
from scrape_assets.flow.recovery import reclaim_expired
from scrape_assets.flow.settle import SettleReport, settle_unknown
from scrape_assets.jobs import process_snapshots_job
from scrape_assets.ledger import snapshots
from scrape_assets.ledger.planners import plan_ranges
from scrape_assets.ledger.snapshots import Snapshot
from scrape_assets.ledger.states import SnapshotStatus
from scrape_assets.partitions import snapshot_partitions
from scrape_assets.policies import RANGE_END, RANGE_START, REQUESTED_BY
from scrape_assets.resources.flow import FlowResource

KEYS_A_TICK = 200
# The tick is cut off after 60 s, and a cut-off tick requests nothing: asking may take half of it.
TICK_TIMEOUT = timedelta(seconds=60)
ASKING_BUDGET = TICK_TIMEOUT / 2
# A run asked for and not begun after this long is asked for again; claiming makes a second one harmless.
REQUEST_HOLDS = timedelta(minutes=15)


@dg.sensor(
    name="pending_snapshots",
    job=process_snapshots_job,
    minimum_interval_seconds=15,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Asks the vendor about snapshots that are due and requests range runs, of at most 200 snapshots each, "
    "for those that are ready.",
)
def pending_snapshots(context: dg.SensorEvaluationContext, flow: FlowResource) -> dg.SensorResult | dg.SkipReason:
    """One tick: give back what died, settle what is unknown, ask, register, request."""
    with flow.open() as ctx:
        reclaimed = reclaim_expired(ctx)
        settled = settle_unknown(ctx)
        polled = poll_due(ctx, ASKING_BUDGET)
        with ctx.engine.connect() as conn:
            ready = snapshots.ready_unrequested(conn, ctx.now(), KEYS_A_TICK)
            waiting = snapshots.open_counts(conn)
        if ready:
            result = _request(context.instance, ctx, ready)
            context.log.info(f"{len(ready)} ready, {len(result.run_requests or [])} runs requested")
            return result
    if polled.all_failed:
        # A dead key or network must be a failed tick: a skipped one would look idle.
        raise RuntimeError(f"every look-up at the vendor failed, {polled.asked} of {polled.asked}: {polled.errors[0]}")
    if reclaimed.any:
        context.log.info(f"given back: {reclaimed.jobs} jobs, {reclaimed.snapshots} snapshots")
    return dg.SkipReason(why_nothing(polled, settled, waiting))


def _request(instance: dg.DagsterInstance, ctx: FlowContext, ready: list[Snapshot]) -> dg.SensorResult:
    registered = list(instance.get_dynamic_partitions(str(snapshot_partitions.name)))
    keys = sorted(snapshot.partition_key for snapshot in ready)
    new = sorted(set(keys) - set(registered))
    # New keys are appended in this order, so they are neighbours; older ones are cut into contiguous ranges.
    ranges = plan_ranges([*registered, *new], set(keys), max_size=KEYS_A_TICK)
    attempts = {snapshot.partition_key: snapshot.attempts for snapshot in ready}
    requests = [
        dg.RunRequest(
            run_key=None,
            tags={
                RANGE_START: chunk.start,
                RANGE_END: chunk.end,
                REQUESTED_BY: "pending_snapshots",
                "scrape_assets/attempt": str(max(attempts[key] for key in chunk.keys) + 1),
            },
        )
        for chunk in ranges
    ]
    now = ctx.now()
    with ctx.engine.begin() as conn:
        asked = [snapshot.snapshot_id for snapshot in ready]
        snapshots.mark_requested(conn, asked, until=now + REQUEST_HOLDS, now=now)
    additions = [snapshot_partitions.build_add_request(new)] if new else []
    return dg.SensorResult(run_requests=requests, dynamic_partitions_requests=additions)


def why_nothing(polled: PollReport, settled: SettleReport, waiting: dict[SnapshotStatus, int]) -> str:
    """In plain words: why this tick requested no run."""
    if not any(waiting.values()):
        return "No snapshot is open: nothing has been asked of the vendor that is not finished."
    parts = [f"{count} {status}" for status, count in sorted(waiting.items()) if count]
    words = [f"Nothing is ready. Open: {', '.join(parts)}."]
    if polled.asked:
        words.append(f"Asked about {polled.asked}: {polled.working} still being worked on, {len(polled.ended)} ended.")
    else:
        words.append("None is due to be asked about yet.")
    if polled.errors:
        words.append(f"{len(polled.errors)} look-ups failed ({polled.errors[0]}); they are asked again later.")
    if settled.still_unknown:
        words.append(
            f"{len(settled.still_unknown)} triggers have no known answer and are looked up in the vendor's list."
        )
    return " ".join(words)
