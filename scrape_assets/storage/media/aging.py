"""Files that have been kept for long enough, or whose posts have: rows, and the bytes when nobody else has them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from scrape_assets.storage.forgetting.facts import TRY_LOCK
from scrape_assets.storage.media.store import remove
from scrape_assets.storage.retention import IN_NO_PAYLOAD, Amount

FILES_AT_ONCE = 200

_OLD = f"""
    file.status NOT IN ('waiting') AND coalesce(file.fetched_at, file.found_at) < CAST(:files AS timestamptz)
    OR EXISTS (
        SELECT FROM raw_posts AS kept
        WHERE kept.platform = file.platform AND kept.post_id = file.post_id
          AND kept.collected_at < CAST(:posts AS timestamptz) AND {IN_NO_PAYLOAD}
    )
"""
_COUNT = sa.text(f"SELECT count(*), coalesce(sum(bytes), 0) FROM media_files AS file WHERE {_OLD}")  # noqa: S608
_REMOVE = sa.text(f"""
DELETE FROM media_files AS file
WHERE ctid = ANY(ARRAY(SELECT ctid FROM media_files AS file WHERE {_OLD} LIMIT :most FOR UPDATE SKIP LOCKED))
RETURNING sha256, uri, thumbnail_uri, bytes
""")  # noqa: S608
_HAD_BY_OTHERS = sa.text("SELECT DISTINCT sha256 FROM media_files WHERE sha256 = ANY(:hashes)")
_OLDEST = sa.text("SELECT min(fetched_at) FROM media_files WHERE fetched_at IS NOT NULL")


@dataclass(frozen=True)
class Age:
    """What is too old: files fetched before the one moment, and those of posts not seen since the other."""

    files: datetime | None
    posts: datetime | None


def old_files(conn: Connection, age: Age) -> Amount:
    """How many there are, and their bytes; a file of several posts counts for each."""
    count, size = conn.execute(_COUNT, {"files": age.files, "posts": age.posts}).one()
    return Amount(int(count), int(size))


def oldest_file(conn: Connection) -> datetime | None:
    """When the oldest file that is here was fetched."""
    found: datetime | None = conn.scalar(_OLDEST)
    return found


def remove_some(conn: Connection, age: Age) -> Amount | None:
    """Remove some rows and whatever files only they have, in the caller's transaction.

    Returns:
        How many; None when something is being loaded or fetched just now: another time.
    """
    if not conn.scalar(sa.text(TRY_LOCK)):
        return None
    rows = conn.execute(_REMOVE, {"files": age.files, "posts": age.posts, "most": FILES_AT_ONCE}).all()
    hashes = {row.sha256 for row in rows if row.sha256}
    theirs_too = set(conn.scalars(_HAD_BY_OTHERS, {"hashes": sorted(hashes)})) if hashes else set()
    freed = {row.sha256: row for row in rows if row.sha256 in hashes - theirs_too}
    for row in freed.values():
        for uri in filter(None, (row.uri, row.thumbnail_uri)):
            remove(uri)
    return Amount(len(rows), sum(row.bytes or 0 for row in freed.values()))
