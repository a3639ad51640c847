"""The sensor that watches what expires unread. It requests nothing: a check that speaks although nothing runs."""

from __future__ import annotations

import dagster as dg

from scrape_assets.checks.snapshots import evaluation
from scrape_assets.resources.flow import FlowResource


@dg.sensor(
    name="unread_snapshots",
    minimum_interval_seconds=3_600,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Looks every hour whether the vendor is about to throw away, or has thrown away, snapshots that are "
    "paid for and not stored here, and reports the check read_in_time of snapshots: once a day, and whenever the "
    "answer changes. It needs no key and no run.",
)
def unread_snapshots(context: dg.SensorEvaluationContext, flow: FlowResource) -> dg.SensorResult:
    """One tick: judge, and report what is news."""
    with flow.open() as ctx:
        verdict = evaluation(ctx)
        news = f"{ctx.now():%Y-%m-%d} {verdict.description}"
    return dg.SensorResult(
        skip_reason=dg.SkipReason(f"{(verdict.description or '').rstrip('.')}."),
        asset_events=[] if news == context.cursor else [verdict],
        cursor=news,
    )
