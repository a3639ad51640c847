"""Runs that Dagster believes to be running and whose process is gone.

Dagster's default launcher never looks after a process that it has started: when a machine or a code server goes down
its runs are running for ever, each in a place of the queue; two such are all that `dagster.yaml` has. The ledger knows
better: whoever works renews a lease.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import dagster as dg

from scrape_assets.flow.context import FlowContext, run_owner
from scrape_assets.ledger import jobs, snapshots
from scrape_assets.ledger.jobs import Job, JobFilter
from scrape_assets.ledger.snapshots import Snapshot, SnapshotFilter
from scrape_assets.ledger.states import JobStatus, SnapshotStatus
from scrape_assets.policies import OUR_ASSETS, OUR_JOBS
from scrape_assets.storage.media.rows import owners_at_work

# A living run holds no lease while it looks up lost answers, evaluates its checks and ends, or computes what days came
# to. None of it lasts so long.
SILENCE = timedelta(minutes=10)
MANY = 10_000


def ours(run: dg.DagsterRun) -> bool:
    """Whether a run is of these assets; another code location may share the instance."""
    if run.asset_selection:
        return run.asset_selection <= OUR_ASSETS
    return run.job_name in OUR_JOBS


def suspects_now(
    ctx: FlowContext, started: Iterable[dg.DagsterRun], before: Mapping[str, datetime]
) -> dict[str, datetime]:
    """The runs that hold no lease, with the time since when every look has found them so."""
    with ctx.engine.connect() as conn:
        held: list[Snapshot | Job] = [
            *snapshots.list_snapshots(conn, SnapshotFilter(status=SnapshotStatus.PROCESSING), MANY),
            *snapshots.list_snapshots(conn, SnapshotFilter(status=SnapshotStatus.TRIGGERING), MANY),
            *jobs.list_jobs(conn, JobFilter(status=JobStatus.PROCESSING), MANY),
        ]
        now = ctx.now()
        alive = {one.lease_owner for one in held if one.leased_until and one.leased_until > now}
        alive |= owners_at_work(conn, now)
    return {run.run_id: before.get(run.run_id, now) for run in started if run_owner(run.run_id) not in alive}


def dead_among(suspects: Mapping[str, datetime], now: datetime) -> list[str]:
    """The suspects that have been silent for too long."""
    return [run_id for run_id, since in suspects.items() if now - since >= SILENCE]
