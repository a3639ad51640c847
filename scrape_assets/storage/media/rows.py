"""The rows of attachments: what is due, what became of each, and how far a snapshot is. One query each."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from scrape_assets.storage.forgetting.facts import SHARE_LOCK
from scrape_assets.storage.schema import media_files, media_snapshots

_columns = media_files.c


@dataclass(frozen=True)
class Wanted:
    """A file to be fetched, once, for all posts that it is attached to."""

    platform: str
    url_key: str
    url: str
    attempts: int
    expires_at: datetime | None
    snapshot_id: str


@dataclass(frozen=True)
class Kept:
    """What is known of a file that is here."""

    sha256: str
    mime_type: str
    bytes: int
    uri: str
    width: int | None = None
    height: int | None = None
    thumbnail_uri: str | None = None
    reason: str | None = None  # a remark, such as why there is no thumbnail


def due_files(conn: Connection, snapshot_ids: Sequence[str], now: datetime, most: int) -> list[Wanted]:
    """The files of these snapshots that wait and may be tried now, those first whose addresses end first."""
    query = sa.text("""
        SELECT * FROM (
            SELECT DISTINCT ON (platform, url_key) platform, url_key, url, attempts, expires_at, snapshot_id
            FROM media_files
            WHERE snapshot_id = ANY(:ids) AND status = 'waiting' AND next_attempt_at <= :now
            ORDER BY platform, url_key, expires_at DESC NULLS FIRST, found_at DESC
        ) AS file
        ORDER BY expires_at NULLS LAST, url_key
        LIMIT :most
    """)
    return [Wanted(*row) for row in conn.execute(query, {"ids": list(snapshot_ids), "now": now, "most": most})]


def hold(conn: Connection, wanted: Wanted) -> bool:
    """Whether anybody still waits for the file; if so it may be kept until the transaction ends: who forgets, waits."""
    conn.exec_driver_sql(SHARE_LOCK)
    query = sa.select(sa.literal(1)).where(*_waiting(wanted)).limit(1).with_for_update()
    return conn.scalar(query) is not None


def stored(conn: Connection, wanted: Wanted, kept: Kept, now: datetime) -> None:
    """The file is here, for every post that waits for it."""
    values = {**asdict(kept), "status": "stored", "fetched_at": now, "next_attempt_at": None}
    conn.execute(sa.update(media_files).where(*_waiting(wanted)).values(attempts=_columns.attempts + 1, **values))


def given_up(conn: Connection, wanted: Wanted, status: str, reason: str) -> None:
    """The file is not to be had: refused, expired or failed."""
    conn.execute(
        sa.update(media_files)
        .where(*_waiting(wanted), _columns.url == wanted.url)
        .values(status=status, reason=reason, attempts=_columns.attempts + 1, next_attempt_at=None)
    )


def put_off(conn: Connection, wanted: Wanted, reason: str, until: datetime, *, counts: bool) -> None:
    """The file is tried again later; `counts`: this attempt counts."""
    conn.execute(
        sa.update(media_files)
        .where(*_waiting(wanted), _columns.url == wanted.url)
        .values(reason=reason, attempts=_columns.attempts + int(counts), next_attempt_at=until)
    )


def note_next(conn: Connection, snapshot_ids: Sequence[str]) -> None:
    """Give snapshots back: when the next file of each is due, and that no run is asked for any more."""
    conn.execute(
        sa.text("""
            UPDATE media_snapshots AS done
            SET requested_until = NULL, lease_owner = NULL, leased_until = NULL, next_attempt_at = (
                SELECT min(next_attempt_at) FROM media_files AS file
                WHERE file.snapshot_id = done.snapshot_id AND status = 'waiting'
            )
            WHERE snapshot_id = ANY(:ids)
        """),
        {"ids": list(snapshot_ids)},
    )


def lease(conn: Connection, snapshot_ids: Sequence[str], owner: str, now: datetime, until: datetime) -> list[str]:
    """Take hold of the media of snapshots; give those that nobody else holds."""
    rows = insert(media_snapshots).values(
        [{"snapshot_id": one, "lease_owner": owner, "leased_until": until} for one in sorted(snapshot_ids)]
    )
    old = media_snapshots.c
    free = sa.or_(old.leased_until.is_(None), old.leased_until <= now, old.lease_owner == owner)
    taken = rows.on_conflict_do_update(
        index_elements=["snapshot_id"],
        set_={"lease_owner": rows.excluded.lease_owner, "leased_until": rows.excluded.leased_until},
        where=free,
    )
    held = set(conn.scalars(taken.returning(old.snapshot_id)))
    return [one for one in snapshot_ids if one in held]


def renew_leases(conn: Connection, owner: str, until: datetime) -> None:
    """Hold on to what this run holds."""
    conn.execute(sa.update(media_snapshots).where(media_snapshots.c.lease_owner == owner).values(leased_until=until))


def owners_at_work(conn: Connection, now: datetime) -> set[str]:
    """Who holds media of snapshots."""
    held = media_snapshots.c
    return set(conn.scalars(sa.select(held.lease_owner).where(held.leased_until > now).distinct()))


def release(conn: Connection, owner: str, now: datetime) -> int:
    """Give back what a run held that has ended without doing so, to be taken again; say how many snapshots."""
    held = media_snapshots.c
    change = sa.update(media_snapshots).where(held.lease_owner == owner)
    back = {"lease_owner": None, "leased_until": None, "requested_until": None, "next_attempt_at": now}
    return conn.execute(change.values(back)).rowcount


def clear_requested(conn: Connection, partition_keys: Sequence[str]) -> int:
    """The run that was asked for these will not come; say how many were waiting for it."""
    query = sa.text("""
        UPDATE media_snapshots AS media SET requested_until = NULL
        FROM snapshots
        WHERE snapshots.snapshot_id = media.snapshot_id AND media.requested_until IS NOT NULL
          AND snapshots.partition_key = ANY(:keys)
    """)
    return conn.execute(query, {"keys": list(partition_keys)}).rowcount


def requested(conn: Connection, snapshot_ids: Sequence[str], until: datetime) -> None:
    """A run is asked for that takes the media of these."""
    rows = insert(media_snapshots).values([{"snapshot_id": one, "requested_until": until} for one in snapshot_ids])
    conn.execute(
        rows.on_conflict_do_update(
            index_elements=["snapshot_id"], set_={"requested_until": rows.excluded.requested_until}
        )
    )


_DUE = """
    SELECT snapshot.snapshot_id, snapshot.partition_key
    FROM snapshots AS snapshot
    LEFT JOIN media_snapshots AS media USING (snapshot_id)
    LEFT JOIN rematched_snapshots AS rematched USING (snapshot_id)
    WHERE snapshot.created_at > :since AND snapshot.platform = ANY(:platforms)
      AND snapshot.matched_at IS NOT NULL AND snapshot.posts_retrieved > 0
      AND (CAST(:keys AS text[]) IS NULL OR snapshot.partition_key = ANY(:keys))
      AND (CAST(:keys AS text[]) IS NOT NULL OR media.requested_until IS NULL OR media.requested_until <= :now)
      AND (media.leased_until IS NULL OR media.leased_until <= :now)
      AND (
          media.planned_at IS NULL
          OR media.planned_at < snapshot.matched_at
          OR media.planned_at < rematched.rematched_at
          OR media.next_attempt_at <= :now
          OR media.lease_owner IS NOT NULL  -- whoever took it never gave it back
      )
    ORDER BY snapshot.created_at, snapshot.snapshot_id
    LIMIT :most
"""


def due_snapshots(
    conn: Connection,
    platforms: Collection[str],
    now: datetime,
    *,
    within: timedelta,
    most: int,
    keys: Sequence[str] | None = None,
) -> list[tuple[str, str]]:
    """Id and partition of snapshots whose media are to be taken, the oldest first.

    Args:
        conn: to look with.
        platforms: on which media are taken.
        now: the time.
        within: younger snapshots than this only; the addresses of older ones have ended.
        most: so many at the most.
        keys: of these partitions, whether a run is asked for or not; None: of all for which none is.
    """
    values = {
        "platforms": list(platforms),
        "now": now,
        "since": now - within,
        "most": most,
        "keys": None if keys is None else list(keys),
    }
    return [(row.snapshot_id, row.partition_key) for row in conn.execute(sa.text(_DUE), values)]


def bytes_since(conn: Connection, moment: datetime) -> int:
    """How many bytes were fetched since; equal files count once."""
    query = sa.text("""
        SELECT coalesce(sum(bytes), 0)
        FROM (SELECT DISTINCT sha256, bytes FROM media_files WHERE fetched_at >= :moment) AS file
    """)
    return int(conn.scalar(query, {"moment": moment}) or 0)


def _waiting(wanted: Wanted) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        _columns.platform == wanted.platform,
        _columns.url_key == wanted.url_key,
        _columns.status == "waiting",
    )
