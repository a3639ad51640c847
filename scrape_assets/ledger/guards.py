"""The only way a state changes: one statement that holds only if the row is in a state it may leave.

Jobs and snapshots share it. Which change means what is said in their own modules; leases are next door.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic

from sqlalchemy import Column, ColumnElement, Connection, Row, Table, bindparam, column, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from scrape_assets.ledger.states import (
    JOB_TRANSITIONS,
    SNAPSHOT_TRANSITIONS,
    IllegalTransition,
    JobStatus,
    NotInLedger,
    SnapshotStatus,
    Status,
    Transitions,
)
from scrape_assets.storage.schema import scrape_jobs, snapshots


@dataclass(frozen=True)
class StateMachine(Generic[Status]):
    """A table whose rows have a state, a lease, and the mark that a run is asked for already."""

    kind: str  # as errors name a row: "job"
    statuses: type[Status]
    transitions: Transitions[Status]
    table: Table
    key: Column[str]

    def require(self, leaving: Iterable[Status], to: Iterable[Status]) -> None:
        """Raise IllegalTransition if a statement is about to allow what the table of transitions does not.

        To stay in a state is no transition.
        """
        targets = frozenset(to)
        for source in leaving:
            if not targets <= self.transitions[source] | {source}:
                raise IllegalTransition(f"A {self.kind}", source, targets)


JOBS = StateMachine("job", JobStatus, JOB_TRANSITIONS, scrape_jobs, scrape_jobs.c.job_id)
SNAPSHOTS = StateMachine("snapshot", SnapshotStatus, SNAPSHOT_TRANSITIONS, snapshots, snapshots.c.snapshot_id)


def change_one(
    conn: Connection,
    machine: StateMachine[Status],
    key: str,
    *,
    leaving: frozenset[Status],
    to: frozenset[Status],
    values: Mapping[str, object],
    owner: str | None = None,
) -> Status:
    """Change one row in one statement and give the state it came to.

    Args:
        conn: in the caller's transaction.
        machine: jobs or snapshots.
        key: the row.
        leaving: the states in which the change holds.
        to: the states that `values` can lead to, for the check and the message.
        values: columns; `status` among them may be an expression over the row.
        owner: when given, the row must be held by it, so that a process that lost its lease changes nothing.

    Raises:
        IllegalTransition: the row is in another state, or held by another owner.
        NotInLedger: there is no such row.
    """
    machine.require(leaving, to)
    table = machine.table
    statement = (
        update(table)
        .where(machine.key == key, table.c.status.in_(leaving), *held_by(table, owner))
        .values(**values)
        .returning(table.c.status)
    )
    changed = conn.execute(statement).scalar_one_or_none()
    if changed is None:
        raise refusal(conn, machine, key, leaving=leaving, to=to, owner=owner)
    return machine.statuses(changed)


def change_many(
    conn: Connection,
    machine: StateMachine[Status],
    *,
    leaving: frozenset[Status],
    to: frozenset[Status],
    values: Mapping[str, object],
    where: Iterable[ColumnElement[bool]],
    returning: Sequence[ColumnElement[Any]],
    order_by: Iterable[ColumnElement[Any]] = (),
    limit: int | None = None,
) -> Sequence[Row[Any]]:
    """Change all rows that qualify in one statement and give what they became.

    Rows that another transaction holds locked are left out instead of waited for: two claims never meet,
    and no two sweeps can deadlock. The order says which rows are taken first; the answer comes in none.
    """
    machine.require(leaving, to)
    table = machine.table
    picked = (
        select(machine.key)
        .where(table.c.status.in_(leaving), *where)
        .order_by(*order_by)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("picked")
    )
    statement = update(table).where(machine.key == picked.c[machine.key.name]).values(**values).returning(*returning)
    return conn.execute(statement).all()


def change_each(
    conn: Connection,
    machine: StateMachine[Status],
    *,
    leaving: frozenset[Status],
    to: frozenset[Status],
    each: Mapping[str, Sequence[object]],
    values: Mapping[str, object],
) -> list[str]:
    """Change many rows in one statement, each to values of its own, and give the keys of those changed.

    Unlike `change_many` it waits for rows that are locked: what is said here is said of these rows and nobody says it
    again. Those in another state are left as they are.

    Args:
        conn: in the caller's transaction.
        machine: jobs or snapshots.
        leaving: the states in which a change holds.
        to: the states that the values can lead to.
        each: columns of equal length, the key's among them: the rows, and what is theirs alone.
        values: what is the same for all.
    """
    machine.require(leaving, to)
    if not each[machine.key.name]:
        return []
    table = machine.table
    # As arrays, so that the statement is the same however many there are.
    arrays = [bindparam(name, list(given), ARRAY(table.c[name].type)) for name, given in each.items()]
    listed = func.unnest(*arrays).table_valued(*(column(name, table.c[name].type) for name in each)).render_derived()
    own = {name: listed.c[name] for name in each if name != machine.key.name}
    statement = (
        update(table)
        .where(machine.key == listed.c[machine.key.name], table.c.status.in_(leaving))
        .values(**own, **values)
        .returning(machine.key)
    )
    return list(conn.execute(statement).scalars())


def refusal(
    conn: Connection,
    machine: StateMachine[Status],
    key: str,
    *,
    leaving: frozenset[Status],
    to: frozenset[Status],
    owner: str | None,
) -> IllegalTransition | NotInLedger:
    """Say why the guard of a change did not hold, from what the row is now."""
    table = machine.table
    row = conn.execute(select(table.c.status, table.c.lease_owner).where(machine.key == key)).one_or_none()
    if row is None:
        return NotInLedger(f"There is no {machine.kind} {key!r}")
    actual = machine.statuses(row.status)
    if actual not in leaving:
        why = f"that is possible from {' or '.join(sorted(leaving))} only"
    elif owner is not None and row.lease_owner != owner:
        why = f"it is held by {row.lease_owner or 'nobody'}, not by {owner}"
    else:
        why = "it was changed at the same moment"
    return IllegalTransition(f"{machine.kind.capitalize()} {key}", actual, to, why)


def held_by(table: Table, owner: str | None) -> list[ColumnElement[bool]]:
    """Give the condition that `owner` holds the row; none when no owner is given."""
    return [] if owner is None else [table.c.lease_owner == owner]
