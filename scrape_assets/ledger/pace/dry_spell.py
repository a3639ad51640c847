"""When a source answers, and its collections bring nothing where they used to. Pure.

A page that changed its shape, a dataset that broke, an account that is shown an empty world: no call fails, and
nothing comes. What is usual, the collections before tell.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

COLLECTIONS = 3
"""Collections in a row that brought nothing, at least …"""
INPUTS = 10
"""… and inputs that they asked for in all: a quiet day of two people proves nothing."""
TRAILING = 20
"""Collections before them that say what is usual; their number is odd sometimes, and few at the beginning."""
USUAL = 1.0
"""Posts an input that must be usual for nothing to be unusual."""
READ = 3 * TRAILING
"""Collections that need to be looked at."""


@dataclass(frozen=True)
class Yield:
    """What one finished collection asked for and brought."""

    inputs: int
    posts: int

    @property
    def an_input(self) -> float:
        """Posts an input."""
        return self.posts / max(self.inputs, 1)


def why_dry(latest_first: Sequence[Yield]) -> str | None:
    """Why a source is to be left alone, in plain words; None when nothing is unusual."""
    dry = next((number for number, one in enumerate(latest_first) if one.posts), len(latest_first))
    inputs = sum(one.inputs for one in latest_first[:dry])
    before = latest_first[dry : dry + TRAILING]
    if dry < COLLECTIONS or inputs < INPUTS or not before:
        return None
    usual = median(one.an_input for one in before)
    if usual < USUAL:
        return None
    return (
        f"answers, but its last {dry} collections ({inputs} inputs) brought nothing, where the median is "
        f"{usual:.1f} posts an input"
    )
