"""What every test may ask for: a real PostgreSQL, migrated; an empty one; the folder of recorded answers."""

import gc
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from scrape_assets.storage.database import DatabaseAddress, connect, ensure_databases, start_embedded
from scrape_assets.storage.embedded import detach
from scrape_assets.storage.migrate import migrate
from scrape_assets.storage.schema import metadata

# Tests that wait for processes of their own, or use them for seconds. They go first, or the others end without them.
LONG = (
    "recovery/",
    *("commands/test_up", "commands/test_process", "commands/test_backfills", "commands/test_simulate"),
    *("commands/test_what_is_wrong", "commands/test_show", "commands/test_why", "commands/test_activity"),
    *("api/test_stopping", "api/test_openapi", "api/test_database_restarts", "api/test_page"),
    *("dagster/test_range_run", "dagster/test_materialize_again", "dagster/test_backfills", "test_dagster_storage"),
    *("ledger/test_transitions_hold", "storage/test_embedded", "sources/direct/test_web.", "simulator/test_memory"),
)
RECORDED = Path(__file__).parents[2] / "shared" / "recorded"

# Thousands of tests and the modules they load live as long as the process: to look through all that for garbage, again
# and again, is two fifths of the time of collecting them, and a part of each test's.
gc.disable()


def pytest_collection_finish() -> None:
    """From here on only what the tests themselves make is looked through."""
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Deal out the long tests, file by file: each worker is given neighbours, and begins with its share of them."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    long: dict[Path, list[pytest.Item]] = {}
    rest = []
    for item in items:
        if any(name in item.nodeid for name in LONG):
            long.setdefault(item.path, []).append(item)
        else:
            rest.append(item)
    shares = [[item for file in list(long)[n::workers] for item in long[file]] for n in range(workers)]
    size = len(items) / workers  # of what each is given to begin with
    dealt: list[pytest.Item] = []
    for n, share in enumerate(shares):
        others = max(round(size * (n + 1)) - len(dealt) - len(share), 0)
        dealt += [*share, *rest[:others]]
        del rest[:others]
    items[:] = [*dealt, *rest]


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A developer's own keys and folders never reach a test."""
    for name in list(os.environ):
        if name.startswith(("SCRAPE_ASSETS_", "BRIGHTDATA_", "DAGSTER_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session", autouse=True)
def _no_authority_is_trusted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nobody asks the world, so nobody needs the certificates that every new HTTP client reads for 30 ms."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SSL_CERT_FILE", raising=False)
        patch.setenv("SSL_CERT_DIR", str(tmp_path_factory.mktemp("no_authorities")))
        yield


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """The data folder of this worker's own PostgreSQL."""
    # Not in pytest's folder: every other session that begins closes that to PostgreSQL's user.
    with tempfile.TemporaryDirectory(prefix="scrape_assets_tests_", ignore_cleanup_errors=True) as folder:
        yield Path(folder).resolve()


@pytest.fixture(scope="session")
def server(server_folder: Path) -> Iterator[DatabaseAddress]:
    """A running PostgreSQL with both databases; it ends with the session."""
    address = start_embedded(server_folder)
    ensure_databases(address)
    _forget_about_power_cuts(address)
    yield address
    detach(server_folder)


def _forget_about_power_cuts(address: DatabaseAddress) -> None:
    """Nothing is waited for to reach the disk. What a test kills is a process, and that loses nothing."""
    engine = sa.create_engine(address.application, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as conn:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            conn.execute(sa.text(f"ALTER SYSTEM SET {setting} = off"))
        conn.execute(sa.text("SELECT pg_reload_conf()"))


@pytest.fixture(scope="session")
def engine(server: DatabaseAddress) -> Iterator[Engine]:
    """An engine on the migrated database of this worker."""
    engine = connect(server)
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def db(engine: Engine) -> Engine:
    """The same database with every table empty."""
    # Not TRUNCATE, which makes new files for every table and index: ten times as long for a few rows.
    emptied = ";".join(f"DELETE FROM {table}" for table in reversed(metadata.sorted_tables))
    with engine.begin() as conn:
        conn.exec_driver_sql(emptied)
    return engine


@pytest.fixture(scope="session")
def recorded() -> Path:
    """Vendor records of true shape; they lie beside the repository and are not part of it."""
    folder = RECORDED / "brightdata"
    if not folder.is_dir():
        pytest.skip("the recorded answers (../shared/recorded) are not beside this checkout")
    return folder
