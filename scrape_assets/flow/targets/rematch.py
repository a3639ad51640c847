"""Matching creators again over all history, a few at a time: those asked for, or those who have changed.

Each few are one transaction, so whatever ends this, what is done is done and the rest still waits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from scrape_assets.flow.context import FlowContext
from scrape_assets.storage.matching.creators import RematchReport, changed_creators, rematch_creators

log = structlog.get_logger(__name__)

# Some thousands of posts each: a second or two, in which no snapshot of the platform is matched.
CREATORS_AT_ONCE = 25


@dataclass(frozen=True)
class Rematched:
    """Some creators are matched again."""

    creator_ids: tuple[str, ...]
    report: RematchReport


def rematch(ctx: FlowContext, creator_ids: Sequence[str], platform: str | None = None) -> Iterator[Rematched]:
    """Match creators again, and tell of each few as they are done.

    Raises:
        Interrupted: it was asked to stop; what was told of is done.
    """
    for first in range(0, len(creator_ids), CREATORS_AT_ONCE):
        some = tuple(creator_ids[first : first + CREATORS_AT_ONCE])
        ctx.stop.look()
        with ctx.engine.begin() as conn:
            report = rematch_creators(conn, some, ctx.now(), platform=platform)
        for name in report.names.new_names:
            told = log.warning if name.taken_by else log.info
            told("new name", creator_id=name.creator_id, new_key=name.new_key, taken_by=name.taken_by)
        yield Rematched(some, report)


def rematch_changed(ctx: FlowContext, *, within: timedelta, most: int) -> Iterator[Rematched]:
    """Match again those whose profiles have changed since, the longest waiting first.

    Args:
        ctx: what the flow works with.
        within: after so much time none is begun.
        most: creators at the most.
    """
    until: datetime = ctx.now() + within
    with ctx.engine.connect() as conn:
        waiting = changed_creators(conn, most)
    for done in rematch(ctx, waiting):
        yield done
        if ctx.now() >= until:
            return
