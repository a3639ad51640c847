"""The gate's book in memory, with the same decisions as the rows: for sources that are tested without a database."""

import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from scrape_assets.flow.pacing.gate import PacedGate
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.pace import Lane, LaneRecord, Outcome, Paced, Permit, Wait, decisions
from scrape_assets.settings import Settings


class MemoryBook:
    """One process's book."""

    def __init__(self) -> None:
        self.lanes: dict[Lane, LaneRecord] = {}
        self._rng = random.Random(1)

    def take(self, lanes: Sequence[Paced], now: datetime, hold: timedelta) -> tuple[Permit, ...] | Wait:
        """Let a call through all lanes, or none."""
        granted = []
        for paced in lanes:
            answer = decisions.ask(self._of(paced.lane), paced, now, hold)
            if isinstance(answer, Wait):
                return answer
            granted.append(answer)
        for record, _ in granted:
            self.lanes[record.lane] = record
        return tuple(permit for _, permit in granted)

    def give_back(self, permits: Sequence[Permit], outcome: Outcome, now: datetime) -> None:
        """Note what came of a call."""
        for permit in permits:
            lane = permit.paced.lane
            self.lanes[lane] = decisions.settle(self._of(lane), permit, outcome, now, self._rng)

    def block(self, lane: Lane, until: datetime, error: str, now: datetime) -> None:
        """Shut a lane."""
        assert until >= now
        self.lanes[lane] = decisions.blocked(self._of(lane), until, ErrorClass.THROTTLED, error)

    def _of(self, lane: Lane) -> LaneRecord:
        return self.lanes.get(lane, LaneRecord(lane))


def memory_gate(source: str, now: Callable[[], datetime], sleep: Callable[[float], None]) -> PacedGate:
    """A source's gate with its own limits, and a book that nobody shares."""
    return PacedGate(MemoryBook(), Settings(), source, now=now, sleep=sleep)
