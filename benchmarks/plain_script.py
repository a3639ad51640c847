"""Ready snapshots to rows in the database, beside a plain script that does it the vendor's documented way.

Run: `python -m benchmarks.plain_script [--snapshots 200] [--posts 100] [--json]`.

Ours is `snapshots_1000` with so many snapshots: Dagster starts, its sensor finds out, its runs download, load and
match. The script asks about each snapshot until it is ready, downloads it as JSON and inserts record by record with
psycopg and ON CONFLICT, a commit a snapshot: one after the other, in one process, against the same simulator with as
many posts and the same kind of server. It runs before and after ours. Both clocks start when all is ready, and the
start of processes counts. The simulator answers at once, on loopback; the vendor does not, and the script waits for
each answer.

The script matches nobody, keeps no counts over time, no payload and no rejected rows; it does not know what it has done
before, and what fails, fails. It is there to tell what all that costs.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field

import httpx
import psycopg

from benchmarks import snapshots_1000
from benchmarks.crowded_world import own_environment, start_simulator
from benchmarks.harness import described, machine, temporary_home
from benchmarks.known_snapshots import trigger_many
from scrape_assets.commands.children import Children
from scrape_assets.runtime import export_environment, prepare
from scrape_assets.settings import Settings
from scrape_assets.simulator.control_client import Control

TIMEOUT = 600.0  # seconds
_TABLE = """
    CREATE TABLE plain_posts (
        id text PRIMARY KEY, url text, user_id text, title text, post_text text, date_posted timestamptz,
        hashtags jsonb, num_likes numeric, num_comments numeric, record jsonb
    )
"""
_COLUMNS = ("id", "url", "user_id", "title", "post_text", "date_posted", "hashtags", "num_likes", "num_comments")
_INSERT = """
    INSERT INTO plain_posts VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (id) DO UPDATE SET
        url = excluded.url, user_id = excluded.user_id, title = excluded.title, post_text = excluded.post_text,
        date_posted = excluded.date_posted, hashtags = excluded.hashtags, num_likes = excluded.num_likes,
        num_comments = excluded.num_comments, record = excluded.record
"""


@dataclass
class Result:
    """From ready to done, in seconds."""

    machine: dict[str, object]
    snapshots: int
    posts_each: int
    script: list[float] = field(default_factory=list)
    ours: float = 0.0
    complaints: list[str] = field(default_factory=list)

    @property
    def ours_to_script(self) -> float:
        """How many times as fast as the script."""
        return sum(self.script) / len(self.script) / self.ours


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--snapshots", type=int, default=200)
    parser.add_argument("--posts", type=int, default=100, help="in each snapshot")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--run", nargs=2, metavar=("VENDOR", "DATABASE"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        vendor, database = arguments.run
        script(vendor, database, json.load(sys.stdin))
        return
    result = measure(arguments.snapshots, arguments.posts)
    if arguments.json:
        print(json.dumps({**asdict(result), "ours_to_script": result.ours_to_script}, indent=2))
    else:
        print(described(result.machine))
        print(f"{result.snapshots:,} snapshots of {result.posts_each} posts, from ready to done:")
        print(f"  the script {', '.join(f'{one:.1f}' for one in result.script)} s; ours {result.ours:.1f} s", end="")
        print(f": {result.ours_to_script:.2f} times as fast")
        for complaint in result.complaints:
            print(f"  MISSED: {complaint}")
    sys.exit(bool(result.complaints))


def measure(snapshots: int, posts: int) -> Result:
    """The script, ours, the script again."""
    result = Result(machine(), snapshots, posts)
    result.script.append(_scripted(result))
    found = snapshots_1000.measure(snapshots, posts)
    result.ours = found.matched_in
    result.complaints += found.complaints
    result.script.append(_scripted(result))
    return result


def _scripted(result: Result) -> float:
    """Seconds of the script, in a world of its own."""
    with ExitStack() as stack:
        home = stack.enter_context(temporary_home("plain_script"))
        stack.enter_context(own_environment(home, result.posts_each))
        prepared = prepare(Settings.from_environment())
        stack.callback(prepared.engine.dispose)
        children = stack.enter_context(Children(home / "logs"))
        vendor = start_simulator(prepared, children, result.posts_each)
        export_environment(prepared, vendor)
        given = trigger_many(vendor, os.environ["BRIGHTDATA_API_KEY"], result.snapshots)
        control = Control(vendor)
        stack.callback(control.close)
        control.make_ready()
        address = prepared.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as conn:
            conn.execute(_TABLE)
            command = [sys.executable, "-m", "benchmarks.plain_script", "--run", vendor, address]
            began = time.perf_counter()
            subprocess.run(command, input=json.dumps(given), text=True, check=True, timeout=TIMEOUT)
            seconds = time.perf_counter() - began
            row = conn.execute("SELECT count(*) FROM plain_posts").fetchone()
        expected = result.snapshots * result.posts_each
        if row is None or row[0] != expected:
            result.complaints.append(f"the script has inserted {row and row[0]} posts, not {expected}")
        return seconds


def script(vendor: str, database: str, snapshots: list[str]) -> None:
    """What a person writes in an afternoon from the vendor's examples."""
    key = {"authorization": f"Bearer {os.environ['BRIGHTDATA_API_KEY']}"}
    with httpx.Client(base_url=vendor, headers=key, timeout=60) as client, psycopg.connect(database) as conn:
        for snapshot in snapshots:
            while client.get(f"/datasets/v3/progress/{snapshot}").raise_for_status().json()["status"] != "ready":
                time.sleep(5)
            answer = client.get(f"/datasets/v3/snapshot/{snapshot}", params={"format": "json"}).raise_for_status()
            for record in answer.json():
                values = [record.get(name) for name in _COLUMNS]
                values[_COLUMNS.index("hashtags")] = json.dumps(record.get("hashtags"))
                conn.execute(_INSERT, [*values, json.dumps(record)])
            conn.commit()


if __name__ == "__main__":
    main()
