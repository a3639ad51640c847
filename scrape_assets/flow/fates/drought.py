"""Looking at what a source has brought of late, whenever a snapshot of it ends: perhaps nothing comes any more."""

from __future__ import annotations

from collections.abc import Iterable

import structlog
from sqlalchemy.exc import SQLAlchemyError

from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.pacing.lanes import lane_of
from scrape_assets.ledger.pace import is_being_tried, lane_state, revive, trip
from scrape_assets.ledger.pace.dry_spell import READ, why_dry
from scrape_assets.ledger.snapshots import Snapshot
from scrape_assets.ledger.snapshots.yields import latest_yields
from scrape_assets.sources.registry import BRIGHTDATA, direct_source

log = structlog.get_logger(__name__)

ANSWERS_UNCHANGED = frozenset({"youtube_feed"})
"""Sources that say "not changed" where there is nothing new, and bring nothing then."""


def note_yields(ctx: FlowContext, brought: Iterable[tuple[Snapshot, int]]) -> None:
    """Note what several snapshots have brought; see `note_yield`. That something came is noted once of a source."""
    came: set[tuple[str, str]] = set()
    for snapshot, posts in brought:
        where = snapshot.source, snapshot.platform
        if posts and where in came:
            continue
        if posts and snapshot.processed_at is None:
            came.add(where)
        note_yield(ctx, snapshot, posts)


def note_yield(ctx: FlowContext, snapshot: Snapshot, posts: int) -> None:
    """Look at what a source has brought of late, now that a snapshot of it has ended. Never fails the snapshot.

    Args:
        ctx: what the flow works with.
        snapshot: as it was before; what is only processed again is not looked at.
        posts: that it brought.
    """
    if snapshot.processed_at is not None or not tells(snapshot.source):
        return
    lane, now = lane_of(ctx.settings, snapshot.source, snapshot.platform), ctx.now()
    try:
        with ctx.engine.begin() as conn:
            state = lane_state(conn, lane, now)
            if posts:
                if state.dry:
                    revive(conn, lane, now)
                return
            if state.dry and not is_being_tried(state, now):
                return  # it was under way when the breaker opened
            why = why_dry(latest_yields(conn, snapshot.source, snapshot.platform, READ))
            if why:
                trip(conn, lane, why, now, ctx.rng)
    except SQLAlchemyError:
        log.exception("yield_not_noted", snapshot_id=snapshot.snapshot_id)
        return
    if why:
        log.warning("source_left_alone", source=snapshot.source, platform=snapshot.platform, why=why)


def tells(source: str) -> bool:
    """Whether nothing from a source is news: where each target has its own server, one tells nothing of the others."""
    return source == BRIGHTDATA or (source not in ANSWERS_UNCHANGED and direct_source(source).base_url is not None)
