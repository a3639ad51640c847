"""Requests that must be done once however often they are sent: the caller's key, and what was done for it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from scrape_assets.storage.schema import idempotency_keys

KEPT = timedelta(days=2)
_keys = idempotency_keys.c


class KeyReused(ValueError):
    """The key was used for another request."""


@dataclass(frozen=True)
class Done:
    """What was done when the key was used first."""

    job_ids: list[str]


def fingerprint(body: bytes) -> str:
    """What two requests have in common when they ask for the same."""
    return hashlib.sha256(body).hexdigest()


def done_before(conn: Connection, key: str, request: str) -> Done | None:
    """What was done for this key; None when nothing was, and then no other transaction can do it until this one ends.

    Raises:
        KeyReused: another request came with this key.
    """
    # Two that come at once: the second waits here for the first to commit.
    conn.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"idempotency:{key}", 0))))
    row = conn.execute(select(_keys.request, _keys.job_ids).where(_keys.key == key)).one_or_none()
    if row is None:
        return None
    if row.request != request:
        raise KeyReused("this Idempotency-Key was used for another request")
    return Done(list(row.job_ids))


def note_done(conn: Connection, key: str, request: str, job_ids: list[str], now: datetime) -> None:
    """Write down what was done, in the transaction that does it."""
    values = {"key": key, "request": request, "job_ids": job_ids, "created_at": now}
    conn.execute(insert(idempotency_keys).values(**values))


def forget_old(conn: Connection, now: datetime) -> int:
    """Forget keys that nobody sends again, and say how many."""
    return conn.execute(delete(idempotency_keys).where(_keys.created_at < now - KEPT)).rowcount
