"""The sensor that has media taken where they are on: one run at a time, behind all others."""

from __future__ import annotations

from datetime import timedelta

import dagster as dg

from scrape_assets.flow.media.take import due, mark_requested, platforms_on
from scrape_assets.jobs import media_job
from scrape_assets.partitions import snapshot_partitions
from scrape_assets.policies import BY_MEDIA, PRIORITY, RANGE_END, RANGE_START, REQUESTED_BY
from scrape_assets.registered import registered_keys, spans
from scrape_assets.resources.flow import FlowResource

SNAPSHOTS_A_RUN = 200
# The range of a run may hold others in between, which it passes over; each costs it a little.
KEYS_A_RANGE = 1_000
REQUEST_HOLDS = timedelta(minutes=15)
BEHIND_ALL = "-20"
UNFINISHED = (
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
)
OFF = "Media are off: SCRAPE_ASSETS_MEDIA_PLATFORMS names no platform. Nothing is downloaded."


@dg.sensor(
    name=BY_MEDIA,
    job=media_job,
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Requests a run for the media of snapshots that are matched, or whose files wait and are due, on the "
    "platforms that SCRAPE_ASSETS_MEDIA_PLATFORMS names. One run at a time, and behind all others in the queue.",
)
def media_due(context: dg.SensorEvaluationContext, flow: FlowResource) -> dg.SensorResult | dg.SkipReason:
    """One tick: at most one run."""
    with flow.open() as ctx:
        on = platforms_on(ctx)
        if not on:
            return dg.SkipReason(OFF)
        under_way = context.instance.get_runs(
            dg.RunsFilter(job_name=media_job.name, statuses=list(UNFINISHED)), limit=1
        )
        if under_way:
            return dg.SkipReason("A run takes media already; what it leaves is asked for when it has ended.")
        waiting = due(ctx, on, None, most=SNAPSHOTS_A_RUN)
        if not waiting:
            return dg.SkipReason(f"No media wait on {', '.join(on)}.")
        before = registered_keys(context.instance)
        new = sorted(set(waiting.values()) - set(before))
        first = spans([*before, *new], set(waiting.values()), KEYS_A_RANGE)[0]
        mark_requested(ctx, [one for one, key in waiting.items() if key in first.keys], REQUEST_HOLDS)
    return dg.SensorResult(
        run_requests=[
            dg.RunRequest(
                run_key=None,
                tags={
                    RANGE_START: first.start,
                    RANGE_END: first.end,
                    REQUESTED_BY: BY_MEDIA,
                    PRIORITY: BEHIND_ALL,
                },
            )
        ],
        dynamic_partitions_requests=[snapshot_partitions.build_add_request(new)] if new else [],
    )
