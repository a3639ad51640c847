"""What it brings to partition `raw_posts` and `post_metrics`, with very many posts in them.

Run: `python -m benchmarks.partitions [--posts 1000000] [--rounds 3]`. `--posts 20000000` needs 30 GB and an hour; with
`--home FOLDER` the world is kept, so that its stages can be run one by one (`--stage`), in their order.

Four layouts side by side in one embedded database, measured in turns (what they are: `partitions_world`):

- none: the tables of today, empty, for comparison: what is promised of loading is measured by `load_into`;
- plain: the tables of today;
- hashed: `raw_posts` in 16 parts by the hash of the post's id, `post_metrics` by month of the observation. The
  project's statements work on it as they are;
- monthly: `raw_posts` by the month in which a post was first seen, and a table of keys, which sees to it that a post is
  there once, as the parts cannot. The loader's upsert is another here.
"""

from __future__ import annotations

import argparse
import json
import statistics
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks import partitions_measured as measured
from benchmarks import partitions_world as world
from benchmarks.harness import described, machine, seconds, temporary_home
from scrape_assets.storage.database import DatabaseAddress, connect, ensure_databases, start_embedded
from scrape_assets.storage.migrate import migrate

STAGES = ("fill", "metrics", "hashed", "monthly", "plain")
_BESIDE = {"hashed": world.HASHED, "monthly": world.MONTHLY}


@dataclass
class Stage:
    """What one stage has found; seconds, bytes and counts by what they are of."""

    name: str
    posts: int
    machine: dict[str, object]
    took: dict[str, float] = field(default_factory=dict)  # the building
    loads: list[measured.Load] = field(default_factory=list)
    reads: dict[str, dict[str, list[float]]] = field(default_factory=dict)  # what, layout, seconds by round
    sizes: dict[str, dict[str, int]] = field(default_factory=dict)
    retention: list[measured.Removal] = field(default_factory=list)

    def to_none(self, layout: str, order: str) -> float:
        """The speed of loading in this layout to that of loading into empty tables."""
        median = {
            name: statistics.median(load.seconds for load in self.loads if (load.layout, load.ids) == (name, order))
            for name in ("none", layout)
        }
        return median["none"] / median[layout]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--home", type=Path, help="a folder that is kept; default: one that goes afterwards")
    parser.add_argument("--stage", choices=STAGES, action="append", help="default: all, in this order")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with nullcontext(arguments.home) if arguments.home else temporary_home("partitions") as home:
        home.mkdir(parents=True, exist_ok=True)
        address = start_embedded(home)
        ensure_databases(address)
        for name in arguments.stage or STAGES:
            stage = run(address, home, name, arguments.posts, arguments.rounds)
            print(json.dumps(asdict(stage)) if arguments.json else _told(stage), flush=True)


def run(address: DatabaseAddress, home: Path, name: str, posts: int, rounds: int) -> Stage:
    """One stage. A layout beside the plain one is built, measured in turns with it, and taken away again."""
    stage = Stage(name, posts, machine())
    if name == "fill":
        engine = connect(address)
        migrate(engine)
        measured.settings_for(engine, building=True)
        stage.took["posts, metrics, sightings"] = seconds(lambda: world.fill(address, posts))
        engine.dispose()
        return stage
    if name == "metrics":
        stage.took["metrics by month"] = seconds(lambda: world.lay_out_metrics(address, posts))
        with world.looking_into(address, world.PLAIN) as plain:
            stage.took["the first vacuum"] = seconds(lambda: world.vacuum(plain, *measured.SHARED))
        return stage
    if name == "plain":
        stage.retention = measured.removed_from_plain(address)
        return stage
    layout = _BESIDE[name]
    build = {"hashed": world.lay_out_hashed, "monthly": world.lay_out_monthly}[name]
    engine = connect(address)
    measured.settings_for(engine, building=True)
    stage.took[name] = seconds(lambda: build(address, posts))
    with world.looking_into(address, layout) as looking:
        stage.took[f"{name}, the first vacuum"] = seconds(lambda: world.vacuum(looking, *measured.OF_LAYOUT[name]))
    measured.settings_for(engine, building=False)
    stage.sizes = {each.name: measured.sizes(address, each) for each in (world.PLAIN, layout)}
    stage.loads = measured.loads(address, home, (world.NONE, world.PLAIN, layout), rounds)
    stage.reads = measured.reads(address, (world.PLAIN, layout), posts, rounds)
    stage.retention = measured.removed_from_parts(address, layout)
    with engine.begin() as conn:
        conn.exec_driver_sql(f"DROP SCHEMA {name} CASCADE")
    engine.dispose()
    return stage


def _told(stage: Stage) -> str:
    lines = [f"{stage.name}, {stage.posts:,} posts; {described(stage.machine)}"]
    lines += [f"  {what}: {seconds:.0f} s" for what, seconds in stage.took.items()]
    lines += [
        f"  size, {layout}: " + ", ".join(f"{what} {size / 1e6:,.0f} MB" for what, size in sizes.items())
        for layout, sizes in stage.sizes.items()
    ]
    for order in measured.ORDERS:
        for layout in ("none", "plain", stage.name):
            found = [load for load in stage.loads if (load.layout, load.ids) == (layout, order)]
            if found:
                lines.append(
                    f"  load, {order}, {layout}: {', '.join(f'{load.seconds:.2f}' for load in found)} s;"
                    f" WAL {', '.join(f'{load.wal / 1e6:.0f}' for load in found)} MB"
                )
            if found and layout != "none":
                lines.append(f"  speed of loading into {layout}, {order}, to none: {stage.to_none(layout, order):.2f}")
    lines += [
        f"  {what}, {layout}: {', '.join(f'{seconds:.3f}' for seconds in rounds)} s"
        for what, by_layout in stage.reads.items()
        for layout, rounds in by_layout.items()
    ]
    lines += [
        f"  {one.what}: {one.rows:,} rows, {one.seconds:.2f} s, WAL {one.wal / 1e6:,.0f} MB,"
        f" vacuum {one.vacuum:.2f} s, {one.freed / 1e6:,.0f} MB given back"
        for one in stage.retention
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
