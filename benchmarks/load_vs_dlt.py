"""How fast a payload is loaded, beside dlt, pandas and the floor with the same records, on this machine, now.

Run: `python -m benchmarks.load_vs_dlt [--rows 20000] [--rounds 7] [--json]`. All go into the same embedded database.

- ours: payload file → committed, deduplicated rows, metrics, sightings and rejects;
- dlt: the same records as NDJSON, merged by primary key, with its default settings, against which the claim is made,
  and with nested values kept as JSON (`max_table_nesting=0`), for comparison;
- pandas: the same NDJSON through `DataFrame.to_sql(method="multi")`, appended to a fresh table; it merges nothing and
  keeps no key;
- the floor: ready-made tuples of the same columns, copied into a temporary table and upserted. Nothing is read, mapped,
  merged field by field or counted.
"""

import argparse
import gc
import json
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg
import sqlalchemy as sa
from sqlalchemy import Engine

from benchmarks.harness import in_turns, medians, seconds, temporary_home
from benchmarks.invented_posts import COLLECTION_DATE, invented_lines
from benchmarks.load_peers import dlt_seconds, pandas_seconds
from scrape_assets.posts.model import Post
from scrape_assets.sources.datasets.linkedin import map_line
from scrape_assets.storage import load_sql
from scrape_assets.storage.copy_rows import post_row
from scrape_assets.storage.database import connect, ensure_databases, start_embedded
from scrape_assets.storage.loader import load_payload
from scrape_assets.storage.migrate import migrate
from scrape_assets.storage.payloads import Payload, PayloadArchive

SNAPSHOT_ID = "linkedin-20261102-bench"
AT_LEAST_DLT = 10.0
AT_LEAST_FLOOR = 0.5
OURS, FLOOR, PANDAS = "ours", "floor: COPY and upsert of tuples", "pandas to_sql, which only appends"
DLT, FLAT_DLT = "dlt merge, default settings", "dlt merge, max_table_nesting=0"


@dataclass(frozen=True)
class Result:
    """Seconds, round by round, and what was claimed."""

    machine: str
    rows: int
    payload_bytes: int
    rounds: dict[str, list[float]]

    def ours_to(self, peer: str) -> float:
        """How many times as fast, of medians."""
        seconds_of = medians(self.rounds)
        return seconds_of[peer] / seconds_of[OURS]

    @property
    def holds(self) -> bool:
        """Whether both promises are kept."""
        return self.ours_to(DLT) >= AT_LEAST_DLT and self.ours_to(FLOOR) >= AT_LEAST_FLOOR


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--peer-rounds", type=int, default=3, help="of dlt and pandas, which take long")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    result = measure(arguments.rows, arguments.rounds, arguments.peer_rounds)
    if arguments.json:
        print(json.dumps({**asdict(result), "medians": medians(result.rounds), "holds": result.holds}, indent=2))
    else:
        _print(result)
    sys.exit(not result.holds)


def _print(result: Result) -> None:
    print(f"{result.machine}\n{result.rows:,} posts, {result.payload_bytes / 1e6:,.0f} MB of NDJSON; medians:")
    for name, median in medians(result.rounds).items():
        print(f"  {name:32} {median:8.2f} s {result.rows / median:10,.0f} posts/s")
    for peer, least in ((DLT, AT_LEAST_DLT), (FLAT_DLT, None), (PANDAS, None), (FLOOR, AT_LEAST_FLOOR)):
        print(f"ours to {peer}: {result.ours_to(peer):.2f}{f' (at least {least:g})' if least else ''}")


def measure(rows: int, rounds: int, peer_rounds: int) -> Result:
    """One run of everything, all in turns; the slow ones in the first rounds only."""
    with temporary_home("load_vs_dlt") as folder:
        address = start_embedded(folder)
        ensure_databases(address)
        engine = connect(address)
        migrate(engine)
        ndjson = folder / "records.ndjson"
        with ndjson.open("wb") as file:
            file.writelines(invented_lines(rows))
        payload = written(PayloadArchive(str(folder / "payloads")), ndjson)
        tuples = _tuples(payload)
        gc.collect()
        gc.freeze()  # the floor's tuples are no part of anybody's work
        quick: dict[str, Callable[[], float]] = {
            FLOOR: lambda: seconds(lambda: _load_floor(engine, tuples)),
            OURS: lambda: seconds(lambda: load_ours(engine, payload)),
        }
        slow: dict[str, Callable[[], float]] = {
            PANDAS: lambda: pandas_seconds(ndjson, engine),
            DLT: lambda: dlt_seconds(ndjson, address.application, folder, None),
            FLAT_DLT: lambda: dlt_seconds(ndjson, address.application, folder, 0),
        }
        found = in_turns(quick | slow, peer_rounds, before=lambda: empty(engine))
        more = in_turns(quick, rounds - peer_rounds, warm_up=0, before=lambda: empty(engine))
        found |= {name: found[name] + figures for name, figures in more.items()}
        result = Result(_machine(engine), rows, payload.raw_bytes, found)
        engine.dispose()
        return result


def written(archive: PayloadArchive, ndjson: Path, snapshot_id: str = SNAPSHOT_ID) -> Payload:
    """The records as a payload."""
    writer = archive.writer("linkedin", COLLECTION_DATE, snapshot_id, 1)
    with ndjson.open("rb") as file:
        writer.write_part(1, iter(lambda: file.read(1 << 16), b""))
    return writer.commit()


def empty(engine: Engine) -> None:
    """Nothing is loaded, and what was is on disk."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(sa.text("TRUNCATE raw_posts, post_metrics, post_sightings, rejected_rows"))
        conn.execute(sa.text("CHECKPOINT"))  # nobody pays for what the round before has written


def load_ours(engine: Engine, payload: Payload, snapshot_id: str = SNAPSHOT_ID) -> None:
    """Payload file to committed rows."""
    with engine.begin() as conn:
        load_payload(conn, snapshot_id=snapshot_id, payload=payload, map_line=map_line, mapping_version=1)


_FLOOR_COLUMNS = (
    *(name for name in load_sql.STAGE_COLUMNS if name != "feed_key"),
    *("snapshot_id", "payload_uri", "mapping_version"),
)


def _tuples(payload: Payload) -> list[tuple[object, ...]]:
    """The rows of raw_posts, made beforehand, down to the array literals."""
    feed_key = load_sql.STAGE_COLUMNS.index("feed_key")
    made = []
    for number, line, unended in payload.lines():
        post = map_line(line, unended)
        assert isinstance(post, Post), post
        row = post_row(post, number)
        made.append((*row[:feed_key], *row[feed_key + 1 :], SNAPSHOT_ID, payload.uri, 1))
    return made


def _load_floor(engine: Engine, tuples: list[tuple[object, ...]]) -> None:
    columns = ", ".join(_FLOOR_COLUMNS)
    replaced = ", ".join(f"{name} = excluded.{name}" for name in _FLOOR_COLUMNS)
    with engine.begin() as conn:
        conn.execute(sa.text(f"CREATE TEMP TABLE bare ON COMMIT DROP AS SELECT {columns} FROM raw_posts LIMIT 0"))
        driver = conn.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        with driver.cursor() as cursor, cursor.copy(f"COPY bare ({columns}) FROM STDIN") as copy:
            for row in tuples:
                copy.write_row(row)
        conn.execute(
            sa.text(
                f"INSERT INTO raw_posts ({columns}) SELECT {columns} FROM bare"
                f" ON CONFLICT (platform, post_id) DO UPDATE SET {replaced}"
            )
        )


def _machine(engine: Engine) -> str:
    with engine.connect() as conn:
        version = conn.execute(sa.text("SHOW server_version")).scalar_one()
    engine.dispose()
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, PostgreSQL {version}"


if __name__ == "__main__":
    main()
