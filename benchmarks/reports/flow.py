"""Reports on snapshots on their way from the vendor, with Dagster around them. Each a function of `quick`."""

from dataclasses import asdict

from benchmarks import (
    isolation,
    plain_script,
    remap,
    sensor_growth,
    sensor_tick,
    snapshots_1000,
    start_up,
    storm,
    ui_queries,
)
from benchmarks.harness import Ratio, Report, by_round
from benchmarks.plot import Series, exponent


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
            Ratio("snapshots, until all are matched to 60 s", result.matched_in / snapshots_1000.WITHIN, at_most=1.0),
            Ratio("snapshots, posts matched a second", posts / result.matched_in),
        ],
        result.complaints,
    )


def measure_start_up(quick: bool) -> Report:
    """Importing the code location, starting all of it, launching a run."""
    result = start_up.measure(2, 1) if quick else start_up.measure()
    return Report(
        asdict(result),
        [
            Ratio("start-up, import to 2.5 s", result.whole / start_up.WHOLE_AT_MOST, at_most=1.0),
            Ratio("start-up, what is ours of it to 0.5 s", result.ours / start_up.OURS_AT_MOST, at_most=1.0),
        ],
        [],
        [by_round("Importing the code location", "seconds", result.imports, start_up.WHOLE_AT_MOST)],
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


def measure_sensor_tick(quick: bool) -> Report:
    """Ticks of the sensor that follows snapshots, with very many of them."""
    result = sensor_tick.measure(5_000, 500, 2_000) if quick else sensor_tick.measure(100_000, 10_000, 25_000)
    ticks = {"the vendor works": result.at_work, "until the request": result.ready_own}
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
        [by_round("Ticks of the sensor", "seconds", ticks, sensor_tick.AT_MOST)],
    )


def measure_isolation(quick: bool) -> Report:
    """What platforms collect beside one that is throttled to zero, to what they did before."""
    result = isolation.measure(6.0 if quick else 60.0)
    return Report(
        asdict(result),
        [Ratio("isolation, the others beside a throttled platform", result.ratio, at_least=isolation.AT_LEAST)],
        result.complaints,
    )


def measure_remap(quick: bool) -> Report:
    """Kept snapshots mapped again: in few runs, and without the vendor."""
    result = remap.measure(30, 5) if quick else remap.measure(1_000, 20)
    return Report(
        asdict(result),
        [
            Ratio("remap, runs to those allowed", result.runs / remap.RUNS_ALLOWED, at_most=1.0),
            Ratio("remap, calls to the vendor", float(result.calls_after - result.calls_before), at_most=0.0),
            Ratio("remap, seconds to those estimated", result.seconds / result.estimated_seconds),
        ],
        [] if result.unchanged else ["mapping again has changed posts or matches"],
    )


def measure_sensor_growth(quick: bool) -> Report:
    """The sensor's tick against ever more snapshots."""
    result = sensor_growth.measure([200, 400], 100) if quick else sensor_growth.measure(list(sensor_growth.KNOWN), 500)
    most = max(result.ticks)
    ratio = Ratio(
        f"sensor, a tick with {most:,} snapshots known to one with {min(result.ticks):,}",
        result.most_to_fewest,
        at_most=None if quick else sensor_growth.AT_MOST,
    )
    lines = {"a tick": result.medians}
    marked = {"most to fewest": result.most_to_fewest, "power": exponent(result.medians)}
    return Report(
        asdict(result),
        [ratio],
        result.complaints,
        [Series("A tick of the sensor", "snapshots known", "seconds", lines, logarithmic=True, marked=marked)],
    )


def measure_plain_script(quick: bool) -> Report:
    """Ready snapshots beside a script that asks, downloads and inserts one by one."""
    result = plain_script.measure(20, 10) if quick else plain_script.measure(200, 100)
    ratio = Ratio("snapshots, speed to a plain script", result.ours_to_script)
    return Report({**asdict(result), "ours_to_script": result.ours_to_script}, [ratio], result.complaints)


def measure_ui_queries(quick: bool) -> Report:
    """What the UI asks about an asset's partitions, with very many of them."""
    sizes, rounds = ((50, 200), 2) if quick else (ui_queries.PARTITIONS, 5)
    result = ui_queries.measure(sizes, rounds)
    lines = {query: result.medians(query) for query in result.later}
    return Report(
        asdict(result),
        [
            Ratio("UI, its slowest answer about partitions to 1 s", result.slowest / ui_queries.AT_MOST, at_most=1.0),
            *(
                Ratio(f"UI, {query} with {sizes[-1]:,} partitions to {sizes[0]:,}", line[-1][1] / line[0][1])
                for query, line in lines.items()
            ),
        ],
        result.complaints,
        [Series("What the UI asks", "partitions", "seconds", lines, logarithmic=True)],
    )
