"""What a step over snapshots has to tell when its work has ended: all it has done, and only then that it failed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import dagster as dg

Event: TypeAlias = dg.AssetMaterialization | dg.DagsterEvent | dg.AssetCheckResult


@dataclass(frozen=True)
class Ended:
    """Its events, and its failure if there is one."""

    events: list[Event]
    failure: dg.Failure | None

    def told(self) -> Iterator[Event]:
        """The events.

        Raises:
            Failure: after them.
        """
        yield from self.events
        if self.failure:
            raise self.failure
