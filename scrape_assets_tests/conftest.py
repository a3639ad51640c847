"""What every test may ask for: a real PostgreSQL, migrated; an empty one; the folder of recorded answers."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from scrape_assets.storage.database import DatabaseAddress, connect, ensure_databases, start_embedded
from scrape_assets.storage.migrate import migrate
from scrape_assets.storage.schema import metadata

RECORDED = Path(__file__).parents[2] / "shared" / "recorded"


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A developer's own keys and folders never reach a test."""
    for name in list(os.environ):
        if name.startswith(("SCRAPE_ASSETS_", "BRIGHTDATA_", "DAGSTER_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def server_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of this worker's own PostgreSQL."""
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="session")
def server(server_folder: Path) -> DatabaseAddress:
    """A running PostgreSQL with both databases; it ends with the test process."""
    address = start_embedded(server_folder)
    ensure_databases(address)
    return address


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
    names = ", ".join(table.name for table in metadata.sorted_tables)
    with engine.begin() as conn:
        conn.execute(sa.text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
    return engine


@pytest.fixture(scope="session")
def recorded() -> Path:
    """Vendor records of true shape; they lie beside the repository and are not part of it."""
    folder = RECORDED / "brightdata"
    if not folder.is_dir():
        pytest.skip("the recorded answers (../shared/recorded) are not beside this checkout")
    return folder
