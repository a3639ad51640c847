"""How fast 20,000 records are loaded into tables that hold millions of posts already, beside empty ones.

Run: `python -m benchmarks.load_into [--into 1000000 …] [--rows 20000] [--rounds 5] [--home FOLDER] [--json]`. To make
20 million posts takes 25 GB of disk and a quarter of an hour; `--home` keeps them, and finds them again. `--server URL`
takes another PostgreSQL than the embedded one; that one keeps them too.

Two databases on one server, the same payload into both in turns, another payload every round: what is loaded stays, as
it does. Twice: posts of all ages, whose ids lie anywhere between those that are there; and posts of the last days,
which is what comes every day. Before each turn stands a checkpoint, so that each pays for the pages that it is the
first to change, as it would every few minutes. With `--sustained` there is none but the server's own, and 25 loads
go before those that count: what it is like in the midst of a day that brings that many.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Engine

from benchmarks.crowded_tables import crowd
from benchmarks.harness import described, in_turns, machine, medians, seconds, temporary_home
from benchmarks.invented_posts import DAYS, delivered_lines, invented_lines
from benchmarks.load_vs_dlt import empty, load_ours, written
from scrape_assets.storage.database import DatabaseAddress, address_from_url, connect, ensure_databases, start_embedded
from scrape_assets.storage.migrate import migrate
from scrape_assets.storage.payloads import Payload, PayloadArchive

AT_LEAST = 0.5  # of the speed into empty tables, with 20 million posts there
LOADS_BEFORE = 25  # when it is sustained
INTO = (100_000, 1_000_000)
EMPTY = "bench_empty"
AGES = {"posts of all ages": DAYS, "posts of the last 7 days": 7}
NONE, CROWDED = "into none", "into so many"


@dataclass(frozen=True)
class Loaded:
    """One size of the tables and one age of what was loaded. Seconds, round by round."""

    into: int
    posts: str
    seconds: dict[str, list[float]]
    wal_megabytes: dict[str, list[float]]  # that the server wrote to its log meanwhile, warm-up included

    @property
    def speed(self) -> float:
        """The speed to that into empty tables, of medians."""
        of = medians(self.seconds)
        return of[NONE] / of[CROWDED]


@dataclass
class Result:
    """Every size."""

    machine: dict[str, object]
    rows: int
    loaded: list[Loaded] = field(default_factory=list)

    @property
    def slowest(self) -> float:
        """The lowest speed of all, to that into empty tables."""
        return min(one.speed for one in self.loaded)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--into", type=int, nargs="+", default=list(INTO), metavar="POSTS", help="ever more")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--delivered", action="store_true", help="records as the vendor delivers them: 39 KB, not 2")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--home", type=Path, help="a folder that is kept; default: one that goes afterwards")
    parser.add_argument("--sustained", action="store_true", help="after 25 loads, with no checkpoints but the server's")
    parser.add_argument("--server", metavar="URL", help="a PostgreSQL, and a database of it that may be filled")
    parser.add_argument("--set", metavar="NAME=VALUE", help="one setting of the server, to compare with and without")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    result = measure(
        arguments.into,
        arguments.rows,
        arguments.rounds,
        arguments.home,
        _say,
        server=arguments.server,
        setting=arguments.set,
        delivered=arguments.delivered,
        sustained=arguments.sustained,
    )
    if arguments.json:
        print(json.dumps(asdict(result), indent=2))
    else:
        print(f"{described(result.machine)}\n{result.rows:,} records, seconds (medians):")
        for one in result.loaded:
            of = medians(one.seconds)
            print(
                f"  {one.into:12,} posts there, {one.posts:26} {of[CROWDED]:6.2f}, into none {of[NONE]:6.2f}: "
                f"{one.speed:.2f} of the speed (at least {AT_LEAST}); log "
                + " and ".join(f"{megabytes:.0f} MB" for megabytes in reversed(medians(one.wal_megabytes).values()))
            )
    sys.exit(result.slowest < AT_LEAST)


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def measure(
    into: list[int],
    rows: int,
    rounds: int,
    home: Path | None = None,
    say: Callable[[str], object] = lambda _: None,
    *,
    server: str | None = None,
    setting: str | None = None,
    delivered: bool = False,
    sustained: bool = False,
) -> Result:
    """Fill, load; fill more, load again. What comes by name is what the command line has under it."""
    result = Result(machine(), rows)
    with _home(home) as folder:
        address = address_from_url(server) if server else start_embedded(folder)
        ensure_databases(address)
        nothing, crowded = _empty_one(address), connect(address)
        migrate(crowded)
        payloads = _Payloads(folder, rows, delivered_lines if delivered else invented_lines)
        for wanted in sorted(into):
            with crowded.connect() as conn:
                made = sa.text("SELECT count(*) FROM raw_posts WHERE snapshot_id LIKE 'snapshot-%'")
                there = conn.execute(made).scalar_one()
            crowd(crowded, there, wanted, say)
            _set(crowded, setting)
            for posts, days in AGES.items():
                result.loaded.append(
                    Loaded(wanted, posts, *_turns(nothing, crowded, payloads, days, rounds, sustained))
                )
        nothing.dispose()
        crowded.dispose()
    return result


@contextmanager
def _home(home: Path | None) -> Iterator[Path]:
    if home:
        home.mkdir(parents=True, exist_ok=True)
        yield home
    else:
        with temporary_home("load_into") as folder:
            yield folder


def _empty_one(address: DatabaseAddress) -> Engine:
    """Another database on the same server, with the same tables."""
    with connect(address).connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(sa.text(f"DROP DATABASE IF EXISTS {EMPTY}"))
        conn.execute(sa.text(f"CREATE DATABASE {EMPTY}"))
    beside = DatabaseAddress(address.application.set(database=EMPTY), address.dagster, address.embedded)
    engine = connect(beside)
    migrate(engine)
    return engine


class _Payloads:
    """A new payload for every round, of posts that never were."""

    def __init__(self, folder: Path, rows: int, lines: Callable[..., Iterator[bytes]]) -> None:
        self._lines = lines
        self._archive = PayloadArchive(str(folder / "payloads"))
        self._ndjson = folder / "records.ndjson"
        self._rows = rows
        self._made = len(list((folder / "payloads").rglob("manifest.json")))  # of an earlier run in the same home

    def next(self, days: int) -> tuple[str, Payload]:
        self._made += 1
        snapshot_id = f"linkedin-20261102-into{self._made}"
        with self._ndjson.open("wb") as file:
            file.writelines(self._lines(self._rows, seed=1_000 + self._made, days=days))
        return snapshot_id, written(self._archive, self._ndjson, snapshot_id)


def _set(engine: Engine, setting: str | None) -> None:
    name, _, value = (setting or "").partition("=")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(sa.text(f"ALTER SYSTEM SET {name} = {value}" if name else "ALTER SYSTEM RESET ALL"))
        conn.execute(sa.text("SELECT pg_reload_conf()"))


def _turns(
    nothing: Engine, crowded: Engine, payloads: _Payloads, days: int, rounds: int, sustained: bool
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    given: list[tuple[str, Payload]] = []
    logged: dict[str, list[float]] = {NONE: [], CROWDED: []}

    def load(engine: Engine, name: str) -> float:
        snapshot_id, payload = given[-1]
        before = _logged(engine)
        taken = seconds(partial(load_ours, engine, payload, snapshot_id))
        logged[name].append(_logged(engine) - before)
        return taken

    def load_none() -> float:
        given.append(payloads.next(days))
        empty(nothing, checkpoint=not sustained)
        return load(nothing, NONE)

    def load_crowded() -> float:
        if not sustained:
            with crowded.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
                conn.execute(sa.text("CHECKPOINT"))
        return load(crowded, CROWDED)

    turns = {NONE: load_none, CROWDED: load_crowded}
    return in_turns(turns, rounds, warm_up=LOADS_BEFORE if sustained else 1), logged


def _logged(engine: Engine) -> float:
    """Megabytes that the server has written to its log so far."""
    with engine.connect() as conn:
        return float(conn.execute(sa.text("SELECT pg_current_wal_lsn() - '0/0'")).scalar_one()) / 1e6


if __name__ == "__main__":
    main()
