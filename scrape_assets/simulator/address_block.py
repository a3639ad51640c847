"""The vendor's last resort: who collects too many answers of 429 within five minutes is not answered any more.

Documented: 25 within 5 minutes, on every call, until the vendor's support lifts it. Always on. All callers count as
one address. How the vendor words its refusal is not known; the words here are invented.
"""

from collections import deque
from datetime import datetime, timedelta

from scrape_assets.simulator.settings import Settings


class AddressBlock:
    """Counts answers of 429, by the vendor's clock."""

    def __init__(self) -> None:
        self.blocked = False
        self.most = 0  # answers of 429 within one window, at most: how near it came
        self._moments: deque[datetime] = deque()

    def note(self, now: datetime, settings: Settings) -> None:
        """One more answer of 429 is given."""
        self._moments.append(now)
        self.most = max(self.most, self.recent(now, settings))
        self.blocked = self.blocked or len(self._moments) >= settings.block_after_429

    def recent(self, now: datetime, settings: Settings) -> int:
        """How many there were within the window that ends now."""
        while self._moments and now - self._moments[0] > timedelta(seconds=settings.block_window):
            self._moments.popleft()
        return len(self._moments)

    def lift(self) -> None:
        """What the vendor's support does after a while."""
        self.blocked = False
        self._moments.clear()
