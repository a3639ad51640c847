"""How long it takes to match one creator again over many millions of posts, and by which plan the posts are found.

Run: `python -m benchmarks.rematch [--posts 10000000] [--home FOLDER] [--json]`. The posts are made by SQL in an
embedded database of its own; `--home` keeps it, and finds it again. 1,000 other creators are followed; every fiftieth
post is of a person of its own. The creator in question wrote one post in 10,000.
"""

import argparse
import json
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from benchmarks.harness import temporary_home
from scrape_assets.storage.database import connect, ensure_databases, start_embedded
from scrape_assets.storage.matching import posts_sql
from scrape_assets.storage.matching.creators import rematch_creators
from scrape_assets.storage.matching.workplace import create_workplace
from scrape_assets.storage.migrate import migrate

AT_MOST_SECONDS = 10.0
CREATORS = 1_000
POSTS_A_SNAPSHOT = 2_000
ROUNDS = 3
NOW = datetime(2026, 11, 20, tzinfo=UTC)

# One post in ten thousand is the creator's, a tenth as many mention them; nobody else has anything to do with them.
POSTS = """
INSERT INTO raw_posts (platform, post_id, kind, author_key, author_handle, author_id, text, posted_at, collected_at,
                       mentions, snapshot_id, payload_uri, payload_row, mapping_version)
SELECT 'x', 'p' || n, CASE n %% 10 WHEN 0 THEN 'repost' ELSE 'post' END,
       handle, handle, 'id-' || handle, repeat('words that nobody reads ', 8),
       timestamptz '2025-11-01Z' + n * interval '3 seconds', timestamptz '2025-11-02Z' + n * interval '3 seconds',
       CASE WHEN n %% 100000 = 7 THEN ARRAY['the-one']
            WHEN n %% 5 = 0 THEN ARRAY['person' || (n * 7919) %% {people}] END,
       's' || n / {each}, 'file:///nowhere', (n %% {each})::int + 1, 1
FROM (
    SELECT n, CASE WHEN n %% 10000 = 3 THEN 'the-one' ELSE 'person' || (n * 104729) %% {people} END AS handle
    FROM generate_series({first}::bigint, {last}::bigint) AS n
) AS numbered;

INSERT INTO post_sightings (platform, post_id, feed_key, snapshot_id)
SELECT 'x', 'p' || n, CASE WHEN n %% 20000 IN (3, 4) THEN 'the-one' ELSE 'person' || (n * 104729) %% {people} END,
       's' || n / {each}
FROM generate_series({first}::bigint, {last}::bigint) AS n;
"""

REMEMBERED = """
INSERT INTO seen_authors
SELECT platform, author_key, author_id, author_handle, min(collected_at), max(collected_at), max(posted_at)
FROM raw_posts GROUP BY 1, 2, 3, 4;
INSERT INTO seen_feeds SELECT DISTINCT platform, feed_key, snapshot_id FROM post_sightings;
INSERT INTO seen_mentions SELECT DISTINCT platform, key, post_id FROM raw_posts CROSS JOIN unnest(mentions) AS key;
INSERT INTO creators (creator_id, name) SELECT 'c' || n, 'C' || n FROM generate_series(1, {creators}) AS n;
INSERT INTO creator_profiles (creator_id, platform, profile_url, profile_key, handle)
SELECT 'c' || n, 'x', 'https://x.com/person' || n, 'person' || n, 'person' || n
FROM generate_series(1, {creators}) AS n;
"""


@dataclass(frozen=True)
class Result:
    """What was measured."""

    posts: int
    concerned: int
    added_seconds: float  # the first time: every match is written
    again_seconds: float  # median of further times: nothing is
    removed_seconds: float  # the profile is taken away
    plan: list[str]
    other_plans_scan: list[str]  # tables of posts that are read as a whole; there must be none

    @property
    def worst_seconds(self) -> float:
        """The slowest of all."""
        return max(self.added_seconds, self.again_seconds, self.removed_seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=10_000_000)
    parser.add_argument("--home", type=Path, help="a folder that is kept; default: one that goes afterwards")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    result = measure(arguments.posts, arguments.home)
    if arguments.json:
        print(json.dumps(asdict(result)))
        return
    print("\n".join(result.plan))
    print(f"{result.posts:,} posts, {result.concerned:,} concern the creator")
    print(f"added:   {result.added_seconds:6.2f} s (at most {AT_MOST_SECONDS:g})")
    print(f"again:   {result.again_seconds:6.2f} s")
    print(f"removed: {result.removed_seconds:6.2f} s")
    print(f"tables of posts read as a whole: {', '.join(result.other_plans_scan) or 'none'}")


def measure(posts: int, home: Path | None = None) -> Result:
    """Make the posts, unless they are there, and match the one creator again."""
    with _engine(home) as engine:
        with engine.connect() as conn:
            there = conn.execute(sa.text("SELECT count(*) FROM raw_posts")).scalar_one()
        if there != posts:
            _fill(engine, posts)
        _forget(engine)
        with engine.begin() as conn:
            conn.execute(
                sa.text(
                    "INSERT INTO creator_profiles (creator_id, platform, profile_url, profile_key, handle)"
                    " VALUES ('the-one', 'x', 'https://x.com/the-one', 'the-one', 'the-one')"
                )
            )
        plan = _plan(engine)
        before = _whole_reads(engine)
        added, concerned = _rematch(engine)
        again = statistics.median(_rematch(engine)[0] for _ in range(ROUNDS))
        with engine.begin() as conn:
            conn.execute(sa.text("DELETE FROM creator_profiles WHERE creator_id = 'the-one'"))
        removed, _ = _rematch(engine)
        read = [table for table, scans in _whole_reads(engine).items() if scans > before[table]]
    return Result(posts, concerned, added, again, removed, plan, read)


@contextmanager
def _engine(home: Path | None) -> Iterator[Engine]:
    if home:
        home.mkdir(parents=True, exist_ok=True)
        yield _opened(home)
    else:
        with temporary_home("rematch") as folder:
            yield _opened(folder)


def _opened(home: Path) -> Engine:
    address = start_embedded(home)
    ensure_databases(address)
    engine = connect(address)
    migrate(engine)
    return engine


def _fill(engine: Engine, posts: int) -> None:
    people = max(CREATORS, posts // 50)
    with engine.begin() as conn:
        conn.execute(sa.text("TRUNCATE raw_posts, post_sightings, seen_authors, seen_feeds, seen_mentions"))
        conn.execute(sa.text("TRUNCATE creators CASCADE"))
    for first in range(0, posts, 500_000):
        last = min(first + 500_000, posts) - 1
        with engine.begin() as conn:
            conn.exec_driver_sql(POSTS.format(first=first, last=last, people=people, each=POSTS_A_SNAPSHOT))
    with engine.begin() as conn:
        conn.exec_driver_sql(REMEMBERED.format(creators=CREATORS))
        conn.execute(sa.text("INSERT INTO creators (creator_id, name) VALUES ('the-one', 'The One')"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(sa.text("VACUUM (ANALYZE)"))


def _forget(engine: Engine) -> None:
    """As if the one creator had never been followed."""
    with engine.begin() as conn:
        for table in ("creator_content", "creator_profiles", "rematch_requests"):
            conn.execute(sa.text(f"DELETE FROM {table} WHERE creator_id = 'the-one'"))


def _rematch(engine: Engine) -> tuple[float, int]:
    started = time.perf_counter()
    with engine.begin() as conn:
        report = rematch_creators(conn, ["the-one"], NOW)
    return time.perf_counter() - started, report.posts


def _plan(engine: Engine) -> list[str]:
    """How the posts are found, as the server does it."""
    with engine.connect() as conn:
        create_workplace(conn)
        conn.execute(posts_sql.BY_INDEX)
        statement = sa.text(f"EXPLAIN (ANALYZE, COSTS OFF, BUFFERS OFF) {posts_sql.FIND_POSTS_OF_CREATORS.text}")
        rows = conn.execute(statement, {"creator_ids": ["the-one"], "platforms": ["x"]}).scalars().all()
        conn.rollback()
    return [str(row) for row in rows]


def _whole_reads(engine: Engine) -> dict[str, int]:
    with engine.connect() as conn:
        return _scans(conn)


def _scans(conn: Connection) -> dict[str, int]:
    time.sleep(1.5)  # the server counts once a second
    query = (
        "SELECT relname, seq_scan FROM pg_stat_user_tables WHERE relname IN ('raw_posts', 'post_sightings',"
        " 'seen_authors', 'seen_feeds', 'seen_mentions')"
    )
    return {str(table): int(scans) for table, scans in conn.execute(sa.text(query))}


if __name__ == "__main__":
    main()
