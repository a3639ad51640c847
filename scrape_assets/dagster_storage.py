"""Dagster's storage on PostgreSQL, keeping its connections open. Named in dagster.yaml; no tables or queries of ours.

Dagster's own class opens a new connection for every statement, because it may sit behind a pooler. Ours is asked
directly, and there a connection costs about twenty times as much as a small statement. A run over 200 snapshots is
planned with 600 events of two transactions each: measured once, with other work on the machine, the sensor's tick took
26 s with Dagster's class and 4 s with this one.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self

import sqlalchemy as sa
from dagster_postgres import DagsterPostgresStorage
from dagster_postgres.utils import pg_url_from_config

from scrape_assets.storage.hangups import replace_what_hung_up

# Of one process, once it was so busy; more than that are opened for a moment. The daemon requests four runs at once.
KEPT_OPEN = 4
AT_MOST_MORE = 20
# Any number will do, as long as it is always this one.
OPENING_LOCK = 7_314_202


@contextmanager
def _one_at_a_time(postgres_url: str) -> Iterator[None]:
    """Wait until no other process is opening this storage. The lock goes with its connection."""
    engine = sa.create_engine(postgres_url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        conn.execute(sa.text("SELECT pg_advisory_lock(:key)"), {"key": OPENING_LOCK})
        yield


class PooledPostgresStorage(DagsterPostgresStorage):
    """Runs, events and schedules in one database, through one pool. A connection that has died is replaced."""

    def __init__(self, postgres_url: str, should_autocreate_tables: bool = True, inst_data: Any = None) -> None:
        # Web server, daemon and code server start together, and each makes the tables that it does not find: without
        # this one of them finds half of another's, and ends.
        with _one_at_a_time(postgres_url):
            super().__init__(postgres_url, should_autocreate_tables, inst_data)
        pooled = sa.create_engine(
            postgres_url,
            isolation_level="AUTOCOMMIT",  # as in the engines that it takes the place of
            pool_size=KEPT_OPEN,
            max_overflow=AT_MOST_MORE,
        )
        engine = replace_what_hung_up(pooled)
        for part in (self._run_storage, self._event_log_storage, self._schedule_storage):
            part._engine = engine

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Mapping[str, Any]) -> Self:
        """What dagster.yaml configures; the options are those of DagsterPostgresStorage."""
        return cls(
            pg_url_from_config(config_value), config_value.get("should_autocreate_tables", True), inst_data=inst_data
        )
