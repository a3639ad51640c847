"""Every outbound call, as `scrape_attempts` keeps it. Nothing here makes a call or judges its answer."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime

from sqlalchemy import Connection, insert, select

from scrape_assets.ledger.errors import ErrorClass, recordable
from scrape_assets.storage.schema import scrape_attempts


@dataclass(frozen=True)
class Call:
    """One request to a source and what came of it."""

    source: str
    operation: str  # trigger, progress, list, input, parts, download, cancel, log, check_key
    snapshot_id: str | None  # ours; None when the call served no single snapshot
    method: str
    url: str  # redacted: no key, no token
    status_code: int | None  # None: no answer
    error_class: ErrorClass | None  # None: the call did what it should
    error: str | None
    bytes_received: int | None
    started_at: datetime  # aware, UTC
    duration_ms: int
    run_id: str | None = None


def record_call(conn: Connection, call: Call) -> None:
    """Add the call to the history. Calls are never changed and never removed here."""
    error = None if call.error is None else recordable(call.error)
    conn.execute(insert(scrape_attempts).values(**asdict(replace(call, url=recordable(call.url), error=error))))


def calls_of_snapshot(conn: Connection, snapshot_id: str, limit: int = 1000) -> Sequence[Call]:
    """Give the newest `limit` calls made for one snapshot, oldest first."""
    columns = [scrape_attempts.c[field.name] for field in fields(Call)]
    newest_first = (
        select(*columns)
        .where(scrape_attempts.c.snapshot_id == snapshot_id)
        .order_by(scrape_attempts.c.started_at.desc(), scrape_attempts.c.attempt_id.desc())
        .limit(limit)
    )
    return [
        Call(**{**row, "error_class": row["error_class"] and ErrorClass(row["error_class"])})
        for row in reversed(conn.execute(newest_first).mappings().all())
    ]
