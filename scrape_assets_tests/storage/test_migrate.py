"""The schema: migrations and tables agree, and migrating is safe to repeat and to race."""

import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy.engine import Engine

from scrape_assets.storage.database import (
    DatabaseAddress,
    DatabaseUnavailable,
    address_from_url,
    connect,
    ensure_databases,
    start_embedded,
)
from scrape_assets.storage.migrate import current_revision, migrate, newest_revision
from scrape_assets.storage.schema import metadata


def _other_database(server: DatabaseAddress, name: str) -> DatabaseAddress:
    return DatabaseAddress(
        server.application.set(database=name), server.dagster.set(database=f"{name}_dagster"), embedded=False
    )


def test_the_migrations_build_exactly_the_tables_of_the_schema(engine: Engine) -> None:
    with engine.connect() as conn:
        differences = compare_metadata(MigrationContext.configure(conn), metadata)
    assert differences == []


def test_migrating_again_changes_nothing(engine: Engine) -> None:
    assert migrate(engine) == (newest_revision(), newest_revision())
    assert current_revision(engine) == newest_revision()


def test_two_processes_that_migrate_at_once_both_succeed(server: DatabaseAddress) -> None:
    address = _other_database(server, "raced")
    results: list[object] = []

    def start() -> None:
        try:
            ensure_databases(address)
            results.append(migrate(connect(address))[1])
        except Exception as error:  # noqa: BLE001 - whatever happens in the thread must reach the assertion
            results.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [newest_revision()] * 4


def test_a_second_start_attaches_to_the_running_server(server: DatabaseAddress, server_folder: Path) -> None:
    assert start_embedded(server_folder) == server


def test_the_vendors_snapshots_are_a_view_with_the_columns_that_others_read(engine: Engine) -> None:
    columns = {column["name"] for column in sa.inspect(engine).get_columns("brightdata_snapshots")}
    assert columns >= {
        "snapshot_id",
        "status",
        "creator_urls",
        "posts_retrieved",
        "error",
        "created_at",
        "processed_at",
    }


def test_a_database_that_is_down_is_one_plain_sentence_without_the_password() -> None:
    address = address_from_url("postgresql://someone:secret-word@127.0.0.1:1/posts")
    with pytest.raises(DatabaseUnavailable) as caught:
        ensure_databases(address)
    message = str(caught.value)
    assert "127.0.0.1:1/posts" in message
    assert "refused" in message
    assert "secret-word" not in message
    assert "\n" not in message


@pytest.mark.parametrize(("url", "reason"), [("mysql://x/y", "only PostgreSQL"), ("nonsense", "not a database URL")])
def test_another_kind_of_database_is_refused(url: str, reason: str) -> None:
    with pytest.raises(DatabaseUnavailable, match=reason):
        address_from_url(url)


def test_a_configured_url_gets_our_driver_and_dagster_gets_its_own() -> None:
    address = address_from_url("postgresql://u@db.example:5433/posts?sslmode=require")
    assert address.application.drivername == "postgresql+psycopg"
    assert address.dagster.drivername == "postgresql+psycopg2"
    assert address.dagster.database == "posts_dagster"
    assert address.dagster.query == {"sslmode": "require"}
