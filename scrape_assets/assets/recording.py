"""Writing materializations into Dagster's storage, many at a time. The only module that knows how Dagster batches."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from uuid import uuid4

import dagster as dg
from dagster._core.events import DagsterEventBatchMetadata

# An event that a step simply yields is written at once, over three connections opened for it: of 44 s for 200 small
# snapshots 25 s went there. Only events that say which batch they belong to are kept and written together.
SNAPSHOTS_A_BATCH = 25
# People watch a run, and what is not written when a process is killed has to be made up for (unrecorded.py).
PATIENCE_SECONDS = 5.0


class Recorder:
    """Takes the materializations of a step and writes them in batches, an asset at a time.

    How many are written together, the variable DAGSTER_EVENT_BATCH_SIZE allows; without it each is written alone.
    """

    def __init__(self, context: dg.AssetExecutionContext, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._step = context.op_execution_context.get_step_execution_context()
        self._monotonic = monotonic
        self._waiting: dict[dg.AssetKey, list[dg.AssetMaterialization]] = {}
        self._taken = 0
        self._written_at = monotonic()

    def take(self, of_one_snapshot: Iterable[dg.AssetMaterialization]) -> Iterator[dg.DagsterEvent]:
        """Take what one snapshot has become, and give the events of those that have been written, if it is time."""
        for one in of_one_snapshot:
            self._waiting.setdefault(one.asset_key, []).append(one)
        self._taken += 1
        if self._taken >= SNAPSHOTS_A_BATCH or self._monotonic() - self._written_at >= PATIENCE_SECONDS:
            yield from self.write()

    def write(self) -> list[dg.DagsterEvent]:
        """Write what waits, and give its events for the step to yield."""
        waiting, self._waiting, self._taken = self._waiting, {}, 0
        events = [event for group in waiting.values() for event in self._batch(group)]
        self._written_at = self._monotonic()
        return events

    def _batch(self, group: list[dg.AssetMaterialization]) -> Iterator[dg.DagsterEvent]:
        batch = str(uuid4())
        for position, one in enumerate(group, start=1):
            last = DagsterEventBatchMetadata(batch, is_end=position == len(group))
            yield dg.DagsterEvent.asset_materialization(self._step, one, last)
