"""The same assets, executed in this process: what the command line does when no daemon runs.

Runs, materializations and check results are recorded in Dagster's storage as if the daemon had launched them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import TracebackType
from typing import Self

import dagster as dg

from scrape_assets.background import sigterm_stays_heard
from scrape_assets.build import build_defs
from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.stopping import PROCESS
from scrape_assets.housekeeping import TASKS
from scrape_assets.ledger.planners import plan_ranges
from scrape_assets.partitions import collection_key, snapshot_partitions
from scrape_assets.policies import ASKED_FOR, KEYS_A_RUN, RANGE_END, RANGE_START, REQUESTED_BY
from scrape_assets.registered import registered_keys, retire, shown_for_now, spans

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
MAPPED_AGAIN = ("raw_posts", "creator_content")


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
        return self.collect_days(day, day, platform, creators, events, force=force)

    def collect_days(
        self,
        first: date,
        last: date,
        platform: str,
        creators: Sequence[str],
        events: Sequence[str] = (),
        *,
        force: bool,
    ) -> RunResult:
        """Materialize `collections` of these days of a platform, both included, in one run.

        Raises:
            Interrupted: the process was asked to stop.
        """
        config = {"creators": list(creators), "events": list(events), "force": force}
        keys = [str(collection_key(day, platform)) for day in (first, last)]
        of_range = {} if first == last else {RANGE_START: keys[0], RANGE_END: keys[1]}
        return self._execute(
            "collect",
            {"ops": {"collections": {"config": config}}},
            {"platform": platform, REQUESTED_BY: "command", **of_range},
            partition_key=keys[0] if first == last else None,
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

    def map_again(self, keys: Sequence[str]) -> Iterator[tuple[Sequence[str], RunResult]]:
        """Load and match the kept payloads of these snapshots again, in the fewest runs; yield each with its keys.

        Asked for as by a person: whatever has ended and is kept is taken. Keys that were retired stay retired.

        Raises:
            Interrupted: the process was asked to stop.
        """
        for one in shown_for_now(self._instance, keys):
            tags = {RANGE_START: one.start, RANGE_END: one.end, ASKED_FOR: "remap"}
            yield one.keys, self._execute("process_snapshots", {}, tags, assets=MAPPED_AGAIN)

    def download_again(self, key: str) -> RunResult:
        """Download, load and match one snapshot again.

        Raises:
            Interrupted: the process was asked to stop.
        """
        config = {"ops": {"download_load_match": {"config": {"redownload": True}}}}
        [result] = [
            self._execute("process_snapshots", config, {ASKED_FOR: "redownload"}, partition_key=one.start)
            for one in shown_for_now(self._instance, [key])
        ]
        return result

    def media(self, keys: Sequence[str], *, named: bool, retry: bool) -> Iterator[tuple[Sequence[str], RunResult]]:
        """Take the media of these snapshots, in few runs; yield each with its keys.

        Args:
            keys: of their partitions.
            named: by a person, one by one: then whatever is wrong with one of them fails the run.
            retry: also what was refused, given up or has expired.

        Raises:
            Interrupted: the process was asked to stop.
        """
        name = str(snapshot_partitions.name)
        before = registered_keys(self._instance)
        new = sorted(set(keys) - set(before))
        if new:
            self._instance.add_dynamic_partitions(name, new)
        asked = {ASKED_FOR: "media"} if named else {REQUESTED_BY: "command"}
        config = {"ops": {"take_media": {"config": {"retry": retry}}}}
        ranges = plan_ranges if named else spans
        for one in ranges([*before, *new], set(keys), KEYS_A_RUN):
            yield one.keys, self._execute("media", config, {RANGE_START: one.start, RANGE_END: one.end, **asked})

    def partitions(self) -> list[str]:
        """The snapshot partitions that the UI lists."""
        return registered_keys(self._instance)

    def register(self, keys: Sequence[str]) -> None:
        """Put snapshot partitions into the UI's lists, in this order."""
        self._instance.add_dynamic_partitions(str(snapshot_partitions.name), list(keys))

    def retire(self, keys: Sequence[str]) -> None:
        """Take snapshot partitions out of the UI's lists."""
        retire(self._instance, keys)

    def activity(self, first: date, last: date) -> RunResult:
        """Compute what these days came to, both included, in one run.

        Raises:
            Interrupted: the process was asked to stop.
        """
        tags = {RANGE_START: first.isoformat(), RANGE_END: last.isoformat(), REQUESTED_BY: "command"}
        return self._execute("activity", {}, tags)

    def retention(self) -> RunResult:
        """Remove what has been kept for long enough.

        Raises:
            Interrupted: the process was asked to stop.
        """
        return self._execute("remove_old", {}, {REQUESTED_BY: "command"})

    def housekeeping(self) -> tuple[RunResult, dict[str, Mapping[str, object]]]:
        """Do all of housekeeping; give what each task says and counts.

        Raises:
            Interrupted: the process was asked to stop.
        """
        result = self._execute("housekeeping", {}, {REQUESTED_BY: "command"})
        records = self._instance.get_records_for_run(
            result.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION
        ).records
        done = [one.asset_materialization for one in records if one.asset_materialization]
        return result, {one.asset_key.to_user_string(): _plain(one.metadata) for one in done}

    def rehearse_housekeeping(self, ctx: FlowContext) -> dict[str, Mapping[str, object]]:
        """What housekeeping would do now; nothing is changed or recorded."""
        told = {name: task(self._instance, ctx, True) for name, task in TASKS.items()}
        return {name: {"said": one.said, **one.figures} for name, one in told.items()}

    def _execute(
        self,
        job: str,
        config: Mapping[str, object],
        tags: dict[str, str],
        partition_key: str | None = None,
        assets: Sequence[str] | None = None,
    ) -> RunResult:
        with sigterm_stays_heard():
            result = self._defs.resolve_job_def(job).execute_in_process(
                run_config={**config, **QUIET},
                instance=self._instance,
                tags=tags,
                partition_key=partition_key,
                asset_selection=None if assets is None else [dg.AssetKey(name) for name in assets],
                raise_on_error=False,
            )
        if not result.success:
            PROCESS.look()  # nobody failed: it was asked to stop
        return RunResult(result.run_id, result.success, _first_failure(result))


def _plain(metadata: Mapping[str, dg.MetadataValue]) -> Mapping[str, object]:
    """Without the tables, which are made for the UI."""
    return {name: one.value for name, one in metadata.items() if not isinstance(one, dg.MarkdownMetadataValue)}


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
