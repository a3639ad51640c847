"""Who wrote what through the API: one row a write. Never changed; nothing secret is in it."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from scrape_assets.storage.schema import api_writes

MOST_SUBJECTS = 100
_NOTE = insert(api_writes)


def note_write(
    conn: Connection, caller: str, action: str, subjects: Sequence[str], detail: Mapping[str, object] | None = None
) -> None:
    """Note a write in the transaction that makes it.

    Args:
        conn: in the caller's transaction.
        caller: who; a token's fingerprint and an address, never the token.
        action: scrape, retry, cancel, replay, cron, recovery, webhook, forget, retention, suggestion, refresh,
            creator, rematch.
        subjects: ids of jobs or snapshots; the first hundred are kept.
        detail: JSON.
    """
    values = {
        "caller": caller,
        "action": action,
        "subjects": list(subjects[:MOST_SUBJECTS]),
        "detail": {"count": len(subjects), **(detail or {})},
    }
    conn.execute(_NOTE, values)


def newest_of(conn: Connection, caller: str, action: str) -> dict[str, dict[str, int]]:
    """What a caller has removed, by subject and table."""
    row = api_writes.c
    query = select(row.subjects, row.detail).where(row.caller == caller, row.action == action).order_by(row.write_id)
    return {subjects[0]: detail["removed"] for subjects, detail in conn.execute(query)}
