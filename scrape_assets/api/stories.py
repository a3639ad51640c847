"""One job's story as the callers' interface has it. No routes."""

from __future__ import annotations

from scrape_assets.api.models import CallOut, ChangeOut, JobStory, SnapshotOut, job_out
from scrape_assets.flow.context import FlowContext
from scrape_assets.ledger.snapshots import Snapshot
from scrape_assets.operations.explain import explain_job


def job_story(flow: FlowContext, job_id: str, base_url: str) -> JobStory:
    """Everything that is known of a job.

    Raises:
        NotInLedger: there is no such job.
    """
    told = explain_job(flow, job_id)
    assert told.job  # noqa: S101 - a job was asked for
    return JobStory(
        job=job_out(told.job, base_url),
        why=told.why,
        changes=[ChangeOut.model_validate(one, from_attributes=True) for one in told.changes],
        calls=[CallOut.model_validate(one, from_attributes=True) for one in told.calls],
        snapshots=[_snapshot_out(one) for one in told.served],
        run_url=f"{flow.settings.dagster_url.rstrip('/')}/runs/{told.run_id}" if told.run_id else None,
    )


def _snapshot_out(snapshot: Snapshot) -> SnapshotOut:
    named = {name: getattr(snapshot, name) for name in SnapshotOut.model_fields if name != "inputs"}
    return SnapshotOut(**named, inputs=len(snapshot.inputs))
