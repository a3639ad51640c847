"""Requests that must be done once however often they are sent: the caller's key, and what was done for it."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert

from scrape_assets.storage.schema import idempotency_keys

KEPT = timedelta(days=2)
_keys = idempotency_keys.c
_TAKE = insert(idempotency_keys).on_conflict_do_nothing().returning(_keys.key)


class KeyReused(ValueError):
    """The key was used for another request."""


def fingerprint(body: bytes) -> str:
    """What two requests have in common when they ask for the same."""
    return hashlib.sha256(body).hexdigest()


def first_time(conn: Connection, key: str, request: str, job_ids: list[str], now: datetime) -> list[str] | None:
    """Take a key for a request, in the transaction that does what it asks for.

    Two that come at once: the second waits here until the first has committed or failed.

    Args:
        conn: in the caller's transaction.
        key: the caller's.
        request: from `fingerprint`.
        job_ids: those that will be written for it.
        now: aware.

    Returns:
        None when this is the first time, and `job_ids` are to be written now; else the ids written the first time.

    Raises:
        KeyReused: another request came with this key.
    """
    values = {"key": key, "request": request, "job_ids": job_ids, "created_at": now}
    if conn.execute(_TAKE, values).one_or_none():
        return None
    before = conn.execute(select(_keys.request, _keys.job_ids).where(_keys.key == key)).one()
    if before.request != request:
        raise KeyReused("this Idempotency-Key was used for another request")
    return list(before.job_ids)


def forget_old(conn: Connection, now: datetime) -> int:
    """Forget keys that nobody sends again, and say how many."""
    return conn.execute(delete(idempotency_keys).where(_keys.created_at < now - KEPT)).rowcount
