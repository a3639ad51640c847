"""What follows from each class of error: the one table of retry budgets, and when to try again. No I/O.

A class either waits without counting, or counts and has a number of tries, or ends at once. A row is dead when the
tries of one class are spent, or its own `max_attempts` over all classes together, whichever comes first: the first
says how much patience one kind of trouble is worth, the second bounds a row that fails in ever new ways.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from scrape_assets.ledger.error_class import ErrorClass
from scrape_assets.ledger.planners import next_check

BASE_SECONDS = 60.0
"""The base of the table; SCRAPE_ASSETS_RETRY_BASE_SECONDS in its place scales all bases alike."""

CAP_SECONDS = 6 * 3600.0
"""The cap of the table; SCRAPE_ASSETS_RETRY_CAP_SECONDS in its place scales all caps alike."""

MOST_ATTEMPTS = 12
"""Attempts over all classes together, for jobs and snapshots that do not say otherwise."""

_FLOOR = timedelta(seconds=1)
_A_PERSON = 15 * 60.0  # a key, a bill, a setting: soon enough after it was mended, rare enough until then


@dataclass(frozen=True)
class Budget:
    """How much patience one class of error is worth."""

    counts: bool  # spends an attempt
    tries: int | None  # as many failures of this class end it; None: it waits as long as it takes
    base_seconds: float  # counted: the longest first wait, doubled with each attempt; else: the shortest wait
    cap_seconds: float  # the longest wait, unless the source itself asks for more
    waits: str  # what it waits for, or why it does not; for people

    @property
    def ends_at_once(self) -> bool:
        """Whether the first failure is the last: another try would end in the same way."""
        return self.tries == 1


def _waits(base_seconds: float, waits: str) -> Budget:
    return Budget(counts=False, tries=None, base_seconds=base_seconds, cap_seconds=CAP_SECONDS, waits=waits)


def _counts(tries: int, waits: str, base_seconds: float = BASE_SECONDS) -> Budget:
    return Budget(counts=True, tries=tries, base_seconds=base_seconds, cap_seconds=CAP_SECONDS, waits=waits)


def _ends(waits: str) -> Budget:
    return Budget(counts=True, tries=1, base_seconds=BASE_SECONDS, cap_seconds=CAP_SECONDS, waits=waits)


BUDGETS: Mapping[ErrorClass, Budget] = {
    ErrorClass.THROTTLED: _waits(BASE_SECONDS, "until the source takes more: its own Retry-After or reset"),
    ErrorClass.REFUSED: _waits(_A_PERSON, "until a person has set the key right"),
    ErrorClass.PAYMENT: _waits(_A_PERSON, "until a person has paid, or the account works again"),
    ErrorClass.NOT_CONFIGURED: _waits(_A_PERSON, "until a person has set the key"),
    ErrorClass.BUDGET: _waits(_A_PERSON, "until the budget has room for it"),
    # Free to try again, and outages last for hours: ten tries span four hours on average.
    ErrorClass.NETWORK: _counts(10, "for the network"),
    ErrorClass.SERVER: _counts(10, "for the source to recover"),
    # May be paid for each time.
    ErrorClass.VENDOR_FAILED: _counts(5, "for the source to do better"),
    # Broken in transfer, it comes whole the second time; what stays unreadable is a bug or a changed platform.
    ErrorClass.BAD_DATA: _counts(3, "for a whole answer", base_seconds=5 * BASE_SECONDS),
    # A machine that restarts often is no fault of the row; one that kills its process every time is.
    ErrorClass.LEASE_LOST: _counts(5, "for nothing: it is due at once", base_seconds=0.0),
    ErrorClass.NOT_FOUND: _ends("there is no such profile, post or snapshot"),
    ErrorClass.BAD_REQUEST: _ends("the source will not take this input"),
}

OURS: frozenset[ErrorClass] = frozenset(name for name, budget in BUDGETS.items() if not budget.counts)
"""Classes that are nobody's fault but ours, whatever was asked for: waiting for them costs no attempt."""

RETRYABLE: frozenset[ErrorClass] = frozenset(
    name
    for name, budget in BUDGETS.items()
    if not budget.ends_at_once and (budget.counts or name is ErrorClass.THROTTLED)
)
"""Classes worth another attempt without a person's help. The others end at once, or wait for one."""


def is_last(error_class: ErrorClass, spent_of_class: int, attempts: int, most: int, *, patient: bool = False) -> bool:
    """Whether one more failure of this class is the last of a row, as `Spending.is_last` says it in SQL.

    Args:
        error_class: of the failure.
        spent_of_class: failures of this class before it.
        attempts: before it, of all classes.
        most: attempts over all classes together.
        patient: see `Spending`.
    """
    budget = BUDGETS[error_class]
    if not budget.counts:
        return False
    of_class = budget.tries is not None and not (patient and budget.ends_at_once) and spent_of_class + 1 >= budget.tries
    return of_class or attempts + 1 >= most


def again_at(
    error_class: ErrorClass,
    attempts_spent: int,
    now: datetime,
    rng: random.Random,
    *,
    base_seconds: float = BASE_SECONDS,
    cap_seconds: float = CAP_SECONDS,
    retry_after: timedelta | None = None,
) -> datetime:
    """Say when to try again what failed in this way: with full jitter, so that nobody comes back together.

    Counted classes wait exponentially, up to their cap. The others wait their base and up to one ordinary base
    more: a source that goes on being asked too often blocks us for good. Nobody comes before the source's own
    Retry-After.

    Args:
        error_class: what went wrong.
        attempts_spent: before this one, of all classes.
        now: aware.
        rng: the chance; seeded in tests.
        base_seconds: the ordinary base; scales that of the class.
        cap_seconds: the ordinary cap; scales that of the class.
        retry_after: what the source asks for.
    """
    budget = BUDGETS[error_class]
    base = timedelta(seconds=budget.base_seconds * base_seconds / BASE_SECONDS)
    cap = timedelta(seconds=budget.cap_seconds * cap_seconds / CAP_SECONDS)
    if not budget.counts:
        earliest = retry_after or base
        latest = earliest + timedelta(seconds=base_seconds)
        return next_check(0, now, rng, base=latest, cap=latest, floor=earliest)
    asked = retry_after or timedelta()
    return next_check(attempts_spent, now + asked, rng, base=base, cap=cap, floor=min(base / 10, _FLOOR))
