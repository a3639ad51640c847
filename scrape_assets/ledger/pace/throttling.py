"""What follows from an answer of 429: a slower pace, a wait, and a guard that stops before the vendor does. Pure."""

import random
from datetime import datetime, timedelta

from scrape_assets.ledger.pace.lane import WINDOW

SLOWEST = 0.02  # share of the pace that is always left
SLOWER = 0.5  # what an answer of 429 leaves of it
FASTER = 0.1  # what a minute of good answers gives back
FIRST_WAIT = timedelta(seconds=2)
"""Without a Retry-After; doubled with each further 429 of the last minutes: what the vendor asks for (2, 4, 8 …)."""
LONGEST_WAIT = timedelta(minutes=5)
KEPT = WINDOW + timedelta(seconds=15)
"""How long a 429 is counted here: the vendor's clock ends its window at another moment than ours."""
ONE_BY_ONE_FROM = 10
"""Of them within the window: "slow down now", as the vendor puts it. From then on one call at a time."""


def slower(pace: float) -> float:
    """The pace after a 429."""
    return max(pace * SLOWER, SLOWEST)


def faster(pace: float, since: datetime | None, now: datetime) -> float:
    """The pace after a good answer, when the last change was at `since`."""
    minutes = max((now - since).total_seconds(), 0) / 60 if since else 0
    return min(1.0, pace + FASTER * minutes)


def wait_after(recent: int, rng: random.Random) -> timedelta:
    """How long to wait after the `recent`th 429 of the window when the source does not say."""
    whole = min(FIRST_WAIT.total_seconds() * 2 ** min(max(recent - 1, 0), 30), LONGEST_WAIT.total_seconds())
    return timedelta(seconds=whole * rng.uniform(0.75, 1.0))


def recent(throttled_at: tuple[datetime, ...], now: datetime) -> tuple[datetime, ...]:
    """Those that still count, the oldest first. One from the future counts: some clock is wrong, and not the count."""
    return tuple(sorted(moment for moment in throttled_at if moment > now - KEPT))


def guarded_until(counted: tuple[datetime, ...], guard: int) -> datetime | None:
    """Until when a guard stays shut for its answers of 429 alone; None when it is not."""
    return counted[-guard] + KEPT if len(counted) >= guard else None
