"""The rows of a whole job as a lazy, repeatable stream of JSON texts, in the scrambled order the vendor has.

Each row follows from the job, the input's index and the row's position alone, so that the same snapshot
downloaded twice, or in parts, gives the same bytes, and a million rows need no memory. Formats and damage are
in `bodies`.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import gcd
from typing import Protocol

import msgspec

from scrape_assets.simulator.datasets import DATASETS, InputRows
from scrape_assets.simulator.jobs import SimulatedJob

_encoder = msgspec.json.Encoder()


@dataclass(frozen=True)
class Summary:
    """What progress tells of a finished job."""

    records: int  # error and warning rows are not counted
    error_codes: dict[str, int]

    @property
    def errors(self) -> int:
        """Number of error and warning rows."""
        return sum(self.error_codes.values())


class JobRows(Protocol):
    """The content of a snapshot."""

    def summary(self) -> Summary:
        """Count the rows."""

    def delivered(self) -> int:
        """Number of rows in a download: without error rows unless the trigger asked for them."""

    def texts(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The delivered rows as JSON texts, from one position to another."""


class GeneratedRows:
    """Rows made up by the dataset's writer."""

    def __init__(self, job: SimulatedJob) -> None:
        find_rows = DATASETS[job.order.dataset_id].find_rows
        if find_rows is None:
            raise ValueError(f"nobody writes rows of dataset {job.order.dataset_id}")
        self._with_errors = job.order.include_errors
        self._inputs: list[InputRows] = []
        remaining = job.order.limit_multiple_results
        for index in range(len(job.order.inputs)):
            limits = [limit for limit in (job.order.limit_per_input, remaining) if limit is not None]
            rows = find_rows(job, index, min(limits, default=None))
            self._inputs.append(rows)
            if remaining is not None:
                remaining -= rows.posts + rows.failures
                if remaining <= 0:
                    break

    def summary(self) -> Summary:
        """Count the rows."""
        codes: Counter[str] = Counter()
        for rows in self._inputs:
            codes[rows.failure_code] += rows.failures
        return Summary(sum(rows.posts for rows in self._inputs), dict(+codes))

    def delivered(self) -> int:
        """Number of rows in a download."""
        return sum(map(self._delivered_of, self._inputs))

    def texts(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The delivered rows as JSON texts."""
        skip = start
        wanted = (self.delivered() if stop is None else stop) - start
        for number, rows in enumerate(self._inputs):
            count = self._delivered_of(rows)
            if skip >= count:
                skip -= count
                continue
            last = min(count, skip + wanted)
            for position in range(skip, last):
                yield _encoder.encode(rows.row(_scattered(position, count, number)))
            wanted -= last - skip
            skip = 0
            if wanted <= 0:
                return

    def _delivered_of(self, rows: InputRows) -> int:
        return rows.posts + (rows.failures if self._with_errors else 0)


class NoRows:
    """A job that found nothing."""

    def summary(self) -> Summary:
        """Count the rows."""
        return Summary(0, {})

    def delivered(self) -> int:
        """Number of rows in a download."""
        return 0

    def texts(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:  # noqa: ARG002
        """Nothing."""
        return iter(())


def _scattered(position: int, count: int, salt: int) -> int:
    """A permutation of 0 to count - 1 that needs no list: a stride coprime to the count."""
    stride = int(count * 0.618) or 1
    while gcd(stride, count) != 1:
        stride += 1
    return (position * stride + salt) % count
