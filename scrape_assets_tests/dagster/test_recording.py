"""Materializations are written in batches, and none is lost for it."""

from typing import Any

import dagster as dg
import pytest
from dagster_postgres.event_log import PostgresEventLogStorage

from scrape_assets.assets.recording import PATIENCE_SECONDS, SNAPSHOTS_A_BATCH, Recorder


def record(instance: dg.DagsterInstance, snapshots: int, *, seconds_each: float = 0.0) -> list[int]:
    """Record two assets for each of some snapshots in one run; how many events each write to the storage held."""
    clock = iter(range(10_000))

    @dg.multi_asset(specs=[dg.AssetSpec("first", skippable=True), dg.AssetSpec("second", skippable=True)])
    def things(context: dg.AssetExecutionContext) -> Any:
        recorder = Recorder(context, monotonic=lambda: next(clock) * seconds_each)
        for number in range(snapshots):
            both = [dg.AssetMaterialization(asset, partition=f"key-{number}") for asset in ("first", "second")]
            yield from recorder.take(both)
        yield from recorder.write()

    written: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        whole = PostgresEventLogStorage.store_event_batch

        def store(self: PostgresEventLogStorage, events: Any) -> None:
            if events[0].dagster_event_type is dg.DagsterEventType.ASSET_MATERIALIZATION:
                written.append(len(events))
            whole(self, events)

        patch.setattr(PostgresEventLogStorage, "store_event_batch", store)
        assert dg.materialize([things], instance=instance).success
    return written


def test_a_range_is_written_in_a_few_batches_of_one_asset_each(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", "200")

    written = record(instance, SNAPSHOTS_A_BATCH + 5)

    assert written == [SNAPSHOTS_A_BATCH, SNAPSHOTS_A_BATCH, 5, 5]
    keys = {f"key-{number}" for number in range(SNAPSHOTS_A_BATCH + 5)}
    assert instance.get_materialized_partitions(dg.AssetKey("first")) == keys
    assert instance.get_materialized_partitions(dg.AssetKey("second")) == keys


def test_a_slow_run_shows_what_it_has_done_within_seconds(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", "200")

    written = record(instance, 4, seconds_each=PATIENCE_SECONDS / 2)

    assert len(written) > 2
    assert sum(written) <= 8


def test_where_dagster_writes_no_batches_each_is_written_alone(instance: dg.DagsterInstance) -> None:
    assert record(instance, 3) == []
    assert instance.get_materialized_partitions(dg.AssetKey("second")) == {"key-0", "key-1", "key-2"}
