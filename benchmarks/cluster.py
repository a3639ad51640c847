"""A deployment on several hosts, all of them on this machine: what `deploy/` starts, without its containers.

One PostgreSQL, Redis as broker and result backend, a store for payloads (an S3 server, or a folder that all mount), the
vendor's stand-in, a code server, the daemon, and hosts of run workers. Each host has a data folder of its own and
reaches all others through wires of its own: nothing is shared but what hosts share.
"""

import os
import shutil
import signal
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import httpx

from benchmarks.harness import LOCALHOST, free_port
from benchmarks.wires import Wires, wires
from scrape_assets.commands.children import Child, Children

BUCKET = "payloads"
START_SECONDS = 90


class NotInstalled(Exception):
    """A program that this needs is not on this machine; the message says how to get it."""


def installed_program(name: str, package: str) -> str:
    """Where a program lies.

    Raises:
        NotInstalled: it is not here; the message names Debian's package.
    """
    found = shutil.which(name)
    if found is None:
        raise NotInstalled(f"{name} is not installed: apt install {package}")
    return found


@dataclass
class Host:
    """Something that can die, or be cut off."""

    name: str
    child: Child
    line: Wires

    def kill(self) -> None:
        """Its power goes."""
        self.child.signal(signal.SIGKILL)


@dataclass
class Cluster:
    """What every host reaches, and the hosts."""

    folder: Path
    children: Children
    database: Path  # PostgreSQL's socket
    vendor: str
    stack: ExitStack
    settings: dict[str, str] = field(default_factory=dict)
    store: Literal["s3", "folder"] = "s3"
    redis: int = 0
    s3: int = 0
    code: int = 0

    def start_services(self) -> None:
        """The broker and the object store."""
        program = installed_program("redis-server", "redis-server")
        self.redis, self.s3, self.code = free_port(), free_port(), free_port()
        quiet = ("--save", "", "--appendonly", "no", "--dir", str(self.folder), "--bind", LOCALHOST)
        self.children.start("redis", [program, "--port", str(self.redis), *quiet])
        if self.store == "s3":
            self.children.start("s3", [sys.executable, "-m", "benchmarks.s3_server", str(self.s3), BUCKET])
        self.children.wait_until(self._services_answer, START_SECONDS, "Redis and the store")

    def _services_answer(self) -> bool:
        import redis

        try:
            redis.Redis(port=self.redis).ping()
            if self.store == "folder":
                return True
            return httpx.get(f"http://{LOCALHOST}:{self.s3}/{BUCKET}", timeout=2).is_success
        except (redis.ConnectionError, httpx.HTTPError):
            return False

    def start_central(self) -> None:
        """The code server and the daemon."""
        line = self.stack.enter_context(wires())
        environment = self.environment("central", line)
        self._start("code", environment, "code-server", "--port", str(self.code))
        self._start("daemon", environment, "daemon", "--code", f"{LOCALHOST}:{self.code}")

    def start_host(self, name: str, runs: int) -> Host:
        """A host of workers."""
        line = self.stack.enter_context(wires())
        child = self._start(name, self.environment(name, line), "worker", "--runs", str(runs), "--name", name)
        return Host(name, child, line)

    def workers_answer(self, names: set[str]) -> bool:
        """Whether these hosts' workers listen to the broker."""
        from celery import Celery

        app = Celery(broker=f"redis://{LOCALHOST}:{self.redis}/0")
        answers = app.control.ping(timeout=1)
        return {found.partition("@")[0] for answer in answers or () for found in answer} >= names

    def environment(self, name: str, line: Wires) -> dict[str, str]:
        """What a host's processes are given: everything else lies at the other end of its wires."""
        home = self.folder / name
        home.mkdir(exist_ok=True)
        vendor = httpx.URL(self.vendor)
        assert vendor.port
        return {
            **{key: value for key, value in os.environ.items() if not key.startswith(("SCRAPE_ASSETS_", "DAGSTER_"))},
            **self.settings,
            "SCRAPE_ASSETS_HOME": str(home),
            "SCRAPE_ASSETS_DATABASE_URL": f"postgresql://postgres@{LOCALHOST}:{line.to(str(self.database))}/scrape_assets",
            "SCRAPE_ASSETS_CELERY_BROKER": f"redis://{LOCALHOST}:{line.to((LOCALHOST, self.redis))}/0",
            **self._payloads(line),
            "BRIGHTDATA_API_URL": f"http://{LOCALHOST}:{line.to((str(vendor.host), vendor.port))}",
            "BRIGHTDATA_API_KEY": "invented-key",
            "PYTHONPATH": os.getcwd(),
        }

    def _payloads(self, line: Wires) -> dict[str, str]:
        if self.store == "folder":
            return {"SCRAPE_ASSETS_PAYLOAD_URL": str(self.folder / "mounted")}
        return {
            "SCRAPE_ASSETS_PAYLOAD_URL": f"s3://{BUCKET}/kept",
            "AWS_ENDPOINT_URL": f"http://{LOCALHOST}:{line.to((LOCALHOST, self.s3))}",
            "AWS_ACCESS_KEY_ID": "invented",
            "AWS_SECRET_ACCESS_KEY": "invented",
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def _start(self, name: str, environment: Mapping[str, str], *command: str) -> Child:
        words = [f"{key}={value}" for key, value in environment.items()]
        return self.children.start(name, ["env", "-i", *words, sys.executable, "-m", "scrape_assets", *command])
