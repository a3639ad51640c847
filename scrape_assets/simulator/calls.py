"""What the vendor was asked, so that a test can say how many jobs were paid for."""

from collections import Counter, defaultdict
from typing import Any

from scrape_assets.simulator.jobs import SimulatedJob


class CallLog:
    """Counts by operation and outcome (an HTTP status, "dropped" or "cut"), as long as the process lives."""

    def __init__(self) -> None:
        self._counts: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def count(self, operation: str, outcome: str) -> None:
        """Note one call."""
        self._counts[operation][outcome] += 1

    def counts(self) -> dict[str, dict[str, int]]:
        """All counts."""
        return {operation: dict(outcomes) for operation, outcomes in self._counts.items()}


def accepted_job(job: SimulatedJob) -> dict[str, Any]:
    """A job as the control surface lists it."""
    return {
        "snapshot_id": job.snapshot_id,
        "dataset_id": job.order.dataset_id,
        "discover_by": job.order.discover_by,
        "limit_per_input": job.order.limit_per_input,
        "inputs": job.order.inputs,
        "created": job.created,
        "ready_at": job.ready_at,
        "canceled": job.canceled_at is not None,
    }
