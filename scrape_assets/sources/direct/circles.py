"""Listings that never end: the same page again and again, or pages of nothing. No calls."""

from collections.abc import Collection

import structlog

log = structlog.get_logger(__name__)


class Circle:
    """Notices when one listing turns in circles. Asking again would not help, so its end is where that is noticed.

    Args:
        source: for the log.
        patience: so many pages in a row may bring nothing new; empty ones in between are the habit of some searches.
    """

    def __init__(self, source: str, patience: int = 3) -> None:
        self._source = source
        self._patience = patience
        self._cursors: set[str] = set()
        self._ids: set[str] = set()
        self._idle = 0

    def closed(self, asked: str | None, following: str, ids: Collection[str]) -> bool:
        """Whether the listing goes on for ever.

        Args:
            asked: the cursor that the page was asked for with.
            following: the cursor that it gives.
            ids: of the posts on it.
        """
        if asked is not None:
            self._cursors.add(asked)
        self._idle = 0 if not self._ids.issuperset(ids) else self._idle + 1
        self._ids.update(ids)
        stuck = following in self._cursors or self._idle >= self._patience
        if stuck:
            log.warning("listing_turns_in_circles", source=self._source, posts=len(self._ids))
        return stuck
