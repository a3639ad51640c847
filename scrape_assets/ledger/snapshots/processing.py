"""Phase 2 of a snapshot: taken, downloaded, loaded, matched, finished or put back. No payload is touched.

Each function is one statement, guarded by the states it leaves. Where the guard does not hold it raises
IllegalTransition with the snapshot's real state, or NotInLedger. With `owner` given, the snapshot must be
held by it as well: a process that lost its lease while it worked must not speak for the one that has it
now.

What was processed once can be taken again at any time. Its payload, its posts and processed_at stay as they
are until something newer replaces them, whatever becomes of the new attempt.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection, case, func, literal, update

from scrape_assets.ledger import leases
from scrape_assets.ledger.errors import ErrorClass, recordable
from scrape_assets.ledger.guards import SNAPSHOTS, change_many, change_one
from scrape_assets.ledger.snapshots.records import SNAPSHOT_COLUMNS, Snapshot, snapshot_of
from scrape_assets.ledger.spending import ANEW, Spending
from scrape_assets.ledger.states import SnapshotStatus, check_snapshot
from scrape_assets.storage.schema import snapshots

_READY = frozenset({SnapshotStatus.READY})
_PROCESSING = frozenset({SnapshotStatus.PROCESSING})
_snapshots = snapshots.c
_ANEW_UNLESS_READY = {
    name: case((_snapshots.status.in_(_READY), _snapshots[name]), else_=literal(value, _snapshots[name].type))
    for name, value in ANEW.items()
}


def claim_processing(
    conn: Connection,
    snapshot_ids: Sequence[str],
    *,
    owner: str,
    lease: timedelta,
    now: datetime,
    from_states: frozenset[SnapshotStatus] = _READY,
    run_id: str | None = None,
) -> list[Snapshot]:
    """Take snapshots to process them, `from_states` → processing.

    Taken from another state than ready, a snapshot was asked for anew: all its attempts are before it again.

    Args:
        conn: in the caller's transaction; commit soon.
        snapshot_ids: which to take.
        owner: who holds them from now on, see `owner.process_owner`.
        lease: for how long, unless renewed.
        now: aware.
        from_states: ready; for a materialization on demand also processed, failed, dead and expired.
        run_id: the run to note in them.

    Raises:
        IllegalTransition: `from_states` names a state that may not be left for processing.

    Returns:
        Those taken, in the order given; not those in another state, nor those another process is taking.
    """
    for state in from_states:
        check_snapshot(state, SnapshotStatus.PROCESSING)
    rows = change_many(
        conn,
        SNAPSHOTS,
        leaving=from_states,
        to=_PROCESSING,
        values={
            "status": SnapshotStatus.PROCESSING,
            **_ANEW_UNLESS_READY,
            "run_id": run_id,
            **leases.lease_of(owner, lease, now),
        },
        where=[_snapshots.snapshot_id.in_(snapshot_ids)],
        returning=SNAPSHOT_COLUMNS,
    )
    taken = {row.snapshot_id: snapshot_of(row) for row in rows}
    return [taken[snapshot_id] for snapshot_id in dict.fromkeys(snapshot_ids) if snapshot_id in taken]


def downloaded(
    conn: Connection,
    snapshot_id: str,
    *,
    payload_uri: str,
    payload_bytes: int,
    payload_rows: int,
    payload_sha256: str,
    cost_usd: Decimal | None,
    now: datetime,
    generation: int = 1,
    owner: str | None = None,
) -> None:
    """Note the payload that lies in the archive, verified. The snapshot stays processing.

    Args:
        conn: in the caller's transaction.
        snapshot_id: ours.
        payload_uri: of the payload's manifest.
        payload_bytes: as stored.
        payload_rows: lines in it.
        payload_sha256: over all of it.
        cost_usd: what it cost; None keeps what is known.
        now: aware.
        generation: of the payload, from 1.
        owner: when given, the snapshot must be held by it.
    """
    values = {
        "payload_uri": payload_uri,
        "payload_bytes": payload_bytes,
        "payload_rows": payload_rows,
        "payload_sha256": payload_sha256,
        "payload_generation": generation,
        "cost_usd": func.coalesce(cost_usd, _snapshots.cost_usd),
        "downloaded_at": now,
    }
    _stay(conn, snapshot_id, values, owner)


def loaded(
    conn: Connection,
    snapshot_id: str,
    *,
    posts_retrieved: int,
    rows_rejected: int,
    now: datetime,
    owner: str | None = None,
    coverage: dict[str, object] | None = None,
    rows_forgotten: int = 0,
) -> None:
    """Note what the payload held. In the transaction that loads it, so that both are there or neither."""
    values: dict[str, object] = {
        "posts_retrieved": posts_retrieved,
        "rows_rejected": rows_rejected,
        "rows_forgotten": rows_forgotten,
        "coverage": coverage,
        "loaded_at": now,
    }
    _stay(conn, snapshot_id, values, owner)


def delivered_nothing(conn: Connection, snapshot_id: str) -> None:
    """Note that an empty one cost nothing, where its price is known. What was delivered before is not forgotten."""
    nothing = _snapshots.estimated_usd.is_not(None) & _snapshots.cost_usd.is_(None)
    conn.execute(update(snapshots).where(_snapshots.snapshot_id == snapshot_id, nothing).values(cost_usd=0))


def matched(conn: Connection, snapshot_id: str, *, posts_matched: int, now: datetime, owner: str | None = None) -> None:
    """Note that its posts are matched. In the transaction that matches them."""
    _stay(conn, snapshot_id, {"posts_matched": posts_matched, "matched_at": now}, owner)


def finish_processing(conn: Connection, snapshot_id: str, now: datetime, owner: str | None = None) -> None:
    """End it well, processing → processed. Its earlier errors are forgotten; the calls are kept."""
    values = {
        "status": SnapshotStatus.PROCESSED,
        "processed_at": now,
        "next_check_at": None,
        "error_class": None,
        "error": None,
        **leases.NO_LEASE,
    }
    _end(conn, snapshot_id, frozenset({SnapshotStatus.PROCESSED}), values, owner)


def settle_processing(conn: Connection, snapshot_id: str, now: datetime, owner: str | None = None) -> SnapshotStatus:
    """Let go of it after the stages that were wanted: → processed when nothing is left to do, else → ready.

    A person may materialize the download alone, or load again without matching; the rest is then still to come, and
    the sensor sees to it.

    Returns:
        The state it came to.
    """
    done = (
        _snapshots.loaded_at.is_not(None)
        & (_snapshots.loaded_at >= func.coalesce(_snapshots.downloaded_at, _snapshots.loaded_at))
        & (_snapshots.matched_at >= _snapshots.loaded_at)
    )
    values = {
        "status": case((done, SnapshotStatus.PROCESSED), else_=SnapshotStatus.READY),
        "processed_at": case((done, now), else_=_snapshots.processed_at),
        "next_check_at": None,
        "error_class": None,
        "error": None,
        **leases.NO_LEASE,
    }
    return _end(conn, snapshot_id, frozenset({SnapshotStatus.PROCESSED, SnapshotStatus.READY}), values, owner)


def put_back(
    conn: Connection,
    snapshot_id: str,
    *,
    error_class: ErrorClass | None,
    error: str | None,
    next_check_at: datetime | None,
    count_attempt: bool,
    to: SnapshotStatus = SnapshotStatus.READY,
    owner: str | None = None,
) -> SnapshotStatus:
    """Leave it for later, processing → `to`.

    A counted attempt that was the last, of its class or of all, ends in dead: see `retries.BUDGETS`. A counted
    attempt at a snapshot that was processed before ends in failed, since its posts are there, so that nothing
    hurries, and whoever wanted it processed again shall read why it was not.

    Args:
        conn: in the caller's transaction.
        snapshot_id: ours.
        error_class: what went wrong; None if nothing did.
        error: what went wrong, for people; None if nothing did.
        next_check_at: ready: not to be processed earlier; running: when to ask the source.
        count_attempt: False when it was not the snapshot's fault: still building, shut down, our disk. A class that
            waits without counting spends nothing anyway.
        to: ready, or running when the source still builds what it called ready.
        owner: when given, the snapshot must be held by it.

    Returns:
        The state it came to.
    """
    spending = Spending(snapshots, error_class, patient=True)
    counts = count_attempt and spending.counts
    status: object = to
    if counts:
        status = case(
            (_snapshots.processed_at.is_not(None), SnapshotStatus.FAILED),
            (spending.is_last, SnapshotStatus.DEAD),
            else_=to,
        )
    values = {
        "status": status,
        **(spending.values if counts else {}),
        "next_check_at": next_check_at,
        "error_class": error_class,
        "error": error and recordable(error),
        **leases.NO_LEASE,
    }
    possible = frozenset({to, SnapshotStatus.DEAD, SnapshotStatus.FAILED} if counts else {to})
    return _end(conn, snapshot_id, possible, values, owner)


def fail_processing(
    conn: Connection,
    snapshot_id: str,
    error_class: ErrorClass,
    error: str,
    to: SnapshotStatus = SnapshotStatus.FAILED,
    owner: str | None = None,
) -> None:
    """Give it up, processing → failed; or → expired, when the source has thrown it away.

    The attempt is counted, and a payload kept. The jobs are the caller's to settle, in the same transaction.
    """
    values = {
        "status": to,
        **Spending(snapshots, error_class).values,
        "next_check_at": None,
        "error_class": error_class,
        "error": recordable(error),
        **leases.NO_LEASE,
    }
    _end(conn, snapshot_id, frozenset({to}), values, owner)


def _stay(conn: Connection, snapshot_id: str, values: dict[str, object], owner: str | None) -> None:
    change_one(conn, SNAPSHOTS, snapshot_id, leaving=_PROCESSING, to=_PROCESSING, values=values, owner=owner)


def _end(
    conn: Connection,
    snapshot_id: str,
    to: frozenset[SnapshotStatus],
    values: dict[str, object],
    owner: str | None,
) -> SnapshotStatus:
    return change_one(conn, SNAPSHOTS, snapshot_id, leaving=_PROCESSING, to=to, values=values, owner=owner)
