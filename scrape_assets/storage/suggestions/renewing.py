"""Letting the open suggestions be those that were found, and what was decided stay as it is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from scrape_assets.storage.suggestions.model import NewSuggestion

_DECIDED = sa.text("""
SELECT creator_id, kind, coalesce(other_creator_id, ''), platform, author_key, coalesce(author_id, '')
FROM creator_suggestions
WHERE status <> 'open'
""")

_OFFERED = """
CREATE TEMPORARY TABLE offered ON COMMIT DROP AS
SELECT * FROM jsonb_to_recordset(CAST(:offered AS jsonb)) AS one (
    kind text, creator_id text, other_creator_id text, platform text, author_key text, author_id text,
    author_handle text, author_name text, author_url text, score double precision, reasons jsonb
)
"""
_TO_ONE = """
    known.kind = offered.kind AND known.creator_id = offered.creator_id AND known.platform = offered.platform
    AND known.author_key = offered.author_key AND known.other_creator_id IS NOT DISTINCT FROM offered.other_creator_id
"""
_WITHDRAW = sa.text(f"""
DELETE FROM creator_suggestions AS known
WHERE status = 'open' AND NOT EXISTS (SELECT FROM offered WHERE {_TO_ONE})
""")  # noqa: S608
_CHANGE = sa.text(f"""
UPDATE creator_suggestions AS known
SET score = offered.score, reasons = offered.reasons, author_id = offered.author_id,
    author_handle = offered.author_handle, author_name = offered.author_name, author_url = offered.author_url
FROM offered
WHERE status = 'open' AND {_TO_ONE} AND (
    known.score, known.reasons, known.author_id, known.author_handle, known.author_name, known.author_url
) IS DISTINCT FROM (
    offered.score, offered.reasons, offered.author_id, offered.author_handle, offered.author_name, offered.author_url
)
""")  # noqa: S608
_ADD = sa.text(f"""
INSERT INTO creator_suggestions (kind, creator_id, other_creator_id, platform, author_key, author_id, author_handle,
    author_name, author_url, score, reasons, suggested_at)
SELECT kind, creator_id, other_creator_id, platform, author_key, author_id, author_handle,
    author_name, author_url, score, reasons, CAST(:now AS timestamptz)
FROM offered
JOIN creators USING (creator_id)
WHERE NOT EXISTS (SELECT FROM creator_suggestions AS known WHERE {_TO_ONE})
ORDER BY score DESC, creator_id, platform, author_key  -- and so their numbers, which order those that are as likely
ON CONFLICT DO NOTHING
""")  # noqa: S608
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('scrape_assets.suggestions'), 0)"


@dataclass(frozen=True)
class Refreshed:
    """What a refresh has changed."""

    new: int
    changed: int
    withdrawn: int  # open ones that no longer hold


def decided(conn: Connection) -> set[tuple[str, ...]]:
    """Creator, kind, other creator, platform and name of what a person has decided: by key, and by id."""
    names: set[tuple[str, ...]] = set()
    for creator_id, kind, other, platform, key, author_id in conn.execute(_DECIDED):
        names.add((creator_id, kind, other, platform, key))
        if author_id:
            names.add((creator_id, kind, other, platform, f"id:{author_id}"))
    return names


def renew(conn: Connection, found: Sequence[NewSuggestion], now: datetime) -> Refreshed:
    """Let the open suggestions be these, in the caller's transaction. What was decided stays as it is."""
    conn.exec_driver_sql(_ONE_AT_A_TIME)
    offered = [
        {
            "kind": one.kind,
            "creator_id": one.creator_id,
            "other_creator_id": one.other_creator_id,
            "platform": "",
            "author_key": "",
            **(asdict(one.author) if one.author else {}),
            "score": one.score,
            "reasons": one.reasons,
        }
        for one in found
    ]
    conn.execute(sa.text(_OFFERED), {"offered": json.dumps(offered)})
    withdrawn = conn.execute(_WITHDRAW).rowcount
    changed = conn.execute(_CHANGE).rowcount
    new = conn.execute(_ADD, {"now": now}).rowcount
    conn.exec_driver_sql("DROP TABLE offered")
    return Refreshed(new, changed, withdrawn)
