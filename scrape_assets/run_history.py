"""Removing old runs of Dagster with their logs. What the UI shows of today stays, however old it is.

Deleting a run deletes its events, and a partition is shown as materialized (or failed) because of its newest event. So
a run goes only when each asset partition that it materialized, or failed at, has a newer event or was retired.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

import dagster as dg

from scrape_assets.policies import OUR_ASSETS, OUR_JOBS
from scrape_assets.registered import registered_keys

# Another code location may share the instance; its runs are its own business. Recovering and judging hold no lease and
# may last, so that they are not among the jobs whose runs are looked at for signs of life.
JOBS = frozenset((*OUR_JOBS, "recover", "check_tables", "estimate_backfill", "retire_partitions"))
# Those of the assets whose partitions are retired.
OF_SNAPSHOTS = frozenset(map(dg.AssetKey, ("snapshots", "raw_posts", "creator_content", "media_files")))
MATERIALIZED = dg.DagsterEventType.ASSET_MATERIALIZATION
PLANNED = dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED
PAGE = 1_000


@dataclass
class Pruned:
    """What became of the runs that are older than they are to be kept."""

    old: int = 0
    removed: int = 0  # in a rehearsal: to be removed
    kept: int = 0  # the UI shows something of them as the newest there is
    finished: bool = True  # False: the time was over, the next time goes on


def prune(
    instance: dg.DagsterInstance,
    cutoff: datetime,
    *,
    rehearse: bool = False,
    go_on: Callable[[], bool] = lambda: True,
) -> Pruned:
    """Remove our runs that ended and were created before the cutoff, with their events and logs, the oldest first.

    Args:
        instance: of Dagster.
        cutoff: younger ones stay.
        rehearse: only count.
        go_on: asked before each run; False: the time is over.
    """
    told, shown = Pruned(), _Shown(instance)
    for run_id, succeeded in _old_runs(instance, cutoff):
        if not go_on():
            told.finished = False
            break
        told.old += 1
        if shown.needs(run_id, MATERIALIZED) or (not succeeded and shown.needs(run_id, PLANNED)):
            told.kept += 1
            continue
        told.removed += 1
        if not rehearse:
            instance.compute_log_manager.delete_logs(prefix=[run_id])
            instance.delete_run(run_id)
    return told


def is_ours(run: dg.DagsterRun) -> bool:
    """Whether a run is of this code location."""
    if run.asset_selection:
        return run.asset_selection <= OUR_ASSETS
    return run.job_name in JOBS


def _old_runs(instance: dg.DagsterInstance, cutoff: datetime) -> Iterator[tuple[str, bool]]:
    """Their ids, and whether they succeeded, the oldest first."""
    ended = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
    filters = dg.RunsFilter(statuses=ended, created_before=cutoff)
    page = instance.get_run_records(filters, limit=PAGE, ascending=True)
    while page:
        # Before any of this page is removed: a page begins after a run that is there.
        following = instance.get_run_records(filters, limit=PAGE, ascending=True, cursor=page[-1].dagster_run.run_id)
        for record in page:
            if is_ours(record.dagster_run):
                yield record.dagster_run.run_id, record.dagster_run.is_success
        page = following


@dataclass
class _Shown:
    """What the UI shows as the newest: asked for once for each asset."""

    instance: dg.DagsterInstance
    _live: set[str] | None = None
    _newest: dict[tuple[dg.AssetKey, dg.DagsterEventType], dict[str | None, int]] = field(default_factory=dict)

    def needs(self, run_id: str, kind: dg.DagsterEventType) -> bool:
        """Whether an event of this kind in this run is the newest of a partition that is not retired."""
        records = self.instance.get_records_for_run(run_id, of_type=kind).records
        for record in records:
            event = record.event_log_entry.dagster_event
            asset = event.asset_key if event else None
            if event is None or asset is None:
                continue
            if event.partitions_subset is not None:  # one event for a range
                if any(
                    self._lacks(asset, key, record.storage_id) for key in event.partitions_subset.get_partition_keys()
                ):
                    return True
                continue
            if not self._is_live(asset, event.partition):
                continue
            if record.storage_id >= self._newest_of(asset, kind, event.partition):
                return True
        return False

    def _lacks(self, asset: dg.AssetKey, partition: str, since: int) -> bool:
        """Whether nobody has materialized it after this event."""
        return self._is_live(asset, partition) and self._newest_of(asset, MATERIALIZED, partition) < since

    def _is_live(self, asset: dg.AssetKey, partition: str | None) -> bool:
        if partition is None or asset not in OF_SNAPSHOTS:
            return True
        if self._live is None:
            self._live = set(registered_keys(self.instance))
        return partition in self._live

    def _newest_of(self, asset: dg.AssetKey, kind: dg.DagsterEventType, partition: str | None) -> int:
        if (asset, kind) not in self._newest:
            found = self.instance.get_latest_storage_id_by_partition(asset, kind)
            self._newest[asset, kind] = dict(found.items())
        known = self._newest[asset, kind]
        if partition is None and None not in known:
            known[None] = self._newest_without_partition(asset, kind)
        return known.get(partition, 0)

    def _newest_without_partition(self, asset: dg.AssetKey, kind: dg.DagsterEventType) -> int:
        if kind is PLANNED:
            planned = self.instance.get_latest_planned_materialization_info(asset)
            return planned.storage_id if planned else 0
        records = self.instance.fetch_materializations(asset, limit=1).records
        return records[0].storage_id if records else 0
