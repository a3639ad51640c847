"""One job's story, put together from the ledger: its changes, its snapshots with theirs, every call. No routes."""

from __future__ import annotations

from scrape_assets.api.models import CallOut, ChangeOut, JobStory, SnapshotOut, job_out
from scrape_assets.flow.context import FlowContext
from scrape_assets.ledger import jobs, snapshots
from scrape_assets.ledger.attempts import calls_of_snapshot
from scrape_assets.ledger.history import history_of
from scrape_assets.ledger.snapshots import Snapshot
from scrape_assets.ledger.states import NotInLedger
from scrape_assets.operations.why import why_waiting

CALLS_SHOWN = 200  # the newest, of each snapshot


def job_story(flow: FlowContext, job_id: str, base_url: str) -> JobStory:
    """Everything that is known of a job.

    Raises:
        NotInLedger: there is no such job.
    """
    with flow.engine.connect() as conn:
        job = jobs.get(conn, job_id)
        if job is None:
            raise NotInLedger(f"There is no job {job_id!r}")
        changes = history_of(conn, job_id)
        ids = dict.fromkeys(one.snapshot_id for one in changes if one.snapshot_id)
        if job.snapshot_id:
            ids[job.snapshot_id] = None
        served = [snapshot for one in ids if (snapshot := snapshots.get(conn, one))]
        calls = [call for one in served for call in calls_of_snapshot(conn, one.snapshot_id, CALLS_SHOWN)]
        changes += [change for one in served for change in history_of(conn, one.snapshot_id)]
    return JobStory(
        job=job_out(job, base_url),
        why=why_waiting(flow, job),
        changes=[
            ChangeOut(**{name: getattr(one, name) for name in ChangeOut.model_fields})
            for one in sorted(changes, key=lambda one: one.changed_at)
        ],
        calls=[
            CallOut(**{name: getattr(one, name) for name in CallOut.model_fields})
            for one in sorted(calls, key=lambda one: one.started_at)
        ],
        snapshots=[_snapshot_out(one) for one in served],
        run_url=f"{flow.settings.dagster_url.rstrip('/')}/runs/{job.run_id}" if job.run_id else None,
    )


def _snapshot_out(snapshot: Snapshot) -> SnapshotOut:
    named = {name: getattr(snapshot, name) for name in SnapshotOut.model_fields if name != "inputs"}
    return SnapshotOut(**named, inputs=len(snapshot.inputs))
