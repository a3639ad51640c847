"""What lies in the tables as a whole. Every question is bounded: by days through an index, or by a sample of pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from scrape_assets.storage.quality.delivered import FOR_CREATORS
from scrape_assets.storage.quality.rows import Rows


@dataclass(frozen=True)
class Collected:
    """What a source brought for a platform of late."""

    platform: str
    source: str
    newest: datetime  # processed
    newest_with_posts: datetime | None
    days: tuple[date, ...]  # on which anything of it was processed, in order


def collected(conn: Connection, since: datetime) -> list[Collected]:
    """By platform and source, the snapshots asked for since then and processed. By the index on `created_at`."""
    query = sa.text(
        """
        SELECT platform, source, max(processed_at) AS newest,
               max(processed_at) FILTER (WHERE posts_retrieved > 0) AS newest_with_posts,
               array_agg(DISTINCT (processed_at AT TIME ZONE 'utc')::date) AS days
        FROM snapshots
        WHERE created_at > :since AND processed_at IS NOT NULL
        GROUP BY platform, source
        ORDER BY platform, source
        """
    )
    return [
        Collected(row.platform, row.source, row.newest, row.newest_with_posts, tuple(sorted(row.days)))
        for row in conn.execute(query, {"since": since})
    ]


def was_asked_for(conn: Connection, platform: str, before: datetime) -> bool:
    """Whether a job for a platform, not called off, is older than that and was never served. Stops at the first."""
    query = sa.text(
        """
        SELECT EXISTS (SELECT FROM scrape_jobs
                       WHERE platform = :platform AND status IN ('pending', 'processing', 'failed', 'dead')
                         AND created_at < :before)
        """
    )
    return bool(conn.execute(query, {"platform": platform, "before": before}).scalar_one())


def unserved_jobs(platform: str, since: datetime) -> Rows:
    """What was asked of a platform since then and has not come."""
    return Rows(
        """SELECT job_id, target_id, status, attempts, next_attempt_at, error_class, error, created_at
           FROM scrape_jobs
           WHERE platform = :platform AND created_at > :since
             AND status IN ('pending', 'processing', 'failed', 'dead')
           ORDER BY created_at""",
        {"platform": platform, "since": since},
    )


def empty_since_posts(source: str, platform: str) -> Rows:
    """The collections of a source and platform that brought nothing since the last one that did."""
    return Rows(
        """SELECT snapshot_id, created_at, jsonb_array_length(inputs) AS inputs, vendor_records, payload_uri
           FROM snapshots
           WHERE source = :source AND platform = :platform AND processed_at IS NOT NULL AND posts_retrieved = 0
             AND created_at > (SELECT created_at FROM snapshots
                               WHERE source = :source AND platform = :platform AND processed_at IS NOT NULL
                                 AND posts_retrieved > 0 ORDER BY created_at DESC LIMIT 1)
           ORDER BY created_at DESC""",
        {"source": source, "platform": platform},
    )


def one_address_two_ids(since: datetime) -> Rows:
    """Posts written since then whose address, but for scheme, `www.` and a last slash, stands under two ids.

    By the index on `posted_at`; counted by hash first, which takes a third of the time and little memory.
    """
    return Rows(
        f"""SELECT platform, {_ADDRESS} AS address, count(*) AS posts,
                   array_agg(post_id ORDER BY first_seen_at, post_id) AS post_ids
            FROM raw_posts
            WHERE posted_at > :since AND url IS NOT NULL AND (platform, hashtextextended({_ADDRESS}, 0)) IN (
                SELECT platform, hashtextextended({_ADDRESS}, 0)
                FROM raw_posts WHERE posted_at > :since AND url IS NOT NULL
                GROUP BY 1, 2 HAVING count(*) > 1)
            GROUP BY 1, 2 HAVING count(*) > 1
            ORDER BY 3 DESC, 1, 2""",  # noqa: S608
        {"since": since},
    )


_ADDRESS = """rtrim(CASE WHEN left(url, 12) = 'https://www.' THEN substr(url, 13)
                 WHEN left(url, 11) = 'http://www.' THEN substr(url, 12)
                 WHEN left(url, 8) = 'https://' THEN substr(url, 9)
                 WHEN left(url, 7) = 'http://' THEN substr(url, 8) ELSE url END, '/')"""


def profiles_of_two() -> Rows:
    """Two creators who hold one profile, or one account of a platform, at the same time."""
    return Rows(
        f"""SELECT one.platform, one.profile_key AS claimed, one.creator_id, other.creator_id AS and_by,
                   {_SINCE} AS since, one.profile_id, other.profile_id AS other_profile_id
            FROM creator_profiles AS one JOIN creator_profiles AS other
              ON other.platform = one.platform AND other.profile_key = one.profile_key AND {_AT_ONCE}
            UNION
            SELECT one.platform, one.platform_user_id, one.creator_id, other.creator_id, {_SINCE},
                   one.profile_id, other.profile_id
            FROM creator_profiles AS one JOIN creator_profiles AS other
              ON other.platform = one.platform AND other.platform_user_id = one.platform_user_id AND {_AT_ONCE}
            ORDER BY 1, 2""",  # noqa: S608
        {},
    )


_SINCE = "greatest(one.valid_from, other.valid_from)"
_AT_ONCE = """one.profile_id < other.profile_id AND one.creator_id <> other.creator_id
              AND coalesce(one.valid_from, '-infinity') < coalesce(other.valid_to, 'infinity')
              AND coalesce(other.valid_from, '-infinity') < coalesce(one.valid_to, 'infinity')"""

_POST = """NOT EXISTS (
    SELECT FROM raw_posts AS post WHERE post.platform = child.platform AND post.post_id = child.post_id)"""
_PARENTS = {  # table: (what its rows need, and when it is missing)
    "creator_content": ("post", _POST),
    "event_posts": ("post", _POST),
    "post_metrics": ("post", _POST),
    "post_sightings": ("post", _POST),
    # A snapshot that is no longer kept left its posts behind; it did not leave younger ones.
    "raw_posts": (
        "snapshot",
        """child.collected_at >= :kept_since AND NOT EXISTS (
    SELECT FROM snapshots AS parent WHERE parent.snapshot_id = child.snapshot_id)""",
    ),
}


def orphans(conn: Connection, rows_of_each: int, seed: int, kept_since: datetime) -> Rows:
    """Rows whose post or snapshot is not there, of a sample of each table's pages; small tables are read whole.

    Args:
        conn: to ask how large the tables are; nothing is counted for it.
        rows_of_each: about so many rows of each table are looked at.
        seed: the same looks at the same pages, so that the statement finds the same rows for whoever pastes it.
        kept_since: snapshots older than that need not be there any more.
    """
    sizes = sa.text("SELECT relname, reltuples FROM pg_class WHERE oid = ANY(CAST(:tables AS regclass[]))")
    known: dict[str, float] = {row.relname: row.reltuples for row in conn.execute(sizes, {"tables": list(_PARENTS)})}
    parts: list[str] = []
    for table, (parent, missing) in _PARENTS.items():
        share = min(100.0, 100.0 * rows_of_each / known[table]) if known.get(table, 0) > 0 else 100.0
        # A number of ours, and each its own: a name in the statement would say less to whoever reads it.
        sampled = f"{table} AS child TABLESAMPLE SYSTEM ({share:.6f}) REPEATABLE (:seed)"
        parts.append(
            f"""SELECT '{table}' AS table_name, child.platform, child.post_id, child.snapshot_id, '{parent}' AS lacks
                FROM {sampled} WHERE {missing}"""  # noqa: S608
        )
    return Rows("\nUNION ALL\n".join(parts), {"seed": seed, "kept_since": kept_since})


@dataclass(frozen=True)
class Kept:
    """A snapshot whose payload should be in the archive."""

    snapshot_id: str
    platform: str
    payload_uri: str
    vendor_keeps_until: datetime | None


def is_still_at(conn: Connection, one: Kept) -> bool:
    """Whether the snapshot's payload is still said to lie there."""
    query = sa.text("SELECT EXISTS (SELECT FROM snapshots WHERE snapshot_id = :snapshot_id AND payload_uri = :uri)")
    return bool(conn.scalar(query, {"snapshot_id": one.snapshot_id, "uri": one.payload_uri}))


def kept_payloads(conn: Connection, newest: int, any_others: int, seed: int) -> list[Kept]:
    """Some snapshots with a payload: the newest, and others of any age (a sample of pages)."""
    query = sa.text(
        """
        SELECT snapshot_id, platform, payload_uri, expires_at
        FROM (SELECT * FROM snapshots WHERE payload_uri IS NOT NULL ORDER BY created_at DESC LIMIT :newest) AS newest
        UNION
        SELECT snapshot_id, platform, payload_uri, expires_at
        FROM (SELECT * FROM snapshots TABLESAMPLE SYSTEM (20) REPEATABLE (:seed) WHERE payload_uri IS NOT NULL
              LIMIT :any_others) AS others
        ORDER BY 1
        """
    )
    given = {"newest": newest, "any_others": any_others, "seed": seed}
    return [Kept(*row) for row in conn.execute(query, given)]


def snapshots_named(snapshot_ids: list[str]) -> Rows:
    """Snapshots by their ids."""
    return Rows(
        """SELECT snapshot_id, platform, status, payload_uri, processed_at, expires_at
           FROM snapshots WHERE snapshot_id = ANY(:ids) ORDER BY snapshot_id""",
        {"ids": snapshot_ids},
    )


def latest_matched(conn: Connection, now: datetime, *, days: int, each: int) -> list[str]:
    """The newest matched snapshots of each platform that brought posts for creators."""
    query = sa.text(
        f"""
        SELECT snapshot_id
        FROM (SELECT s.snapshot_id, row_number() OVER (PARTITION BY s.platform ORDER BY s.created_at DESC) AS place
              FROM snapshots AS s
              WHERE s.created_at > :since AND s.matched_at IS NOT NULL AND s.posts_retrieved > 0
                AND {FOR_CREATORS}) AS latest
        WHERE place <= :each ORDER BY snapshot_id
        """  # noqa: S608
    )
    return list(conn.execute(query, {"since": now - timedelta(days=days), "each": each}).scalars())
