"""The rows that are a person's or a post's: counted, and taken out.

Found by the columns' names, so that a table that is added later is looked through as well.
"""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from scrape_assets.posts.identity import NotAProfile, profile_key
from scrape_assets.storage.forgetting.people import Account, Subject
from scrape_assets.storage.schema import forgotten, metadata

_POSTS = "forgetting_posts"

# Whoever has a stable id is known by it alone: a name may have been somebody else's.
_COLLECT = f"""
INSERT INTO {_POSTS}
SELECT platform, post_id
FROM raw_posts
WHERE platform = :platform AND (
    author_id = ANY(:ids)
    OR author_id IS NULL AND (author_key = ANY(:keys) OR author_key IS NULL AND author_handle = ANY(:handles))
)
"""  # noqa: S608
_COLLECT_POST = f"""
INSERT INTO {_POSTS}
SELECT platform, post_id
FROM raw_posts
WHERE platform = :platform AND (post_id = :post_id OR kind = 'repost' AND reposted_from = :post_id)
UNION
SELECT :platform, :post_id
"""  # noqa: S608

# By account: the tables that name somebody otherwise than by a post or as a creator of ours.
_BY_ACCOUNT: dict[str, str] = {
    "seen_authors": "author_id = ANY(:ids) OR author_id = '' AND author_key = ANY(:keys)",
    "seen_feeds": "feed_key = ANY(:keys)",
    "seen_mentions": "profile_key = ANY(:keys)",
    "handle_changes": "platform_user_id = ANY(:ids) OR former_key = ANY(:keys) OR new_key = ANY(:keys)",
    "creator_profiles": "platform_user_id = ANY(:ids) OR profile_key = ANY(:keys)",
    "creator_suggestions": "author_id = ANY(:ids) OR author_key = ANY(:keys)",
}
_OTHERS = "CASE WHEN {0} IS NOT NULL THEN ARRAY(SELECT key FROM unnest({0}) AS key WHERE key <> ALL(:keys)) END"
_CLEAN = {
    "mentions of others": (
        "raw_posts",
        "mentions && CAST(:keys AS text[]) OR tagged && CAST(:keys AS text[])",
        f"mentions = {_OTHERS.format('mentions')}, tagged = {_OTHERS.format('tagged')}",
    ),
    "feeds of others' posts": ("post_sightings", "feed_key = ANY(:keys)", "feed_key = ''"),
}


def collect(conn: Connection, subject: Subject) -> int:
    """Gather the subject's posts in a temporary table of this transaction, which the functions below read.

    Returns:
        How many there are.
    """
    conn.exec_driver_sql(f"DROP TABLE IF EXISTS {_POSTS}")
    conn.exec_driver_sql(f"CREATE TEMPORARY TABLE {_POSTS} (platform text, post_id text) ON COMMIT DROP")
    for account in subject.accounts:
        conn.execute(sa.text(_COLLECT), _names(account))
    if subject.post:
        conn.execute(sa.text(_COLLECT_POST), {"platform": subject.post[0], "post_id": subject.post[1]})
    conn.exec_driver_sql(f"ANALYZE {_POSTS}")
    return int(conn.scalar(sa.text(f"SELECT count(*) FROM {_POSTS}")) or 0)  # noqa: S608


def found(conn: Connection, subject: Subject) -> dict[str, int]:
    """How many rows there are, by table; the tables without any are left out. Changes nothing."""
    counts: dict[str, int] = {}
    for table, condition, values in _conditions(subject):
        count = conn.scalar(sa.text(f"SELECT count(*) FROM {table} WHERE {condition}"), values)  # noqa: S608
        counts[table] = counts.get(table, 0) + int(count or 0)
    for name, account in _cleaned(subject):
        table, condition, _ = _CLEAN[name]
        query = f"SELECT count(*) FROM {table} WHERE platform = :platform AND ({condition})"  # noqa: S608
        counts[name] = counts.get(name, 0) + int(conn.scalar(sa.text(query), _names(account)) or 0)
    for name, rejects in _rejects(conn, subject).items():
        counts[name] = len(rejects)
    return {name: count for name, count in counts.items() if count}


def remove(conn: Connection, subject: Subject) -> dict[str, int]:
    """Take all of it out, in the caller's transaction.

    Returns:
        How many rows, by table.
    """
    counts: dict[str, int] = {}
    for rejects in _rejects(conn, subject).values():
        ours = "DELETE FROM rejected_rows WHERE input_url = ANY(:urls)"
        counts["rejected_rows"] = conn.execute(sa.text(ours), {"urls": rejects}).rowcount
    for name, account in _cleaned(subject):
        table, condition, change = _CLEAN[name]
        statement = f"UPDATE {table} SET {change} WHERE platform = :platform AND ({condition})"  # noqa: S608
        counts[name] = counts.get(name, 0) + conn.execute(sa.text(statement), _names(account)).rowcount
    for table, condition, values in _conditions(subject):
        gone = conn.execute(sa.text(f"DELETE FROM {table} WHERE {condition}"), values).rowcount  # noqa: S608
        counts[table] = counts.get(table, 0) + gone
    return {name: count for name, count in counts.items() if count}


def snapshots_with(conn: Connection, subject: Subject, *, every: bool) -> list[sa.Row[tuple[str]]]:
    """The snapshots whose payloads may hold records of the subject.

    Those that saw one of the posts or answer for the subject, those that were asked for it, those that are not loaded
    yet, and those that were fetched more than once.

    Args:
        conn: in a transaction after `collect`.
        subject: who.
        every: all that have a payload on the subject's platforms.
    """
    query = f"""
        SELECT snapshot_id, source, platform, dataset_id, payload_uri, payload_generation, payload_copy,
               inputs::text AS inputs
        FROM snapshots
        WHERE payload_uri IS NOT NULL AND platform = ANY(:platforms) AND (
            :every OR loaded_at IS NULL OR payload_generation > 1
            OR snapshot_id IN (SELECT snapshot_id FROM post_sightings JOIN {_POSTS} USING (platform, post_id))
            OR snapshot_id IN (SELECT snapshot_id FROM raw_posts JOIN {_POSTS} USING (platform, post_id))
            OR snapshot_id IN (SELECT snapshot_id FROM post_metrics JOIN {_POSTS} USING (platform, post_id))
            OR snapshot_id IN (SELECT snapshot_id FROM rejected_rows WHERE input_url = ANY(:urls))
            OR inputs::text ~* ANY(:patterns)
        )
        ORDER BY created_at, snapshot_id
    """  # noqa: S608
    patterns = [_as_regex(word) for account in subject.accounts for word in account.words]
    urls = [url for rejects in _rejects(conn, subject).values() for url in rejects]
    values = {"every": every, "platforms": subject.platforms, "urls": urls, "patterns": patterns}
    return list(conn.execute(sa.text(query), values))


def copy_removed(conn: Connection, snapshot_id: str, folder: str) -> None:
    """Tell the ledger that the copy of a payload is gone; the move that made it begins anew."""
    conn.execute(
        sa.text("UPDATE snapshots SET payload_copy = NULL WHERE snapshot_id = :id AND payload_copy = :folder"),
        {"id": snapshot_id, "folder": folder},
    )


def payload_rewritten(conn: Connection, snapshot_id: str, uri: str, sha256: str, stored_bytes: int) -> None:
    """Tell the ledger what the payload is now, if it still is the snapshot's."""
    conn.execute(
        sa.text("""
            UPDATE snapshots SET payload_sha256 = :sha256, payload_bytes = :bytes
            WHERE snapshot_id = :snapshot_id AND payload_uri = :uri
              AND (payload_sha256, payload_bytes) IS DISTINCT FROM (:sha256, :bytes)
        """),
        {"snapshot_id": snapshot_id, "uri": uri, "sha256": sha256, "bytes": stored_bytes},
    )


def _conditions(subject: Subject) -> list[tuple[str, str, Mapping[str, object]]]:
    """Table, condition and values, in an order that breaks no foreign key."""
    conditions: list[tuple[str, str, Mapping[str, object]]] = []
    for table in reversed(metadata.sorted_tables):
        columns = table.columns.keys()
        if table is forgotten:
            continue
        if {"platform", "post_id"} <= set(columns):
            conditions.append((table.name, f"(platform, post_id) IN (SELECT * FROM {_POSTS})", {}))  # noqa: S608
        if "creator_id" in columns and subject.creator_id is not None:
            conditions.append((table.name, "creator_id = :creator_id", {"creator_id": subject.creator_id}))
        if table.name in _BY_ACCOUNT:
            theirs = f"platform = :platform AND ({_BY_ACCOUNT[table.name]})"
            conditions += [(table.name, theirs, _names(account)) for account in subject.accounts]
    return conditions


def _cleaned(subject: Subject) -> list[tuple[str, Account]]:
    return [(name, account) for name in _CLEAN for account in subject.accounts]


def _rejects(conn: Connection, subject: Subject) -> dict[str, list[str]]:
    """The addresses of rejected rows that answer for the subject."""
    query = sa.text("""
        SELECT DISTINCT input_url
        FROM rejected_rows JOIN snapshots USING (snapshot_id)
        WHERE platform = :platform AND input_url ~* ANY(:patterns)
    """)
    urls: list[str] = []
    for account in subject.accounts:
        values = {"platform": account.platform, "patterns": [_as_regex(word) for word in account.words]}
        for url in conn.scalars(query, values):
            try:
                theirs = profile_key(account.platform, url).key in account.keys - account.shared
            except NotAProfile:
                theirs = False
            urls += [url] if theirs else []
    return {"rejected_rows": urls}


def _names(account: Account) -> dict[str, object]:
    """A key that others have had too names nobody by itself."""
    return {
        "platform": account.platform,
        "ids": sorted(account.ids),
        "keys": sorted(account.keys - account.shared),
        "handles": sorted(account.handles),
    }


def _as_regex(word: str) -> str:
    """As PostgreSQL understands it; each sign that means something there stands for itself."""
    return "".join(letter if letter.isalnum() else f"\\{letter}" if letter.isascii() else "." for letter in word)
