"""`scrape-assets up` as a process, watched from outside: what it starts, what its UI shows, what is left of it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from scrape_assets_tests.commands.command_line import COMMAND, CommandLine

THREE_ASSETS = ("snapshots", "raw_posts", "creator_content")
PARTITIONS = "{ assetNodes { assetKey { path } partitionStats { numMaterialized numFailed } } }"
RUNS = "{ runsOrError { ... on Runs { results { jobName status } } } }"


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(found: Callable[[], Any], seconds: float, what: str) -> Any:
    """Look until something is found; other processes are at work, so time has to pass."""
    end = time.monotonic() + seconds
    pause = threading.Event()
    while not (result := found()):
        assert time.monotonic() < end, f"{what} did not happen within {seconds:g} s"
        pause.wait(0.2)
    return result


class Deployment:
    """A running `up`."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self._process = process
        self.port = port
        self.greeting = ""
        self.begun = datetime.now(UTC)

    def ready(self) -> Deployment:
        """Wait for the words that it greets with."""
        assert self._process.stdout
        for line in self._process.stdout:
            self.greeting += line
            if line.startswith("╰"):
                return self
        raise AssertionError(f"it ended: {self.greeting} {self._process.stderr and self._process.stderr.read()}")

    def ask(self, query: str) -> Any:
        """Ask Dagster as its UI does."""
        answer = httpx.post(f"http://127.0.0.1:{self.port}/graphql", json={"query": query}, timeout=60)
        return answer.raise_for_status().json()["data"]

    def partitions(self) -> dict[str, tuple[int, int]]:
        """Materialized and failed partitions of each partitioned asset."""
        nodes = self.ask(PARTITIONS)["assetNodes"]
        return {
            node["assetKey"]["path"][0]: (
                node["partitionStats"]["numMaterialized"],
                node["partitionStats"]["numFailed"],
            )
            for node in nodes
            if node["partitionStats"]
        }

    def runs(self) -> list[tuple[str, str]]:
        """Each run's job and status."""
        return sorted((run["jobName"], run["status"]) for run in self.ask(RUNS)["runsOrError"]["results"])

    def processes(self) -> dict[int, str]:
        """Everything that it started and that lives: number and command."""
        return {pid: command for pid, command in descendants(self._process.pid).items() if alive(pid)}

    def stop(self, number: signal.Signals = signal.SIGINT) -> tuple[int, str]:
        """Ask it to stop; give its exit status and what it said on stderr."""
        self._process.send_signal(number)
        _, complaints = self._process.communicate(timeout=60)
        return self._process.returncode, complaints

    def kill(self) -> None:
        """End it without warning."""
        self._process.kill()
        self._process.communicate(timeout=60)


@contextmanager
def up(run: CommandLine, port: int, **settings: str) -> Iterator[Deployment]:
    """`scrape-assets up`, stopped at the end if nobody has stopped it before."""
    process = subprocess.Popen(
        [*COMMAND, "up", "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=run.home,
        env={**run.process_environment, **settings},
    )
    deployment = Deployment(process, port)
    try:
        yield deployment
    finally:
        if process.poll() is None:
            deployment.stop()


def descendants(pid: int) -> dict[int, str]:
    """The processes that a process started, and those that they started, with their commands."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
                command = (entry / "cmdline").read_text().replace("\0", " ")
            except OSError:
                continue  # it has ended meanwhile
            parents[int(entry.name)] = (int(stat.rpartition(")")[2].split()[1]), command)
    found: dict[int, str] = {}
    todo = [pid]
    while todo:
        parent = todo.pop()
        children = {child: command for child, (of, command) in parents.items() if of == parent}
        found.update(children)
        todo.extend(children)
    return found


def alive(pid: int) -> bool:
    """Whether a process is there and has not merely been left unburied."""
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def database_runs(home: Path) -> bool:
    """Whether the embedded database of this data folder runs."""
    pid_file = home / "postgres" / "postmaster.pid"
    return pid_file.exists() and os.path.exists(f"/proc/{pid_file.read_text().split()[0]}")
