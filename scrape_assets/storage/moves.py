"""Posts and rejected rows that name a payload follow it when it moves, and the lock by which payloads stay in place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.engine import Engine

# Whoever moves payloads shares it for one of them at a time; who searches through many takes it alone.
_LOCK = "hashtext('scrape_assets.payloads_move'), 0"
_TRY_TO_MOVE = f"SELECT pg_try_advisory_xact_lock_shared({_LOCK})"
_STAY = f"SELECT pg_advisory_xact_lock({_LOCK})"

_MOVED = "payload_uri = CAST(:new AS text) || substr(payload_uri, length(CAST(:old AS text)) + 1)"
_THERE = "starts_with(payload_uri, CAST(:old AS text) || '/')"
_OF_SNAPSHOT = "SELECT platform, post_id FROM post_sightings WHERE snapshot_id = :snapshot_id"
# In the order in which a load takes them, so that neither waits for the other in a circle.
_HOLD_POSTS = f"""
SELECT FROM raw_posts WHERE (platform, post_id) IN ({_OF_SNAPSHOT}) AND {_THERE}
ORDER BY platform COLLATE "C", post_id COLLATE "C"
FOR NO KEY UPDATE
"""
_POSTS = f"UPDATE raw_posts SET {_MOVED} WHERE (platform, post_id) IN ({_OF_SNAPSHOT}) AND {_THERE}"  # noqa: S608
_REJECTED = f"UPDATE rejected_rows SET {_MOVED} WHERE snapshot_id = :snapshot_id AND {_THERE}"  # noqa: S608


def may_move(conn: Connection) -> bool:
    """Whether payloads may be moved until this transaction ends; not while somebody searches through them."""
    return bool(conn.exec_driver_sql(_TRY_TO_MOVE).scalar())


@contextmanager
def payloads_stay(engine: Engine) -> Iterator[None]:
    """Let no payload be moved meanwhile; waits for the ones that are just being moved."""
    with engine.begin() as conn:
        conn.exec_driver_sql(_STAY)
        yield


def point_to(conn: Connection, snapshot_id: str, old: str, new: str) -> None:
    """Let what came of a snapshot's payload name its new folder, in the caller's transaction."""
    values = {"snapshot_id": snapshot_id, "old": old, "new": new}
    conn.execute(sa.text(_HOLD_POSTS), values)
    conn.execute(sa.text(_POSTS), values)
    conn.execute(sa.text(_REJECTED), values)
