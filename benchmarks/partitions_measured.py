"""What `partitions` measures: loads, reads, sizes, and how the oldest month goes. How tables lie is not its affair."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.engine import Engine

from benchmarks import partitions_world as world
from benchmarks.harness import seconds
from benchmarks.invented_posts import COLLECTION_DATE, invented_lines
from scrape_assets.sources.datasets.linkedin import map_line
from scrape_assets.storage.activity import compute_activity
from scrape_assets.storage.database import DatabaseAddress
from scrape_assets.storage.loader import load_payload
from scrape_assets.storage.matching import match_snapshot
from scrape_assets.storage.matching.creators import rematch_creators
from scrape_assets.storage.payloads import Payload, PayloadArchive
from scrape_assets.storage.retention import content_sweeps

LOADED = 20_000  # posts a load
ORDERS = ("ids in order", "ids at random")  # as most platforms give them; the worst case for an index
SNAPSHOTS = 5  # matched a round
CREATORS = [f"c-{number}" for number in range(11, 16)]  # matched again a round, all their posts of two years
OF_LAYOUT = {
    "plain": ("raw_posts", "post_metrics"),
    "hashed": ("raw_posts",),
    "monthly": ("raw_posts", "post_keys"),
}
SHARED = (
    *OF_LAYOUT["plain"],
    *("metrics_by_month.post_metrics", "post_sightings", "creators", "creator_profiles", "creator_content"),
    "seen_authors",
)


@dataclass(frozen=True)
class Load:
    """One payload, loaded into one layout."""

    layout: str
    ids: str
    seconds: float
    wal: int  # bytes


@dataclass(frozen=True)
class Removal:
    """How a month went."""

    what: str
    rows: int
    seconds: float
    wal: int  # bytes
    vacuum: float  # seconds: what is left to do afterwards
    freed: int  # bytes given back to the disk


def settings_for(engine: Engine, *, building: bool) -> None:
    """Few checkpoints while millions of rows are made; the server's own settings while anything is timed."""
    changes = (
        ("ALTER SYSTEM SET max_wal_size = '2GB'", "ALTER SYSTEM SET checkpoint_timeout = '30min'")
        if building
        else ("ALTER SYSTEM RESET ALL",)
    )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        for change in changes:
            conn.exec_driver_sql(change)
        conn.exec_driver_sql("SELECT pg_reload_conf()")
        conn.exec_driver_sql("CHECKPOINT")


def sizes(address: DatabaseAddress, layout: world.Layout) -> dict[str, int]:
    """Bytes of each table and of its indexes, all parts together."""
    found: dict[str, int] = {}
    with world.looking_into(address, layout) as engine, engine.connect() as conn:
        for table in dict.fromkeys((*OF_LAYOUT[layout.name], "post_metrics")):
            # A table without parts is its own tree.
            query = (
                "SELECT sum(pg_table_size(relid)), sum(pg_indexes_size(relid))"
                f" FROM pg_partition_tree('{table}') WHERE isleaf"
            )
            rows, indexes = conn.exec_driver_sql(query).one()
            if rows is None:
                query = f"SELECT pg_table_size('{table}'), pg_indexes_size('{table}')"
                rows, indexes = conn.exec_driver_sql(query).one()
            found |= {table: int(rows), f"{table}, indexes": int(indexes)}
    return found


def loads(address: DatabaseAddress, home: Path, layouts: Sequence[world.Layout], rounds: int) -> list[Load]:
    """Payloads of new posts through the project's loader, layout by layout, the other way round each second time.

    After a checkpoint every page that is touched goes into the log as a whole. Each load begins with one.
    """
    found = []
    for number in range(-1, rounds):  # the first one warms up
        for order in ORDERS:
            payload = _payload(home, order, number)
            for layout in layouts if number % 2 else layouts[::-1]:
                with world.looking_into(address, layout) as engine:
                    if layout is world.NONE:
                        _execute(engine, "TRUNCATE raw_posts, post_metrics, post_sightings, rejected_rows")
                    _execute(engine, "CHECKPOINT")
                    before = _log_position(engine)
                    snapshot = f"{layout.name}-{home.stat().st_ino}-{time.time_ns()}"
                    took = seconds(lambda: _load(engine, payload, snapshot))  # noqa: B023
                    if number >= 0:
                        found.append(Load(layout.name, order, took, _log_position(engine) - before))
    return found


def reads(
    address: DatabaseAddress, layouts: Sequence[world.Layout], posts: int, rounds: int
) -> dict[str, dict[str, list[float]]]:
    """The activity of a day, the matching of snapshots and of creators, in turns. What is written is rolled back."""
    day = (world.NOW - timedelta(days=1)).date()
    last = posts // 5000 - 1
    snapshots = [f"s-{last * part // (SNAPSHOTS - 1)}-{part % 5}" for part in range(SNAPSHOTS)]
    works: Mapping[str, Callable[[Connection], object]] = {
        "activity of a day": lambda conn: compute_activity(conn, day, day, world.NOW),
        f"{SNAPSHOTS} snapshots matched": lambda conn: [match_snapshot(conn, one, world.NOW) for one in snapshots],
        f"{len(CREATORS)} creators matched again": lambda conn: rematch_creators(conn, CREATORS, world.NOW),
    }
    found: dict[str, dict[str, list[float]]] = {what: {one.name: [] for one in layouts} for what in works}
    for number in range(rounds):
        for what, work in works.items():
            for layout in layouts if number % 2 else layouts[::-1]:
                with world.looking_into(address, layout) as engine, engine.connect() as conn:
                    found[what][layout.name].append(seconds(lambda: work(conn)))  # noqa: B023
                    conn.rollback()
    return found


def removed_from_plain(address: DatabaseAddress) -> list[Removal]:
    """The oldest month by the project's own sweep, with all that other tables say of its posts; the next one bare."""
    _, second, third, *_ = world.months()
    sweeps = content_sweeps()
    with world.looking_into(address, world.PLAIN) as engine:
        return [
            _removal(
                engine,
                f"{name}, plain: sweep",
                name,
                lambda: sum(done.get(name, 0) for done in sweeps[name][0].remove(engine, second)),  # noqa: B023
            )
            for name in ("post_metrics", "raw_posts")
        ] + [
            _removal(engine, "raw_posts, plain: DELETE", "raw_posts", lambda: _delete_posts(engine, third)),
        ]


def removed_from_parts(address: DatabaseAddress, layout: world.Layout) -> list[Removal]:
    """The oldest month: by dropping its part where it has one."""
    first, second, *_ = world.months()
    with world.looking_into(address, layout) as engine:
        if layout is world.HASHED:
            return [
                _removal(
                    engine,
                    "raw_posts, hashed: the project's sweep",
                    "raw_posts",
                    lambda: sum(
                        done.get("raw_posts", 0) for done in content_sweeps()["raw_posts"][0].remove(engine, second)
                    ),
                ),
                _removal(engine, "raw_posts, hashed: DELETE", "raw_posts", lambda: _delete_posts(engine, second)),
                _removal(engine, "post_metrics, by month: DROP", None, lambda: _drop(engine, "post_metrics", first)),
            ]
        return [
            _removal(engine, "raw_posts, monthly: DROP", None, lambda: _drop(engine, "raw_posts", first)),
            _removal(
                engine,
                "post_keys, monthly: DELETE",
                "post_keys",
                lambda: _execute(engine, f"DELETE FROM post_keys WHERE first_seen_at < '{second}'"),
            ),
        ]


def _removal(engine: Engine, what: str, vacuumed: str | None, work: Callable[[], int]) -> Removal:
    _execute(engine, "CHECKPOINT")
    size, position = _database_size(engine), _log_position(engine)
    began = time.perf_counter()
    rows = work()
    took, written = time.perf_counter() - began, _log_position(engine) - position
    vacuum = seconds(lambda: _execute(engine, f"VACUUM {vacuumed}")) if vacuumed else 0.0
    return Removal(what, rows, took, written, vacuum, size - _database_size(engine))


def _delete_posts(engine: Engine, until: datetime) -> int:
    return _execute(engine, f"DELETE FROM raw_posts WHERE collected_at < '{until}'")


def _drop(engine: Engine, table: str, month: datetime) -> int:
    with engine.connect() as conn:
        part = f"{table}_{month:%Y_%m}"
        rows = int(conn.exec_driver_sql(f"SELECT reltuples FROM pg_class WHERE oid = '{part}'::regclass").scalar_one())
    _execute(engine, f"DROP TABLE {part}")
    return rows


def _payload(home: Path, order: str, number: int) -> Payload:
    """New posts; their ids lie among those that are there, or behind them."""
    name = f"partitions-{order.replace(' ', '-')}-{number}-{time.time_ns()}"
    writer = PayloadArchive(str(home / "payloads")).writer("linkedin", COLLECTION_DATE, name, 1)
    writer.write_part(1, _lines(order, time.time_ns()))
    return writer.commit()


def _lines(order: str, seed: int) -> Iterator[bytes]:
    newest = 7_600_000_000_000_000_000 + seed % 10**15 * 100
    for number, line in enumerate(invented_lines(LOADED, seed)):
        former = line.partition(b'"id": "')[2].partition(b'"')[0]
        at_random = 7_000_000_000_000_000_000 + hash((seed, number)) % 500_000_000_000_000_000
        yield line.replace(former, str(at_random if order == "ids at random" else newest + number).encode())


def _load(engine: Engine, payload: Payload, snapshot_id: str) -> None:
    with engine.begin() as conn:
        report = load_payload(conn, snapshot_id=snapshot_id, payload=payload, map_line=map_line, mapping_version=1)
    if report.posts_new != LOADED:
        raise RuntimeError(f"{report.posts_new} new posts of {LOADED}")


def _execute(engine: Engine, statement: str) -> int:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        return conn.exec_driver_sql(statement).rowcount


def _log_position(engine: Engine) -> int:
    with engine.connect() as conn:
        return int(conn.exec_driver_sql("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn").scalar_one())


def _database_size(engine: Engine) -> int:
    with engine.connect() as conn:
        return int(conn.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())
