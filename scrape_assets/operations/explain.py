"""A job or snapshot explained: why it waits, what happened to it, the calls made for it, what it cost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy.engine import Connection

from scrape_assets.flow.context import FlowContext
from scrape_assets.ledger import jobs, snapshots
from scrape_assets.ledger.attempts import Call, calls_of_snapshot
from scrape_assets.ledger.history import Change, history_of
from scrape_assets.ledger.jobs import Job
from scrape_assets.ledger.lookup import JOB, Found, beginning_with
from scrape_assets.ledger.snapshots import Snapshot
from scrape_assets.ledger.states import NotInLedger
from scrape_assets.operations.why import why_waiting
from scrape_assets.operations.why_snapshot import why_snapshot

CANDIDATES = 5  # named when an id's beginning fits several
CALLS = 200  # of one snapshot, the newest


class NotOne(LookupError):
    """An id, or the beginning of one, fits no job or snapshot, or several; the message says so to a person."""


@dataclass(frozen=True)
class Cost:
    """What a snapshot cost that served the job."""

    snapshot_id: str
    cost_usd: Decimal | None  # of what was delivered; None: not known (yet)
    estimated_usd: Decimal | None  # reserved until then
    jobs: int  # that it was asked for


@dataclass(frozen=True)
class Explained:
    """What is known of a job or snapshot; exactly one of the two."""

    job: Job | None
    snapshot: Snapshot | None
    why: list[str]  # sentences, the most decisive first
    changes: list[Change]  # of it, and of the snapshots that served it, the oldest first
    calls: list[Call]  # made for these snapshots, the oldest first
    served: list[Snapshot]  # the snapshots that serve the job or have served it; the snapshot itself
    costs: list[Cost]

    @property
    def began(self) -> datetime:
        """When it was asked for."""
        subject = self.job or self.snapshot
        assert subject  # noqa: S101 - one of the two is there
        return subject.created_at

    @property
    def run_id(self) -> str | None:
        """The run that held it last."""
        subject = self.job or self.snapshot
        return subject.run_id if subject else None


def explain(ctx: FlowContext, start: str) -> Explained:
    """Explain the job or snapshot whose id begins so.

    Raises:
        NotOne: none does, or several do.
    """
    with ctx.engine.connect() as conn:
        found = _the_one(beginning_with(conn, start.strip(), CANDIDATES), start)
        if found.kind == JOB:
            return explain_job(ctx, found.key)
        snapshot = snapshots.get(conn, found.key)
        if snapshot is None:
            raise NotOne(f"there is no snapshot {found.key!r} any more")
        changes = history_of(conn, found.key)
        calls = _calls(conn, [snapshot])
    return Explained(
        job=None,
        snapshot=snapshot,
        why=why_snapshot(ctx, snapshot),
        changes=changes,
        calls=calls,
        served=[snapshot],
        costs=list(_costs([snapshot])),
    )


def explain_job(ctx: FlowContext, job_id: str) -> Explained:
    """Explain the job with this id.

    Raises:
        NotInLedger: there is none.
    """
    with ctx.engine.connect() as conn:
        job = jobs.get(conn, job_id)
        if job is None:
            raise NotInLedger(f"There is no job {job_id!r}")
        changes = history_of(conn, job_id)
        served = _served_by(conn, job, changes)
        changes += [change for one in served for change in history_of(conn, one.snapshot_id)]
        calls = _calls(conn, served)
    return Explained(
        job=job,
        snapshot=None,
        why=why_waiting(ctx, job),
        changes=sorted(changes, key=lambda change: change.changed_at),
        calls=calls,
        served=served,
        costs=list(_costs(served)),
    )


def _the_one(found: list[Found], start: str) -> Found:
    if not found:
        raise NotOne(f"there is no job and no snapshot {start!r}")
    if len(found) > 1:
        named = ", ".join(f"{one.kind} {one.key}" for one in found[:CANDIDATES])
        raise NotOne(f"{start!r} may be more than one: {named}; give more of the id")
    return found[0]


def _served_by(conn: Connection, job: Job, changes: Iterable[Change]) -> list[Snapshot]:
    """The snapshots that serve a job or have served it, the oldest first."""
    ids = [*(change.snapshot_id for change in changes), job.snapshot_id]
    known = (snapshots.get(conn, one) for one in dict.fromkeys(filter(None, ids)))
    return [snapshot for snapshot in known if snapshot]


def _calls(conn: Connection, served: Iterable[Snapshot]) -> list[Call]:
    calls = [call for one in served for call in calls_of_snapshot(conn, one.snapshot_id, CALLS)]
    return sorted(calls, key=lambda call: call.started_at)


def _costs(served: Iterable[Snapshot]) -> Iterable[Cost]:
    for one in served:
        yield Cost(one.snapshot_id, one.cost_usd, one.estimated_usd, len({given.job_id for given in one.inputs}))
