"""What Dagster itself has recorded: runs, ticks, materialized partitions. Read after the fact, through its instance."""

import statistics
from collections import Counter
from dataclasses import dataclass

import dagster as dg


@dataclass(frozen=True)
class RunTimes:
    """One run, in seconds. Times of the day are Unix seconds."""

    status: str
    created: float
    waited: float  # in the queue and until the process had begun the run: spawn, import
    worked: float  # from the run's start to its end


@dataclass(frozen=True)
class TickTimes:
    """One evaluation of a sensor."""

    started: float
    seconds: float
    status: str
    runs_requested: int
    said: str | None  # why it skipped, or its error


def runs_of(instance: dg.DagsterInstance, job_name: str | None = None) -> list[RunTimes]:
    """Every run of a job, or of all, the oldest first."""
    records = instance.get_run_records(dg.RunsFilter(job_name=job_name), ascending=True)
    found = []
    for record in records:
        created = record.create_timestamp.timestamp()
        started = record.start_time or created
        found.append(
            RunTimes(
                record.dagster_run.status.value, created, started - created, (record.end_time or started) - started
            )
        )
    return found


def runs_by_status(instance: dg.DagsterInstance) -> Counter[str]:
    """All runs of whatever job."""
    return Counter(record.dagster_run.status.value for record in instance.get_run_records())


def ticks_of(instance: dg.DagsterInstance, sensor: str) -> list[TickTimes]:
    """The finished ticks of a sensor, the oldest first."""
    found = []
    for state in instance.all_instigator_state():
        if state.instigator_name != sensor:
            continue
        for tick in instance.get_ticks(state.instigator_origin_id, state.selector_id):
            if tick.end_timestamp:
                error = tick.error.message.strip() if tick.error else None
                seconds = tick.end_timestamp - tick.timestamp
                found.append(
                    TickTimes(tick.timestamp, seconds, tick.status.value, len(tick.run_ids), error or tick.skip_reason)
                )
    return sorted(found, key=lambda tick: tick.started)


def materialized_partitions(instance: dg.DagsterInstance, asset: str) -> int:
    """How many partitions of an asset are shown as materialized."""
    return len(instance.get_materialized_partitions(dg.AssetKey(asset)))


def median(values: list[float]) -> float:
    """The median; 0 of nothing."""
    return statistics.median(values) if values else 0.0
