"""The files of posts that are forgotten: those that nobody else's post has go with them, thumbnails and all."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from scrape_assets.storage.media.store import is_there, remove

FILES = "files of media"

# `forgetting_posts` is the temporary table of storage/forgetting/rows.py: the posts that go.
_ONLY_THEIRS = sa.text("""
    SELECT file.url_key, file.uri, file.thumbnail_uri,
           file.sha256 IS NOT NULL AND NOT EXISTS (
               SELECT FROM media_files AS other
               WHERE other.sha256 = file.sha256
                 AND (other.platform, other.post_id) NOT IN (SELECT platform, post_id FROM forgetting_posts)
           ) AS goes
    FROM media_files AS file
    WHERE (file.platform, file.post_id) IN (SELECT platform, post_id FROM forgetting_posts)
""")


@dataclass(frozen=True)
class Theirs:
    """What lies in the store for the posts that go, and for no other."""

    files: frozenset[str] = frozenset()  # addresses, of thumbnails as well
    coming: frozenset[str] = frozenset()  # keys under which a file may lie half fetched

    def remove(self) -> None:
        """Remove the files; some may be gone already."""
        for uri in sorted(self.files):
            remove(uri)

    def left(self) -> int:
        """How many are still there."""
        return sum(is_there(uri) for uri in self.files)


def theirs(conn: Connection) -> Theirs:
    """The files that go, in a transaction after `rows.collect` and before `rows.remove`."""
    found = conn.execute(_ONLY_THEIRS).all()
    files = {uri for row in found if row.goes for uri in (row.uri, row.thumbnail_uri) if uri}
    return Theirs(frozenset(files), frozenset(row.url_key for row in found))
