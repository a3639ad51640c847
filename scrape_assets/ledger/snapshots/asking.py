"""From the intent to what the source says of it. Nothing here asks a source.

Each function is one statement, guarded by the states it leaves. Where the guard does not hold it raises
IllegalTransition with the snapshot's real state, or NotInLedger.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection, func, insert

from scrape_assets.ledger import jobs, leases
from scrape_assets.ledger.errors import ErrorClass, recordable
from scrape_assets.ledger.guards import SNAPSHOTS, change_one
from scrape_assets.ledger.snapshots.records import NewSnapshot, SnapshotInput, input_columns
from scrape_assets.ledger.spending import ANEW
from scrape_assets.ledger.states import SnapshotStatus, sources_of
from scrape_assets.storage.schema import snapshots

_TRIGGERING = frozenset({SnapshotStatus.TRIGGERING})
_UNSETTLED = frozenset({SnapshotStatus.TRIGGERING, SnapshotStatus.UNKNOWN})
_AT_THE_SOURCE = frozenset({SnapshotStatus.PENDING, SnapshotStatus.RUNNING})
_OBSERVABLE = _UNSETTLED | _AT_THE_SOURCE | {SnapshotStatus.READY}
_GIVEN_UP = frozenset({SnapshotStatus.FAILED, SnapshotStatus.DEAD, SnapshotStatus.EXPIRED})
_snapshots = snapshots.c


def record_intent(conn: Connection, new: NewSnapshot, now: datetime, owner: str, lease: timedelta) -> None:
    """Write down what is about to be paid for: the snapshot, triggering and held, and its jobs tied to it.

    Commit before the source is asked. If the process dies then, the lease runs out and the snapshot becomes
    unknown.

    Raises:
        IllegalTransition: a job is not processing, not held by `owner`, or served by a snapshot already.
        NotInLedger: there is no such job.
        ValueError: there is nothing to ask for.
        Nothing is written in any of these cases.
    """
    if not new.inputs:
        raise ValueError(f"The snapshot {new.snapshot_id} has no input")
    statement = insert(snapshots).values(
        snapshot_id=new.snapshot_id,
        partition_key=new.snapshot_id,
        source=new.source,
        platform=new.platform,
        dataset_id=new.dataset_id,
        collection_date=new.collection_date,
        status=SnapshotStatus.TRIGGERING,
        trigger_params=new.trigger_params,
        max_attempts=new.max_attempts,
        run_id=new.run_id,
        estimated_usd=new.estimated_usd,
        created_at=now,
        **input_columns(new.inputs),
        **leases.lease_of(owner, lease, now),
    )
    with conn.begin_nested():
        jobs.assign_snapshot(conn, [given.job_id for given in new.inputs], new.snapshot_id, owner)
        conn.execute(statement)


def replace_inputs(conn: Connection, snapshot_id: str, inputs: Sequence[SnapshotInput]) -> None:
    """Note what is sent after a refused input was set aside. Only a triggering snapshot's inputs can change.

    The job of the input set aside is the caller's to fail.
    """
    if not inputs:
        raise ValueError(f"The snapshot {snapshot_id} would have no input left: it is refused, not sent again")
    _change(conn, snapshot_id, _TRIGGERING, SnapshotStatus.TRIGGERING, input_columns(inputs))


def accepted(
    conn: Connection,
    snapshot_id: str,
    vendor_snapshot_id: str,
    *,
    now: datetime,
    next_check_at: datetime,
    expires_at: datetime | None,
) -> None:
    """Note that the source has taken it on, triggering → pending, or unknown → pending when it was found.

    The caller commits this as soon as the answer is there.
    """
    values = {
        "vendor_snapshot_id": vendor_snapshot_id,
        "triggered_at": now,
        "next_check_at": next_check_at,
        "expires_at": expires_at,
        "error_class": None,
        "error": None,
        **leases.NO_LEASE,
    }
    _change(conn, snapshot_id, _UNSETTLED, SnapshotStatus.PENDING, values)


def gathered(
    conn: Connection,
    snapshot_id: str,
    *,
    payload_uri: str,
    payload_bytes: int,
    payload_rows: int,
    payload_sha256: str,
    now: datetime,
    owner: str | None = None,
    cost_usd: Decimal | None = None,
) -> None:
    """Note what a direct source gave at once, verified in the archive: triggering or unknown → ready.

    Args:
        conn: in the caller's transaction.
        snapshot_id: ours.
        payload_uri: of the payload's manifest.
        payload_bytes: as stored.
        payload_rows: lines in it.
        payload_sha256: over all of it.
        now: aware.
        owner: when given, the snapshot must be held by it.
        cost_usd: what it cost; None when nobody knows.
    """
    values = {
        "status": SnapshotStatus.READY,
        "cost_usd": cost_usd,
        "payload_uri": payload_uri,
        "payload_bytes": payload_bytes,
        "payload_rows": payload_rows,
        "payload_sha256": payload_sha256,
        "triggered_at": func.coalesce(_snapshots.triggered_at, now),
        "ready_at": now,
        "downloaded_at": now,
        "next_check_at": None,
        "error_class": None,
        "error": None,
        **leases.NO_LEASE,
    }
    ready = frozenset({SnapshotStatus.READY})
    change_one(conn, SNAPSHOTS, snapshot_id, leaving=_UNSETTLED, to=ready, values=values, owner=owner)


def answer_lost(conn: Connection, snapshot_id: str, error: str, next_check_at: datetime) -> None:
    """Note that nobody knows whether the source took it on, triggering → unknown: its list is to be asked."""
    values = {
        "next_check_at": next_check_at,
        "error_class": ErrorClass.NETWORK,
        "error": recordable(error),
        **leases.NO_LEASE,
    }
    _change(conn, snapshot_id, _TRIGGERING, SnapshotStatus.UNKNOWN, values)


def refused(conn: Connection, snapshot_id: str, error_class: ErrorClass, error: str) -> None:
    """Note that it does not exist at the source and costs nothing, triggering or unknown → failed.

    The source said no; or its list, asked often and long enough, does not hold it. The jobs are the
    caller's to settle, in the same transaction.
    """
    values = {
        "next_check_at": None,
        "error_class": error_class,
        "error": recordable(error),
        **leases.NO_LEASE,
    }
    _change(conn, snapshot_id, _UNSETTLED, SnapshotStatus.FAILED, values)


def observed(
    conn: Connection,
    snapshot_id: str,
    status: SnapshotStatus,
    *,
    now: datetime,
    vendor_status: str | None = None,
    vendor_records: int | None = None,
    vendor_errors: int | None = None,
    error_class: ErrorClass | None = None,
    error: str | None = None,
    next_check_at: datetime | None = None,
) -> None:
    """Note what the source says of it now, and that it was asked once more.

    To hear the same again is no error. A source that answers at once goes from triggering to ready here.

    Args:
        conn: in the caller's transaction.
        snapshot_id: ours.
        status: pending, running, ready, failed, canceled, expired or dead, or processed when there is
            nothing in it.
        now: aware.
        vendor_status: the source's own word; None keeps the last.
        vendor_records: as the source says; None keeps the last.
        vendor_errors: as the source says; None keeps the last.
        error_class: why it ended; None clears the last.
        error: why it ended, for people; None clears the last.
        next_check_at: pending, running: when to ask again; ready: not to be processed earlier.

    Raises:
        IllegalTransition: it is held by a process, processed, or given up: `reopen` is for those.
        NotInLedger: there is no such snapshot.
    """
    values: dict[str, object] = {
        "checks": _snapshots.checks + 1,
        "vendor_status": func.coalesce(vendor_status and recordable(vendor_status), _snapshots.vendor_status),
        "vendor_records": func.coalesce(vendor_records, _snapshots.vendor_records),
        "vendor_errors": func.coalesce(vendor_errors, _snapshots.vendor_errors),
        "error_class": error_class,
        "error": error and recordable(error),
        "next_check_at": next_check_at,
        **leases.NO_LEASE,
    }
    if status is SnapshotStatus.READY:
        values["ready_at"] = func.coalesce(_snapshots.ready_at, now)
    if status is SnapshotStatus.PROCESSED:
        values |= {"posts_retrieved": 0, "rows_rejected": 0, "processed_at": now}
    staying = {status} & (_AT_THE_SOURCE | {SnapshotStatus.READY})
    _change(conn, snapshot_id, (sources_of(status) & _OBSERVABLE) | staying, status, values)


def not_answered(
    conn: Connection, snapshot_id: str, error_class: ErrorClass, error: str, next_check_at: datetime
) -> SnapshotStatus:
    """Note that asking about it failed, which says nothing of it: unknown, pending or running stays.

    Returns:
        The state it is in.
    """
    asked_about = _AT_THE_SOURCE | {SnapshotStatus.UNKNOWN}
    values = {
        "checks": _snapshots.checks + 1,
        "error_class": error_class,
        "error": recordable(error),
        "next_check_at": next_check_at,
    }
    return change_one(conn, SNAPSHOTS, snapshot_id, leaving=asked_about, to=frozenset(), values=values)


def reopen(conn: Connection, snapshot_id: str, status: SnapshotStatus, next_check_at: datetime | None) -> None:
    """Take up again what was given up: failed or dead → pending, ready, or running (failed only); expired → ready.

    Expired is for a payload that was kept. All attempts are before it again. The last error stays readable until
    something newer happens.
    """
    values = {**ANEW, "next_check_at": next_check_at, "requested_until": None}
    _change(conn, snapshot_id, sources_of(status) & _GIVEN_UP, status, values)


def _change(
    conn: Connection,
    snapshot_id: str,
    leaving: frozenset[SnapshotStatus],
    to: SnapshotStatus,
    values: Mapping[str, object],
) -> None:
    change_one(conn, SNAPSHOTS, snapshot_id, leaving=leaving, to=frozenset({to}), values={"status": to, **values})
