"""Which snapshot partitions Dagster has registered: gathered for a range run, shown again, retired.

A registered key is only the visible index of a row in the ledger, so taking one away loses nothing:
materializations stay in Dagster's history, and whoever needs the partition again registers it again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet

import dagster as dg

from scrape_assets.ledger.planners import PartitionRange, plan_ranges
from scrape_assets.partitions import snapshot_partitions
from scrape_assets.policies import KEYS_A_RUN

# So many ranges more than needed are cheaper than moving keys: a run costs seconds before it does any work.
SCATTERED = 2

_NAME = str(snapshot_partitions.name)


def registered_keys(instance: dg.DagsterInstance) -> list[str]:
    """All of them, in the order in which a range counts them."""
    return list(instance.get_dynamic_partitions(_NAME))


def fewest_runs(keys: int) -> int:
    """How many runs so many partitions take at the least."""
    return math.ceil(keys / KEYS_A_RUN)


def runs_as_they_lie(instance: dg.DagsterInstance, keys: Sequence[str]) -> int:
    """How many runs a backfill of these keys is now, in the UI: a range run takes neighbours only."""
    wanted = set(keys)
    return len(plan_ranges(registered_keys(instance), wanted, max_size=KEYS_A_RUN))


def spans(registered: Sequence[str], wanted: AbstractSet[str], most: int) -> list[PartitionRange]:
    """The fewest ranges, of at most so many keys each, that hold all wanted ones and whatever lies in between.

    For runs that pass over what they were not asked for; each span tells the wanted keys in it.
    """
    found: list[PartitionRange] = []
    begun = -most
    for place, key in enumerate(registered):
        if key not in wanted:
            continue
        if place - begun >= most:
            begun = place
            found.append(PartitionRange(key, key, (key,)))
        else:
            found[-1] = PartitionRange(found[-1].start, key, (*found[-1].keys, key))
    return found


def gathered(instance: dg.DagsterInstance, keys: Sequence[str]) -> list[PartitionRange]:
    """Register the keys that are not, make neighbours of those that lie too scattered, and give the ranges to run.

    Keys of several platforms come in turn, so one platform's are scattered among the others'. Taken away and registered
    anew they are neighbours; a range that anybody has asked for meanwhile holds none of them, because nobody asks for
    what is finished but a person.
    """
    wanted = sorted(set(keys))
    before = registered_keys(instance)
    new = sorted(set(wanted) - set(before))
    if new:
        instance.add_dynamic_partitions(_NAME, new)
    ranges = plan_ranges([*before, *new], set(wanted), max_size=KEYS_A_RUN)
    if len(ranges) <= fewest_runs(len(wanted)) + SCATTERED:
        return ranges
    moved: list[str] = []
    for first in range(0, len(wanted), KEYS_A_RUN):
        chunk = wanted[first : first + KEYS_A_RUN]
        retire(instance, chunk)
        instance.add_dynamic_partitions(_NAME, chunk)
        moved += chunk
    return plan_ranges(moved, set(moved), max_size=KEYS_A_RUN)


def shown_for_now(instance: dg.DagsterInstance, keys: Sequence[str]) -> Iterator[PartitionRange]:
    """The ranges of `gathered`, one after the other; keys that were retired before are retired again after theirs."""
    before = set(registered_keys(instance))
    for one in gathered(instance, keys):
        yield one
        retire(instance, [key for key in one.keys if key not in before])


def retire(instance: dg.DagsterInstance, keys: Sequence[str]) -> None:
    """Take keys out of the lists of the UI."""
    for key in keys:
        instance.delete_dynamic_partition(_NAME, key)


def retire_some(instance: dg.DagsterInstance, keys: Sequence[str], go_on: Callable[[], bool]) -> int:
    """Take keys out of the lists, the first first, as long as it may go on; give how many."""
    for done, key in enumerate(keys):
        if not go_on():
            return done
        instance.delete_dynamic_partition(_NAME, key)
    return len(keys)
