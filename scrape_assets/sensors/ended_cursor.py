"""What the sensor `failed_runs` remembers from tick to tick. No Dagster storage, no ledger."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Self

import dagster as dg

OVERLAP = timedelta(seconds=5)  # a run may be written with an earlier time than one already seen


@dataclass(frozen=True)
class EndedCursor:
    """Up to where ended runs and changes of state have been looked at, and which runs look dead."""

    until: datetime
    run_ids: frozenset[str] = frozenset()  # seen, and so near the end that others may still precede them
    suspects: Mapping[str, datetime] = field(default_factory=dict)  # runs without a lease, since when
    last_change: int | None = None  # up to which dead letters are told of; None: not looked for yet

    @classmethod
    def parse(cls, text: str | None) -> Self:
        """Read the cursor; without one, or with a garbled one, begin a day back."""
        try:
            told = json.loads(text or "")
            return cls(
                until=datetime.fromisoformat(told["until"]).astimezone(UTC),
                run_ids=frozenset(map(str, told["run_ids"])),
                suspects={
                    str(run_id): datetime.fromisoformat(since).astimezone(UTC)
                    for run_id, since in told["suspects"].items()
                },
                last_change=None if told.get("last_change") is None else int(told["last_change"]),
            )
        except (ValueError, TypeError, KeyError, AttributeError):
            return cls(datetime.now(UTC) - timedelta(days=1))

    def text(self) -> str:
        """The cursor as Dagster keeps it."""
        suspects = {run_id: since.isoformat() for run_id, since in self.suspects.items()}
        told = {"until": self.until.isoformat(), "run_ids": sorted(self.run_ids), "suspects": suspects}
        return json.dumps({**told, "last_change": self.last_change})

    def after(self, records: Sequence[dg.RunRecord]) -> Self:
        """The cursor that leaves out all that has been seen."""
        times = {record.dagster_run.run_id: record.update_timestamp.astimezone(UTC) for record in records}
        until = max([self.until, *times.values()])
        recent = frozenset(run_id for run_id, moment in times.items() if moment > until - OVERLAP)
        return replace(self, until=until, run_ids=recent)

    def told_of(self, last_change: int) -> Self:
        """The cursor when dead letters up to this change of state are told of."""
        return replace(self, last_change=last_change)

    def suspecting(self, suspects: Mapping[str, datetime]) -> Self:
        """The cursor with these suspects."""
        return replace(self, suspects=suspects)
