"""What the vendor was asked, so that a test can say how many jobs were paid for."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from scrape_assets.simulator.jobs import SimulatedJob


class CallLog:
    """Counts by operation and outcome (an HTTP status, "dropped" or "cut"), as long as the process lives."""

    def __init__(self) -> None:
        self._counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._delivered: defaultdict[str, set[tuple[int, int]]] = defaultdict(set)
        self._torn: defaultdict[str, set[tuple[int, int]]] = defaultdict(set)

    def count(self, operation: str, outcome: str) -> None:
        """Note one call."""
        self._counts[operation][outcome] += 1

    def counts(self) -> dict[str, dict[str, int]]:
        """All counts."""
        return {operation: dict(outcomes) for operation, outcomes in self._counts.items()}

    def delivered(self, snapshot_id: str, span: tuple[int, int], *, torn: bool = False) -> None:
        """Note that these rows, from one position to another, were sent whole, in a whole body or in a torn one."""
        (self._torn if torn else self._delivered)[snapshot_id].add(span)

    def delivered_of(self, snapshot_id: str, *, torn: bool = False) -> list[tuple[int, int]]:
        """Which rows of a job were ever sent in a whole body; with `torn`, in one that seemed to be whole."""
        return sorted((self._torn if torn else self._delivered).get(snapshot_id, ()))


def accepted_job(job: SimulatedJob, faults: Collection[str], delivered: Sequence[tuple[int, int]]) -> dict[str, Any]:
    """A job as the control surface lists it, with the faults that stick to it and the rows that it gave."""
    return {
        "snapshot_id": job.snapshot_id,
        "dataset_id": job.order.dataset_id,
        "discover_by": job.order.discover_by,
        "limit_per_input": job.order.limit_per_input,
        "inputs": job.order.inputs,
        "created": job.created,
        "ready_at": job.ready_at,
        "canceled": job.canceled_at is not None,
        "faults": sorted(faults),
        "delivered": delivered,
    }
