"""A clock that runs faster than the world, the same in every process that is told when it began. No judging here."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class FastClock:
    """So many seconds a second, from a moment on at which it agreed with the world's."""

    began: float  # Unix seconds
    speed: float

    def __call__(self) -> datetime:
        """Now, aware."""
        return datetime.fromtimestamp(self.began + (time.time() - self.began) * self.speed, UTC)

    def sleep(self, seconds: float) -> None:
        """Let so many of its seconds pass."""
        time.sleep(max(seconds, 0.0) / self.speed)
