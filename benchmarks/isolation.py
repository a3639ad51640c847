"""Does one platform that takes nothing slow the others? Run: `python -m benchmarks.isolation [--seconds 30] [--json]`.

Three platforms with APIs of their own (loopback servers that take 20 ms for an answer), each collected by a process of
its own, over and over, into one database, as runs do. First all are healthy, then one answers 429 and nothing else, in
turns within one run. The figure is what the other two collect beside a throttled one, to what they did before.
"""

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy.engine import Engine

from benchmarks.crowded_world import own_environment
from benchmarks.harness import LOCALHOST, described, free_port, machine, temporary_home
from scrape_assets.flow.collect import collect
from scrape_assets.flow.context import open_context
from scrape_assets.posts.identity import profile_key
from scrape_assets.runtime import export_environment, prepare
from scrape_assets.settings import Settings
from scrape_assets.storage.creators import upsert_creator

AT_LEAST = 0.9
TURNS = 6  # in each state: what else the machine does meanwhile falls on both alike
ANSWER_SECONDS = 0.02
CREATORS = 4
THROTTLED = "x"
PLATFORMS = {
    "hackernews": "https://news.ycombinator.com/user?id=somebody{}",
    "bluesky": "https://bsky.app/profile/somebody{}.example.com",
    "x": "https://x.com/somebody{}",
}
# The pace is not what is measured: as fast as the machine goes.
UNPACED = json.dumps({platform: {"per_second": 100_000, "burst": 50_000} for platform in PLATFORMS})


@dataclass(frozen=True)
class Result:
    """Targets collected a second, by platform."""

    seconds: float  # of each of the two states, in all
    healthy: Mapping[str, float]
    throttled: Mapping[str, float]  # beside one that answers 429 and nothing else

    @property
    def ratio(self) -> float:
        """What the others still collect, to what they did; the worse of the two."""
        return min(self.throttled[name] / (self.healthy[name] or 1) for name in PLATFORMS if name != THROTTLED)

    @property
    def complaints(self) -> list[str]:
        """Whatever makes the figure worthless."""
        idle = [f"{name} collected nothing while all was well" for name, count in self.healthy.items() if not count]
        busy = self.throttled[THROTTLED] / (self.healthy[THROTTLED] or 1)
        return idle + ([f"{THROTTLED} went on though it was throttled: {busy:.2f} of before"] if busy > 0.1 else [])


def measure(seconds: float) -> Result:
    """Collect `seconds` in each of the two states, in turns."""
    with temporary_home("isolation") as home, own_environment(home, posts=1), ExitStack() as stack:
        switch = home / "throttled"
        for name in PLATFORMS:
            port = free_port()
            os.environ[f"{name.upper()}_API_URL"] = f"http://{LOCALHOST}:{port}"
            stack.enter_context(_child("--serve", name, str(port), str(switch)))
        os.environ |= {
            "SCRAPE_ASSETS_PACE": UNPACED,
            "SCRAPE_ASSETS_SOURCES": json.dumps({"x": ["x"]}),
            "SCRAPE_ASSETS_FRESHNESS_MINUTES": "0",
            "X_BEARER_TOKEN": "invented",
        }
        prepared = prepare(Settings.from_environment())
        export_environment(prepared, None)
        with prepared.engine.begin() as conn:
            for name, address in PLATFORMS.items():
                for number in range(CREATORS):
                    upsert_creator(conn, f"{name}-{number}", "Somebody", profile_key(name, address.format(number)))
        notes = {name: home / f"{name}.notes" for name in PLATFORMS}
        for name, file in notes.items():
            stack.enter_context(_child("--collect", name, str(file)))
        turns = [_turn(prepared.engine, switch, seconds / TURNS, throttled=turn % 2 == 1) for turn in range(2 * TURNS)]
        prepared.engine.dispose()
        had = {name: _read(file) for name, file in notes.items()}
    return Result(seconds, _a_second(had, turns[::2]), _a_second(had, turns[1::2]))


def _turn(engine: Engine, switch: Path, seconds: float, *, throttled: bool) -> tuple[float, float]:
    """Let everybody collect for a while; from when to when."""
    if throttled:
        switch.touch()
    else:
        switch.unlink(missing_ok=True)
    with engine.begin() as conn:
        conn.exec_driver_sql("DELETE FROM source_state")  # whoever was left alone is not any more
    began = time.monotonic()
    time.sleep(seconds)
    return began, time.monotonic()


def _read(file: Path) -> list[tuple[float, float, int]]:
    """Each collection of a platform: from when to when, and how many targets were had."""
    lines = (line.split() for line in file.read_text(encoding="ascii").splitlines())
    return [(float(words[0]), float(words[1]), int(words[2])) for words in lines if len(words) == 3]


def _a_second(had: Mapping[str, list[tuple[float, float, int]]], turns: list[tuple[float, float]]) -> dict[str, float]:
    """Targets a second in these turns. A collection that lies across the end of one counts by its share."""
    seconds = sum(end - began for began, end in turns)
    return {
        name: sum(
            count * max(0.0, min(last, end) - max(first, began)) / (last - first)
            for first, last, count in notes
            for began, end in turns
        )
        / seconds
        for name, notes in had.items()
    }


@contextmanager
def _child(*words: str) -> Iterator[subprocess.Popen[str]]:
    """A process of ours that has said that it is ready; ended with the context."""
    command = [sys.executable, "-m", "benchmarks.isolation", *words]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout
        if child.stdout.readline() != "ready\n":
            raise RuntimeError(f"{' '.join(words)} could not start")
        yield child
    finally:
        child.terminate()
        child.wait()


def _collect(platform: str, notes: Path) -> None:
    """Collect everybody of a platform again and again, and note when and how many targets were had."""
    settings = Settings.from_environment()
    day = datetime.now(UTC).date()
    with open_context(settings) as ctx, notes.open("w", encoding="ascii", buffering=1) as file:
        print("ready", flush=True)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # nobody reads the log from here on
        while True:
            began = time.monotonic()
            gathered = sum(one.inputs for one in collect(ctx, platform, day, force=True).accepted)
            file.write(f"{began} {time.monotonic()} {gathered}\n")
            if not gathered:
                time.sleep(0.25)  # nobody asks at once again where nothing is to be had; a sensor waits for longer


def _serve(platform: str, port: int, switch: Path) -> None:
    """Answer as the platform would, or with 429 while the switch is on."""
    now = datetime.now(UTC)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            time.sleep(ANSWER_SECONDS)
            throttled = platform == THROTTLED and switch.exists()
            body = b"{}" if throttled else json.dumps(_answer(platform, urlsplit(self.path).path, now)).encode()
            self.send_response(429 if throttled else 200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer((LOCALHOST, port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print("ready", flush=True)
    sys.stdin.read()


def _answer(platform: str, path: str, now: datetime) -> dict[str, object]:
    stated = now.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    if platform == "hackernews":
        story = {"objectID": "1", "_tags": ["story"], "author": "a", "title": "T", "created_at": stated}
        story["created_at_i"] = str(int(now.timestamp()))
        return {"username": "a"} if "/users/" in path else {"hits": [story], "nbHits": 1, "nbPages": 1, "page": 0}
    if platform == "bluesky":
        author = {"did": "did:plc:" + "a" * 24, "handle": "a.example.com"}
        post = {"uri": f"at://{author['did']}/app.bsky.feed.post/3k1", "cid": "b", "author": author}
        return {"feed": [{"post": {**post, "record": {"text": "T", "createdAt": stated}, "indexedAt": stated}}]}
    if "/by/username/" in path:
        return {"data": {"id": "7001", "username": "a", "name": "A"}}
    return {"data": [{"id": "1", "text": "T", "author_id": "7001", "created_at": stated}], "meta": {"result_count": 1}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30.0, help="in each state")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--serve", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--collect", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        platform, port, switch = arguments.serve
        _serve(platform, int(port), Path(switch))
        return
    if arguments.collect:
        _collect(arguments.collect[0], Path(arguments.collect[1]))
        return
    facts = machine()
    result = measure(arguments.seconds)
    if arguments.json:
        print(json.dumps({"machine": facts, **asdict(result), "ratio": result.ratio}))
    else:
        print(described(facts))
        for name in PLATFORMS:
            print(f"{name:12} {result.healthy[name]:7.1f} targets a second, then {result.throttled[name]:7.1f}")
        print(f"the others beside a platform throttled to zero: {result.ratio:.2f} of before (at least {AT_LEAST})")
    for complaint in result.complaints:
        print(complaint, file=sys.stderr)
    sys.exit(bool(result.complaints) or result.ratio < AT_LEAST)


if __name__ == "__main__":
    main()
