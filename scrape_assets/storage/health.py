"""How PostgreSQL does: dead rows, sizes, indexes, the age of transaction ids, connections. And what mends it.

Statements about the server's own tables, for any database. When to act, and in which words, is decided above.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import Timer
from typing import Any, cast

import psycopg
import sqlalchemy as sa
from psycopg.errors import Diagnostic, LockNotAvailable
from sqlalchemy import Connection


@dataclass(frozen=True)
class TableHealth:
    """A table, as the server's statistics know it."""

    name: str  # with its schema, quoted where it must be
    bytes: int  # with its indexes
    index_bytes: int
    rows: int  # about
    dead_rows: int
    vacuumed_at: datetime | None  # by whomever
    analyzed_at: datetime | None
    xid_age: int
    ours: bool  # whether this user may vacuum it

    @property
    def dead_share(self) -> float:
        """Of all rows, from 0 to 1."""
        return self.dead_rows / max(self.rows + self.dead_rows, 1)

    @property
    def dead_bytes(self) -> int:
        """About as much of the table is taken by dead rows."""
        return round((self.bytes - self.index_bytes) * self.dead_share)


@dataclass(frozen=True)
class IndexHealth:
    """An index that nobody uses, or that is not valid."""

    name: str
    table: str
    bytes: int
    ours: bool


@dataclass(frozen=True)
class ServerHealth:
    """What the tables of a database share."""

    database: str
    bytes: int
    xid_age: int  # at 2 thousand million the server stops taking writes
    freeze_max_age: int  # from here on autovacuum works against it, whatever else
    connections: int
    max_connections: int
    oldest_transaction_seconds: float  # as long as it lasts, no dead row of that time can be removed
    counted_since: datetime | None  # the uses of indexes


_MAY = (
    "CASE WHEN current_setting('server_version_num')::int >= 170000 "
    "THEN has_table_privilege({oid}, 'MAINTAIN') ELSE pg_has_role({owner}, 'USAGE') END"
)

_TABLES = """
SELECT relation.oid::regclass::text AS name, pg_total_relation_size(relation.oid) AS bytes,
       pg_indexes_size(relation.oid) AS index_bytes, counted.n_live_tup AS rows, counted.n_dead_tup AS dead_rows,
       greatest(counted.last_vacuum, counted.last_autovacuum) AS vacuumed_at,
       greatest(counted.last_analyze, counted.last_autoanalyze) AS analyzed_at,
       age(relation.relfrozenxid) AS xid_age, {may} AS ours
FROM pg_stat_user_tables AS counted JOIN pg_class AS relation ON relation.oid = counted.relid
WHERE relation.relkind = 'r' AND relation.relpersistence = 'p'
ORDER BY bytes DESC, name
"""

_INDEXES = """
SELECT listed.indexrelid::regclass::text AS name, listed.indrelid::regclass::text AS "table",
       pg_relation_size(listed.indexrelid) AS bytes, {may} AS ours
FROM pg_index AS listed
JOIN pg_class AS relation ON relation.oid = listed.indrelid
JOIN pg_stat_user_indexes AS counted ON counted.indexrelid = listed.indexrelid
WHERE {which}
ORDER BY bytes DESC, name
"""

# Those that hold uniqueness are used by every insert, which is not counted.
_UNUSED = "counted.idx_scan = 0 AND listed.indisvalid AND NOT listed.indisunique AND NOT listed.indisprimary"
# While one is being built it is not valid yet, and nobody's to mend.
_INVALID = """
NOT listed.indisvalid AND NOT EXISTS (
    SELECT FROM pg_stat_progress_create_index AS building
    WHERE building.relid = listed.indrelid AND building.datname = current_database()
)
"""

_SERVER = """
SELECT current_database() AS database, pg_database_size(current_database()) AS bytes,
       (SELECT age(datfrozenxid) FROM pg_database WHERE datname = current_database()) AS xid_age,
       current_setting('autovacuum_freeze_max_age')::int AS freeze_max_age,
       (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS connections,
       current_setting('max_connections')::int AS max_connections,
       (SELECT coalesce(max(extract(epoch FROM now() - xact_start)), 0)::float8 FROM pg_stat_activity
        WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()) AS oldest_transaction_seconds,
       (SELECT stats_reset FROM pg_stat_database WHERE datname = current_database()) AS counted_since
"""


def tables(conn: Connection) -> list[TableHealth]:
    """All tables of the database that are not the server's own, the largest first."""
    may = _MAY.format(oid="relation.oid", owner="relation.relowner")
    return [TableHealth(**row._mapping) for row in conn.execute(sa.text(_TABLES.format(may=may)))]


def unused_indexes(conn: Connection) -> list[IndexHealth]:
    """Indexes that no query has used since the server began to count."""
    return _indexes(conn, _UNUSED)


def invalid_indexes(conn: Connection) -> list[IndexHealth]:
    """Indexes that queries pass over and writes keep up all the same: of a CREATE or REINDEX that was cut off."""
    return _indexes(conn, _INVALID)


def server(conn: Connection) -> ServerHealth:
    """What the tables share."""
    return ServerHealth(**conn.execute(sa.text(_SERVER)).one()._mapping)


class InUse(Exception):
    """Somebody else holds the table."""


def vacuum(conn: Connection, table: str, seconds: float) -> None:
    """Remove dead rows and count anew. Waits for nobody, and takes no longer than it may.

    Args:
        conn: in autocommit.
        table: as `TableHealth.name`.
        seconds: after which it is broken off.

    Raises:
        InUse: nothing was done.
        DBAPIError: it was not allowed, or not finished in time.
    """
    said: list[str | None] = []
    with _listening(conn, lambda notice: said.append(notice.sqlstate)):
        _within(conn, seconds, f"VACUUM (ANALYZE, SKIP_LOCKED) {table}")
    if LockNotAvailable.sqlstate in said:
        raise InUse(f"somebody else holds {table}")


def reindex(conn: Connection, index: str, seconds: float) -> None:
    """Build an invalid index anew beside the reads and writes, broken off as `vacuum` is."""
    _within(conn, seconds, f"REINDEX INDEX CONCURRENTLY {index}")


def drop(conn: Connection, index: str, seconds: float) -> None:
    """Remove an index that a REINDEX which was cut off has left, broken off as `vacuum` is."""
    _within(conn, seconds, f"DROP INDEX CONCURRENTLY IF EXISTS {index}")


def _within(conn: Connection, seconds: float, statement: str) -> None:
    """Execute it, and break it off from here.

    As a setting of the session the limit would stay behind with a pooler's connection, for whoever has it next.
    """
    limit = Timer(max(seconds, 0.0), _driver(conn).cancel_safe)
    limit.daemon = True
    limit.start()
    try:
        conn.exec_driver_sql(statement)
    finally:
        limit.cancel()
        limit.join()


@contextmanager
def _listening(conn: Connection, hear: Callable[[Diagnostic], None]) -> Iterator[None]:
    driver = _driver(conn)
    driver.add_notice_handler(hear)
    try:
        yield
    finally:
        driver.remove_notice_handler(hear)


def _driver(conn: Connection) -> psycopg.Connection[Any]:
    return cast("psycopg.Connection[Any]", conn.connection.driver_connection)


def _indexes(conn: Connection, which: str) -> list[IndexHealth]:
    may = _MAY.format(oid="relation.oid", owner="relation.relowner")
    found = conn.execute(sa.text(_INDEXES.format(may=may, which=which)))
    return [IndexHealth(**row._mapping) for row in found]
