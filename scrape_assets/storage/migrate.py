"""Bringing a database to the newest schema. Idempotent, and safe when several processes start it at once."""

from functools import cache
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.engine import Connection, Engine

# Any number will do, as long as it is always this one: whoever holds it migrates, the others wait.
MIGRATION_LOCK = 7_314_201


class UnknownSchema(Exception):
    """The database is at a revision that this code has never heard of."""


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


@cache
def newest_revision() -> str | None:
    """The revision that this code expects."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def current_revision(engine: Engine) -> str | None:
    """The revision the database is at; None when it has none of our tables."""
    with engine.connect() as conn:
        return MigrationContext.configure(conn).get_current_revision()


def migrate(engine: Engine) -> tuple[str | None, str | None]:
    """Walk to the newest revision in one transaction.

    Returns:
        The revisions before and after; equal when there was nothing to do.

    Raises:
        UnknownSchema: a newer version of this program has been here; nothing is changed.
    """
    with engine.begin() as conn:
        conn.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        before = MigrationContext.configure(conn).get_current_revision()
        if before == newest_revision():
            return before, before
        try:
            command.upgrade(_config(conn), "head")
        except CommandError as error:
            raise UnknownSchema(
                f"the database is at revision {before}, which this version does not know; update scrape_assets: {error}"
            ) from None
        after = MigrationContext.configure(conn).get_current_revision()
    return before, after
