"""Materializations that the ledger knows of and Dagster does not, because whoever made them could not say so."""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg

from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.taking.outcome import Stage
from scrape_assets.ledger import snapshots
from scrape_assets.ledger.snapshots import Snapshot
from scrape_assets.ledger.states import SnapshotStatus


def unrecorded(
    instance: dg.DagsterInstance, ctx: FlowContext, run_id: str, keys: Sequence[str]
) -> list[dg.AssetMaterialization]:
    """Tell what a run has processed and was cut off before it could record.

    Args:
        instance: Dagster's.
        ctx: what the flow works with.
        run_id: the run, which has ended, or at least its earlier attempt.
        keys: the partitions it was for.
    """
    with ctx.engine.connect() as conn:
        known = snapshots.by_partition_keys(conn, keys).values()
    done = [one for one in known if one.run_id == run_id and one.status is SnapshotStatus.PROCESSED]
    if not done:
        return []
    recorded = {stage: instance.get_materialized_partitions(dg.AssetKey(str(stage))) for stage in Stage}
    return [
        _recorded_afterwards(stage, snapshot)
        for stage in Stage
        for snapshot in done
        if snapshot.partition_key not in recorded[stage]
    ]


def _recorded_afterwards(stage: Stage, snapshot: Snapshot) -> dg.AssetMaterialization:
    rows = {
        Stage.DOWNLOAD: snapshot.payload_rows,
        Stage.LOAD: snapshot.posts_retrieved,
        Stage.MATCH: snapshot.posts_matched,
    }
    return dg.AssetMaterialization(
        asset_key=str(stage),
        partition=snapshot.partition_key,
        description=f"Recorded afterwards: run {snapshot.run_id} did it and was cut off before it could say so. "
        "Materialize this partition again for a preview.",
        metadata={"dagster/partition_row_count": rows[stage] or 0},
    )
