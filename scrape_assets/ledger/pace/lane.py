"""What is limited together, how much of it, and how a lane stands now, as values. No decisions, no I/O."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

WINDOW = timedelta(minutes=5)
"""The window in which answers of 429 are counted: the vendor's own."""


@dataclass(frozen=True, order=True)
class Lane:
    """What a source limits together. Lanes that differ in anything have nothing to do with one another.

    Attributes:
        source: its name.
        platform: "" when it is one for all platforms.
        credential: the fingerprint of a key, or the server where each server limits for itself; "" where neither
            makes a difference.
    """

    source: str
    platform: str = ""
    credential: str = ""

    def __str__(self) -> str:
        name = self.source if self.platform in ("", self.source) else f"{self.source}/{self.platform}"
        return f"{name} ({self.credential})" if self.credential else name


def fingerprint(*secrets: str | None) -> str:
    """What tells two credentials apart and gives none away; "" for none at all."""
    given = [secret for secret in secrets if secret]
    return f"key {sha256(chr(0).join(given).encode()).hexdigest()[:8]}" if given else ""


@dataclass(frozen=True)
class Limit:
    """How much a lane is asked at most.

    No window of `seconds` ever holds more than `calls`: the burst is part of them, what is left is spread evenly.

    Attributes:
        calls: in any such window; None when only the source's own word counts.
        seconds: the length of the window.
        burst: calls that may be made at once after a rest.
        in_flight: calls not answered yet at one moment; None for any number.
        guard: answers of 429 within five minutes, counting every call under way as one, from which on nothing is
            asked; None where a source has no such rule.

    Raises:
        ValueError: it is no limit that can be kept; with the reason.
    """

    calls: int | None = None
    seconds: float = 60.0
    burst: int = 1
    in_flight: int | None = None
    guard: int | None = None

    def __post_init__(self) -> None:
        if self.seconds <= 0 or self.burst < 1:
            raise ValueError("a burst is of at least one call, and a window longer than nothing")
        if self.calls is not None and self.calls <= self.burst:
            raise ValueError(
                f"{self.calls} calls in {self.seconds:g} s leave nothing beside a burst of {self.burst}: "
                "a burst is part of them, and must be smaller"
            )

    @property
    def rate(self) -> float | None:
        """Calls a second once the burst is spent; None without a pace of its own."""
        return None if self.calls is None else (self.calls - self.burst) / self.seconds


@dataclass(frozen=True)
class LaneState:
    """How a lane stands, for people and for whoever chooses a source."""

    lane: Lane
    pace: float  # share of the configured rate, after throttling; 1: all of it
    next_free_at: datetime | None
    in_flight: int  # calls not answered yet
    throttles: int  # answers of 429 within the last five minutes
    blocked_until: datetime | None
    error_class: str | None  # why it is, or was last, blocked
    error: str | None
    failures: int  # in a row
    openings: int  # in a row, without a good probe between
    open_until: datetime | None  # None: closed; past: half open
    open_why: str | None
    probing_until: datetime | None  # a probe is under way
    dry: bool = False  # opened because collections brought nothing

    def shut_until(self, now: datetime) -> datetime | None:
        """Until when nothing goes through; None when something may now."""
        moments = [self.blocked_until, self.open_until, self._probed_until(now)]
        return max((moment for moment in moments if moment and moment > now), default=None)

    def why(self, now: datetime) -> str | None:
        """Why nothing goes through and until when, in plain words; None when something may now."""
        until = self.shut_until(now)
        if until is None:
            return None
        when = f"{until:%Y-%m-%d %H:%M} UTC"
        if until == self.blocked_until:
            return f"blocked until {when}: {self.error or 'no reason given'}"
        if until == self.open_until:
            return f"left alone until {when}: {self.open_why or 'no reason given'}"
        return f"being tried with one {'input' if self.dry else 'call'}, until {when} at the latest: {self.open_why}"

    def _probed_until(self, now: datetime) -> datetime | None:
        return self.probing_until if self.open_until and self.open_until <= now else None
