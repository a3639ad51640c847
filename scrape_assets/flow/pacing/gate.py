"""The gate of a source, whose book is a row in PostgreSQL: all processes on all hosts pass the same one.

Waiting happens here, for seconds, outside any transaction. What would take longer is said, and is a row with a time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

import structlog
from sqlalchemy import func, select
from sqlalchemy.engine import Engine

from scrape_assets.flow.pacing.lanes import passage
from scrape_assets.ledger import pace
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.pace import Lane, Outcome, Paced, Permit, Wait
from scrape_assets.settings import Settings
from scrape_assets.sources import errors
from scrape_assets.sources.errors import NotConfigured, NotReady, Shut, SourceError
from scrape_assets.sources.gate import PATIENCE

log = structlog.get_logger(__name__)

IN_A_HURRY: Mapping[str, timedelta] = dict.fromkeys(("progress", "list", "input"), timedelta(seconds=1))
"""Look-ups are made by the hundred in one tick of a sensor; what is not looked up now is looked up in the next."""
_BROKEN = frozenset({ErrorClass.NETWORK, ErrorClass.SERVER, ErrorClass.BAD_DATA})


class DatabaseClock:
    """The time of the database, one for all hosts, told by our own clock and the difference between the two."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._ahead: timedelta | None = None  # the database's clock, of ours

    def __call__(self) -> datetime:
        """Now, aware."""
        if self._ahead is None:
            with self._engine.connect() as conn:
                before = datetime.now(UTC)
                theirs: datetime = conn.execute(select(func.clock_timestamp())).scalar_one()
                self._ahead = theirs - before - (datetime.now(UTC) - before) / 2
        return datetime.now(UTC) + self._ahead


class Book(Protocol):
    """Where lanes are written down. Each call is a short transaction that is over when it returns."""

    def take(self, lanes: Sequence[Paced], now: datetime, hold: timedelta) -> tuple[Permit, ...] | Wait:
        """See `pace.take`."""

    def give_back(self, permits: Sequence[Permit], outcome: Outcome, now: datetime) -> None:
        """See `pace.give_back`."""

    def block(self, lane: Lane, until: datetime, error: str, now: datetime) -> None:
        """See `pace.block`."""


class RowBook:
    """The book in PostgreSQL, shared by all processes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def take(self, lanes: Sequence[Paced], now: datetime, hold: timedelta) -> tuple[Permit, ...] | Wait:
        """See `pace.take`."""
        with self._engine.begin() as conn:
            return pace.take(conn, lanes, now, hold)

    def give_back(self, permits: Sequence[Permit], outcome: Outcome, now: datetime) -> None:
        """See `pace.give_back`."""
        with self._engine.begin() as conn:
            pace.give_back(conn, permits, outcome, now)

    def block(self, lane: Lane, until: datetime, error: str, now: datetime) -> None:
        """See `pace.block`."""
        with self._engine.begin() as conn:
            pace.block(conn, lane, until=until, error_class=ErrorClass.THROTTLED, error=error, now=now)


@dataclass
class _Pass:
    permits: tuple[Permit, ...]
    is_answered: bool = False

    @property
    def is_settled(self) -> bool:
        """Whether a good end has nothing to tell that was not told when the answer began."""
        return self.is_answered and all(permit.spotless for permit in self.permits)


class PacedGate:
    """See `Gate`; may be shared by threads, and holds nothing itself.

    Args:
        book: where the lanes are written down.
        settings: keys and limits.
        source: whose calls pass.
        now: aware; one clock for all who pass.
        sleep: waits.
    """

    def __init__(
        self,
        book: Book,
        settings: Settings,
        source: str,
        *,
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
    ) -> None:
        self._book = book
        self._settings = settings
        self._source = source
        self._now = now
        self._sleep = sleep

    def enter(self, operation: str, url: str, platform: str, hold: timedelta) -> _Pass:
        """Wait for seconds until the call may be made; see `Gate`.

        Raises:
            Shut: it would take longer.
        """
        lanes = passage(self._settings, self._source, operation, url, platform)
        patience = IN_A_HURRY.get(operation, PATIENCE)
        while True:
            now = self._now()
            answer = self._book.take(lanes, now, hold)
            if not isinstance(answer, Wait):
                return _Pass(answer)
            pause = max(answer.look_again_at - now, timedelta(milliseconds=1))
            if pause > patience:
                raise Shut(f"{answer.lane} is {answer.why}", retry_after=answer.until - now, passing=answer.passing)
            self._sleep(pause.total_seconds())
            patience -= pause  # counted, not measured: a clock that stands still ends the wait as well

    def answered(self, given: _Pass) -> None:
        """Free the place of a call whose answer has begun; see `Gate`."""
        given.is_answered = True
        self._give_back(given, pace.Answered())

    def leave(self, given: _Pass, error: SourceError | None) -> None:
        """Note what came of it; see `Gate`."""
        outcome = outcome_of(error)
        if not (given.is_settled and isinstance(outcome, pace.Good)):
            self._give_back(given, outcome)

    def pause(self, url: str, platform: str, pause: timedelta, why: str) -> None:
        """Shut the lane of a server that answered, and asks for a pause; see `Gate`."""
        lane = passage(self._settings, self._source, "", url, platform)[-1].lane
        now = self._now()
        try:
            self._book.block(lane, now + pause, why, now)
        except Exception:
            log.exception("pause_not_recorded", lane=str(lane))

    def _give_back(self, given: _Pass, outcome: Outcome) -> None:
        try:
            self._book.give_back(given.permits, outcome, self._now())
        except Exception:
            # What was called has answered, and that must not be lost; the place is free when its time is over.
            log.exception("call_not_given_back", source=self._source)


def outcome_of(error: SourceError | None) -> Outcome:
    """What an answer says of its source, whatever it says of what was asked for."""
    if error is None or isinstance(error, NotReady):
        return pace.Good()
    if isinstance(error, NotConfigured):
        return pace.Neutral()
    if isinstance(error, errors.Throttled):
        return pace.Throttled(str(error), error.retry_after)
    if error.error_class in _BROKEN:
        return pace.Failed(error.error_class, str(error))
    return pace.Good()
