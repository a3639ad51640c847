"""One schedule a platform: a day's collection, every day."""

import dagster as dg

from scrape_assets.jobs import collect_job
from scrape_assets.partitions import collection_key
from scrape_assets.sources.registry import collectable_platforms

# After the night in Europe and America, before the working day: yesterday's posts have their first counts.
DAILY = "0 6 * * *"


def collection_schedule(platform: str) -> dg.ScheduleDefinition:
    """The schedule `collect_<platform>`: at 06:00 UTC it collects the day that has begun, looking back over the
    configured days."""

    @dg.schedule(
        name=f"collect_{platform}",
        job=collect_job,
        cron_schedule=DAILY,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Collects {platform} once a day for every creator with a profile there.",
    )
    def collect(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        day = context.scheduled_execution_time.date()
        return dg.RunRequest(
            run_key=f"{platform}-{day}",
            partition_key=collection_key(day, platform),
            tags={"platform": platform},
        )

    return collect


schedules = [collection_schedule(str(platform)) for platform in collectable_platforms()]
