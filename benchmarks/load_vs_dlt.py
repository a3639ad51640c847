"""How fast a payload is loaded, beside dlt's merge of the same records and beside the floor, on this machine, now.

Run: `python -m benchmarks.load_vs_dlt [--rows 20000] [--rounds 5] [--json]`. All go into the same embedded database.

- ours: payload file → committed, deduplicated rows, metrics, sightings and rejects;
- dlt: the same records as NDJSON, merged by primary key, with its default settings, against which the claim is made,
  and with nested values kept as JSON (`max_table_nesting=0`), for comparison;
- the floor: ready-made tuples of the same columns, copied into a temporary table and upserted. Nothing is read, mapped,
  merged field by field or counted.
"""

import argparse
import gc
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
import sqlalchemy as sa
from sqlalchemy import Engine

from benchmarks.invented_posts import COLLECTION_DATE, invented_lines
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


@dataclass(frozen=True)
class Result:
    """Medians in seconds, and what was claimed."""

    machine: str
    rows: int
    payload_bytes: int
    rounds: int
    dlt_rounds: int
    ours: float
    floor: float
    dlt_default: float
    dlt_flat: float

    @property
    def ours_to_dlt(self) -> float:
        """How many times as fast as dlt's merge, as it comes."""
        return self.dlt_default / self.ours

    @property
    def ours_to_flat_dlt(self) -> float:
        """How many times as fast as dlt's merge when it is told not to split nested values into tables."""
        return self.dlt_flat / self.ours

    @property
    def ours_to_floor(self) -> float:
        """Our share of the floor's speed."""
        return self.floor / self.ours

    @property
    def holds(self) -> bool:
        """Whether both promises are kept."""
        return self.ours_to_dlt >= AT_LEAST_DLT and self.ours_to_floor >= AT_LEAST_FLOOR


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--dlt-rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    result = measure(arguments.rows, arguments.rounds, arguments.dlt_rounds)
    if arguments.json:
        ratios = ("ours_to_dlt", "ours_to_flat_dlt", "ours_to_floor", "holds")
        print(json.dumps({**vars(result), **{name: getattr(result, name) for name in ratios}}, indent=2))
    else:
        _print(result)
    sys.exit(not result.holds)


def _print(result: Result) -> None:
    print(f"{result.machine}\n{result.rows:,} posts, {result.payload_bytes / 1e6:,.0f} MB of NDJSON; medians:")
    for name, seconds in (
        ("ours", result.ours),
        ("floor (COPY + upsert of tuples)", result.floor),
        ("dlt merge, default settings", result.dlt_default),
        ("dlt merge, max_table_nesting=0", result.dlt_flat),
    ):
        print(f"  {name:32} {seconds:8.2f} s {result.rows / seconds:10,.0f} posts/s")
    print(f"ours / dlt:      {result.ours_to_dlt:.1f} (at least {AT_LEAST_DLT:.0f})")
    print(f"ours / flat dlt: {result.ours_to_flat_dlt:.1f}")
    print(f"ours / floor:    {result.ours_to_floor:.2f} (at least {AT_LEAST_FLOOR})")


def measure(rows: int, rounds: int, dlt_rounds: int) -> Result:
    """One run of everything, ours and the floor in turns."""
    with tempfile.TemporaryDirectory(prefix="load_vs_dlt") as name:
        folder = Path(name)
        address = start_embedded(folder)
        ensure_databases(address)
        engine = connect(address)
        migrate(engine)
        ndjson = folder / "records.ndjson"
        with ndjson.open("wb") as file:
            file.writelines(invented_lines(rows))
        writer = PayloadArchive(str(folder / "payloads")).writer("linkedin", COLLECTION_DATE, SNAPSHOT_ID, 1)
        with ndjson.open("rb") as file:
            writer.write_part(1, iter(lambda: file.read(1 << 16), b""))
        payload = writer.commit()
        tuples = _tuples(payload)
        url = _dlt_url(address.application)
        gc.collect()
        gc.freeze()  # the floor's tuples are no part of anybody's work
        ours, floor, dlt_default, dlt_flat = [], [], [], []
        for number in range(rounds):
            _empty(engine)
            floor.append(_seconds(lambda: _load_floor(engine, tuples)))
            _empty(engine)
            ours.append(_seconds(lambda: _load_ours(engine, payload)))
            if number < dlt_rounds:
                dlt_default.append(_dlt_seconds(ndjson, url, folder, None))
                dlt_flat.append(_dlt_seconds(ndjson, url, folder, 0))
        engine.dispose()
        return Result(
            machine=_machine(engine),
            rows=rows,
            payload_bytes=payload.raw_bytes,
            rounds=rounds,
            dlt_rounds=dlt_rounds,
            ours=statistics.median(ours),
            floor=statistics.median(floor),
            dlt_default=statistics.median(dlt_default),
            dlt_flat=statistics.median(dlt_flat),
        )


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _empty(engine: Engine) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(sa.text("TRUNCATE raw_posts, post_metrics, post_sightings, rejected_rows"))
        conn.execute(sa.text("CHECKPOINT"))  # nobody pays for what the round before has written


def _load_ours(engine: Engine, payload: Payload) -> None:
    with engine.begin() as conn:
        load_payload(conn, snapshot_id=SNAPSHOT_ID, payload=payload, map_line=map_line, mapping_version=1)


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


def _dlt_url(url: sa.URL) -> str:
    """The same server, in the only way that dlt takes a socket's folder: quoted, as the host."""
    plain = url.set(drivername="postgresql", password=url.password or "unused", port=url.port or 5432)
    folder = url.query.get("host")
    if isinstance(folder, str):
        plain = plain.set(host=quote(folder, safe="")).difference_update_query(["host"])
    return plain.render_as_string(hide_password=False)


def _dlt_seconds(ndjson: Path, url: str, folder: Path, nesting: int | None) -> float:
    """A first merge into an empty dataset; building the pipeline and dropping the dataset are not counted."""
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    os.environ["RUNTIME__LOG_LEVEL"] = "ERROR"
    import dlt

    name = f"bench_{time.time_ns()}"

    def posts() -> Iterator[list[dict[str, object]]]:
        batch = []
        with ndjson.open("rb") as file:
            for line in file:
                batch.append(json.loads(line))
                if len(batch) == 1_000:
                    yield batch
                    batch = []
        yield batch

    pipeline = dlt.pipeline(
        pipeline_name=name,
        pipelines_dir=str(folder / "dlt"),
        destination=dlt.destinations.postgres(credentials=url),
        dataset_name=name,
    )
    settings = {} if nesting is None else {"max_table_nesting": nesting}
    resource = dlt.resource(posts, name="posts", primary_key="id", write_disposition="merge", **settings)
    seconds = _seconds(lambda: pipeline.run(resource))
    with pipeline.sql_client() as client:
        assert client.execute_sql("SELECT 1 FROM posts LIMIT 1")
        client.drop_dataset()
    return seconds


def _machine(engine: Engine) -> str:
    with engine.connect() as conn:
        version = conn.execute(sa.text("SHOW server_version")).scalar_one()
    engine.dispose()
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, PostgreSQL {version}"


if __name__ == "__main__":
    main()
