"""Three queues in PostgreSQL as one: set up, put jobs in, work until empty. Ours, PgQueuer, procrastinate.

Each is used as its own documentation tells: its driver, its way to put in many at once, its worker. Nothing is measured
here. The libraries are imported where they are used: only `make bench` installs them.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import psycopg
from sqlalchemy.engine import URL

from benchmarks import transitions
from benchmarks.transitions import PLATFORMS
from scrape_assets.ledger import jobs
from scrape_assets.ledger.jobs import NewJob
from scrape_assets.storage.database import DatabaseAddress, connect
from scrape_assets.storage.migrate import migrate

BATCH = 1_000  # put in at once, by all
PGQUEUER_BATCH = 10  # its default, taken by its worker at once
AT_ONCE = 20  # jobs of procrastinate that a worker has in hand: it takes one at a time, and waits for the disk
ENTRYPOINT = "collect"


@dataclass(frozen=True)
class Queue:
    """What is done with one of them. All of it in a database of its own on the same server."""

    database: str | None  # None: ours
    set_up: Callable[[DatabaseAddress], None]
    put: Callable[[DatabaseAddress, int], float]  # seconds for so many jobs, connecting not counted
    work: Callable[[DatabaseAddress, int, float], float]  # by worker so-and-so from a moment on, until it is empty
    is_done: str  # true when no job is open any more
    done: str  # how many jobs have ended well
    notes: str  # rows that tell what became of jobs
    empty: str


def url_of(address: DatabaseAddress, database: str | None) -> str:
    """As libpq takes it."""
    url: URL = address.application.set(drivername="postgresql")
    return (url.set(database=database) if database else url).render_as_string(hide_password=False)


def body(number: int) -> dict[str, object]:
    """What a job is about: the same for all, some 120 bytes as JSON."""
    return {
        "target_id": f"creator-{number}",
        "platform": PLATFORMS[number % len(PLATFORMS)],
        "profile_url": f"https://www.example.org/in/creator-{number}",
    }


def _batches(count: int) -> list[range]:
    return [range(first, min(first + BATCH, count)) for first in range(0, count, BATCH)]


# Ours


def _set_up_ours(address: DatabaseAddress) -> None:
    engine = connect(address)
    migrate(engine)
    engine.dispose()


def _put_ours(address: DatabaseAddress, count: int) -> float:
    now = datetime.now(UTC)
    engine = connect(address)
    engine.connect().close()
    began = time.perf_counter()
    for batch in _batches(count):
        new = [NewJob(**body(number), collection_date=now.date(), next_attempt_at=now) for number in batch]  # type: ignore[arg-type]
        with engine.begin() as conn:
            jobs.add_jobs(conn, new)
    seconds = time.perf_counter() - began
    engine.dispose()
    return seconds


# PgQueuer, with asyncpg, which it recommends


async def _asyncpg(address: DatabaseAddress) -> Any:
    import asyncpg

    url = address.application
    return await asyncpg.connect(
        host=url.query.get("host") or url.host,
        port=url.port,
        user=url.username,
        password=url.password,
        database="pgqueuer",
    )


async def _set_up_pgqueuer(address: DatabaseAddress) -> None:
    from pgqueuer.db import AsyncpgDriver
    from pgqueuer.queries import Queries

    connection = await _asyncpg(address)
    await Queries(AsyncpgDriver(connection)).install()
    await connection.close()


async def _put_pgqueuer(address: DatabaseAddress, count: int) -> float:
    import json

    from pgqueuer.db import AsyncpgDriver
    from pgqueuer.queries import Queries

    connection = await _asyncpg(address)
    queries = Queries(AsyncpgDriver(connection))
    began = time.perf_counter()
    for batch in _batches(count):
        payloads: list[bytes | None] = [json.dumps(body(number)).encode() for number in batch]
        await queries.enqueue([ENTRYPOINT] * len(batch), payloads, [0] * len(batch))
    seconds = time.perf_counter() - began
    await connection.close()
    return seconds


async def _work_pgqueuer(address: DatabaseAddress, _number: int, start: float, *, batch: int) -> float:
    from pgqueuer import PgQueuer
    from pgqueuer.db import AsyncpgDriver
    from pgqueuer.models import Job
    from pgqueuer.types import QueueExecutionMode

    connection = await _asyncpg(address)
    queue = PgQueuer(AsyncpgDriver(connection))

    @queue.entrypoint(ENTRYPOINT)  # type: ignore[untyped-decorator]
    async def collect(job: Job) -> None:
        pass

    await asyncio.sleep(max(0.0, start - time.time()))
    await queue.qm.run(batch_size=batch, mode=QueueExecutionMode.drain)
    await connection.close()
    return time.time()


# procrastinate


def _procrastinate(address: DatabaseAddress) -> tuple[Any, Any]:
    import procrastinate

    connector = procrastinate.PsycopgConnector(conninfo=url_of(address, "procrastinate"), max_size=AT_ONCE)
    app = procrastinate.App(connector=connector)

    @app.task(name=ENTRYPOINT)  # type: ignore[untyped-decorator]
    async def collect(target_id: str, platform: str, profile_url: str) -> None:
        pass

    return app, collect


async def _set_up_procrastinate(address: DatabaseAddress) -> None:
    app, _ = _procrastinate(address)
    async with app.open_async():
        await app.schema_manager.apply_schema_async()


async def _put_procrastinate(address: DatabaseAddress, count: int) -> float:
    app, collect = _procrastinate(address)
    async with app.open_async():
        began = time.perf_counter()
        for batch in _batches(count):
            await collect.batch_defer_async(*[body(number) for number in batch])
        return time.perf_counter() - began


async def _work_procrastinate(address: DatabaseAddress, number: int, start: float) -> float:
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    app, _ = _procrastinate(address)
    async with app.open_async():
        await asyncio.sleep(max(0.0, start - time.time()))
        await app.run_worker_async(
            wait=False, concurrency=AT_ONCE, name=f"bench-{number}", install_signal_handlers=False
        )
    return time.time()


def _run(work: Callable[..., Coroutine[Any, Any, Any]], *arguments: object, **options: object) -> Any:
    return asyncio.run(work(*arguments, **options))


def _pgqueuer(batch: int) -> Queue:
    return Queue(
        "pgqueuer",
        partial(_run, _set_up_pgqueuer),
        partial(_run, _put_pgqueuer),
        partial(_run, _work_pgqueuer, batch=batch),
        "SELECT NOT EXISTS (SELECT FROM pgqueuer)",
        "SELECT count(*) FROM pgqueuer_log WHERE status = 'successful'",
        "SELECT count(*) FROM pgqueuer_log",
        "TRUNCATE pgqueuer, pgqueuer_log, pgqueuer_statistics",
    )


OURS = "ours"
QUEUES = {
    OURS: Queue(
        None,
        _set_up_ours,
        _put_ours,
        transitions.in_batches,
        "SELECT NOT EXISTS (SELECT FROM scrape_jobs WHERE status IN ('pending', 'processing'))",
        "SELECT count(*) FROM scrape_jobs WHERE status = 'completed'",
        "SELECT count(*) FROM state_changes",
        "TRUNCATE scrape_jobs, state_changes CASCADE",
    ),
    "PgQueuer": _pgqueuer(PGQUEUER_BATCH),
    f"PgQueuer, batches of {BATCH:,}": _pgqueuer(BATCH),
    "procrastinate": Queue(
        "procrastinate",
        partial(_run, _set_up_procrastinate),
        partial(_run, _put_procrastinate),
        partial(_run, _work_procrastinate),
        "SELECT NOT EXISTS (SELECT FROM procrastinate_jobs WHERE status IN ('todo', 'doing'))",
        "SELECT count(*) FROM procrastinate_jobs WHERE status = 'succeeded'",
        "SELECT count(*) FROM procrastinate_events",
        "TRUNCATE procrastinate_jobs, procrastinate_events, procrastinate_workers CASCADE",
    ),
}


def asked(address: DatabaseAddress, database: str | None, query: str) -> Any:
    """One value of one of the databases; statements that give none are just done."""
    with psycopg.connect(url_of(address, database), autocommit=True) as conn:
        found = conn.execute(query)
        row = found.fetchone() if found.description else None
        return row[0] if row else None
