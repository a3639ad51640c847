"""Notices a listing that leads in a circle, as broken servers' do. Nothing is fetched."""

from collections.abc import Iterable

import structlog

log = structlog.get_logger(__name__)

MOST_BARREN = 5
"""Pages in a row that bring nothing new. One or two are normal: a platform filters a page after cutting it."""


class Repeats:
    """Remembers one listing, from where it was begun or taken up again."""

    def __init__(self) -> None:
        self._ways: set[str] = set()
        self._ids: set[str] = set()
        self._barren = 0

    def in_circles(self, way_on: str, ids: Iterable[str]) -> bool:
        """Whether there is no sense in going on.

        Args:
            way_on: the cursor or address of the next page, as the platform gives it.
            ids: of the posts of this page.
        """
        before = len(self._ids)
        self._ids.update(ids)
        self._barren = 0 if len(self._ids) > before else self._barren + 1
        been_there = way_on in self._ways
        self._ways.add(way_on)
        circle = been_there or self._barren >= MOST_BARREN
        if circle:
            log.warning("listing_leads_in_circles", posts=len(self._ids), pages=len(self._ways))
        return circle
