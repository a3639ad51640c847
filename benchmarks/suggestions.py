"""How often a suggestion is right, how much of what there is is suggested, and what a refresh costs.

Run: `python -m benchmarks.suggestions [--creators 10000] [--authors 100000] [--seed 1] [--json]`. Invented people whose
truth is known (`suggested_people.py`), in an embedded database of its own, ten posts an author; the refresh is that of
the schedule.
"""

import argparse
import json
import resource
import time
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Engine

from benchmarks.harness import temporary_home
from benchmarks.suggested_people import Person, World
from scrape_assets.flow.context import open_context
from scrape_assets.flow.targets.suggest import refresh
from scrape_assets.settings import Settings
from scrape_assets.storage.database import connect, ensure_databases, start_embedded
from scrape_assets.storage.migrate import migrate
from scrape_assets.storage.suggestions import find_suggestions

POSTS_EACH = 10
LOWEST = 0.5  # from there on it is looked at how good a score is
SCORES = (0.5, 0.6, 0.7, 0.8)
NOW = datetime(2026, 11, 20, tzinfo=UTC)

FILL = """
INSERT INTO creators (creator_id, name) SELECT 'c' || n, name FROM given_creators;
INSERT INTO creator_profiles (creator_id, platform, profile_url, profile_key, handle)
SELECT 'c' || n, 'instagram', 'https://www.instagram.com/' || handle || '/', handle, handle FROM given_creators;
INSERT INTO raw_posts (platform, post_id, kind, author_key, author_handle, author_id, author_name, author_url, text,
                       posted_at, collected_at, snapshot_id, payload_uri, payload_row, mapping_version)
SELECT 'x', handle || '-' || number, 'post', handle, handle, 'id-' || handle, name, 'https://x.com/' || handle,
       repeat('words that nobody reads ', 8) || coalesce(link, ''), now(), now(), 's', 'p', 1, 1
FROM given_authors CROSS JOIN generate_series(1, {each}) AS number;
INSERT INTO seen_authors SELECT 'x', handle, 'id-' || handle, handle, now(), now(), now() FROM given_authors;
ANALYZE raw_posts, seen_authors, creator_profiles;
"""


@dataclass(frozen=True)
class Result:
    """What was measured."""

    creators: int
    authors: int
    posts: int
    there_are: int  # creators who write on X
    precision: dict[str, float]  # by score: the share of suggestions of that score or more that is right
    recall: dict[str, float]  # by score: the share of those there are
    found_by_likeness: dict[str, float]  # at the default score
    suggested: int  # at the default score
    seconds: float  # of a refresh at the default score
    again_seconds: float  # of a second one, which changes nothing
    more_megabytes: float  # at the most, of this process


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--creators", type=int, default=10_000)
    parser.add_argument("--authors", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    result = measure(arguments.creators, arguments.authors, arguments.seed)
    if arguments.json:
        print(json.dumps(asdict(result)))
        return
    print(f"{result.creators:,} creators, {result.authors:,} authors of {result.posts:,} posts; ", end="")
    print(f"{result.there_are:,} are one person")
    for score in result.precision:
        print(f"from {score}: precision {result.precision[score]:.3f}, recall {result.recall[score]:.3f}")
    print(", ".join(f"{how}: {share:.2f}" for how, share in result.found_by_likeness.items()))
    print(f"{result.suggested:,} suggested in {result.seconds:.1f} s, again {result.again_seconds:.1f} s; ", end="")
    print(f"{result.more_megabytes:.0f} MB more")


def measure(creators: int, authors: int, seed: int = 1) -> Result:
    """A world of that seed, suggested."""
    with temporary_home("suggestions") as home:
        address = start_embedded(home)
        ensure_databases(address)
        engine = connect(address)
        migrate(engine)
        world = World(creators, authors, seed)
        _fill(engine, world)
        before = _peak()
        default = Settings.model_fields["suggest_from"].default
        seconds, again = (_refreshed(home, default) for _ in range(2))
        grown = _peak() - before
        _refreshed(home, LOWEST)
        with engine.connect() as conn:
            found = find_suggestions(conn, limit=10_000_000)
        engine.dispose()
    truth = {one.handle: one for one in world.authors if one.of is not None}
    pairs = [(one.score, one.author_key, one.creator_id) for one in found if one.author_key]
    right = [score for score, key, creator in pairs if key in truth and creator == f"c{truth[key].of}"]
    by_score = {score: sum(one[0] >= score for one in pairs) for score in SCORES}
    right_by_score = {score: sum(one >= score for one in right) for score in SCORES}
    hit = Counter(
        truth[key].how
        for score, key, creator in pairs
        if score >= default and key in truth and creator == f"c{truth[key].of}"
    )
    there = Counter(one.how for one in truth.values())
    return Result(
        creators=creators,
        authors=authors,
        posts=authors * POSTS_EACH,
        there_are=len(truth),
        precision={str(score): round(right_by_score[score] / max(1, by_score[score]), 4) for score in SCORES},
        recall={str(score): round(right_by_score[score] / max(1, len(truth)), 4) for score in SCORES},
        found_by_likeness={how: round(hit[how] / count, 3) for how, count in there.most_common()},
        suggested=by_score[default] if default in by_score else sum(one[0] >= default for one in pairs),
        seconds=round(seconds, 2),
        again_seconds=round(again, 2),
        more_megabytes=round(grown / 1e6, 1),
    )


def _fill(engine: Engine, world: World) -> None:
    with engine.begin() as conn:
        for table, people in (("given_creators", world.creators), ("given_authors", world.authors)):
            conn.execute(sa.text(f"CREATE TEMPORARY TABLE {table} (n int, handle text, name text, link text)"))
            conn.execute(
                sa.text(f"INSERT INTO {table} SELECT * FROM unnest(CAST(:n AS int[]), CAST(:handle AS text[]), "
                        "CAST(:name AS text[]), CAST(:link AS text[]))"),
                {
                    "n": list(range(len(people))),
                    "handle": [one.handle for one in people],
                    "name": [one.name for one in people],
                    "link": [_link(one, world) for one in people],
                },
            )  # fmt: skip
        for statement in FILL.format(each=POSTS_EACH).split(";"):
            if statement.strip():
                conn.execute(sa.text(statement))


def _link(one: Person, world: World) -> str | None:
    return f" instagram.com/{world.creators[one.of].handle}" if one.links and one.of is not None else None


def _refreshed(home: Path, suggest_from: float) -> float:
    with open_context(Settings(home=home, suggest_from=suggest_from)) as ctx:
        began = time.perf_counter()
        refresh(ctx)
        return time.perf_counter() - began


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main()
