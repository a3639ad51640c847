"""What is known of a snapshot's media, for people: counts, reasons, some files. One query each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

STATUSES = ("stored", "waiting", "refused", "expired", "failed")

# Of the snapshot's posts, whichever snapshot brought the address: what an earlier one has fetched is there as well.
_OF_SNAPSHOTS = """
    SELECT DISTINCT file.*
    FROM media_files AS file
    JOIN post_sightings AS seen ON (seen.platform, seen.post_id) = (file.platform, file.post_id)
    WHERE seen.snapshot_id = ANY(:ids)
"""


@dataclass(frozen=True)
class Standing:
    """How far the media of some snapshots are."""

    files: dict[str, int] = field(default_factory=dict)  # by status
    bytes: int = 0  # of what is stored, equal files once
    distinct: int = 0  # files in the store
    thumbnails: int = 0
    next_attempt_at: datetime | None = None

    @property
    def total(self) -> int:
        """All attachments that were wanted."""
        return sum(self.files.values())


def standing(conn: Connection, snapshot_ids: Sequence[str]) -> Standing:
    """How far the media of the snapshots' posts are."""
    values = {"ids": list(snapshot_ids)}
    counts = conn.execute(
        sa.text(f"SELECT status, count(*), min(next_attempt_at) FROM ({_OF_SNAPSHOTS}) AS f GROUP BY status"),  # noqa: S608
        values,
    ).all()
    total, distinct, thumbnails = conn.execute(
        sa.text(f"""
            SELECT coalesce(sum(bytes), 0), count(*), count(thumbnail_uri)
            FROM (SELECT DISTINCT sha256, bytes, thumbnail_uri FROM ({_OF_SNAPSHOTS}) AS f WHERE status = 'stored') AS g
        """),  # noqa: S608
        values,
    ).one()
    found = {status: count for status, count, _ in counts}
    return Standing(
        {status: found[status] for status in STATUSES if status in found},
        int(total),
        distinct,
        thumbnails,
        min((moment for *_, moment in counts if moment), default=None),
    )


def reasons(conn: Connection, snapshot_ids: Sequence[str], limit: int = 20) -> list[tuple[str, str, int]]:
    """(status, reason, files) of what is not stored, the commonest first."""
    query = sa.text(f"""
        SELECT status, reason, count(*)
        FROM ({_OF_SNAPSHOTS}) AS f
        WHERE status <> 'stored' AND reason IS NOT NULL
        GROUP BY status, reason
        ORDER BY 3 DESC, 1, 2
        LIMIT :limit
    """)  # noqa: S608
    return [(row[0], row[1], row[2]) for row in conn.execute(query, {"ids": list(snapshot_ids), "limit": limit})]


@dataclass(frozen=True)
class StoredFile:
    """One file in the store, as a table shows it."""

    mime_type: str
    bytes: int
    width: int | None
    height: int | None
    uri: str
    thumbnail_uri: str | None

    @property
    def size(self) -> str | None:
        """Width and height, where they are known."""
        return None if self.width is None else f"{self.width} x {self.height}"


def some_files(conn: Connection, snapshot_ids: Sequence[str], limit: int) -> list[StoredFile]:
    """Some of the stored files, each once, the last fetched first."""
    query = sa.text(f"""
        SELECT mime_type, bytes, width, height, uri, thumbnail_uri
        FROM (SELECT DISTINCT ON (sha256) * FROM ({_OF_SNAPSHOTS}) AS f WHERE status = 'stored' ORDER BY sha256) AS g
        ORDER BY fetched_at DESC, sha256
        LIMIT :limit
    """)  # noqa: S608
    return [StoredFile(*row) for row in conn.execute(query, {"ids": list(snapshot_ids), "limit": limit})]
