"""Judging what comes of each platform: lately enough, and not nothing where there used to be something."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise

from scrape_assets.flow.choosing.choose import nobody_configured, standings
from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.fates.drought import tells
from scrape_assets.flow.pacing.lanes import lane_of
from scrape_assets.flow.wanted.plan import has_targets
from scrape_assets.ledger.pace import lane_state
from scrape_assets.ledger.pace.dry_spell import READ, why_dry
from scrape_assets.ledger.snapshots.yields import latest_yields
from scrape_assets.operations.checking.verdict import Listing, Severity, Verdict
from scrape_assets.sources.registry import NoSource, collectable_platforms
from scrape_assets.storage.quality import whole
from scrape_assets.storage.quality.whole import Collected

DAY = timedelta(days=1)


def fresh(ctx: FlowContext) -> Verdict:
    """Each platform that is followed was collected within its usual distance, and some."""
    limits, now = ctx.settings.checks, ctx.now()
    since = now - timedelta(days=limits.trailing_days)
    by_platform: dict[str, list[Collected]] = defaultdict(list)
    with ctx.engine.connect() as conn:
        for one in whole.collected(conn, since):
            by_platform[one.platform].append(one)
    late, judged = [], 0
    for platform in map(str, collectable_platforms()):
        if not has_targets(ctx, platform, now.date()):
            continue  # nobody asks for it
        lately = by_platform[platform]
        distance = usual_distance(day for one in lately for day in one.days)
        newest = max((one.newest for one in lately), default=None)
        if newest is None and not _never_served(ctx, platform, now - distance * limits.late_after):
            continue  # followed since a moment ago
        judged += 1
        age = now - (newest or since)
        if newest is None or age > distance * limits.late_after:
            late.append((platform, newest, age, distance, _with_posts(lately), _why(ctx, platform)))
    if not late:
        followed = f"{judged} platforms" if judged != 1 else "one platform"
        return Verdict(True, f"{followed} collected lately enough" if judged else "no platform is collected yet")
    late.sort(key=lambda one: one[2] / one[3], reverse=True)
    platform, newest, age, distance, _, why = late[0]
    grave = any(one[2] > one[3] * limits.late_is_grave for one in late)
    last = f"last processed {_hours(age)} ago" if newest else f"never processed within {limits.trailing_days} days"
    return Verdict(
        False,
        f"{len(late)} of {judged} platforms are late: {', '.join(one[0] for one in late)}. {platform} was "
        f"{last}, usually every {_hours(distance)}" + (f"; {why}" if why else ""),
        Severity.ERROR if grave else Severity.WARN,
        {"platforms_late": len(late), "platforms_judged": judged},
        {
            "late": Listing.of(
                ("platform", "last processed", "hours ago", "usually every (h)", "last with posts", "why"),
                (
                    (name, when, round(old / timedelta(hours=1)), round(gap / timedelta(hours=1)), posts, reason)
                    for name, when, old, gap, posts, reason in late
                ),
            )
        },
        whole.unserved_jobs(platform, newest or since),
        f"/jobs?platform={platform}",
    )


def usual_distance(days: Iterable[date]) -> timedelta:
    """Between two collections: the median over the days on which something came; else a day, as the schedule has it."""
    known = sorted(set(days))
    gaps = [(later - earlier).days for earlier, later in pairwise(known)]
    return timedelta(days=max(1.0, statistics.median(gaps))) if gaps else DAY


def not_empty(ctx: FlowContext) -> Verdict:
    """No source brings nothing where it used to. What that means, the breaker says: `ledger/pace/dry_spell.py`."""
    limits, now = ctx.settings.checks, ctx.now()
    dry: list[tuple[str, str, str, str]] = []
    judged = 0
    with ctx.engine.connect() as conn:
        for one in whole.collected(conn, now - timedelta(days=limits.trailing_days)):
            if not tells(one.source):
                continue
            judged += 1
            why = why_dry(latest_yields(conn, one.source, one.platform, READ))
            lane = lane_state(conn, lane_of(ctx.settings, one.source, one.platform), now)
            if why or lane.dry:
                state = "left alone" if lane.dry else "still asked"
                dry.append((one.platform, one.source, why or "its breaker is open because nothing came", state))
    if not dry:
        return Verdict(True, f"{judged} sources bring posts as before" if judged else "nothing to compare yet")
    platform, source, why, _ = dry[0]
    return Verdict(
        False,
        f"{len(dry)} of {judged} sources bring nothing any more: {source} ({platform}) {why}",
        Severity.ERROR,
        {"sources_dry": len(dry), "sources_judged": judged},
        {"dry": Listing.of(("platform", "source", "why", "is"), dry)},
        whole.empty_since_posts(source, platform),
        f"/jobs?platform={platform}",
    )


def _never_served(ctx: FlowContext, platform: str, before: datetime) -> bool:
    with ctx.engine.connect() as conn:
        return whole.was_asked_for(conn, platform, before)


def _with_posts(lately: Sequence[Collected]) -> datetime | None:
    return max((one.newest_with_posts for one in lately if one.newest_with_posts), default=None)


def _why(ctx: FlowContext, platform: str) -> str | None:
    try:
        return nobody_configured(standings(ctx, platform))
    except NoSource as error:
        return str(error).rstrip(".")


def _hours(time: timedelta) -> str:
    hours = round(time / timedelta(hours=1))
    return f"{hours} hours" if hours < 72 else f"{round(hours / 24)} days"
