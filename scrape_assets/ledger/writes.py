"""Who wrote what through the API: one row a write. Never changed; nothing secret is in it."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection
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
        action: scrape, retry, cancel, replay, cron, recovery, webhook.
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
