"""Jobs that ask for the same: who has collected it, who is having it collected, and how another is served with that.

Equal `request_key`s ask for the same; what goes into the key, and for how long an answer is good enough, is the
flow's to say. Every function works in its caller's transaction, which commits.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, func, or_, select

from scrape_assets.ledger import leases
from scrape_assets.ledger.errors import recordable
from scrape_assets.ledger.guards import JOBS, SNAPSHOTS, change_one
from scrape_assets.ledger.jobs.outcomes import DUE_SINCE, assign_snapshot
from scrape_assets.ledger.snapshots.queue import OPEN
from scrape_assets.ledger.snapshots.records import SnapshotInput, input_columns
from scrape_assets.ledger.states import JobStatus, SnapshotStatus
from scrape_assets.storage.schema import scrape_jobs, snapshots

_PROCESSING = frozenset({JobStatus.PROCESSING})
_jobs, _snapshots = scrape_jobs.c, snapshots.c
# Any number that nobody else locks.
_INTENTS = 0x69_6E_74_65_6E_74


@dataclass(frozen=True)
class Collected:
    """A job that got what an equal one asks for."""

    request_key: str
    job_id: str
    target_id: str
    source: str
    snapshot_id: str
    posts_found: int | None
    warning: str | None
    collected_at: datetime  # when the source had it


@dataclass(frozen=True)
class BeingCollected:
    """A job for which a source is being asked what an equal one asks for."""

    request_key: str
    job_id: str
    source: str
    snapshot_id: str
    snapshot_status: SnapshotStatus


def collected_since(conn: Connection, keys: Collection[str], since: datetime) -> list[Collected]:
    """Give the completed jobs of these keys whose source had the answer at `since` or later, the latest first."""
    # Not when it was processed: that may have been much later, or again.
    had_it = func.coalesce(_snapshots.ready_at, _snapshots.triggered_at, _snapshots.created_at).label("collected_at")
    query = (
        select(
            _jobs.request_key,
            _jobs.job_id,
            _jobs.target_id,
            _snapshots.source,
            _jobs.snapshot_id,
            _jobs.posts_found,
            _jobs.warning,
            had_it,
        )
        .join(snapshots, _snapshots.snapshot_id == _jobs.snapshot_id)
        .where(
            _jobs.request_key.in_(keys),
            _jobs.status == JobStatus.COMPLETED,
            _jobs.finished_at >= since,
            had_it >= since,
        )
        .order_by(had_it.desc(), _snapshots.created_at.desc(), _jobs.finished_at, _jobs.job_id)
    )
    return [Collected(**row) for row in conn.execute(query).mappings()]


def being_collected(conn: Connection, keys: Collection[str], since: datetime) -> list[BeingCollected]:
    """Give the jobs of these keys that an open snapshot serves, the oldest snapshot first.

    Not one that its source has had ready since before `since`: what is in it is as old as that.
    """
    query = (
        select(
            _jobs.request_key,
            _jobs.job_id,
            _snapshots.source,
            _jobs.snapshot_id,
            _snapshots.status.label("snapshot_status"),
        )
        .join(snapshots, _snapshots.snapshot_id == _jobs.snapshot_id)
        .where(
            _jobs.request_key.in_(keys),
            _jobs.status == JobStatus.PROCESSING,
            _snapshots.status.in_(OPEN),
            or_(_snapshots.ready_at.is_(None), _snapshots.ready_at >= since),
        )
        .order_by(_snapshots.created_at, _jobs.job_id)
    )
    return [
        BeingCollected(**{**row, "snapshot_status": SnapshotStatus(row["snapshot_status"])})
        for row in conn.execute(query).mappings()
    ]


def tie(conn: Connection, job_id: str, to: BeingCollected, owner: str) -> bool:
    """Let the snapshot that serves an equal job serve a claimed one too; it ends with that.

    The snapshot's inputs then hold what is asked for the other job once more, under this job's id. Whoever closes the
    jobs of a snapshot locks it first and reads its inputs then, so none is tied to it unseen.

    Returns:
        False, with nothing changed, when it serves the other job no more.

    Raises:
        IllegalTransition: the job is not processing, not held by `owner`, or served by a snapshot already.
    """
    held = lock_inputs(conn, to.snapshot_id)
    serves = select(_jobs.job_id).where(
        _jobs.job_id == to.job_id, _jobs.snapshot_id == to.snapshot_id, _jobs.status == JobStatus.PROCESSING
    )
    # Not in the same statement: this sees what was committed while it waited for the lock.
    if held is None or conn.execute(serves).first() is None:
        return False
    status, inputs = held
    own = [replace(given, job_id=job_id) for given in inputs if given.job_id == to.job_id]
    if status not in OPEN or not own:
        return False
    with conn.begin_nested():
        assign_snapshot(conn, [job_id], to.snapshot_id, owner)
        stays = frozenset({status})
        values = input_columns([*inputs, *own])
        change_one(conn, SNAPSHOTS, to.snapshot_id, leaving=stays, to=stays, values=values)
    return True


def lock_inputs(conn: Connection, snapshot_id: str) -> tuple[SnapshotStatus, list[SnapshotInput]] | None:
    """Give the state of a snapshot and what it is asked for, and keep both as they are until the transaction ends."""
    query = select(_snapshots.status, _snapshots.inputs).where(_snapshots.snapshot_id == snapshot_id)
    row = conn.execute(query.with_for_update()).one_or_none()
    if row is None:
        return None
    return SnapshotStatus(row.status), [SnapshotInput(**given) for given in row.inputs]


def complete_with(conn: Connection, job_id: str, done: Collected, *, warning: str, now: datetime, owner: str) -> None:
    """End a claimed job with what an equal one got, processing → completed. Its own source was not asked.

    Raises:
        IllegalTransition: it is not processing, or not held by `owner`.
    """
    values = {
        "status": JobStatus.COMPLETED,
        "source": done.source,
        "snapshot_id": done.snapshot_id,
        "posts_found": done.posts_found,
        "warning": recordable(warning),
        "error_class": None,
        "error": None,
        "finished_at": now,
        **leases.NO_LEASE,
    }
    completed = frozenset({JobStatus.COMPLETED})
    change_one(conn, JOBS, job_id, leaving=_PROCESSING, to=completed, values=values, owner=owner)


def wait_for_equal(conn: Connection, job_id: str, *, why: str, next_attempt_at: datetime, owner: str) -> None:
    """Let a claimed job wait for what becomes of an equal one, processing → pending; no attempt is counted.

    Raises:
        IllegalTransition: it is not processing, or not held by `owner`.
    """
    values = {
        "status": JobStatus.PENDING,
        "due_since": DUE_SINCE,
        "next_attempt_at": next_attempt_at,
        "error_class": None,
        "error": recordable(why),
        **leases.NO_LEASE,
    }
    pending = frozenset({JobStatus.PENDING})
    change_one(conn, JOBS, job_id, leaving=_PROCESSING, to=pending, values=values, owner=owner)


def one_intent_at_a_time(conn: Connection) -> None:
    """Wait until no other transaction writes an intent, and keep the others waiting until this one ends.

    So two processes never spend the same last dollar, nor ask for the same thing at the same moment. Called before
    anything else is locked, in transactions that wait for nothing.
    """
    conn.execute(select(func.pg_advisory_xact_lock(_INTENTS)))
