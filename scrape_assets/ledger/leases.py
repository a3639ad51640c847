"""Leases, and the marks of runs asked for: what keeps two processes off one row, for a limited time."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Table, or_

from scrape_assets.ledger.guards import StateMachine, change_many, held_by
from scrape_assets.ledger.states import Status


def lease_is_over(table: Table, now: datetime) -> ColumnElement[bool]:
    """Give the condition that nobody holds the row any more. No lease at all is nobody, too."""
    return or_(table.c.leased_until.is_(None), table.c.leased_until <= now)


def renew(
    conn: Connection,
    machine: StateMachine[Status],
    held_in: frozenset[Status],
    owner: str,
    until: datetime,
) -> int:
    """Prolong every lease of one owner and say how many.

    A row that a transaction of the owner has locked meanwhile is left out; while it is, no sweep can take it.
    """
    renewed = change_many(
        conn,
        machine,
        leaving=held_in,
        to=frozenset(),
        values={"leased_until": until},
        where=held_by(machine.table, owner),
        returning=[machine.key],
    )
    return len(renewed)


def mark_requested(
    conn: Connection,
    machine: StateMachine[Status],
    waiting_in: frozenset[Status],
    keys: Sequence[str],
    *,
    until: datetime,
    now: datetime,
) -> list[str]:
    """Mark rows as asked for by a run, and give those that no other run was asked for, in the order given."""
    marked = change_many(
        conn,
        machine,
        leaving=waiting_in,
        to=frozenset(),
        values={"requested_until": until},
        where=[machine.key.in_(keys), is_unrequested(machine.table, now)],
        returning=[machine.key],
    )
    found = {row[0] for row in marked}
    return [key for key in keys if key in found]


def clear_requested(
    conn: Connection, machine: StateMachine[Status], waiting_in: frozenset[Status], keys: Sequence[str]
) -> int:
    """Take the mark away, because the run will not come, and say from how many rows."""
    cleared = change_many(
        conn,
        machine,
        leaving=waiting_in,
        to=frozenset(),
        values={"requested_until": None},
        where=[machine.key.in_(keys), machine.table.c.requested_until.is_not(None)],
        returning=[machine.key],
    )
    return len(cleared)


def is_unrequested(table: Table, now: datetime) -> ColumnElement[bool]:
    """Give the condition that no run is asked for, or that the one asked for never came."""
    return or_(table.c.requested_until.is_(None), table.c.requested_until <= now)


def lease_of(owner: str, lease: timedelta, now: datetime) -> dict[str, object]:
    """Give the columns of a fresh lease."""
    return {"lease_owner": owner, "leased_until": now + lease, "requested_until": None}


NO_LEASE: Mapping[str, object] = {"lease_owner": None, "leased_until": None}
"""The columns of a row that nobody holds."""
