"""The sensor that cleans up behind runs that ended badly: their leases come back, the attempt counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import dagster as dg

from scrape_assets.flow.recovery import release_run
from scrape_assets.resources.flow import FlowResource

RUNS_A_TICK = 100
OVERLAP = timedelta(seconds=5)  # a run may be written with an earlier time than one already seen
OURS = ("collect", "process_snapshots")


@dg.sensor(
    name="failed_runs",
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="When a run fails, crashes or is canceled, what it held goes back at once instead of after its lease.",
)
def failed_runs(context: dg.SensorEvaluationContext, flow: FlowResource) -> dg.SkipReason:
    """One tick: release what each badly ended run held. Requests no run; the other sensors take it from there."""
    since = parse_cursor(context.cursor)
    records = context.instance.get_run_records(
        dg.RunsFilter(
            statuses=[dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED],
            updated_after=since - OVERLAP,
        ),
        limit=RUNS_A_TICK,
        order_by="update_timestamp",
        ascending=True,
    )
    ended = [
        record
        for record in records
        if record.dagster_run.job_name in OURS
        or "/" in record.dagster_run.job_name
        or record.dagster_run.job_name.startswith("__ASSET_JOB")
    ]
    given_back = 0
    if ended:
        with flow.open() as ctx:
            for record in ended:
                run = record.dagster_run
                # A run that a person canceled has not failed: nothing counts against what it held.
                crashed = run.status is dg.DagsterRunStatus.FAILURE
                reclaimed = release_run(ctx, run.run_id, count_attempt=crashed)
                given_back += reclaimed.jobs + reclaimed.snapshots
    if records:
        context.update_cursor(max(record.update_timestamp for record in records).astimezone(UTC).isoformat())
    if not ended:
        return dg.SkipReason("No run has failed or been canceled since the last look.")
    return dg.SkipReason(f"{len(ended)} runs failed or were canceled; {given_back} of what they held is given back.")


def parse_cursor(cursor: str | None) -> datetime:
    """The time up to which runs have been seen; a garbled cursor starts a day back."""
    try:
        return datetime.fromisoformat(cursor or "").astimezone(UTC)
    except ValueError:
        return datetime.now(UTC) - timedelta(days=1)
