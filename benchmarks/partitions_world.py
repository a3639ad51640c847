"""The world of `partitions`: many posts, and the three ways in which their tables are laid out. Nothing is timed here.

Each layout is a schema of PostgreSQL with the tables that it lays out differently; all other tables it shares with the
others. A connection that looks into the layout's schemas first runs the project's own statements on it, unchanged.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from scrape_assets.storage import load_sql
from scrape_assets.storage.database import DatabaseAddress, connect

MONTHS = 24
PARTS = 16  # of the layout by hash
PEOPLE = 20_000  # all are followed, on each platform
ROWS_AT_ONCE = 250_000
CONTENT_DAYS = 45  # so far back posts are matched: what the activity of a day reads, and more
NOW = datetime.now(UTC)


@dataclass(frozen=True)
class Layout:
    """One way to lay the tables out."""

    name: str
    schemas: tuple[str, ...]  # looked into before the shared tables
    upsert: str = load_sql.UPSERT_POSTS


# The key of a table by month must hold the month, so (platform, post_id) is unique in a table of its own, and a post's
# month is asked of that one. Locked in the order of the keys, as UPSERT_POSTS does it with the posts.
_UPSERT_BY_MONTH = (
    load_sql.UPSERT_POSTS.replace(
        "WITH loaded AS (",
        """WITH keys AS (
    INSERT INTO post_keys AS known (platform, post_id, first_seen_at)
    SELECT DISTINCT platform, post_id, %(now)s::timestamptz FROM loading_posts ORDER BY platform, post_id
    ON CONFLICT (platform, post_id) DO UPDATE SET first_seen_at = known.first_seen_at
    RETURNING platform, post_id, first_seen_at
), loaded AS (""",
    )
    .replace("%(now)s::timestamptz, %(now)s::timestamptz", "keys.first_seen_at, %(now)s::timestamptz")
    .replace("FROM loading_posts\n    ORDER", "FROM loading_posts JOIN keys USING (platform, post_id)\n    ORDER")
    .replace(
        "ON CONFLICT (platform, post_id) DO UPDATE SET\n ",
        "ON CONFLICT (platform, post_id, first_seen_at) DO UPDATE SET\n ",
    )
)

NONE = Layout("none", ("none",))
PLAIN = Layout("plain", ("plain",))
HASHED = Layout("hashed", ("hashed", "metrics_by_month"))
MONTHLY = Layout("monthly", ("monthly", "metrics_by_month"), _UPSERT_BY_MONTH)


@contextmanager
def looking_into(address: DatabaseAddress, layout: Layout) -> Iterator[Engine]:
    """An engine for which the layout's tables are the tables, and a loader that fits them."""
    engine = connect(address)

    @sa.event.listens_for(engine, "connect")
    def _look(driver: Any, _record: Any) -> None:
        driver.execute(f"SET search_path = {', '.join(layout.schemas)}, public")
        driver.commit()

    usual = load_sql.UPSERT_POSTS
    load_sql.UPSERT_POSTS = layout.upsert
    try:
        yield engine
    finally:
        load_sql.UPSERT_POSTS = usual
        engine.dispose()


def months() -> list[datetime]:
    """The first moments of the last 24 months and of the next one."""
    last = NOW.year * 12 + NOW.month  # of the next month, from 0
    return [datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC) for number in range(last - MONTHS, last + 1)]


_NUMBERED = f"""
    SELECT n, (ARRAY['bluesky', 'linkedin', 'reddit', 'x', 'youtube'])[1 + n % 5] AS platform,
           -- Ids that say nothing of the order: the worst case for an index of them.
           (7000000000000000000 + abs(hashint8extended(n, 42) % 500000000000000000))::text AS post_id,
           'person-' || 1 + abs(hashint8extended(n, 1) % {PEOPLE}) AS person,
           CAST(:first_moment AS timestamptz) + n * CAST(:step AS interval) AS posted_at,
           's-' || n / 5000 || '-' || n % 5 AS snapshot_id
    FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS n
"""

_POSTS = f"""
INSERT INTO raw_posts (
    platform, post_id, url, kind, author_key, author_handle, text, posted_at, collected_at, language, mentions,
    like_count, comment_count, view_count, snapshot_id, payload_uri, payload_row, mapping_version, first_seen_at,
    updated_at
)
SELECT platform, post_id, 'https://example.org/' || post_id, CASE n % 10 WHEN 0 THEN 'repost' ELSE 'post' END,
       person, person, 'words that nobody reads ' || md5(n::text), posted_at, posted_at + interval '2 hours',
       (ARRAY['en', 'de', NULL])[1 + n % 3], CASE WHEN n % 10 = 1 THEN ARRAY['person-' || 1 + n % {PEOPLE}] END,
       n % 500, CASE WHEN n % 7 > 0 THEN n % 50 END, CASE WHEN n % 5 > 2 THEN n % 9000 END,
       snapshot_id, 'p/' || snapshot_id, (n % 5000)::int / 5 + 1, 1,
       posted_at + interval '2 hours', posted_at + interval '2 hours'
FROM ({_NUMBERED}) AS numbered
"""

_METRICS = f"""
INSERT INTO post_metrics (platform, post_id, observed_at, like_count, comment_count, view_count, snapshot_id)
SELECT platform, post_id, posted_at + interval '2 hours', n % 500, CASE WHEN n % 7 > 0 THEN n % 50 END,
       CASE WHEN n % 5 > 2 THEN n % 9000 END, snapshot_id
FROM ({_NUMBERED}) AS numbered
"""

_SIGHTINGS = f"""
INSERT INTO public.post_sightings (platform, post_id, feed_key, snapshot_id)
SELECT platform, post_id, person, snapshot_id
FROM ({_NUMBERED}) AS numbered
"""

_KEYS = f"""
INSERT INTO post_keys (platform, post_id, first_seen_at)
SELECT platform, post_id, posted_at + interval '2 hours'
FROM ({_NUMBERED}) AS numbered
"""

_PEOPLE = f"""
INSERT INTO creators (creator_id, name) SELECT 'c-' || n, 'C ' || n FROM generate_series(1, {PEOPLE}) AS n;
INSERT INTO creator_profiles (creator_id, platform, profile_url, profile_key, handle)
SELECT 'c-' || n, platform, 'https://example.org/person-' || n, 'person-' || n, 'person-' || n
FROM generate_series(1, {PEOPLE}) AS n
CROSS JOIN unnest(ARRAY['bluesky', 'linkedin', 'reddit', 'x', 'youtube']) AS platform;
INSERT INTO seen_authors
SELECT platform, profile_key, '', profile_key, '2024-01-01Z', now(), now() FROM creator_profiles;
INSERT INTO creator_content (creator_id, platform, post_id, role, method, confidence, snapshot_id)
SELECT replace(author_key, 'person', 'c'), platform, post_id, CASE kind WHEN 'repost' THEN 'reposter' ELSE 'author' END,
       'handle', 0.999, snapshot_id
FROM raw_posts
WHERE posted_at >= now() - interval '{CONTENT_DAYS} days';
"""


def fill(address: DatabaseAddress, posts: int) -> None:
    """The present layout with its posts, the same tables empty, and all that the layouts share."""
    with looking_into(address, PLAIN) as engine:
        _execute(engine, "CREATE SCHEMA plain", "CREATE SCHEMA none")
        for table in ("raw_posts", "post_metrics", "post_sightings", "rejected_rows"):
            _execute(engine, f"CREATE TABLE none.{table} (LIKE public.{table} INCLUDING ALL)")
        for table in ("raw_posts", "post_metrics"):
            _execute(engine, f"CREATE TABLE plain.{table} (LIKE public.{table} INCLUDING DEFAULTS)")
        sightings = _without_indexes(engine, "post_sightings")
        _insert(engine, posts, _POSTS, _METRICS, _SIGHTINGS)
        _execute(engine, *sightings)
        for table in ("raw_posts", "post_metrics"):
            _index(engine, "plain", table, "platform, post_id" + (", observed_at" if table == "post_metrics" else ""))
        _execute(engine, _PEOPLE)


def lay_out_metrics(address: DatabaseAddress, posts: int) -> None:
    """`post_metrics` by the month of the observation, which its key holds already."""
    with looking_into(address, HASHED) as engine:
        _execute(engine, "CREATE SCHEMA metrics_by_month")
        _by_month(engine, "metrics_by_month", "post_metrics", "observed_at")
        _insert(engine, posts, _METRICS)
        _index(engine, "metrics_by_month", "post_metrics", "platform, post_id, observed_at")


def lay_out_hashed(address: DatabaseAddress, posts: int) -> None:
    """`raw_posts` by the hash of its post's id: the key stays what it is."""
    with looking_into(address, HASHED) as engine:
        _execute(
            engine,
            "CREATE SCHEMA hashed",
            "CREATE TABLE hashed.raw_posts (LIKE public.raw_posts INCLUDING DEFAULTS) PARTITION BY HASH (post_id)",
            *(
                f"CREATE TABLE hashed.raw_posts_{part} PARTITION OF hashed.raw_posts"
                f" FOR VALUES WITH (MODULUS {PARTS}, REMAINDER {part})"
                for part in range(PARTS)
            ),
        )
        _insert(engine, posts, _POSTS)
        _index(engine, "hashed", "raw_posts", "platform, post_id")


def lay_out_monthly(address: DatabaseAddress, posts: int) -> None:
    """`raw_posts` by the month in which a post was first seen, which never changes; a table of keys beside it."""
    with looking_into(address, MONTHLY) as engine:
        _execute(
            engine,
            "CREATE SCHEMA monthly",
            "CREATE TABLE monthly.post_keys (platform text NOT NULL, post_id text NOT NULL, first_seen_at timestamptz"
            " NOT NULL)",
        )
        _by_month(engine, "monthly", "raw_posts", "first_seen_at")
        _insert(engine, posts, _POSTS, _KEYS)
        _execute(engine, "ALTER TABLE monthly.post_keys ADD PRIMARY KEY (platform, post_id)")
        _index(engine, "monthly", "raw_posts", "platform, post_id, first_seen_at")


def vacuum(engine: Engine, *tables: str) -> None:
    """As autovacuum does it beside the loading; and nobody pays for what was written before."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        for table in tables:
            conn.exec_driver_sql(f"VACUUM (ANALYZE) {table}")
        conn.exec_driver_sql("CHECKPOINT")


def _by_month(engine: Engine, schema: str, table: str, moment: str) -> None:
    begins = months()
    _execute(
        engine,
        f"CREATE TABLE {schema}.{table} (LIKE public.{table} INCLUDING DEFAULTS) PARTITION BY RANGE ({moment})",
        *(
            f"CREATE TABLE {schema}.{table}_{begin:%Y_%m} PARTITION OF {schema}.{table}"
            f" FOR VALUES FROM ('{begin}') TO ('{end}')"
            for begin, end in itertools.pairwise(begins)
        ),
        f"CREATE TABLE {schema}.{table}_other PARTITION OF {schema}.{table} DEFAULT",
    )


def _without_indexes(engine: Engine, table: str) -> list[str]:
    """Drop the indexes of a shared table; what makes them again."""
    with engine.begin() as conn:
        found = conn.exec_driver_sql(
            f"SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = '{table}'"
        ).all()
        for name, _ in found:
            conn.exec_driver_sql(f"DROP INDEX public.{name}")
    return [definition for _, definition in found]


def _index(engine: Engine, schema: str, table: str, key: str) -> None:
    """The key, and every other index that the table of today has."""
    with engine.connect() as conn:
        query = (
            "SELECT pg_get_indexdef(indexrelid) FROM pg_index"
            f" WHERE indrelid = 'public.{table}'::regclass AND NOT indisunique"
        )
        definitions = [str(found) for found in conn.exec_driver_sql(query).scalars()]
    _execute(
        engine,
        f"ALTER TABLE {schema}.{table} ADD PRIMARY KEY ({key})",
        *(definition.replace(f" ON public.{table} ", f" ON {schema}.{table} ") for definition in definitions),
    )


def _insert(engine: Engine, posts: int, *statements: str) -> None:
    """The rows, from two connections at once: the server inserts with one core each."""
    begin = months()[0]
    step = (NOW - begin) / posts

    def work(first: int) -> None:
        last = min(first + ROWS_AT_ONCE, posts) - 1
        with engine.begin() as conn:
            for statement in statements:
                conn.execute(sa.text(statement), {"first": first, "last": last, "first_moment": begin, "step": step})

    with ThreadPoolExecutor(2) as workers:
        list(workers.map(work, range(0, posts, ROWS_AT_ONCE)))


def _execute(engine: Engine, *statements: str) -> None:
    with engine.begin() as conn:
        conn.exec_driver_sql("SET LOCAL maintenance_work_mem = '1GB'")
        for statement in statements:
            conn.exec_driver_sql(statement)
