"""Reports on what turns payloads into rows: mapping, loading, and what it takes. Each a function of `quick`."""

import json
import statistics
import subprocess
import sys
from dataclasses import asdict

from benchmarks import load_into, load_memory, load_vs_dlt, mapping
from benchmarks.harness import Ratio, Report, by_round, temporary_home
from benchmarks.invented_posts import invented_lines
from benchmarks.plot import Series
from scrape_assets.sources.datasets.linkedin import map_line
from scrape_assets.storage.database import connect, ensure_databases, start_embedded
from scrape_assets.storage.migrate import migrate
from scrape_assets.storage.payloads import PayloadArchive


def measure_load_vs_dlt(quick: bool) -> Report:
    """Loading beside dlt's merge, bare COPY and pandas, with records as they are delivered and with lean ones."""
    found = load_vs_dlt.measure(5_000, 500, 3, 1) if quick else load_vs_dlt.measure(20_000, 2_000, 7, 3)
    return Report(
        {one.shape: asdict(one) for one in found},
        [ratio for one in found for ratio in one.ratios],
        series=[by_round(f"Loading {one.rows:,} posts {one.shape}", "seconds", one.rounds) for one in found],
    )


def measure_load_memory(quick: bool) -> Report:
    """The peak resident size of a process that loads a large payload and does nothing else."""
    with temporary_home("load_memory") as home:
        address = start_embedded(home)
        ensure_databases(address)
        engine = connect(address)
        migrate(engine)
        engine.dispose()
        payload = load_memory.written(PayloadArchive(str(home / "payloads")), (100 if quick else 1_000) * 1_000_000)
        command = [sys.executable, "-m", "benchmarks.load_memory", "--load", str(home), payload.uri]
        loaded = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    peak = loaded["peak_resident_bytes"]
    return Report(
        {"payload_bytes": payload.raw_bytes, "payload_rows": payload.rows, **loaded},
        [
            Ratio("loading, peak resident MB to 300", peak / 1e6 / load_memory.TARGET_MEGABYTES, at_most=1.0),
            Ratio("loading, peak resident size to the payload's", peak / payload.raw_bytes),
        ],
    )


def measure_mapping(quick: bool) -> Report:
    """Mapping a record beside only parsing it."""
    lines = [line.rstrip(b"\n") for line in invented_lines(mapping.ROWS // (4 if quick else 1))]
    mapped = mapping.microseconds_per_row(lines, lambda line: map_line(line, False))
    parsed = mapping.microseconds_per_row(lines, json.loads)
    size = statistics.mean(map(len, lines))
    others = mapping.every_mapping()
    slowest = max(one.microseconds for one in others)
    return Report(
        {
            "rows": len(lines),
            "bytes_a_row": round(size),
            "map_line_us": mapped,
            "json_loads_us": parsed,
            "by_mapping_us": {one.name: round(one.microseconds, 1) for one in others},
        },
        [
            Ratio("mapping a record, time to that of json.loads alone", mapped / parsed),
            Ratio("mapping a record, the slowest of all mappings to 40 µs", slowest / mapping.TARGET_US, at_most=1.0),
        ],
    )


def measure_load_into(quick: bool) -> Report:
    """Loading into tables that hold very many posts already."""
    result = load_into.measure([5_000], 1_000, 1) if quick else load_into.measure(list(load_into.INTO), 20_000, 5)
    ratios = [
        Ratio(f"loading {one.posts} into {one.into:,}, speed to that into none", one.speed, load_into.AT_LEAST)
        for one in result.loaded
    ]
    lines: dict[str, list[tuple[float, float]]] = {}
    for one in result.loaded:
        lines.setdefault(one.posts, []).append((one.into, one.speed))
    series = Series(
        f"Loading {result.rows:,} records into full tables: speed to that into empty ones",
        "posts there before",
        "times the speed",
        lines,
        logarithmic=True,
        limit=load_into.AT_LEAST,
    )
    return Report(asdict(result), ratios, series=[series])
