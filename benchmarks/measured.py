"""Each benchmark as a function that gives a report. Run by `python -m benchmarks`, each in a process of its own.

`python -m benchmarks.measured NAME [--quick]` prints one report as JSON.
"""

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict

from benchmarks import (
    activity,
    api_load,
    isolation,
    load_memory,
    load_vs_dlt,
    mapping,
    matching_quality,
    rematch,
    sensor_tick,
    snapshots_1000,
    storm,
    transitions,
)
from benchmarks.harness import Ratio, Report, temporary_home
from benchmarks.invented_posts import invented_lines
from scrape_assets.sources.datasets.linkedin import map_line
from scrape_assets.storage.database import connect, ensure_databases, start_embedded
from scrape_assets.storage.migrate import migrate
from scrape_assets.storage.payloads import PayloadArchive


def measure_load_vs_dlt(quick: bool) -> Report:
    """Loading beside dlt's merge and beside the floor."""
    result = load_vs_dlt.measure(5_000, 3, 1) if quick else load_vs_dlt.measure(20_000, 7, 3)
    return Report(
        vars(result),
        [
            Ratio("loading, speed to dlt's merge", result.ours_to_dlt, load_vs_dlt.AT_LEAST_DLT),
            Ratio("loading, speed to bare COPY and upsert", result.ours_to_floor, load_vs_dlt.AT_LEAST_FLOOR),
        ],
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


def measure_matching_quality(quick: bool) -> Report:
    """Matches against the truth, on a labelled corpus."""
    result = matching_quality.measure(6_000 if quick else 60_000)
    verdict = result.verdict
    return Report(
        asdict(result),
        [
            Ratio("matching, authors that are right", verdict.writers.precision, matching_quality.PRECISE),
            Ratio("matching, authors that are found", verdict.writers.recall, matching_quality.COMPLETE),
            Ratio("matching, owners taken for authors of foreign posts", verdict.owners_taken_for_authors, at_most=0.0),
        ],
    )


def measure_rematch(quick: bool) -> Report:
    """One creator matched again over very many posts."""
    result = rematch.measure(200_000 if quick else 10_000_000)
    return Report(
        asdict(result),
        [Ratio("rematch of one creator to 10 s", result.worst_seconds / rematch.AT_MOST_SECONDS, at_most=1.0)],
        [f"the rematch has read {table} as a whole" for table in result.other_plans_scan],
    )


def measure_snapshots_1000(quick: bool) -> Report:
    """Many snapshots made ready at once, followed to the last match."""
    result = snapshots_1000.measure(80, 20) if quick else snapshots_1000.measure(1_000, 100)
    posts = result.snapshots * result.posts_each
    return Report(
        asdict(result),
        [
            Ratio("snapshots, launched runs to those allowed", len(result.runs) / result.runs_allowed, at_most=1.0),
            Ratio(
                "snapshots, posts matched to posts delivered", result.counted.get("posts_with_author", 0) / posts, 1.0
            ),
            Ratio(
                "snapshots, the tick's own time to its timeout", result.tick_share, at_most=snapshots_1000.TICK_SHARE
            ),
            Ratio("snapshots, posts matched a second", posts / result.matched_in),
        ],
        result.complaints,
    )


def measure_storm(quick: bool) -> Report:
    """Jobs by the thousand through a vendor that makes every kind of mistake: is anything lost, or paid twice?"""
    result = storm.measure(1_000 if quick else 5_000)
    given = result.figures.get("jobs", {})
    return Report(
        asdict(result),
        [
            Ratio("storm, jobs that ended to those asked for", sum(given.values()) / result.jobs, at_least=1.0),
            Ratio("storm, answers of 429 to those that block", result.nearness, at_most=0.96),
            Ratio("storm, jobs ended a second", result.jobs / result.seconds),
        ],
        result.complaints,
    )


def measure_transitions(quick: bool) -> Report:
    """Jobs claimed and finished in batches, beside one by one."""
    result = transitions.measure(20_000, 2) if quick else transitions.measure(100_000, 3)
    return Report(
        asdict(result),
        [
            Ratio("transitions a second to 10,000", result.ours_a_second / transitions.AT_LEAST, at_least=1.0),
            Ratio("transitions, speed in batches to one by one", result.to_baseline),
        ],
        result.complaints,
    )


def measure_sensor_tick(quick: bool) -> Report:
    """Ticks of the sensor that follows snapshots, with very many of them."""
    result = sensor_tick.measure(5_000, 500, 2_000) if quick else sensor_tick.measure(100_000, 10_000, 25_000)
    return Report(
        asdict(result),
        [
            Ratio("sensor, slowest tick to 5 s", result.slowest / sensor_tick.AT_MOST, at_most=1.0),
            Ratio("sensor, share asked about in its first ticks", result.asked_about / result.pending),
            Ratio(
                "sensor, calls to snapshots asked about",
                sum(result.calls_at_work.values()) / max(result.asked_about, 1),
            ),
        ],
        result.complaints,
    )


def measure_isolation(quick: bool) -> Report:
    """What platforms collect beside one that is throttled to zero, to what they did before."""
    result = isolation.measure(6.0 if quick else 60.0)
    return Report(
        asdict(result),
        [Ratio("isolation, the others beside a throttled platform", result.ratio, at_least=isolation.AT_LEAST)],
        result.complaints,
    )


def measure_activity(quick: bool) -> Report:
    """A day of `creator_activity` with very many posts."""
    result = activity.measure(50_000, 1) if quick else activity.measure(1_000_000, 3)
    return Report(
        asdict(result),
        [
            Ratio("activity, a day of 1,000,000 posts to 5 s", result.slowest / activity.AT_MOST, at_most=1.0),
            *(
                Ratio(f"activity, 28 days in one run to one day, {name}", world.month / max(world.day))
                for name, world in result.worlds.items()
            ),
        ],
    )


def measure_api_load(quick: bool) -> Report:
    """The API's answers to many callers while posts are loaded."""
    result = api_load.measure(50_000, 8, 50, 0.5) if quick else api_load.measure(1_000_000, 30, 50, 0.5)
    return Report(
        asdict(result),
        [
            *(
                Ratio(f"API, p99 of {kind} to 100 ms", p99 / api_load.P99_SECONDS, at_most=1.0)
                for kind, p99 in result.p99.items()
            ),
            Ratio("API, requests a second", result.requests_a_second),
        ],
        result.complaints,
    )


BENCHMARKS: Mapping[str, Callable[[bool], Report]] = {
    "mapping": measure_mapping,
    "load_vs_dlt": measure_load_vs_dlt,
    "load_memory": measure_load_memory,
    "matching_quality": measure_matching_quality,
    "rematch": measure_rematch,
    "snapshots_1000": measure_snapshots_1000,
    "isolation": measure_isolation,
    "storm": measure_storm,
    "transitions": measure_transitions,
    "activity": measure_activity,
    "api_load": measure_api_load,
    "sensor_tick": measure_sensor_tick,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=BENCHMARKS)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    report = BENCHMARKS[arguments.name](arguments.quick)
    print(json.dumps({**asdict(report), "missed": report.missed}, default=str))


if __name__ == "__main__":
    main()
