"""A lane's row as a value, and what is asked of it and told it. Changes are copies; nothing is read or written."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeAlias

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.pace import throttling
from scrape_assets.ledger.pace.breaker import is_half_open
from scrape_assets.ledger.pace.lane import WINDOW, Lane, LaneState, Limit


@dataclass(frozen=True)
class LaneRecord:
    """What `source_state` holds of a lane; a lane that was never asked has all defaults. See the schema."""

    lane: Lane
    next_free_at: datetime | None = None
    pace: float = 1.0
    pace_at: datetime | None = None
    in_flight: tuple[datetime, ...] = ()  # until when each call under way counts, if nobody tells what came of it
    throttled_at: tuple[datetime, ...] = ()
    blocked_until: datetime | None = None
    error_class: str | None = None
    error: str | None = None
    failures: int = 0
    openings: int = 0
    open_until: datetime | None = None
    open_why: str | None = None
    dry: bool = False
    probing_until: datetime | None = None

    def tidied(self, now: datetime, *, guarded: bool) -> "LaneRecord":
        """The same without what no longer counts.

        What a call brought that nobody came back from (a killed process) is not known. Where answers of 429 are
        guarded against, it counts as one, from the moment in which it cannot be under way any more.
        """
        lost = tuple(moment for moment in self.in_flight if moment <= now)
        under_way = tuple(moment for moment in self.in_flight if moment > now)
        counted = throttling.recent((*self.throttled_at, *lost) if guarded else self.throttled_at, now)
        return replace(self, in_flight=under_way, throttled_at=counted)

    def is_half_open(self, now: datetime) -> bool:
        """Whether the next call is the probe of an open breaker."""
        return is_half_open(self.open_until, now)

    def is_being_probed(self, now: datetime) -> bool:
        """Whether a probe is under way."""
        return self.is_half_open(now) and self.probing_until is not None and self.probing_until > now

    def seen(self, now: datetime) -> LaneState:
        """How it stands, for readers."""
        return LaneState(
            lane=self.lane,
            pace=self.pace,
            next_free_at=self.next_free_at,
            in_flight=sum(moment > now for moment in self.in_flight),
            throttles=sum(moment > now - WINDOW for moment in self.throttled_at),
            blocked_until=self.blocked_until,
            error_class=self.error_class,
            error=self.error,
            failures=self.failures,
            openings=self.openings,
            open_until=self.open_until,
            open_why=self.open_why,
            probing_until=self.probing_until,
            dry=self.dry,
        )


@dataclass(frozen=True)
class Paced:
    """A lane that a call passes, and how.

    Attributes:
        lane: which.
        limit: its.
        only_counts: a 429 is another lane's affair (the limit of running jobs of one platform): here it counts against
            the guard, and neither blocks nor slows.
    """

    lane: Lane
    limit: Limit
    only_counts: bool = False


@dataclass(frozen=True)
class Permit:
    """A call that may be made through one lane. To be given back with what came of it."""

    paced: Paced
    taken_at: datetime
    until: datetime  # it counts as under way until then, unless it is given back
    probe: bool = False  # it is the one that tells whether an open breaker may close
    spotless: bool = True  # the lane had nothing that a good end would mend


@dataclass(frozen=True)
class Wait:
    """A call that may not be made now.

    Attributes:
        lane: that does not let it through.
        why: in plain words.
        look_again_at: the earliest moment at which it may be otherwise; worth waiting for when that is seconds.
        until: for whoever does something else meanwhile.
        passing: only our own pace, or others at it just now: nothing is wrong with the source.
    """

    lane: Lane
    why: str
    look_again_at: datetime
    until: datetime
    passing: bool = False


@dataclass(frozen=True)
class Good:
    """The source answered; what, is another matter."""


@dataclass(frozen=True)
class Answered:
    """It has begun to answer well, and how it ends is told later: the call no longer counts as under way."""


@dataclass(frozen=True)
class Throttled:
    """The source wants to be asked less.

    Attributes:
        message: its words.
        retry_after: how long it asks us to wait; None when it does not say.
    """

    message: str
    retry_after: timedelta | None = None


@dataclass(frozen=True)
class Failed:
    """No answer, or none that was any good.

    Attributes:
        error_class: network, server or bad_data.
        message: in one line.
    """

    error_class: ErrorClass
    message: str


@dataclass(frozen=True)
class Neutral:
    """It was not sent after all, and says nothing of the source."""


Outcome: TypeAlias = Good | Answered | Throttled | Failed | Neutral
