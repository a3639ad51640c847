"""What a dead process held comes back: by an expired lease, or because its run is known to have ended."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from scrape_assets.flow.context import FlowContext, run_owner
from scrape_assets.flow.fates.closing import fail_jobs_of_the_dead
from scrape_assets.flow.mending.salvage import salvage
from scrape_assets.ledger import jobs, snapshots
from scrape_assets.ledger.snapshots import Snapshot
from scrape_assets.ledger.states import IllegalTransition, SnapshotStatus
from scrape_assets.sources.registry import BRIGHTDATA


@dataclass(frozen=True)
class Reclaimed:
    """How much came back."""

    jobs: int
    snapshots: int

    @property
    def any(self) -> bool:
        """Whether anything did."""
        return bool(self.jobs or self.snapshots)


def reclaim_expired(ctx: FlowContext) -> Reclaimed:
    """Give back everything whose lease has run out; the attempt counts."""
    with ctx.engine.begin() as conn:
        came_back = snapshots.reclaim_expired(conn, ctx.now())
        _end_jobs_of_dead(ctx, conn, came_back)
        return Reclaimed(len(jobs.reclaim_expired(conn, ctx.now())), len(came_back))


def release_run(ctx: FlowContext, run_id: str, *, count_attempt: bool) -> Reclaimed:
    """Give back everything that this run held; it has ended, or is asked to."""
    return release_owner(ctx, run_owner(run_id), count_attempt=count_attempt)


def release_owner(ctx: FlowContext, owner: str, *, count_attempt: bool) -> Reclaimed:
    """Give back everything that a run or a process held that has ended, or is asked to.

    Args:
        ctx: what the flow works with.
        owner: who held it.
        count_attempt: False where nobody failed. What it collected from a direct source is kept at once then, so
            that nothing counts against the jobs later either; a vendor's trigger in the middle is unknown all the same.
    """
    with ctx.engine.begin() as conn:
        came_back = snapshots.release_run(conn, owner, ctx.now(), count_attempt=count_attempt)
        _end_jobs_of_dead(ctx, conn, came_back)
        held = jobs.release_run(conn, owner, ctx.now(), count_attempt=count_attempt)
    for snapshot in came_back:
        if not count_attempt and snapshot.status is SnapshotStatus.UNKNOWN and snapshot.source != BRIGHTDATA:
            with suppress(IllegalTransition, OSError):  # another process was faster; or it is salvaged later
                salvage(ctx, snapshot, count_attempt=False)
    return Reclaimed(len(held), len(came_back))


def _end_jobs_of_dead(ctx: FlowContext, conn: Connection, came_back: Sequence[Snapshot]) -> None:
    for snapshot in came_back:
        if snapshot.status is SnapshotStatus.DEAD:
            fail_jobs_of_the_dead(ctx, conn, snapshot)
