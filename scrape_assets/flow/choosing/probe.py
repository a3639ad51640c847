"""Asking one input of a source that has brought nothing of late: exactly one, over all processes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from scrape_assets.flow.choosing.choose import Standing
from scrape_assets.flow.choosing.resolve import Planned
from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.pacing.lanes import lane_of
from scrape_assets.ledger import jobs
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.pace import lane_state, take_probe

PROBE_HOLDS = timedelta(minutes=15)
"""How long the collection of one input has; then another one tries."""
REST = timedelta(minutes=5)
"""For those whose source is being tried, and who have no other: as long as a small collection takes."""


def all_or_one(
    ctx: FlowContext, platform: str, planned: Sequence[Planned], stands: Sequence[Standing]
) -> list[Planned]:
    """What is asked for: all of it, but of a source that is being tried one job, and only by one process.

    The others go to the platform's next source, or wait for what comes of it; no attempt is spent.
    """
    asked: list[Planned] = []
    for source in dict.fromkeys(one.source for one in planned):
        own = [one for one in planned if one.source == source]
        lane, now = lane_of(ctx.settings, source, platform), ctx.now()
        with ctx.engine.begin() as conn:
            probe = take_probe(conn, lane, now, PROBE_HOLDS)
            if probe is None:
                asked += own
                continue
            asked += own[:1] if probe else []
            others = any(one.why_not is None and one.source != source for one in stands)
            why = f"{source} is {lane_state(conn, lane, now).why(now)}"
            for left in own[1:] if probe else own:
                jobs.postpone(
                    conn,
                    left.job.job_id,
                    error_class=ErrorClass.BAD_DATA,
                    error=why,
                    next_attempt_at=now if others else now + REST,
                )
    return asked
