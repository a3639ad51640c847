"""The only wiring: which assets, jobs, schedules, sensors and resources make up the code location."""

from collections.abc import Mapping

import dagster as dg

from scrape_assets.assets.collections import collections
from scrape_assets.assets.creator_activity import creator_activity
from scrape_assets.assets.creators import creators
from scrape_assets.assets.event_coverage import event_coverage
from scrape_assets.assets.events import events
from scrape_assets.assets.process import process_snapshots
from scrape_assets.jobs import activity_job, collect_job, process_snapshots_job, recover_job
from scrape_assets.resources.flow import FlowResource
from scrape_assets.schedules import schedules
from scrape_assets.sensors.changed_creators import changed_creators
from scrape_assets.sensors.failed_runs import failed_runs
from scrape_assets.sensors.pending_scrape_jobs import pending_scrape_jobs
from scrape_assets.sensors.pending_snapshots import pending_snapshots
from scrape_assets.sensors.unread_snapshots import unread_snapshots


def build_defs(*, resource_overrides: Mapping[str, object] | None = None) -> dg.Definitions:
    """A fresh Definitions. Tests replace resources by name instead of patching."""
    return dg.Definitions(
        assets=[creators, events, collections, process_snapshots, creator_activity, event_coverage],
        jobs=[collect_job, process_snapshots_job, recover_job, activity_job],
        schedules=schedules,
        sensors=[pending_snapshots, pending_scrape_jobs, failed_runs, unread_snapshots, changed_creators],
        resources={"flow": FlowResource(), **(resource_overrides or {})},
        # A process a step is never worth it here: see jobs.py.
        executor=dg.in_process_executor,
    )
