"""The ledger's decisions as functions of plain values: when to look again, what goes together. No I/O."""

import random
from collections.abc import Callable, Hashable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

VENDOR_RETENTION = timedelta(days=16)
"""How long Bright Data keeps a snapshot: its older documents say 16 days, its newer ones 30."""

Item = TypeVar("Item")


@dataclass(frozen=True)
class Batch(Generic[Item]):
    """What one trigger asks for: `items` alike in `key`, at least one, in the order they were given."""

    key: Hashable
    items: tuple[Item, ...]


@dataclass(frozen=True)
class PartitionRange:
    """Registered keys without a gap, as one run can be asked for: from `start` to `end`, both included."""

    start: str
    end: str
    keys: tuple[str, ...]


def next_check(
    tries: int,
    now: datetime,
    rng: random.Random,
    *,
    base: timedelta,
    cap: timedelta,
    floor: timedelta = timedelta(seconds=1),
) -> datetime:
    """Say when to look, or try, again: exponential with full jitter, capped.

    The moment is drawn evenly between `floor` and `base` doubled `tries` times, but at most `cap`: what
    failed together does not come back together.

    Args:
        tries: how often it was tried already, from 0.
        now: aware.
        rng: the chance; seeded in tests.
        base: the longest wait after no try.
        cap: the longest wait of all.
        floor: the shortest wait of all: never at once, and never before a Retry-After. Above `cap`, it is
            the wait.
    """
    doublings = min(max(tries, 0), 62)
    ceiling = min(cap.total_seconds(), base.total_seconds() * 2**doublings)
    shortest = floor.total_seconds()
    return now + timedelta(seconds=rng.uniform(shortest, max(shortest, ceiling)))


def expires_at(accepted_at: datetime, retention: timedelta = VENDOR_RETENTION) -> datetime:
    """Say until when a source surely keeps what it accepted at `accepted_at`."""
    return accepted_at + retention


def plan_batches(items: Sequence[Item], batch_size: int, key: Callable[[Item], Hashable]) -> list[Batch[Item]]:
    """Put together what may share one trigger: equal in `key`, at most `batch_size` in a batch.

    `items` come in order of priority. Every item lands in exactly one batch, a group fills a batch before it
    opens the next, and batches are ordered by their first item, so that the most urgent is triggered first.

    Raises:
        ValueError: `batch_size` is below 1.
    """
    if batch_size < 1:
        raise ValueError(f"A batch holds at least 1 item, not {batch_size}")
    filling: dict[Hashable, list[Item]] = {}
    batches: list[tuple[Hashable, list[Item]]] = []
    for item in items:
        kind = key(item)
        batch = filling.get(kind)
        if batch is None or len(batch) == batch_size:
            batch = filling[kind] = []
            batches.append((kind, batch))
        batch.append(item)
    return [Batch(kind, tuple(batch)) for kind, batch in batches]


def plan_ranges(registered: Sequence[str], wanted: AbstractSet[str], max_size: int) -> list[PartitionRange]:
    """Cover the wanted partition keys by the fewest ranges that hold no other key.

    A Dagster range run takes every key registered between its ends, in the order of registration; one key in
    between that is not wanted therefore ends a range. Wanted keys that are not registered are in no range.

    Args:
        registered: all keys of the partitions definition, in the order they were added.
        wanted: the keys to process.
        max_size: keys in a range at most; a run costs about 60 ms a key and is retried as a whole.

    Raises:
        ValueError: `max_size` is below 1.
    """
    if max_size < 1:
        raise ValueError(f"A range holds at least 1 key, not {max_size}")
    runs: list[list[str]] = []
    open_run: list[str] | None = None
    for key in registered:
        if key not in wanted:
            open_run = None
            continue
        if open_run is None or len(open_run) == max_size:
            open_run = []
            runs.append(open_run)
        open_run.append(key)
    return [PartitionRange(run[0], run[-1], tuple(run)) for run in runs]
