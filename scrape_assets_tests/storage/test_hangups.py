"""Sessions that the server ends while nobody uses them: the next who asks does not notice."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from scrape_assets.storage.database import DatabaseAddress, connect

PID = sa.text("SELECT pg_backend_pid()")
END = sa.text("SELECT pg_terminate_backend(:pid, 5000)")


@pytest.fixture
def pooled(server: DatabaseAddress, db: Engine) -> Iterator[Engine]:
    engine = connect(server)
    yield engine
    engine.dispose()


def opened(engine: Engine, number: int) -> list[int]:
    """The sessions of so many connections that are open at the same time."""
    with ExitStack() as stack:
        return [stack.enter_context(engine.connect()).scalar(PID) for _ in range(number)]


def test_every_connection_that_was_ended_is_replaced_before_it_is_used(pooled: Engine, db: Engine) -> None:
    ended = opened(pooled, 5)
    with db.connect() as onlooker:
        for pid in ended:
            onlooker.execute(END, {"pid": pid})
    again = opened(pooled, 5)
    assert not set(again) & set(ended)
    assert set(opened(pooled, 5)) == set(again), "those that live are kept"
