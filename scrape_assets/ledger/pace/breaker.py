"""The circuit breaker: when it opens, for how long, and when it lets one call try. Pure."""

import random
from datetime import datetime, timedelta

FAILURES_IN_A_ROW = 6
"""Tries without an answer that was any good, network, server and damaged answers alike: two calls of three tries."""
FIRST_OPENING = timedelta(seconds=15)
FIRST_OPENING_DRY = timedelta(minutes=15)
"""Where collections brought nothing there is no hurry: what is asked in between costs, and finds nothing either."""
LONGEST_OPENING = timedelta(minutes=30)
LONGEST_OPENING_DRY = timedelta(hours=12)


def open_for(openings: int, *, dry: bool, rng: random.Random) -> timedelta:
    """How long it stays open: doubled with each opening in a row, capped, the last fifth of it by chance.

    Args:
        openings: those before this one.
        dry: it opens because collections brought nothing.
        rng: the chance.
    """
    first, longest = (FIRST_OPENING_DRY, LONGEST_OPENING_DRY) if dry else (FIRST_OPENING, LONGEST_OPENING)
    whole = min(first.total_seconds() * 2 ** min(openings, 30), longest.total_seconds())
    return timedelta(seconds=whole * rng.uniform(0.8, 1.0))


def is_half_open(open_until: datetime | None, now: datetime) -> bool:
    """Whether the time is over, and the next call is the probe."""
    return open_until is not None and open_until <= now


def why_failed(failures: int, message: str) -> str:
    """Why it opened, in plain words."""
    return f"{failures} failures in a row, the last: {message}"
