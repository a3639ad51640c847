"""Running the simulator: blocking for the command line, or in a thread for tests."""

import socket
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread
from types import TracebackType

import uvicorn

from scrape_assets.simulator.app import build_app
from scrape_assets.simulator.clock import Clock, utc_now
from scrape_assets.simulator.connection import DroppableConnection
from scrape_assets.simulator.control_client import Control
from scrape_assets.simulator.faults import FaultRule, FaultRules
from scrape_assets.simulator.journal import Journal
from scrape_assets.simulator.replay import replay_files
from scrape_assets.simulator.settings import Settings
from scrape_assets.simulator.store import JobStore
from scrape_assets.simulator.vendor import Vendor

_DEMO = Settings()
_AT_ONCE = Settings(latency=0.0, jitter=0.0)


def run(
    host: str,
    port: int,
    *,
    seed: int = 1,
    settings: Settings = _DEMO,
    data_dir: Path | None = None,
    replay_dir: Path | None = None,
    faults: Sequence[FaultRule] = (),
    clock: Clock = utc_now,
) -> None:
    """Serve until interrupted (Ctrl-C ends it without an error).

    Args:
        host: the address to listen on.
        port: the port; it must be free.
        seed: the same seed invents the same people, posts and counts.
        settings: the switches at the start; the default is ready 8 to 15 seconds after a trigger.
        data_dir: where jobs are journaled so that they survive a restart; None keeps them in memory.
        replay_dir: NDJSON files to serve as snapshots, see `replay`.
        faults: rules in force from the start.
        clock: the vendor's.

    Raises:
        ValueError: the replay folder holds nothing to replay.
        OSError: the port is taken.
    """
    vendor = _vendor(seed, settings, data_dir, replay_dir, faults, clock)
    try:
        with _bound(host, port) as listening, suppress(KeyboardInterrupt):
            uvicorn.Server(_config(vendor)).run(sockets=[listening])
    finally:
        vendor.jobs.close()


class SimulatorThread:
    """The simulator on a free loopback port, in a thread of this process, as a context manager.

    Jobs are ready at once unless the settings say otherwise. `url` is the vendor's base URL, `control` turns
    the switches.
    """

    def __init__(
        self,
        *,
        seed: int = 1,
        settings: Settings = _AT_ONCE,
        data_dir: Path | None = None,
        replay_dir: Path | None = None,
        faults: Sequence[FaultRule] = (),
        clock: Clock = utc_now,
    ) -> None:
        self._vendor = _vendor(seed, settings, data_dir, replay_dir, faults, clock)
        self._listening = _bound("127.0.0.1", 0)
        self._server = uvicorn.Server(_config(self._vendor))
        self._thread = Thread(target=self._server.run, args=([self._listening],), name="simulator", daemon=True)
        host, port = self._listening.getsockname()
        self.url = f"http://{host}:{port}"
        self.control = Control(self.url)

    def __enter__(self) -> "SimulatorThread":
        # The socket listens already: a first call waits in its queue until the loop runs.
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.control.close()
        self._server.should_exit = True
        self._thread.join(timeout=10)
        self._listening.close()
        self._vendor.jobs.close()


def _vendor(
    seed: int,
    settings: Settings,
    data_dir: Path | None,
    replay_dir: Path | None,
    faults: Sequence[FaultRule],
    clock: Clock,
) -> Vendor:
    replays = replay_files(replay_dir) if replay_dir is not None else {}
    journal = Journal(data_dir) if data_dir is not None else None
    return Vendor(JobStore(seed, journal), settings, FaultRules(faults, seed=seed), clock=clock, replays=replays)


def _config(vendor: Vendor) -> uvicorn.Config:
    return uvicorn.Config(
        build_app(vendor),
        http=DroppableConnection,
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
    )


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(2048)
    except OSError:
        listening.close()
        raise
    return listening
