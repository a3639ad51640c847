"""The only wiring: which assets, jobs, schedules, sensors and resources make up the code location."""

from collections.abc import Mapping

import dagster as dg

from scrape_assets.assets.collections import collections
from scrape_assets.assets.creator_activity import creator_activity
from scrape_assets.assets.creator_suggestions import creator_suggestions
from scrape_assets.assets.creators import creators
from scrape_assets.assets.event_coverage import event_coverage
from scrape_assets.assets.events import events
from scrape_assets.assets.housekeeping import housekeeping
from scrape_assets.assets.media_files import media_files
from scrape_assets.assets.process import process_snapshots
from scrape_assets.assets.queries import with_its_query
from scrape_assets.assets.retention import retention
from scrape_assets.backfill_jobs import estimate_backfill_job, retire_partitions_job
from scrape_assets.checks.tables import judge_tables
from scrape_assets.jobs import (
    activity_job,
    check_tables_job,
    collect_job,
    housekeeping_job,
    media_job,
    process_snapshots_job,
    recover_job,
    retention_job,
    suggestions_job,
)
from scrape_assets.resources.flow import FlowResource
from scrape_assets.schedules import schedules
from scrape_assets.sensors.changed_creators import changed_creators
from scrape_assets.sensors.failed_runs import failed_runs
from scrape_assets.sensors.media_due import media_due
from scrape_assets.sensors.pending_scrape_jobs import pending_scrape_jobs
from scrape_assets.sensors.pending_snapshots import pending_snapshots
from scrape_assets.sensors.unread_snapshots import unread_snapshots


def build_defs(*, resource_overrides: Mapping[str, object] | None = None) -> dg.Definitions:
    """A fresh Definitions. Tests replace resources by name instead of patching."""
    return dg.Definitions(
        assets=dg.map_asset_specs(
            with_its_query,
            [
                creators,
                events,
                collections,
                process_snapshots,
                media_files,
                creator_activity,
                event_coverage,
                creator_suggestions,
                retention,
                *housekeeping,
            ],
        ),
        asset_checks=[judge_tables],
        jobs=[
            collect_job,
            process_snapshots_job,
            media_job,
            recover_job,
            activity_job,
            check_tables_job,
            estimate_backfill_job,
            retire_partitions_job,
            retention_job,
            housekeeping_job,
            suggestions_job,
        ],
        schedules=schedules,
        sensors=[pending_snapshots, pending_scrape_jobs, failed_runs, unread_snapshots, changed_creators, media_due],
        resources={"flow": FlowResource(), **(resource_overrides or {})},
        # A process a step is never worth it here: see jobs.py.
        executor=dg.in_process_executor,
    )
