"""What the tests of the Dagster layer do with the code location, as a daemon or a person would. No assertions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import dagster as dg
import sqlalchemy as sa
from dagster._core.definitions.sensor_definition import SensorExecutionData
from sqlalchemy.engine import Engine

from scrape_assets.build import build_defs
from scrape_assets.flow.collect import collect
from scrape_assets.flow.context import FlowContext, open_context
from scrape_assets.flow.taking.poll import poll_due
from scrape_assets.policies import RANGE_END, RANGE_START
from scrape_assets.posts.identity import profile_key
from scrape_assets.settings import Settings
from scrape_assets.simulator.server import SimulatorThread
from scrape_assets.storage.creators import upsert_creator
from scrape_assets.storage.schema import snapshots

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
THREE_ASSETS = ("snapshots", "raw_posts", "creator_content")
PEOPLE = ("ada-arendt", "bram-bakker", "chidi-castillo", "dilek-demir", "elodie-eriksen")


def today() -> date:
    """The day, UTC."""
    return datetime.now(UTC).date()


@dataclass
class World:
    """A deployment in small."""

    engine: Engine
    instance: dg.DagsterInstance
    vendor: SimulatorThread
    defs: dg.Definitions = field(default_factory=build_defs)

    @contextmanager
    def flow(self) -> Iterator[FlowContext]:
        """The flow as a run opens it."""
        with open_context(Settings.from_environment()) as ctx:
            yield ctx

    def rows(self, query: str, **values: object) -> list[Any]:
        """What a query finds; single columns as plain values."""
        with self.engine.begin() as conn:
            answer = conn.execute(sa.text(query), values)
            if not answer.returns_rows:
                return []
            return [row[0] if len(row) == 1 else tuple(row) for row in answer]

    def add_creators(self, *names: str) -> None:
        """People with one LinkedIn profile each."""
        with self.engine.begin() as conn:
            for name in names:
                profile = profile_key("linkedin", f"https://www.linkedin.com/in/{name}")
                upsert_creator(conn, name, name.replace("-", " ").title(), profile)

    def ready_snapshots(self, count: int) -> list[str]:
        """Partition keys of snapshots that the vendor has ready, one creator each, oldest first."""
        self.triggered_snapshots(count)
        self.vendor.control.make_ready()
        with self.flow() as ctx:
            poll_due(ctx, timedelta(seconds=30))
        return self.rows("SELECT partition_key FROM snapshots WHERE status = 'ready' ORDER BY partition_key")

    def triggered_snapshots(self, count: int) -> list[str]:
        """Partition keys of snapshots that the vendor has just accepted, one creator each."""
        self.add_creators(*PEOPLE[:count])
        with self.flow() as ctx:
            report = collect(ctx, "linkedin", today())
        return [one.snapshot_id for one in report.triggered]

    def insert_snapshots(self, count: int, status: str = "ready", **columns: object) -> list[str]:
        """Rows straight into the ledger, as if the vendor had answered; their keys sort as they are numbered."""
        keys = [f"linkedin-20261120-{number:018}" for number in range(count)]
        row = {
            "source": "brightdata",
            "platform": "linkedin",
            "collection_date": date(2026, 11, 20),
            "status": status,
            "inputs": [],
            "creator_urls": [],
            **columns,
        }
        with self.engine.begin() as conn:
            conn.execute(sa.insert(snapshots), [{**row, "snapshot_id": key, "partition_key": key} for key in keys])
        return keys

    def tick(self, sensor: str, cursor: str | None = None) -> SensorExecutionData:
        """One tick, as the daemon makes it: keys are registered, runs only requested."""
        context = dg.build_sensor_context(
            instance=self.instance,
            instance_ref=self.instance.get_ref(),
            cursor=cursor,
            definitions=self.defs,
            resources=dict(self.defs.resources or {}),
        )
        ticked = self.defs.resolve_sensor_def(sensor).evaluate_tick(context)
        for request in ticked.dynamic_partitions_requests or ():
            if isinstance(request, dg.AddDynamicPartitionsRequest):
                self.instance.add_dynamic_partitions(request.partitions_def_name, request.partition_keys)
            else:
                for key in request.partition_keys:
                    self.instance.delete_dynamic_partition(request.partitions_def_name, key)
        for event in ticked.asset_events or ():
            self.instance.report_runless_asset_event(event)
        return ticked

    def run(self, job: str, request: dg.RunRequest) -> dg.ExecuteInProcessResult:
        """The run that a sensor or schedule requested."""
        return self.defs.resolve_job_def(job).execute_in_process(
            run_config={**request.run_config, **QUIET},
            instance=self.instance,
            tags=dict(request.tags),
            partition_key=request.partition_key,
            raise_on_error=False,
        )

    def queue(self, job: str, request: dg.RunRequest) -> dg.DagsterRun:
        """The requested run as it waits in the queue."""
        tags = dict(request.tags)
        if request.partition_key:
            tags["dagster/partition"] = request.partition_key
        return self.instance.create_run_for_job(self.defs.resolve_job_def(job), tags=tags)

    def process(self) -> dg.ExecuteInProcessResult:
        """One tick of pending_snapshots, and the only run it requests."""
        [request] = self.tick("pending_snapshots").run_requests or []
        return self.run("process_snapshots", request)

    def materialize(
        self,
        assets: Sequence[str],
        *keys: str,
        config: Mapping[str, object] | None = None,
        op: str = "download_load_match",
        tags: Mapping[str, str] | None = None,
    ) -> dg.ExecuteInProcessResult:
        """A person's click on "Materialize" for one partition, or for the range from the first to the last."""
        chosen = dict(tags or {})
        if len(keys) > 1:
            chosen |= {RANGE_START: keys[0], RANGE_END: keys[-1]}
        job = self.defs.resolve_implicit_global_asset_job_def()
        return job.execute_in_process(
            run_config={"ops": {op: {"config": dict(config)}}, **QUIET} if config else QUIET,
            instance=self.instance,
            asset_selection=[dg.AssetKey(asset) for asset in assets],
            partition_key=keys[0] if len(keys) == 1 else None,
            tags=chosen,
            raise_on_error=False,
        )

    def materialized(self, asset: str) -> set[str]:
        """The partitions that the UI shows as materialized."""
        return self.instance.get_materialized_partitions(dg.AssetKey(asset))

    def registered(self) -> list[str]:
        """The snapshot partitions, in the order the UI lists them."""
        return list(self.instance.get_dynamic_partitions("snapshots"))

    def status_of(self, key: str) -> str:
        """The state of a snapshot."""
        [status] = self.rows("SELECT status FROM snapshots WHERE partition_key = :key", key=key)
        return str(status)

    def paid(self) -> int:
        """How many jobs the vendor has accepted."""
        return len(self.vendor.control.accepted())

    def calls(self) -> dict[str, dict[str, int]]:
        """What the vendor has been asked so far."""
        return self.vendor.control.calls()


def materializations(result: dg.ExecuteInProcessResult) -> dict[tuple[str, str | None], dg.AssetMaterialization]:
    """What a run materialized, by asset and partition."""
    return {(one.asset_key.to_user_string(), one.partition): one for one in _recorded(result)}


def events_of(result: dg.ExecuteInProcessResult) -> list[tuple[str, str | None]]:
    """The (asset, partition) pairs that a run materialized, each as often as it was."""
    return [(one.asset_key.to_user_string(), one.partition) for one in _recorded(result)]


def _recorded(result: dg.ExecuteInProcessResult) -> list[dg.AssetMaterialization]:
    return [event.step_materialization_data.materialization for event in result.get_asset_materialization_events()]


def failure_of(result: dg.ExecuteInProcessResult) -> str:
    """What the failed step says, as the UI shows it."""
    [event] = [event for event in result.all_events if event.is_step_failure]
    data = event.step_failure_data
    if data.user_failure_data:
        return str(data.user_failure_data.description)
    error = data.error
    while error and error.cause:
        error = error.cause
    return str(error and error.message)


def check_results(result: dg.ExecuteInProcessResult) -> dict[tuple[str, str], Any]:
    """The evaluations of a run by asset and check."""
    return {(one.asset_key.to_user_string(), one.check_name): one for one in result.get_asset_check_evaluations()}
