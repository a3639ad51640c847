"""Posts by the million that are there before anything is loaded, with their counts and sightings. Nobody wrote them.

Their texts are short, to spare the disk: what is loaded lies behind them, and only their indexes are met.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from benchmarks.invented_posts import DAYS, NEWEST

TABLES = ("raw_posts", "post_metrics", "post_sightings")
POSTS_A_SNAPSHOT = 2_000
POSTS_AN_AUTHOR = 100
AT_ONCE = 500_000  # posts in a transaction

# Ids as the platform gives them, with the time in front, of posts spread over the same days as those to be loaded; in
# no order, as old and new feeds come. No two are equal, and none is one of those to be loaded: the last digits differ.
_NUMBERED = """
    SELECT n, 'linkedin' AS platform, posted_at, 'in/person-' || n / :each AS author_key,
           'person-' || n / :each AS handle,
           (((extract(epoch FROM posted_at) * 1000)::bigint << 22) | (1048576 + n % 1048576))::text AS post_id
    FROM (
        SELECT n, CAST(:newest AS timestamptz) - (hashtextextended(n::text, 0) & 1099511627775) / 1099511627776.0
                  * (:days * interval '1 day') AS posted_at
        FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS n
    ) AS spread
"""
_ROWS = {
    "raw_posts": f"""
        INSERT INTO raw_posts (
            platform, post_id, url, kind, author_key, author_handle, author_name, author_url, text, posted_at,
            collected_at, hashtags, media, like_count, comment_count, snapshot_id, payload_uri, payload_row,
            mapping_version
        )
        SELECT platform, post_id, 'https://www.linkedin.com/feed/update/urn:li:activity:' || post_id, 'post',
               author_key, handle, 'Person ' || n / :each, 'https://www.linkedin.com/' || author_key,
               repeat(md5(n::text) || ' ', 3), posted_at, posted_at + interval '1 day', '{{writing,teams}}',
               '[{{"type": "image", "url": "https://media.example.com/image/1"}}]', n % 400, n % 60,
               'snapshot-' || n / :snapshot, 'payloads/snapshot-' || n / :snapshot, 1 + n % :snapshot, 1
        FROM ({_NUMBERED}) AS numbered
    """,
    "post_metrics": f"""
        INSERT INTO post_metrics (platform, post_id, observed_at, like_count, comment_count, snapshot_id)
        SELECT platform, post_id, posted_at + interval '1 day', n % 400, n % 60, 'snapshot-' || n / :snapshot
        FROM ({_NUMBERED}) AS numbered
    """,
    "post_sightings": f"""
        INSERT INTO post_sightings (platform, post_id, feed_key, snapshot_id)
        SELECT platform, post_id, author_key, 'snapshot-' || n / :snapshot FROM ({_NUMBERED}) AS numbered
    """,
}


def crowd(engine: Engine, there: int, wanted: int, say: Callable[[str], object] = lambda _: None) -> None:
    """Make so many posts of those that are there.

    Args:
        engine: of the database.
        there: how many posts this function has made already.
        wanted: how many there are to be.
        say: is told how far it is.
    """
    with engine.begin() as conn:
        indexes = _without_indexes(conn) if wanted >= 4 * max(there, 1) else []
    values = {
        "newest": NEWEST,
        "days": DAYS,
        "each": POSTS_AN_AUTHOR,
        "snapshot": POSTS_A_SNAPSHOT,
    }
    with ThreadPoolExecutor(len(TABLES)) as pool:
        list(pool.map(partial(_fill, engine, there, wanted, values, say), TABLES))
    for statement in indexes:
        with engine.begin() as conn:
            conn.execute(sa.text("SET LOCAL maintenance_work_mem = '1GB'"))
            conn.execute(sa.text(statement))
        say(statement.partition("(")[0])
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(sa.text(f"VACUUM ANALYZE {', '.join(TABLES)}"))  # as autovacuum has done it by then
        conn.execute(sa.text("CHECKPOINT"))


def _fill(
    engine: Engine, there: int, wanted: int, values: dict[str, object], say: Callable[[str], object], table: str
) -> None:
    for first in range(there, wanted, AT_ONCE):
        span = {"first": first, "last": min(first + AT_ONCE, wanted) - 1}
        with engine.begin() as conn:
            conn.execute(sa.text("SET LOCAL synchronous_commit = off"))
            conn.execute(sa.text(_ROWS[table]), values | span)
        say(f"{table}: {span['last'] + 1:,}")


def _without_indexes(conn: Connection) -> list[str]:
    """Take the indexes away, which are made faster afterwards; the statements that make them again."""
    again = []
    for table in TABLES:
        keys = sa.text(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conrelid = CAST(:table AS regclass) AND contype = 'p'"
        )
        for name, definition in conn.execute(keys, {"table": table}).all():
            conn.execute(sa.text(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"'))
            again.append(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
        others = sa.text("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = :table")
        for name, definition in conn.execute(others, {"table": table}).all():
            conn.execute(sa.text(f'DROP INDEX "{name}"'))
            again.append(definition)
    return again
