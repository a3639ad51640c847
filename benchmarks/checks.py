"""How long it takes to judge the tables as a whole with very many posts: each check of `scrape-assets check`.

Run: `python -m benchmarks.checks [--posts 1000000] [--rounds 3]`.

The posts are those of `benchmarks.activity`, spread over 120 days, with two observations and one sighting each, as many
snapshots as a hundred posts make one, and a job for each. The first round reads what no memory holds yet.
"""

import argparse
import dataclasses
import os
import sys
import time
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from benchmarks.activity import NOW, fill
from benchmarks.harness import described, machine, temporary_home
from scrape_assets.flow.context import open_context
from scrape_assets.operations.checking.judging import WHOLE, judge
from scrape_assets.settings import Settings
from scrape_assets.storage.database import connect, ensure_databases, start_embedded
from scrape_assets.storage.migrate import migrate

AT_MOST = 10.0  # seconds, all checks with 1,000,000 posts
SPAN = 120  # days
_FILL = (
    """
    INSERT INTO snapshots (snapshot_id, source, platform, dataset_id, partition_key, collection_date, status, inputs,
                           creator_urls, posts_retrieved, posts_matched, created_at, loaded_at, matched_at,
                           processed_at)
    SELECT 'snapshot-' || n, 'brightdata', (ARRAY['linkedin', 'x', 'youtube'])[1 + n % 3], 'd', 'key-' || n,
           at::date, 'processed', jsonb_build_array(jsonb_build_object('url', repeat('u', 500))), '{}', 100, 80,
           at, at, at, at
    FROM (SELECT n, CAST(:now AS timestamptz) - n * (:span * interval '1 day') / (:posts / 100) AS at
          FROM generate_series(0, :posts / 100) AS n) AS asked
    """,
    """
    INSERT INTO scrape_jobs (target_id, platform, status, snapshot_id, created_at, finished_at)
    SELECT 'creator-1', platform, 'completed', snapshot_id, created_at, processed_at FROM snapshots
    """,
    """
    INSERT INTO creator_profiles (creator_id, platform, profile_url, profile_key, platform_user_id)
    SELECT creator_id, platform, creator_id, 'in/' || creator_id, md5(creator_id)
    FROM creators CROSS JOIN unnest(ARRAY['linkedin', 'x', 'youtube']) AS platform
    """,
    "INSERT INTO post_sightings SELECT platform, post_id, '', snapshot_id FROM raw_posts",
    """
    INSERT INTO post_metrics (platform, post_id, observed_at, like_count, snapshot_id)
    SELECT platform, post_id, collected_at + day * interval '1 day', 7, snapshot_id
    FROM raw_posts CROSS JOIN generate_series(0, 1) AS day
    """,
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    print(described(machine()), flush=True)
    rounds = measure(arguments.posts, arguments.rounds)
    print(f"{arguments.posts:,} posts, seconds, round by round:")
    for name in rounds[0]:
        print(f"  {name:34}{'  '.join(f'{one[name]:7.2f}' for one in rounds)}")
    totals = [sum(one.values()) for one in rounds]
    print(f"  {'all':34}{'  '.join(f'{total:7.2f}' for total in totals)}  (at most {AT_MOST:g})")
    sys.exit(max(totals) > AT_MOST)


def measure(posts: int, rounds: int) -> list[dict[str, float]]:
    """Seconds by check, round by round."""
    with temporary_home("checks") as home:
        address = start_embedded(home)
        ensure_databases(address)
        engine = connect(address)
        migrate(engine)
        fill(engine, posts, SPAN)
        _fill(engine, posts)
        os.environ["SCRAPE_ASSETS_HOME"] = str(home)
        with open_context(Settings.from_environment()) as opened:
            ctx = dataclasses.replace(opened, now=lambda: NOW)
            found = []
            for _ in range(rounds):
                seconds = {}
                for check in WHOLE:
                    began = time.perf_counter()
                    [judged] = judge(ctx, {check: WHOLE[check]})
                    seconds[f"{judged.asset}: {judged.name}"] = time.perf_counter() - began
                    if not judged.verdict.passed:
                        print(f"  {judged.name}: {judged.verdict.says}")
                found.append(seconds)
        engine.dispose()
    return found


def _fill(engine: Engine, posts: int) -> None:
    with engine.begin() as conn:
        for statement in _FILL:
            conn.execute(sa.text(statement), {"posts": posts, "span": SPAN, "now": NOW - timedelta(hours=3)})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(sa.text("VACUUM ANALYZE"))  # as autovacuum does it beside the loading


if __name__ == "__main__":
    main()
