"""Lanes, calls and clocks for the tests of pace. No tests."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from scrape_assets.ledger.pace import Lane, LaneRecord, Limit, Outcome, Paced, Permit, Wait, decisions

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOLD = timedelta(seconds=100)
LANE = Lane("sundial", "x", "key 00000000")


@dataclass
class Tap:
    """One lane in memory, under a clock that the test moves."""

    limit: Limit
    now: datetime = NOON
    lane: Lane = LANE
    only_counts: bool = False
    record: LaneRecord = field(init=False)
    rng: random.Random = field(default_factory=lambda: random.Random(7))

    def __post_init__(self) -> None:
        self.record = LaneRecord(self.lane)

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def ask(self) -> Permit | Wait:
        """Ask for one call."""
        answer = decisions.ask(self.record, Paced(self.lane, self.limit, self.only_counts), self.now, HOLD)
        if isinstance(answer, Wait):
            return answer
        self.record = answer[0]
        return answer[1]

    def permit(self) -> Permit:
        """One call that must be let through."""
        answer = self.ask()
        assert isinstance(answer, Permit), answer
        return answer

    def refused(self) -> Wait:
        """One call that must not be."""
        answer = self.ask()
        assert isinstance(answer, Wait), "it was let through"
        return answer

    def back(self, permit: Permit, outcome: Outcome) -> None:
        """A call came back."""
        self.record = decisions.settle(self.record, permit, outcome, self.now, self.rng)

    def call(self, outcome: Outcome) -> None:
        """A call that comes back at once."""
        self.back(self.permit(), outcome)

    def why(self) -> str | None:
        """What people are told."""
        return self.record.seen(self.now).why(self.now)
