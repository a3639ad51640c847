"""Looking after the databases, ours and Dagster's: vacuuming what autovacuum has not got to, and saying how they do.

No superuser is needed: what this user may not do is skipped, with the reason. Safe at any time, and beside loads.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection, make_url

from scrape_assets.flow.context import FlowContext
from scrape_assets.storage import health
from scrape_assets.storage.database import DatabaseAddress, connect
from scrape_assets.storage.health import IndexHealth, ServerHealth, TableHealth

# As autovacuum's own share; only what it has not got to is left for this, and little tables are not worth a word.
DEAD_SHARE = 0.2
DEAD_ROWS = 1_000
# Three quarters of the age from which autovacuum stops for nothing: better tonight than in the middle of a day's loads.
XID_SHARE = 0.75
CONNECTION_SHARE = 0.8
LONG_TRANSACTION = timedelta(hours=1)
UNUSED_BYTES = 1_000_000  # smaller ones cost nothing
TIME_A_RUN = timedelta(minutes=2)
# What a REINDEX CONCURRENTLY that was cut off leaves: nobody's, and to be dropped (PostgreSQL's manual).
_LEFT_OVER = re.compile(r"_cc(new|old)\d*\"?$")


@dataclass
class Report:
    """How one database does, and what was done for it."""

    server: ServerHealth
    tables: list[TableHealth]  # as they were before
    unused: list[IndexHealth]
    vacuumed: list[str] = field(default_factory=list)
    mended: list[str] = field(default_factory=list)  # indexes that were built anew, or dropped as left over
    skipped: dict[str, str] = field(default_factory=dict)  # table or index → why
    warnings: list[str] = field(default_factory=list)


def rehearse(ctx: FlowContext) -> list[Report]:
    """How the databases do, and what would be done. Changes nothing."""
    return [_look_after(ctx, conn, None) for conn in _databases(ctx)]


def look_after(ctx: FlowContext, *, within: timedelta = TIME_A_RUN) -> list[Report]:
    """Vacuum what has too many dead rows, mend invalid indexes, and say how the databases do.

    Args:
        ctx: what the flow works with.
        within: after so much time nothing more is begun, and what is under way is broken off; the next time goes on.

    Raises:
        Interrupted: it was asked to stop.
    """
    until = ctx.now() + within
    return [_look_after(ctx, conn, until) for conn in _databases(ctx)]


def needs_vacuum(table: TableHealth, freeze_max_age: int) -> bool:
    """Whether autovacuum has left too much of it."""
    dead = table.dead_rows >= DEAD_ROWS and table.dead_share >= DEAD_SHARE
    return dead or table.xid_age >= freeze_max_age * XID_SHARE


def _databases(ctx: FlowContext) -> Iterator[Connection]:
    """A connection in autocommit to each: vacuuming is no transaction."""
    with ctx.engine.connect() as conn:
        yield conn.execution_options(isolation_level="AUTOCOMMIT")
    if ctx.settings.dagster_database_url:
        with _dagster(ctx.settings.dagster_database_url.get_secret_value()) as conn:
            yield conn


@contextmanager
def _dagster(url: str) -> Iterator[Connection]:
    address = make_url(url).set(drivername="postgresql+psycopg")
    engine = connect(DatabaseAddress(address, address, embedded=False))
    try:
        with engine.connect() as conn:
            yield conn.execution_options(isolation_level="AUTOCOMMIT")
    finally:
        engine.dispose()


def _look_after(ctx: FlowContext, conn: Connection, until: datetime | None) -> Report:
    report = Report(
        health.server(conn),
        health.tables(conn),
        [index for index in health.unused_indexes(conn) if index.bytes >= UNUSED_BYTES],
    )
    invalid = health.invalid_indexes(conn)
    # The small ones first: so that one that takes too long keeps no other from its turn.
    for table in sorted(report.tables, key=lambda table: table.bytes):
        if needs_vacuum(table, report.server.freeze_max_age) and _may(report, table.name, table.ours):
            _do(ctx, conn, until, report, table.name, health.vacuum, report.vacuumed)
    for index in invalid:
        if _may(report, index.name, index.ours):
            mend = health.drop if _LEFT_OVER.search(index.name) else health.reindex
            _do(ctx, conn, until, report, index.name, mend, report.mended)
    report.warnings = _warnings(report)
    return report


def _may(report: Report, name: str, ours: bool) -> bool:
    if not ours:
        report.skipped[name] = "this database user is not its owner"
    return ours


def _do(
    ctx: FlowContext,
    conn: Connection,
    until: datetime | None,
    report: Report,
    name: str,
    work: Callable[[Connection, str, float], None],
    done: list[str],
) -> None:
    if until is None:
        done.append(name)
        return
    ctx.stop.look()
    seconds = (until - ctx.now()).total_seconds()
    if seconds <= 0:
        report.skipped[name] = "the time was over; the next time"
        return
    try:
        work(conn, name, seconds)
        done.append(name)
    except health.InUse as error:
        report.skipped[name] = str(error)
    except sa.exc.DBAPIError as error:
        if error.connection_invalidated:
            raise
        report.skipped[name] = " ".join(str(error.orig).split())


def _warnings(report: Report) -> list[str]:
    server, said = report.server, []
    if server.xid_age >= server.freeze_max_age * XID_SHARE:
        said.append(
            f"transaction ids are {server.xid_age:,} old; from {server.freeze_max_age:,} on autovacuum stops for "
            "nothing, and at 2,000,000,000 the server takes no writes: look for old transactions, and for what was "
            "skipped"
        )
    if server.connections >= server.max_connections * CONNECTION_SHARE:
        said.append(
            f"{server.connections} of {server.max_connections} connections are in use: raise max_connections or put "
            "PgBouncer before it"
        )
    if server.oldest_transaction_seconds >= LONG_TRANSACTION.total_seconds():
        said.append(
            f"a transaction is open for {server.oldest_transaction_seconds / 3600:.1f} hours, and no dead row since "
            "can be removed: end it (pg_stat_activity)"
        )
    return said
