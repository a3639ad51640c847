"""Looking after the database: what autovacuum has left is vacuumed, invalid indexes are mended, the rest is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from scrape_assets.operations import database_health
from scrape_assets.operations.database_health import Report, look_after, needs_vacuum, rehearse
from scrape_assets.storage import health
from scrape_assets.storage.health import TableHealth
from scrape_assets.storage.schema import metadata
from scrape_assets_tests.flow.world import World


@pytest.fixture
def alone(world: World) -> Iterator[Engine]:
    """Autocommit, and tables of the test's own that autovacuum leaves alone."""
    engine = world.engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        conn.exec_driver_sql(f"VACUUM {', '.join(metadata.tables)}")  # what earlier tests have emptied
        conn.exec_driver_sql("CREATE TABLE full_of_dead (n int) WITH (autovacuum_enabled = off)")
        conn.exec_driver_sql("INSERT INTO full_of_dead SELECT generate_series(1, 6000)")
        conn.exec_driver_sql("DELETE FROM full_of_dead WHERE n > 3000")
        conn.exec_driver_sql("SELECT pg_stat_force_next_flush()")
        yield engine
        conn.exec_driver_sql("DROP TABLE IF EXISTS full_of_dead")
        conn.exec_driver_sql("DROP ROLE IF EXISTS no_superuser")


def only(reports: list[Report]) -> Report:
    [report] = reports
    return report


def test_dead_rows_are_vacuumed_once_and_invalid_indexes_built_anew(world: World, alone: Engine) -> None:
    with alone.connect() as conn:
        with pytest.raises(sa.exc.DBAPIError, match="could not create unique index"):
            conn.exec_driver_sql("CREATE UNIQUE INDEX CONCURRENTLY torn ON full_of_dead ((mod(n, 2)))")
        conn.exec_driver_sql("DELETE FROM full_of_dead WHERE n > 2")
        conn.exec_driver_sql("CREATE INDEX torn_ccnew ON full_of_dead (n)")
        conn.exec_driver_sql("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'torn_ccnew'::regclass")
        conn.exec_driver_sql("SELECT pg_stat_force_next_flush()")
    would = only(rehearse(world.ctx))
    assert would.vacuumed == ["full_of_dead"]
    assert sorted(would.mended) == ["torn", "torn_ccnew"]
    [before] = [one for one in would.tables if one.name == "full_of_dead"]
    assert (before.dead_rows, before.dead_share > 0.9, before.dead_bytes > 100_000) == (5998, True, True)

    done = only(look_after(world.ctx))

    assert (done.vacuumed, sorted(done.mended), done.skipped) == (["full_of_dead"], ["torn", "torn_ccnew"], {})
    left = "SELECT count(*) FROM pg_class WHERE relname = 'torn_ccnew'"
    assert world.column(left) == [0], "what a REINDEX that was cut off leaves is dropped"
    assert world.column("SELECT indisvalid FROM pg_index WHERE indexrelid = 'torn'::regclass") == [True]
    again = only(look_after(world.ctx))
    assert (again.vacuumed, again.mended, again.skipped) == ([], [], {})
    assert again.server.connections <= again.server.max_connections


def test_what_somebody_else_holds_or_may_not_be_done_is_skipped_with_the_reason(world: World, alone: Engine) -> None:
    assert only(look_after(world.ctx, within=timedelta(0))).skipped == {
        "full_of_dead": "the time was over; the next time"
    }
    with alone.connect() as conn:
        conn.exec_driver_sql("CREATE ROLE no_superuser")
        conn.exec_driver_sql("GRANT pg_read_all_stats TO no_superuser")
    engine = sa.create_engine(world.engine.url, connect_args={"options": "-c role=no_superuser"})
    try:
        with engine.connect() as conn:
            report = database_health._look_after(world.ctx, conn, None)
    finally:
        engine.dispose()
    assert report.skipped["full_of_dead"] == "this database user is not its owner"
    assert report.vacuumed == []


def test_a_table_in_use_is_passed_over_and_what_takes_too_long_is_broken_off(world: World, alone: Engine) -> None:
    with alone.connect() as conn:
        conn.exec_driver_sql("CREATE INDEX by_n ON full_of_dead (n)")
    with world.engine.connect() as other:
        other.exec_driver_sql("LOCK TABLE full_of_dead IN SHARE UPDATE EXCLUSIVE MODE")
        assert only(look_after(world.ctx)).skipped == {"full_of_dead": "somebody else holds full_of_dead"}
        with alone.connect() as conn:
            with pytest.raises(sa.exc.OperationalError, match="canceling statement due to user request"):
                health.reindex(conn, "by_n", 0.2)
            # Nothing of the limit stays behind, neither with the session nor for what comes next.
            assert conn.exec_driver_sql("SHOW statement_timeout").scalar() == "0"
            assert conn.exec_driver_sql("SELECT pg_sleep(0.3)").scalar() is not None
    assert only(look_after(world.ctx)).vacuumed == ["full_of_dead"]


@pytest.mark.parametrize(
    ("rows", "dead", "xid_age", "wanted"),
    [(100, 900, 0, False), (10_000, 2_000, 0, False), (4_000, 1_000, 0, True), (10, 0, 150_000_000, True)],
)
def test_only_what_autovacuum_has_left_is_vacuumed(rows: int, dead: int, xid_age: int, wanted: bool) -> None:
    table = TableHealth("t", 1, 0, rows, dead, None, None, xid_age, ours=True)
    assert needs_vacuum(table, 200_000_000) is wanted
