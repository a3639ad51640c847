"""How the time to match a snapshot grows with the number of profiles that are followed. It should not.

Run: `python -m benchmarks.matching_growth [--profiles 10000 100000 1000000] [--posts 1000] [--rounds 5] [--json]`.

The posts are of a few hundred people, all of whom are followed; the others who are followed never write. The profiles
are made by SQL in an embedded database of its own, ever more of them; every round loads a new snapshot and matches it,
and only the matching is timed.
"""

import argparse
import json
import statistics
import sys
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Engine

from benchmarks.harness import described, in_turns, machine, seconds, temporary_home
from benchmarks.invented_posts import DAYS, handles, invented_lines
from benchmarks.load_vs_dlt import load_ours, written
from benchmarks.plot import exponent
from scrape_assets.storage.database import connect, ensure_databases, start_embedded
from scrape_assets.storage.matching import match_snapshot
from scrape_assets.storage.migrate import migrate
from scrape_assets.storage.payloads import PayloadArchive

PROFILES = (10_000, 100_000, 1_000_000)
AT_MOST = 2.0  # times as long with a hundred times as many
NOW = datetime(2026, 11, 20, tzinfo=UTC)

_WRITERS = """
    WITH written AS (SELECT unnest(CAST(:handles AS text[])) AS handle),
         followed AS (INSERT INTO creators (creator_id, name) SELECT handle, handle FROM written)
    INSERT INTO creator_profiles (creator_id, platform, profile_url, profile_key, handle)
    SELECT handle, 'linkedin', 'https://www.linkedin.com/in/' || handle, 'in/' || handle, handle FROM written
"""
_OTHERS = (
    "INSERT INTO creators (creator_id, name)"
    " SELECT 'other-' || n, 'Other ' || n FROM generate_series(CAST(:first AS bigint), :last) AS n",
    """
    INSERT INTO creator_profiles (creator_id, platform, profile_url, profile_key, handle, platform_user_id)
    SELECT 'other-' || n, 'linkedin', 'https://www.linkedin.com/in/other-' || n, 'in/other-' || n, 'other-' || n,
           md5(n::text)
    FROM generate_series(CAST(:first AS bigint), :last) AS n
    """,
)


@dataclass
class Result:
    """Seconds to match one snapshot, round by round, by the number of profiles."""

    machine: dict[str, object]
    posts: int  # in the snapshot
    seconds: dict[int, list[float]] = field(default_factory=dict)
    matched: int = 0  # posts of all snapshots that have a match; each should
    complaints: list[str] = field(default_factory=list)

    @property
    def medians(self) -> list[tuple[float, float]]:
        """Profiles and seconds."""
        return [(profiles, statistics.median(figures)) for profiles, figures in self.seconds.items()]

    @property
    def most_to_fewest(self) -> float:
        """How many times as long it takes with the most profiles as with the fewest."""
        return self.medians[-1][1] / self.medians[0][1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profiles", type=int, nargs="+", default=list(PROFILES), help="ever more")
    parser.add_argument("--posts", type=int, default=1_000, help="in a snapshot")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    result = measure(arguments.profiles, arguments.posts, arguments.rounds)
    if arguments.json:
        print(json.dumps(asdict(result), indent=2))
    else:
        print(f"{described(result.machine)}\nto match a snapshot of {result.posts:,} posts, seconds (medians):")
        for profiles, median in result.medians:
            print(f"  {profiles:12,.0f} profiles {median:8.3f}")
        print(f"most to fewest: {result.most_to_fewest:.2f} (at most {AT_MOST}); grows with their ", end="")
        print(f"power of {exponent(result.medians):.2f}")
        for complaint in result.complaints:
            print(f"  MISSED: {complaint}")
    sys.exit(bool(result.complaints) or result.most_to_fewest > AT_MOST)


def measure(profiles: list[int], posts: int, rounds: int) -> Result:
    """Follow ever more, and match."""
    result = Result(machine(), posts)
    with temporary_home("matching_growth") as home:
        address = start_embedded(home)
        ensure_databases(address)
        engine = connect(address)
        migrate(engine)
        with engine.begin() as conn:
            conn.execute(sa.text(_WRITERS), {"handles": handles()})
        there, snapshots = len(handles()), 0
        for wanted in sorted(profiles):
            _follow(engine, there, wanted)
            there = wanted

            def matched() -> float:
                nonlocal snapshots
                snapshots += 1
                snapshot_id = _loaded(engine, home, snapshots, posts)
                return seconds(partial(_match, engine, snapshot_id))

            result.seconds[wanted] = in_turns({"matching": matched}, rounds)["matching"]
        with engine.connect() as conn:
            counted = sa.text("SELECT count(DISTINCT (platform, post_id)) FROM creator_content WHERE role = 'author'")
            result.matched = int(conn.execute(counted).scalar_one())
        engine.dispose()
    if result.matched != snapshots * posts:
        result.complaints.append(f"{result.matched} of {snapshots * posts} posts are matched to their authors")
    return result


def _follow(engine: Engine, there: int, wanted: int) -> None:
    with engine.begin() as conn:
        for statement in _OTHERS:
            conn.execute(sa.text(statement), {"first": there, "last": wanted - 1})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(sa.text("VACUUM ANALYZE creators, creator_profiles"))  # as autovacuum does
        conn.execute(sa.text("CHECKPOINT"))


def _loaded(engine: Engine, home: Path, number: int, posts: int) -> str:
    snapshot_id = f"linkedin-20261102-growth{number}"
    ndjson = home / "records.ndjson"
    with ndjson.open("wb") as file:
        file.writelines(invented_lines(posts, seed=number, days=DAYS))
    load_ours(engine, written(PayloadArchive(str(home / "payloads")), ndjson, snapshot_id), snapshot_id)
    return snapshot_id


def _match(engine: Engine, snapshot_id: str) -> None:
    with engine.begin() as conn:
        match_snapshot(conn, snapshot_id, NOW)


if __name__ == "__main__":
    main()
