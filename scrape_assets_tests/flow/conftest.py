"""The world of the flow's tests, new for each."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from scrape_assets.simulator.server import SimulatorThread
from scrape_assets.simulator.settings import Settings as VendorSettings
from scrape_assets_tests.flow.world import Clock, World


@pytest.fixture
def clock() -> Clock:
    """One time for us and the vendor."""
    return Clock()


@pytest.fixture
def world_with(db: Engine, tmp_path: Path, clock: Clock) -> Iterator[Callable[..., World]]:
    """Makes the world with a vendor of one's own choice."""
    with ExitStack() as stack:

        def make(*, replay_dir: Path | None = None, **vendor: Any) -> World:
            settings = VendorSettings(**{"latency": 0.0, "jitter": 0.0, "error_rate": 0.0, **vendor})
            simulator = SimulatorThread(settings=settings, clock=clock, replay_dir=replay_dir)
            made = World(db, stack.enter_context(simulator), tmp_path, clock)
            stack.callback(made.transport.close)
            return made

        yield make


@pytest.fixture
def world(world_with: Callable[..., World]) -> World:
    """A vendor that has everything ready at once and makes no mistakes."""
    return world_with()
