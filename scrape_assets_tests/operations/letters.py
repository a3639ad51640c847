"""What the tests of dead letters do with a world: look, plan, replay. No assertions."""

from collections.abc import Iterator
from contextlib import contextmanager

from scrape_assets.ledger.dead_letters import DeadLetter, LetterFilter, find
from scrape_assets.operations.dead_letters import Replayed, Step, plan_replay, replay
from scrape_assets_tests.flow.world import World


def dead(world: World, **which: object) -> list[DeadLetter]:
    with world.engine.connect() as conn:
        return find(conn, LetterFilter(**which))  # type: ignore[arg-type]


def planned(world: World, **which: object) -> list[Step]:
    return plan_replay(world.ctx, dead(world, **which))


def replayed(world: World, **which: object) -> Replayed:
    return replay(world.ctx, planned(world, **which))


def rounds(world: World, times: int, **forward: float) -> None:
    for _ in range(times):
        world.poll(**forward or {"hours": 7})
        world.process()


@contextmanager
def fault(world: World, name: str, operation: str | None = None) -> Iterator[None]:
    world.control.fault(name, operation=operation)
    yield
    world.control.clear_faults()
