"""One schedule a platform: a day's collection, every day. One that recovers what is paid for and not known here, and
one that computes what the last days came to."""

from datetime import timedelta
from functools import partial

import dagster as dg

from scrape_assets.flow.choosing.choose import nobody_configured, standings
from scrape_assets.flow.wanted.plan import has_targets
from scrape_assets.jobs import (
    activity_job,
    check_tables_job,
    collect_job,
    housekeeping_job,
    recover_job,
    retention_job,
    suggestions_job,
)
from scrape_assets.partitions import FIRST_DATE, collection_key
from scrape_assets.policies import RANGE_END, RANGE_START
from scrape_assets.resources.flow import FlowResource
from scrape_assets.sources.registry import collectable_platforms
from scrape_assets.storage.reading import profile_counts

# After the night in Europe and America, before the working day: yesterday's posts have their first counts.
DAILY = "0 6 * * *"
# Two hours before: what is found serves the jobs that would be asked for, and paid for, again.
BEFORE_DAILY = "0 4 * * *"
# By then the collections of the morning have come.
AFTER_DAILY = "30 7 * * *"
AFTER_ACTIVITY = "30 8 * * *"
# When least is loaded; it may be at any time.
AT_NIGHT = "0 3 * * *"
# What was removed need not be archived, and is vacuumed.
AFTER_RETENTION = "15 3 * * *"
# Four times a day, the second after the morning's collections and days: who comes to work finds it judged.
EVERY_SIX_HOURS = "15 2,8,14,20 * * *"

# All of them are on from the start, and tell the time of the world.
_schedule = partial(dg.schedule, execution_timezone="UTC", default_status=dg.DefaultScheduleStatus.RUNNING)


def collection_schedule(platform: str) -> dg.ScheduleDefinition:
    """The schedule `collect_<platform>`: at 06:00 UTC it collects the day that has begun, looking back over the
    configured days. Where there is nobody to collect, or nobody to ask, it says so and starts nothing."""

    @_schedule(
        name=f"collect_{platform}",
        job=collect_job,
        cron_schedule=DAILY,
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


@_schedule(
    name="recover_snapshots",
    job=recover_job,
    cron_schedule=BEFORE_DAILY,
    description="Looks once a day through the vendor's lists for snapshots that the ledger does not know, or gave up "
    "although the vendor has them.",
)
def recover_snapshots(context: dg.ScheduleEvaluationContext, flow: FlowResource) -> dg.RunRequest | dg.SkipReason:
    """One run a day, where there is a key."""
    with flow.open() as ctx:
        if not ctx.vendor.is_configured:
            return dg.SkipReason("BRIGHTDATA_API_KEY is not set: there is no vendor whose lists could be walked.")
    return dg.RunRequest(run_key=f"recover-{context.scheduled_execution_time:%Y-%m-%d}")


@_schedule(
    name="daily_activity",
    job=activity_job,
    cron_schedule=AFTER_DAILY,
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


@_schedule(
    name="regular_checks",
    job=check_tables_job,
    cron_schedule=EVERY_SIX_HOURS,
    description="Judges the tables as a whole four times a day: late platforms, sources that bring nothing, doubles, "
    "orphans, payloads, match rates. It reads only, and asks nobody.",
)
def regular_checks(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """One run."""
    return dg.RunRequest(run_key=f"checks-{context.scheduled_execution_time:%Y-%m-%dT%H}")


@_schedule(
    name="daily_retention",
    job=retention_job,
    cron_schedule=AT_NIGHT,
    description="Removes once a day what is older than SCRAPE_ASSETS_KEEP_DAYS lets it become. Without that setting it "
    "does nothing: by default everything is kept for ever.",
)
def daily_retention(context: dg.ScheduleEvaluationContext, flow: FlowResource) -> dg.RunRequest | dg.SkipReason:
    """One run a day, where something is not to be kept for ever."""
    with flow.open() as ctx:
        if not ctx.settings.keep_days.given:
            return dg.SkipReason("SCRAPE_ASSETS_KEEP_DAYS is not set: everything is kept for ever.")
    return dg.RunRequest(run_key=f"retention-{context.scheduled_execution_time:%Y-%m-%d}")


@_schedule(
    name="nightly_housekeeping",
    job=housekeeping_job,
    cron_schedule=AFTER_RETENTION,
    description="Retires the partitions of the oldest snapshots where there are too many, removes Dagster's old runs, "
    "archives payloads where there is an archive, vacuums: once a night. Nothing that was collected is removed.",
)
def nightly_housekeeping(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """One run a night."""
    return dg.RunRequest(run_key=f"housekeeping-{context.scheduled_execution_time:%Y-%m-%d}")


@_schedule(
    name="daily_suggestions",
    job=suggestions_job,
    cron_schedule=AFTER_ACTIVITY,
    description="Compares once a day those who write with the creators that are followed elsewhere, and suggests to "
    "people who may be whom. It matches nothing and asks nobody.",
)
def daily_suggestions(context: dg.ScheduleEvaluationContext, flow: FlowResource) -> dg.RunRequest | dg.SkipReason:
    """One run a day, where somebody is followed."""
    with flow.open() as ctx, ctx.engine.connect() as conn:
        if not profile_counts(conn):
            return dg.SkipReason("Nobody is followed: there is nobody to resemble.")
    return dg.RunRequest(run_key=f"suggestions-{context.scheduled_execution_time:%Y-%m-%d}")


schedules = [
    *(collection_schedule(str(platform)) for platform in collectable_platforms()),
    recover_snapshots,
    daily_activity,
    regular_checks,
    daily_retention,
    nightly_housekeeping,
    daily_suggestions,
]
