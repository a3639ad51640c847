"""A small world above the line: the code location, a ledger, a vendor, and a Dagster instance to record in."""

from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from scrape_assets.simulator.server import SimulatorThread
from scrape_assets.simulator.settings import Settings
from scrape_assets.storage.database import DatabaseAddress
from scrape_assets_tests.dagster.world import World

POSTS_A_FEED = 3
# Dagster's own would start four processes for every step, to mirror what it prints.
NO_LOG_FILES = {"module": "dagster._core.storage.noop_compute_log_manager", "class": "NoOpComputeLogManager"}
WHAT_IS_MIGRATED = ("alembic_version", "secondary_indexes", "instance_info")


@pytest.fixture
def vendor() -> Iterator[SimulatorThread]:
    """A vendor that is ready at once and gives a few posts for each input, none of them broken."""
    few = Settings(latency=0, jitter=0, rows_per_input=POSTS_A_FEED, error_rate=0)
    with SimulatorThread(settings=few) as running:
        yield running


@pytest.fixture(scope="session")
def storage(server: DatabaseAddress, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dg.DagsterInstance]:
    """Dagster's own storage in PostgreSQL, as `up` has it: with one connection, not a new one for every statement."""
    config = {"postgres_url": server.dagster.render_as_string(hide_password=False)}
    pooled = {"module": "scrape_assets.dagster_storage", "class": "PooledPostgresStorage", "config": config}
    with dg.instance_for_test(
        overrides={"storage": {"custom": pooled}, "compute_logs": NO_LOG_FILES},
        temp_dir=str(tmp_path_factory.mktemp("dagster")),
        set_dagster_home=False,
    ) as running:
        yield running


@pytest.fixture(scope="session")
def dagster_tables(server: DatabaseAddress, storage: dg.DagsterInstance) -> Iterator[Callable[[], None]]:
    """Empties all tables of that storage at once; `wipe` of Dagster asks for each first whether it is there."""
    engine = sa.create_engine(server.dagster, isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        tables = [name for name, _ in sa.inspect(conn).get_sorted_table_and_fkc_names() if name]
        emptied = ";".join(f"DELETE FROM {table}" for table in reversed(tables) if table not in WHAT_IS_MIGRATED)
        yield lambda: conn.exec_driver_sql(emptied).close()
    engine.dispose()


@pytest.fixture
def instance(storage: dg.DagsterInstance, dagster_tables: Callable[[], None]) -> dg.DagsterInstance:
    """The same storage, empty."""
    dagster_tables()
    return storage


@pytest.fixture
def world(
    db: Engine, vendor: SimulatorThread, instance: dg.DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> World:
    """The code location with its settings in the environment, as a deployment has them. One input a snapshot."""
    settings = {
        "SCRAPE_ASSETS_DATABASE_URL": db.url.set(drivername="postgresql").render_as_string(hide_password=False),
        "SCRAPE_ASSETS_HOME": str(tmp_path / "home"),
        "SCRAPE_ASSETS_BATCH_SIZE": "1",
        "DAGSTER_EVENT_BATCH_SIZE": "200",
        "BRIGHTDATA_API_URL": vendor.url,
        "BRIGHTDATA_API_KEY": "invented-key",
        # What has been asked about is due again at once.
        "SCRAPE_ASSETS_POLL_BASE_SECONDS": "0.001",
        "SCRAPE_ASSETS_POLL_CAP_SECONDS": "0.001",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return World(db, instance, vendor)
