"""The marks by which a sensor remembers what it has requested a run for, when that run will not come."""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg
from sqlalchemy.engine import Connection

from scrape_assets.flow.context import FlowContext, run_owner
from scrape_assets.ledger import jobs, snapshots
from scrape_assets.ledger.jobs import JobFilter
from scrape_assets.ledger.states import JobStatus
from scrape_assets.partitions import day_and_platform, keys_between, snapshot_partitions
from scrape_assets.policies import BY_JOBS, BY_MEDIA, BY_SNAPSHOTS, PARTITION, RANGE_END, RANGE_START, REQUESTED_BY
from scrape_assets.storage.media import rows as media

JOBS_OF_A_DAY = 5_000


def clear_marks(instance: dg.DagsterInstance, ctx: FlowContext, run: dg.DagsterRun) -> int:
    """Take the marks off what a sensor had requested this run for, and say off how many rows.

    A run that ended in the queue has claimed nothing; the marks would keep everybody waiting for it until they expire.
    """
    requested_by = run.tags.get(REQUESTED_BY)
    with ctx.engine.begin() as conn:
        media.release(conn, run_owner(run.run_id), ctx.now())  # whoever asked for it
        if requested_by == BY_SNAPSHOTS:
            known = snapshots.by_partition_keys(conn, snapshot_keys(instance, run))
            return snapshots.clear_requested(conn, [one.snapshot_id for one in known.values()])
        if requested_by == BY_MEDIA:
            return media.clear_requested(conn, snapshot_keys(instance, run))
        if requested_by == BY_JOBS and PARTITION in run.tags:
            return jobs.clear_requested(conn, _pending_jobs(conn, run.tags[PARTITION]))
    return 0


def snapshot_keys(instance: dg.DagsterInstance, run: dg.DagsterRun) -> Sequence[str]:
    """The snapshot partitions that a run was for."""
    if PARTITION in run.tags:
        return [run.tags[PARTITION]]
    if RANGE_START in run.tags and RANGE_END in run.tags:
        registered = instance.get_dynamic_partitions(str(snapshot_partitions.name))
        return keys_between(registered, run.tags[RANGE_START], run.tags[RANGE_END])
    return []


def _pending_jobs(conn: Connection, partition: str) -> list[str]:
    day, platform = day_and_platform(partition)
    which = JobFilter(status=JobStatus.PENDING, platform=platform, collection_date=day)
    return [job.job_id for job in jobs.list_jobs(conn, which, JOBS_OF_A_DAY)]
