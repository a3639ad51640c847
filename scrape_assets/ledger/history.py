"""Every change of status, as `state_changes` keeps it. The triggers of both tables write it; nothing here does."""

from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, select

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.storage.schema import state_changes

_changes = state_changes.c


@dataclass(frozen=True)
class Change:
    """One step of a job or snapshot from one status to another."""

    kind: str  # job, snapshot
    subject_id: str  # the job_id or snapshot_id
    changed_at: datetime  # aware, UTC; the database's clock
    from_status: str
    to_status: str
    attempts: int  # spent by then
    error_class: ErrorClass | None  # of the last failure by then
    error: str | None
    snapshot_id: str | None  # that served the job
    run_id: str | None
    owner: str | None  # who held it


_COLUMNS = [_changes[field.name] for field in fields(Change)]


def history_of(conn: Connection, subject_id: str, limit: int = 1000) -> list[Change]:
    """Give the newest `limit` changes of one job or snapshot, oldest first."""
    newest_first = (
        select(*_COLUMNS).where(_changes.subject_id == subject_id).order_by(_changes.change_id.desc()).limit(limit)
    )
    return [
        Change(**{**row, "error_class": row["error_class"] and ErrorClass(row["error_class"])})
        for row in reversed(conn.execute(newest_first).mappings().all())
    ]
