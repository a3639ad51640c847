"""The generic cell rate algorithm: an even pace with a burst, in one moment of time. Pure.

The moment (`next_free_at`) is when the lane would be idle again if every call took its share of time. A call may be
made while that lies no further ahead than a burst takes.
"""

from datetime import datetime, timedelta


def interval(rate: float, pace: float) -> timedelta:
    """The share of time of one call, at a share `pace` of `rate` calls a second."""
    return timedelta(seconds=1 / (rate * pace))


def free_at(next_free_at: datetime | None, now: datetime, step: timedelta, burst: int, calls: int = 1) -> datetime:
    """From when on so many calls may be made at once; `now` or earlier: they may be made now."""
    return max(next_free_at or now, now) + (calls - burst) * step


def after_call(next_free_at: datetime | None, now: datetime, step: timedelta) -> datetime:
    """The moment once a call is made."""
    return max(next_free_at or now, now) + step
