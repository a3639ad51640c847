"""One schedule a platform: a day's collection, every day. One that recovers what is paid for and not known here, and
one that computes what the last days came to."""

from datetime import timedelta

import dagster as dg

from scrape_assets.flow.choosing.choose import nobody_configured, standings
from scrape_assets.flow.wanted.plan import has_targets
from scrape_assets.jobs import activity_job, collect_job, recover_job
from scrape_assets.partitions import FIRST_DATE, collection_key
from scrape_assets.policies import RANGE_END, RANGE_START
from scrape_assets.resources.flow import FlowResource
from scrape_assets.sources.registry import collectable_platforms

# After the night in Europe and America, before the working day: yesterday's posts have their first counts.
DAILY = "0 6 * * *"
# Two hours before: what is found serves the jobs that would be asked for, and paid for, again.
BEFORE_DAILY = "0 4 * * *"
# By then the collections of the morning have come.
AFTER_DAILY = "30 7 * * *"


def collection_schedule(platform: str) -> dg.ScheduleDefinition:
    """The schedule `collect_<platform>`: at 06:00 UTC it collects the day that has begun, looking back over the
    configured days. Where there is nobody to collect, or nobody to ask, it says so and starts nothing."""

    @dg.schedule(
        name=f"collect_{platform}",
        job=collect_job,
        cron_schedule=DAILY,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Collects {platform} once a day: every creator with a profile there, every event of the day.",
    )
    def collect(context: dg.ScheduleEvaluationContext, flow: FlowResource) -> dg.RunRequest | dg.SkipReason:
        day = context.scheduled_execution_time.date()
        with flow.open() as ctx:
            if not has_targets(ctx, platform, day):
                return dg.SkipReason(f"No creator has a {platform} profile, and no event of {day} is followed there.")
            reason = nobody_configured(standings(ctx, platform))
        if reason:
            return dg.SkipReason(f"{platform}: {reason}.")
        return dg.RunRequest(
            run_key=f"{platform}-{day}",
            partition_key=collection_key(day, platform),
            tags={"platform": platform},
        )

    return collect


@dg.schedule(
    name="recover_snapshots",
    job=recover_job,
    cron_schedule=BEFORE_DAILY,
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Looks once a day through the vendor's lists for snapshots that the ledger does not know, or gave up "
    "although the vendor has them.",
)
def recover_snapshots(context: dg.ScheduleEvaluationContext, flow: FlowResource) -> dg.RunRequest | dg.SkipReason:
    """One run a day, where there is a key."""
    with flow.open() as ctx:
        if not ctx.vendor.is_configured:
            return dg.SkipReason("BRIGHTDATA_API_KEY is not set: there is no vendor whose lists could be walked.")
    return dg.RunRequest(run_key=f"recover-{context.scheduled_execution_time:%Y-%m-%d}")


@dg.schedule(
    name="daily_activity",
    job=activity_job,
    cron_schedule=AFTER_DAILY,
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Computes creator_activity and event_coverage of the last days and of the one that has begun, in one "
    "run: posts come late, and counts go on moving. How many days, SCRAPE_ASSETS_ACTIVITY_DAYS says.",
)
def daily_activity(context: dg.ScheduleEvaluationContext, flow: FlowResource) -> dg.RunRequest:
    """One range run a day."""
    today = context.scheduled_execution_time.date()
    with flow.open() as ctx:
        first = max(today - timedelta(days=ctx.settings.activity_days), FIRST_DATE)
    return dg.RunRequest(
        run_key=f"activity-{today}", tags={RANGE_START: first.isoformat(), RANGE_END: today.isoformat()}
    )


schedules = [
    *(collection_schedule(str(platform)) for platform in collectable_platforms()),
    recover_snapshots,
    daily_activity,
]
