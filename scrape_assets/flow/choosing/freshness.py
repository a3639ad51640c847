"""Never ask twice: what a job asks for, and who else has got it, or is getting it, or asks for it at the same time.

Within `SCRAPE_ASSETS_FRESHNESS_MINUTES` an answer that was got serves every job that asks for the same, unless the job
is forced. What is being asked for at this moment serves them as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from sqlalchemy.engine import Connection

from scrape_assets.flow.choosing.resolve import Planned
from scrape_assets.flow.context import FlowContext
from scrape_assets.flow.wanted.wishes import FORCE
from scrape_assets.ledger import sharing
from scrape_assets.ledger.sharing import BeingCollected, Collected
from scrape_assets.ledger.states import IllegalTransition, SnapshotStatus
from scrape_assets.sources.registry import BRIGHTDATA
from scrape_assets.storage.matching import match_snapshot

# While a direct source is being paged through, nobody knows yet whether this target will be had.
_UNDECIDED = frozenset({SnapshotStatus.TRIGGERING, SnapshotStatus.UNKNOWN})

Found = TypeVar("Found", Collected, BeingCollected)


class Way(StrEnum):
    """How a job is served without asking anybody for it."""

    COLLECTED = "collected before"
    TIED = "being collected"
    WAITS = "waits for an equal job"


@dataclass(frozen=True)
class Spared:
    """A job for which nobody is asked."""

    job_id: str
    target_id: str
    way: Way
    why: str


def share(ctx: FlowContext, planned: Sequence[Planned]) -> tuple[list[Planned], list[Spared]]:
    """Serve what can be served without asking, and put together what asks for the same.

    Returns:
        What is left to be asked, equal jobs as one; and the jobs that need not be asked for.
    """
    with ctx.engine.connect() as conn:
        equals = _Equals(conn, ctx, planned)
    left: list[Planned] = []
    spared: list[Spared] = []
    for one in planned:
        try:
            way = _serve(ctx, one, equals)
        except IllegalTransition:
            continue  # called off at this moment, or our lease ran out
        if way:
            spared.append(way)
        else:
            left.append(one)
    return together(left), spared


def overtaken(conn: Connection, ctx: FlowContext, batch: Sequence[Planned]) -> list[Planned]:
    """What of a batch somebody else has asked for since it was planned."""
    equals = _Equals(conn, ctx, batch)
    return [one for one in batch if equals.done(one) or equals.open(one)]


def together(planned: Iterable[Planned]) -> list[Planned]:
    """Equal jobs as one, in the place of the first: they share what is asked of a source.

    One that a direct source has begun leads, since it is gone on with where it stopped.
    """
    groups: dict[tuple[str, str], list[Planned]] = {}
    for number, one in enumerate(planned):
        groups.setdefault((one.source, one.request_key or f"alone {number}"), []).append(one)
    joined = []
    for group in groups.values():
        lead = next((one for one in group if one.job.progress), group[0])
        others = [job for one in group for job in one.jobs if job.job_id != lead.job.job_id]
        joined.append(replace(lead, others=tuple(others)))
    return joined


def apart(planned: Iterable[Planned]) -> list[Planned]:
    """Each job for itself again."""
    return [replace(one, job=job, others=()) for one in planned for job in one.jobs]


class _Equals:
    """What is known of the jobs that ask for the same as some planned ones; of those that are not forced."""

    def __init__(self, conn: Connection, ctx: FlowContext, planned: Sequence[Planned]) -> None:
        window = timedelta(minutes=ctx.settings.freshness_minutes)
        keys = {one.request_key for one in planned if one.request_key and not is_forced(one)} if window else set()
        own = {job.job_id for one in planned for job in one.jobs}
        since = ctx.now() - window
        done = sharing.collected_since(conn, keys, since) if keys else []
        under_way = sharing.being_collected(conn, keys, since) if keys else []
        self._done = _by_key(done)
        self._open = _by_key(one for one in under_way if one.job_id not in own)

    def done(self, one: Planned) -> Collected | None:
        """The latest answer that is good enough for a planned job."""
        return next((found for found in self._done.get(self._key(one), ()) if _may_serve(one, found.source)), None)

    def open(self, one: Planned) -> BeingCollected | None:
        """The oldest snapshot that is going to be one."""
        return next((found for found in self._open.get(self._key(one), ()) if _may_serve(one, found.source)), None)

    def _key(self, one: Planned) -> str | None:
        return None if is_forced(one) else one.request_key


def _by_key(found: Iterable[Found]) -> dict[str | None, list[Found]]:
    by_key: dict[str | None, list[Found]] = {}
    for one in found:
        by_key.setdefault(one.request_key, []).append(one)
    return by_key


def is_forced(planned: Planned) -> bool:
    """Whether it is to be asked for whatever is known already."""
    return any(job.search_params.get(FORCE) is True for job in planned.jobs)


def _may_serve(planned: Planned, source: str) -> bool:
    """Whether a source's answer serves a job, which may have named the only one it trusts."""
    return planned.job.search_params.get("source") in (None, "", source)


def _serve(ctx: FlowContext, one: Planned, equals: _Equals) -> Spared | None:
    """Serve one job with what is known; None when it must be asked for."""
    job_id, target_id = one.job.job_id, one.job.target_id
    done, being = equals.done(one), equals.open(one)
    if done is None and being is not None:
        if being.source != BRIGHTDATA and being.snapshot_status in _UNDECIDED:
            return _wait(ctx, one, being)
        with ctx.engine.begin() as conn:
            if sharing.tie(conn, job_id, being, ctx.owner):
                why = f"the same is being collected for job {being.job_id}; nothing is asked again"
                return Spared(job_id, target_id, Way.TIED, why)
            # It has ended at this moment, perhaps well.
            done = _Equals(conn, ctx, [one]).done(one)
    if done is None:
        return None
    why = f"collected {_ago(ctx.now(), done.collected_at)} by job {done.job_id}; nothing was asked again"
    with ctx.engine.begin() as conn:
        if done.target_id != target_id:
            match_snapshot(conn, done.snapshot_id, ctx.now())  # this creator may not have been known at the time
        warning = "; ".join(filter(None, [why, done.warning]))
        sharing.complete_with(conn, job_id, done, warning=warning, now=ctx.now(), owner=ctx.owner)
    return Spared(job_id, target_id, Way.COLLECTED, why)


def _wait(ctx: FlowContext, one: Planned, being: BeingCollected) -> Spared:
    why = f"the same is being collected from {being.source} for job {being.job_id}; what comes of it is waited for"
    with ctx.engine.begin() as conn:
        sharing.wait_for_equal(conn, one.job.job_id, why=why, next_attempt_at=ctx.next_check(0), owner=ctx.owner)
    return Spared(one.job.job_id, one.job.target_id, Way.WAITS, why)


def _ago(now: datetime, then: datetime) -> str:
    minutes = round((now - then).total_seconds() / 60)
    if minutes >= 120:
        return f"{round(minutes / 60)} hours ago"
    return f"{minutes} minute{'' if minutes == 1 else 's'} ago" if minutes else "a moment ago"
