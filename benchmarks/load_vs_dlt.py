"""How fast a payload is loaded, beside dlt, pandas and bare COPY with the same file, on this machine, now.

Run: `python -m benchmarks.load_vs_dlt [--rows 20000] [--delivered 2000] [--rounds 7] [--json]`. All go into the same
embedded database, with two files: the vendor's records as they are delivered, nearly all of each being posts that lie
beside it on the page; and the same without those, as lean as other platforms' records are.

- ours: payload file → committed, deduplicated rows, metrics, sightings and rejects;
- dlt: the same records as NDJSON, merged by primary key, with its default settings, against which the claim is made,
  and with nested values kept as JSON (`max_table_nesting=0`), for comparison;
- pandas: the same NDJSON through `DataFrame.to_sql(method="multi")`, appended to a fresh table; it merges nothing and
  keeps no key;
- bare: the same NDJSON decoded, copied into a temporary table and upserted; see `load_bare`;
- the limit: the same from ready-made tuples of all columns, so without a file.
"""

import argparse
import gc
import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Engine

from benchmarks.harness import Ratio, described, in_turns, machine, medians, seconds, temporary_home
from benchmarks.invented_posts import COLLECTION_DATE, delivered_lines, invented_lines
from benchmarks.load_bare import load_bare, load_tuples, ready_tuples
from benchmarks.load_peers import dlt_seconds, pandas_seconds
from scrape_assets.sources.datasets.linkedin import map_line
from scrape_assets.storage.database import DatabaseAddress, connect, ensure_databases, start_embedded
from scrape_assets.storage.loader import load_payload
from scrape_assets.storage.migrate import migrate
from scrape_assets.storage.payloads import Payload, PayloadArchive

SNAPSHOT_ID = "linkedin-20261102-bench"
DELIVERED, LEAN = "as delivered", "lean"
OURS, BARE, LIMIT = "ours", "bare COPY and upsert", "COPY and upsert of ready tuples"
DLT, FLAT_DLT = "dlt merge, default settings", "dlt merge, max_table_nesting=0"
PANDAS = "pandas to_sql, which only appends"
PROMISED = {
    (DELIVERED, DLT): 15.0,
    (DELIVERED, BARE): 0.7,
    (LEAN, DLT): 10.0,
    (LEAN, BARE): 0.5,
    (LEAN, LIMIT): 0.5,
}


@dataclass(frozen=True)
class Loaded:
    """One file, and the seconds that each took, round by round."""

    shape: str
    rows: int
    payload_bytes: int
    rounds: dict[str, list[float]]

    @property
    def ratios(self) -> list[Ratio]:
        """How many times as fast ours is as each of the others, of medians, beside what was promised."""
        taken = medians(self.rounds)
        return [
            Ratio(f"loading posts {self.shape}, speed to {name}", of / taken[OURS], PROMISED.get((self.shape, name)))
            for name, of in taken.items()
            if name != OURS
        ]

    @property
    def holds(self) -> bool:
        """Whether all that was promised is kept."""
        return all(ratio.holds for ratio in self.ratios)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000, help="lean ones")
    parser.add_argument("--delivered", type=int, default=2_000, help="those as they are delivered")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--peer-rounds", type=int, default=3, help="of dlt and pandas, which take long")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    where = machine()
    found = measure(arguments.rows, arguments.delivered, arguments.rounds, arguments.peer_rounds)
    holds = all(one.holds for one in found)
    if arguments.json:
        shown = [{**asdict(one), "medians": medians(one.rounds)} for one in found]
        print(json.dumps({"machine": where, "loaded": shown, "holds": holds}, indent=2))
    else:
        print(described(where))
        for one in found:
            _print(one)
    sys.exit(not holds)


def _print(loaded: Loaded) -> None:
    size = loaded.payload_bytes / loaded.rows / 1e3
    print(f"{loaded.rows:,} posts {loaded.shape}, {size:,.1f} KB each; medians:")
    for name, median in medians(loaded.rounds).items():
        print(f"  {name:34} {median:8.2f} s {loaded.rows / median:10,.0f} posts/s")
    for ratio in loaded.ratios:
        print(f"  {ratio.name}: {ratio.value:.2f} ({ratio.limit})")


def measure(lean: int, delivered: int, rounds: int, peer_rounds: int) -> list[Loaded]:
    """One run of everything: both files, with each all in turns, the slow ones in the first rounds only."""
    with temporary_home("load_vs_dlt") as folder:
        address = start_embedded(folder)
        ensure_databases(address)
        engine = connect(address)
        migrate(engine)
        found = [
            _in_turns(engine, address, folder, shape, lines, rounds, peer_rounds)
            for shape, lines in ((DELIVERED, delivered_lines(delivered)), (LEAN, invented_lines(lean)))
        ]
        engine.dispose()
        return found


def _in_turns(
    engine: Engine,
    address: DatabaseAddress,
    folder: Path,
    shape: str,
    lines: Iterable[bytes],
    rounds: int,
    peer_rounds: int,
) -> Loaded:
    ndjson = folder / f"{shape}.ndjson"
    with ndjson.open("wb") as file:
        file.writelines(lines)
    payload = written(PayloadArchive(str(folder / shape)), ndjson)
    quick: dict[str, Callable[[], float]] = {
        BARE: lambda: seconds(lambda: load_bare(engine, ndjson, payload)),
        OURS: lambda: seconds(lambda: load_ours(engine, payload)),
    }
    if shape == LEAN:
        tuples = ready_tuples(payload)
        gc.collect()
        gc.freeze()  # they are no part of anybody's work
        quick[LIMIT] = lambda: seconds(lambda: load_tuples(engine, tuples))
    slow: dict[str, Callable[[], float]] = {
        PANDAS: lambda: pandas_seconds(ndjson, engine),
        DLT: lambda: dlt_seconds(ndjson, address.application, folder, None),
        FLAT_DLT: lambda: dlt_seconds(ndjson, address.application, folder, 0),
    }
    found = in_turns(quick | slow, peer_rounds, before=lambda: empty(engine))
    more = in_turns(quick, rounds - peer_rounds, warm_up=0, before=lambda: empty(engine))
    found |= {name: found[name] + figures for name, figures in more.items()}
    return Loaded(shape, payload.rows, payload.raw_bytes, found)


def written(archive: PayloadArchive, ndjson: Path, snapshot_id: str = SNAPSHOT_ID) -> Payload:
    """The records as a payload."""
    writer = archive.writer("linkedin", COLLECTION_DATE, snapshot_id, 1)
    with ndjson.open("rb") as file:
        writer.write_part(1, iter(lambda: file.read(1 << 16), b""))
    return writer.commit()


def empty(engine: Engine, *, checkpoint: bool = True) -> None:
    """Nothing is loaded, and what was is on disk, unless another time will do."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(sa.text("TRUNCATE raw_posts, post_metrics, post_sightings, rejected_rows"))
        if checkpoint:
            conn.execute(sa.text("CHECKPOINT"))  # nobody pays for what the round before has written


def load_ours(engine: Engine, payload: Payload, snapshot_id: str = SNAPSHOT_ID) -> None:
    """Payload file to committed rows."""
    with engine.begin() as conn:
        load_payload(conn, snapshot_id=snapshot_id, payload=payload, map_line=map_line, mapping_version=1)


if __name__ == "__main__":
    main()
