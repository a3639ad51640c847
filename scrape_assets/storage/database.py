"""Opening the database: a URL from outside, or an embedded PostgreSQL in the data folder. No tables, no queries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import URL, Engine, make_url

from scrape_assets.storage.embedded import PORT, SUPERUSER, EmbeddedFailed, attach
from scrape_assets.storage.hangups import replace_what_hung_up

APPLICATION_DATABASE = "scrape_assets"
DAGSTER_DATABASE = "dagster"
ALREADY_THERE = ("42P04", "23505")  # duplicate_database; unique_violation, when two create it at the same moment


class DatabaseUnavailable(Exception):
    """The database cannot be reached; the message says which one and why, without its password."""


@dataclass(frozen=True)
class DatabaseAddress:
    """Where our tables and Dagster's storage lie: one server, two databases."""

    application: URL  # scheme postgresql+psycopg
    dagster: URL  # scheme postgresql+psycopg2, the driver that dagster-postgres brings
    embedded: bool


def address_from_url(url: str) -> DatabaseAddress:
    """The address that a configured URL stands for; Dagster's database is named `<database>_dagster`.

    Raises:
        DatabaseUnavailable: the URL is not one of PostgreSQL.
    """
    try:
        parsed = make_url(url)
    except sa.exc.ArgumentError:
        raise DatabaseUnavailable("SCRAPE_ASSETS_DATABASE_URL is not a database URL") from None
    if parsed.get_backend_name() not in ("postgresql", "postgres"):
        raise DatabaseUnavailable(
            f"SCRAPE_ASSETS_DATABASE_URL names {parsed.get_backend_name()}; only PostgreSQL is supported"
        )
    application = parsed.set(drivername="postgresql+psycopg")
    dagster = parsed.set(
        drivername="postgresql+psycopg2",
        database=f"{parsed.database or APPLICATION_DATABASE}_{DAGSTER_DATABASE}",
    )
    return DatabaseAddress(application, dagster, embedded=False)


def start_embedded(folder: Path) -> DatabaseAddress:
    """Start the PostgreSQL of this folder, or attach to the one that runs already.

    It stops when the last process that attached to it ends. Both databases exist afterwards.

    Raises:
        DatabaseUnavailable: the embedded server is not installed, or does not start.
    """
    try:
        sockets = attach(folder)
    except EmbeddedFailed as error:
        raise DatabaseUnavailable(
            f"the embedded PostgreSQL in {folder / 'postgres'} cannot be used: {error}"
        ) from error
    base = URL.create("postgresql", SUPERUSER, port=PORT, query={"host": str(sockets)})
    return DatabaseAddress(
        base.set(drivername="postgresql+psycopg", database=APPLICATION_DATABASE),
        base.set(drivername="postgresql+psycopg2", database=DAGSTER_DATABASE),
        embedded=True,
    )


def ensure_databases(address: DatabaseAddress) -> None:
    """Create both databases where they are missing. Safe when two processes do it at once.

    Raises:
        DatabaseUnavailable: the server does not answer, or does not let us create them.
    """
    for url in (address.application, address.dagster.set(drivername="postgresql+psycopg")):
        if not _exists(url):
            _create(url)


def server_major(address: DatabaseAddress) -> int:
    """The server's version: 18 of 18.4.

    Raises:
        DatabaseUnavailable: it does not answer.
    """
    try:
        with _unpooled(address.application).connect() as conn:
            return int(conn.scalar(sa.text("SHOW server_version_num")) or 0) // 10_000
    except sa.exc.OperationalError as error:
        raise unavailable(address.application, error) from None


def _exists(url: URL) -> bool:
    try:
        with _unpooled(url).connect():
            return True
    except sa.exc.OperationalError as error:
        refusal = error
    if not _is_listed(url, refusal):
        return False
    try:
        # It is there: either another process made it a moment ago, or it does not let us in.
        with _unpooled(url).connect():
            return True
    except sa.exc.OperationalError as error:
        raise unavailable(url, error) from None


def _is_listed(url: URL, refusal: sa.exc.OperationalError) -> bool:
    """Whether the server knows such a database. Its message would tell, but in any language."""
    known = sa.text("SELECT count(*) FROM pg_database WHERE datname = :name")
    try:
        with _unpooled(url.set(database="postgres")).connect() as conn:
            return bool(conn.scalar(known, {"name": url.database}))
    except sa.exc.OperationalError:
        raise unavailable(url, refusal) from None


def _create(url: URL) -> None:
    try:
        with _unpooled(url.set(database="postgres"), isolation_level="AUTOCOMMIT").connect() as conn:
            conn.execute(sa.text(f'CREATE DATABASE "{url.database}"'))
    except (sa.exc.ProgrammingError, sa.exc.IntegrityError) as error:
        # Another process was faster: that is what we wanted.
        if getattr(error.orig, "sqlstate", None) not in ALREADY_THERE:
            raise unavailable(url, error) from None
    except sa.exc.OperationalError as error:
        raise unavailable(url, error) from None


def _unpooled(url: URL, **options: str) -> Engine:
    return sa.create_engine(url, poolclass=sa.NullPool, connect_args={"connect_timeout": 10}, **options)


def unavailable(url: URL, error: sa.exc.DBAPIError) -> DatabaseUnavailable:
    """The error for people: which server, why, and never the password."""
    reason = " ".join(str(error.orig).split())
    return DatabaseUnavailable(f"the database {url.render_as_string(hide_password=True)} cannot be used: {reason}")


def connect(address: DatabaseAddress, pool_size: int = 8) -> Engine:
    """An engine on our tables. Connections that a restarted server has closed are replaced before use."""
    engine = sa.create_engine(
        address.application,
        pool_size=pool_size,
        max_overflow=pool_size,
        json_deserializer=msgspec.json.decode,  # five times as fast as Python's own, where thousands of rows are read
        connect_args={
            "connect_timeout": 10,
            "application_name": "scrape_assets",
            "options": "-c timezone=UTC",
        },
    )
    return replace_what_hung_up(engine)


@contextmanager
def plain_errors(engine: Engine) -> Iterator[None]:
    """Turn 'connection refused' and its like into one DatabaseUnavailable."""
    try:
        yield
    except sa.exc.OperationalError as error:
        raise unavailable(engine.url, error) from None
