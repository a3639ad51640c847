"""How much memory loading a large payload takes. Run: `python -m benchmarks.load_memory [--megabytes 1000]`.

The payload is written by this process; another one, new and alone, loads it and reports its peak resident size.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.invented_posts import COLLECTION_DATE, invented_lines
from scrape_assets.sources.datasets.linkedin import map_line
from scrape_assets.storage.database import connect, ensure_databases, start_embedded
from scrape_assets.storage.loader import load_payload
from scrape_assets.storage.migrate import migrate
from scrape_assets.storage.payloads import Payload, PayloadArchive

TARGET_MEGABYTES = 300
SNAPSHOT_ID = "linkedin-20261102-memory"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--load", nargs=2, metavar=("FOLDER", "URI"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.load:
        print(json.dumps(load_here(Path(arguments.load[0]), arguments.load[1]), default=str))
        return
    with tempfile.TemporaryDirectory(prefix="load_memory") as name:
        folder = Path(name)
        address = start_embedded(folder)
        ensure_databases(address)
        engine = connect(address)
        migrate(engine)
        engine.dispose()
        payload = written(PayloadArchive(str(folder / "payloads")), arguments.megabytes * 1_000_000)
        command = [sys.executable, "-m", "benchmarks.load_memory", "--load", str(folder), payload.uri]
        loaded = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    raw, packed = payload.raw_bytes / 1e6, payload.stored_bytes / 1e6
    print(f"payload: {payload.rows:,} rows, {raw:,.0f} MB, {packed:,.0f} MB compressed")
    print(f"loaded in {loaded['seconds']:,.0f} s: {loaded['posts']:,} posts, {loaded['rows_rejected']:,} rejected")
    megabytes = loaded["peak_resident_bytes"] / 1e6
    print(f"peak resident: {megabytes:,.0f} MB (target: under {TARGET_MEGABYTES})")
    sys.exit(megabytes >= TARGET_MEGABYTES)


def written(archive: PayloadArchive, raw_bytes: int) -> Payload:
    """A payload of at least this size: posts, and here and there a row that is none."""
    writer = archive.writer("linkedin", COLLECTION_DATE, SNAPSHOT_ID, 1)
    writer.write_part(1, _up_to(raw_bytes))
    return writer.commit()


def _up_to(raw_bytes: int) -> Iterator[bytes]:
    length = 0
    for number, line in enumerate(invented_lines(sys.maxsize)):
        given = line if number % 50 else b'{"error": "Collection failed", "error_code": "crawl_failed"}\n'
        yield given
        length += len(given)
        if length >= raw_bytes:
            return


def load_here(folder: Path, uri: str) -> dict[str, object]:
    """Load in this process; the report, seconds and peak."""
    engine = connect(start_embedded(folder))
    payload = PayloadArchive("").open(uri)
    started = time.perf_counter()
    with engine.begin() as conn:
        report = load_payload(conn, snapshot_id=SNAPSHOT_ID, payload=payload, map_line=map_line, mapping_version=1)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    reasons = {str(reason): rows for reason, rows in report.rejects_by_reason.items()}
    counted = {name: value for name, value in vars(report).items() if name != "rejects_by_reason"}
    return {**counted, "rejects_by_reason": reasons, "seconds": seconds, "peak_resident_bytes": peak}


if __name__ == "__main__":
    main()
