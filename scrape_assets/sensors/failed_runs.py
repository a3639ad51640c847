"""The sensor that cleans up behind runs that ended badly: leases, marks, and what they did not record."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import dagster as dg

from scrape_assets.assets.unrecorded import unrecorded
from scrape_assets.flow.mending.recovery import release_run
from scrape_assets.ledger.dead_letters import died_since
from scrape_assets.resources.flow import FlowResource
from scrape_assets.sensors.dead_runs import dead_among, ours, suspects_now
from scrape_assets.sensors.ended_cursor import OVERLAP, EndedCursor
from scrape_assets.sensors.marks import clear_marks, snapshot_keys

RUNS_A_TICK = 100
GONE = "The process of this run is gone: it holds no lease any more. What it held is processed anew."


@dg.sensor(
    name="failed_runs",
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="When a run fails, crashes or is canceled, what it held goes back at once instead of after its lease, "
    "what it was requested for is requested anew, and what it had done and could not record is recorded. A run whose "
    "process is gone is failed. Tells of new dead letters.",
)
def failed_runs(context: dg.SensorEvaluationContext, flow: FlowResource) -> dg.SensorResult:
    """One tick: clean up behind each badly ended run. Requests no run; the other sensors take it from there."""
    cursor = fail_the_dead(context.instance, flow, EndedCursor.parse(context.cursor))
    cursor = tell_of_dead_letters(context.log, flow, cursor)
    records = context.instance.get_run_records(
        dg.RunsFilter(
            statuses=[dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED],
            updated_after=cursor.until - OVERLAP,
        ),
        limit=RUNS_A_TICK + len(cursor.run_ids),
        order_by="update_timestamp",
        ascending=True,
    )
    ended = [record for record in records if record.dagster_run.run_id not in cursor.run_ids]
    if not ended:
        return dg.SensorResult(
            skip_reason=dg.SkipReason("No run has failed or been canceled since the last look."), cursor=cursor.text()
        )
    left = clean_up(context.instance, flow, ended)
    said = (
        f"{len(ended)} runs failed or were canceled. Given back: {left.given_back} of what they held; free to be "
        f"requested again: {left.unmarked}; recorded afterwards: {len(left.events)} materializations."
    )
    return dg.SensorResult(
        skip_reason=dg.SkipReason(said), cursor=cursor.after(records).text(), asset_events=left.events
    )


@dataclass
class LeftBehind:
    """What ended runs left behind."""

    given_back: int  # jobs and snapshots that they held
    unmarked: int  # jobs and snapshots that they had been requested for
    events: list[dg.AssetMaterialization]  # what they had done and not recorded


def clean_up(instance: dg.DagsterInstance, flow: FlowResource, ended: Sequence[dg.RunRecord]) -> LeftBehind:
    """Put in order what each of these runs left behind."""
    left = LeftBehind(0, 0, [])
    with flow.open() as ctx:
        for record in ended:
            run = record.dagster_run
            # A run that a person canceled has not failed: nothing counts against what it held.
            crashed = run.status is dg.DagsterRunStatus.FAILURE
            reclaimed = release_run(ctx, run.run_id, count_attempt=crashed)
            left.given_back += reclaimed.jobs + reclaimed.snapshots
            # A run that began and failed has claimed what it was asked for, or has met something that a new request
            # would meet again: there the marks hold, so that it is not repeated every half minute.
            if record.start_time is None or not crashed:
                left.unmarked += clear_marks(instance, ctx, run)
            left.events += unrecorded(instance, ctx, run.run_id, snapshot_keys(instance, run))
    return left


def tell_of_dead_letters(log: logging.Logger, flow: FlowResource, cursor: EndedCursor) -> EndedCursor:
    """Log how many jobs and snapshots have become dead letters since the last tick, and remember up to where."""
    with flow.open() as ctx, ctx.engine.connect() as conn:
        new = died_since(conn, cursor.last_change)
    if new.jobs or new.snapshots:
        log.warning(
            f"New dead letters: {new.jobs} jobs, {new.snapshots} snapshots. See `scrape-assets dead-letters list`."
        )
    return cursor.told_of(new.last_change)


def fail_the_dead(instance: dg.DagsterInstance, flow: FlowResource, cursor: EndedCursor) -> EndedCursor:
    """Fail the runs whose process is gone, and remember those that look like it."""
    records = instance.get_run_records(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED]), limit=RUNS_A_TICK)
    started = {one.dagster_run.run_id: one.dagster_run for one in records if ours(one.dagster_run)}
    if not started:
        return cursor.suspecting({})
    with flow.open() as ctx:
        suspects = suspects_now(ctx, started.values(), cursor.suspects)
        for run_id in dead_among(suspects, ctx.now()):
            instance.report_run_failed(started[run_id], GONE)
    return cursor.suspecting(suspects)
