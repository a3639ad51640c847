"""The same assets, executed in this process: what the command line does when no daemon runs.

Runs, materializations and check results are recorded in Dagster's storage as if the daemon had launched them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from types import TracebackType
from typing import Self

import dagster as dg

from scrape_assets.build import build_defs
from scrape_assets.flow.stopping import PROCESS
from scrape_assets.ledger.planners import plan_ranges
from scrape_assets.partitions import collection_key, snapshot_partitions
from scrape_assets.policies import RANGE_END, RANGE_START, REQUESTED_BY

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
KEYS_A_RUN = 200


@dataclass(frozen=True)
class RunResult:
    """How a run ended."""

    run_id: str
    success: bool
    error: str | None  # the first failure's own words


class Assets:
    """The code location's jobs, with Dagster's instance. Opened once a command, as a context manager."""

    def __init__(self) -> None:
        logging.getLogger("dagster").setLevel(logging.CRITICAL)
        self._instance = dg.DagsterInstance.get()
        self._defs = build_defs()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._instance.dispose()

    def collect(
        self, day: date, platform: str, creators: Sequence[str], events: Sequence[str] = (), *, force: bool
    ) -> RunResult:
        """Materialize `collections` of one day and platform.

        Raises:
            Interrupted: the process was asked to stop.
        """
        config = {"creators": list(creators), "events": list(events), "force": force}
        return self._execute(
            "collect",
            {"ops": {"collections": {"config": config}}},
            {"platform": platform, REQUESTED_BY: "command"},
            partition_key=str(collection_key(day, platform)),
        )

    def process(self, keys: Sequence[str]) -> Iterator[tuple[Sequence[str], RunResult]]:
        """Register the keys and process them, in as few runs as their order allows; yield each run with its keys.

        Raises:
            Interrupted: the process was asked to stop.
        """
        name = str(snapshot_partitions.name)
        new = sorted(set(keys) - set(self._instance.get_dynamic_partitions(name)))
        if new:
            self._instance.add_dynamic_partitions(name, new)
        registered = list(self._instance.get_dynamic_partitions(name))
        for one in plan_ranges(registered, set(keys), max_size=KEYS_A_RUN):
            tags = {RANGE_START: one.start, RANGE_END: one.end, REQUESTED_BY: "command"}
            yield one.keys, self._execute("process_snapshots", {}, tags)

    def activity(self, first: date, last: date) -> RunResult:
        """Compute what these days came to, both included, in one run.

        Raises:
            Interrupted: the process was asked to stop.
        """
        tags = {RANGE_START: first.isoformat(), RANGE_END: last.isoformat(), REQUESTED_BY: "command"}
        return self._execute("activity", {}, tags)

    def _execute(
        self, job: str, config: dict[str, object], tags: dict[str, str], partition_key: str | None = None
    ) -> RunResult:
        result = self._defs.resolve_job_def(job).execute_in_process(
            run_config={**config, **QUIET},
            instance=self._instance,
            tags=tags,
            partition_key=partition_key,
            raise_on_error=False,
        )
        if not result.success:
            PROCESS.look()  # nobody failed: it was asked to stop
        return RunResult(result.run_id, result.success, _first_failure(result))


def _first_failure(result: dg.ExecuteInProcessResult) -> str | None:
    for event in result.all_events:
        if event.is_step_failure:
            failure = event.step_failure_data
            if failure.user_failure_data and failure.user_failure_data.description:
                return failure.user_failure_data.description
            error = failure.error
            while error and error.cause:  # "Exceeded max_retries" wraps what really happened
                error = error.cause
            return error.message.strip() if error else "it failed without a reason"
    return None if result.success else "the run failed before its first step"
