"""A PostgreSQL of a test's own, which can be taken away from under whoever works (`-m immediate`, as in a crash)."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from scrape_assets.storage.database import connect, ensure_databases, start_embedded
from scrape_assets.storage.embedded import _Server, detach
from scrape_assets.storage.migrate import migrate
from scrape_assets.storage.postgres_user import postgres_user


class Server:
    """The server and an engine on its migrated database."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server = _Server(folder / "postgres")
        address = start_embedded(folder)
        ensure_databases(address)
        self.engine: Engine = connect(address)
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            # The machine goes on running, so nothing need reach the disk; but a commit must be one.
            conn.execute(sa.text("ALTER SYSTEM SET fsync = off"))
            conn.execute(sa.text("SELECT pg_reload_conf()"))
        migrate(self.engine)

    def crash(self) -> None:
        """It is gone at once, and with it every transaction that is not committed."""
        self._server._run(postgres_user([]), "pg_ctl", "-w", "-m", "immediate", "stop")

    def start(self) -> None:
        """It comes back after it has repaired itself."""
        self._server.start()

    def restart(self) -> None:
        """It is gone, and comes back."""
        self.crash()
        self.start()


@contextmanager
def own_server() -> Iterator[Server]:
    """A server that ends with the block."""
    # As the tests' own server lies: not in pytest's folder, which is closed to PostgreSQL's user.
    with tempfile.TemporaryDirectory(prefix="scrape_assets_tests_", ignore_cleanup_errors=True) as folder:
        running = Server(Path(folder).resolve())
        yield running
        running.engine.dispose()
        detach(Path(folder))
