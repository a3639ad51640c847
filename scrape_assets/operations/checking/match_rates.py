"""Judging how many posts belong to somebody: of a run's snapshots, and of the newest of each platform."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.engine import Connection

from scrape_assets.flow.context import FlowContext
from scrape_assets.operations.checking.verdict import Listing, Severity, Verdict
from scrape_assets.storage.quality import whole
from scrape_assets.storage.quality.delivered import MatchRate, match_rates, unmatched_posts
from scrape_assets.thresholds import Thresholds


def match_rate(conn: Connection, snapshot_ids: Sequence[str], now: datetime, limits: Thresholds) -> Verdict:
    """The match rate of snapshots, by platform, is near the trailing median of that platform."""
    rates = match_rates(conn, snapshot_ids, now, days=limits.trailing_days, limit=limits.trailing_snapshots)
    if not rates:
        return Verdict(True, "no posts for creators")
    comparable = [one for one in rates if _comparable(one, limits)]
    fallen = [one for one in comparable if one.share < (one.trailing_median or 0) * limits.match_rate_of_usual]
    listing = Listing.of(
        ("platform", "posts", "matched", "share", "trailing median", "of snapshots"),
        (
            (o.platform, o.posts, o.matched, _share(o.share), _share(o.trailing_median), o.earlier)
            for o in sorted(rates, key=lambda one: one not in fallen)
        ),
    )
    if not fallen:
        says = "; ".join(_told(one) if one in comparable else f"{_only(one)}, nothing to compare yet" for one in rates)
        return Verdict(True, says, figures=_figures(rates[0]) if len(rates) == 1 else {}, listings={"rates": listing})
    worst = min(fallen, key=lambda one: one.share / (one.trailing_median or 1))
    return Verdict(
        False,
        "; ".join(map(_told, sorted(fallen, key=lambda one: one is not worst))),
        Severity.WARN,
        _figures(worst),
        {"rates": listing},
        unmatched_posts(worst.snapshot_ids, worst.platform),
    )


def match_rate_lately(ctx: FlowContext) -> Verdict:
    """The newest snapshots of each platform together against the weeks before."""
    limits, now = ctx.settings.checks, ctx.now()
    with ctx.engine.connect() as conn:
        latest = whole.latest_matched(conn, now, days=limits.trailing_days, each=limits.match_snapshots)
        return match_rate(conn, latest, now, limits)


def _comparable(one: MatchRate, limits: Thresholds) -> bool:
    enough = one.earlier >= limits.earlier_at_least and one.posts >= limits.posts_at_least
    return enough and one.trailing_median is not None


def _told(one: MatchRate) -> str:
    return f"{_only(one)}; the median is {_share(one.trailing_median)}"


def _only(one: MatchRate) -> str:
    return f"{one.platform}: {_share(one.share)} of {one.posts} posts matched"


def _figures(one: MatchRate) -> dict[str, float | int]:
    known = {"rate": one.share, "earlier_snapshots": one.earlier}
    return known if one.trailing_median is None else {**known, "trailing_median": one.trailing_median}


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"
