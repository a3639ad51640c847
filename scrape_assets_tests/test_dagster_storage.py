"""Dagster's storage keeps its connections, and survives losing them."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as sa

import scrape_assets
from scrape_assets.storage.database import DatabaseAddress

REPOSITORY = Path(scrape_assets.__file__).parents[1]
# Four processes that have nothing left to do but to open the storage: closer together than four that first import it.
OPEN_AT_ONCE = """
import os, sys
from scrape_assets.dagster_storage import PooledPostgresStorage
started = []
for _ in range(4):
    started.append(os.fork())
    if not started[-1]:
        PooledPostgresStorage(sys.argv[1])
        os._exit(0)
print([os.waitpid(process, 0)[1] for process in started])
"""


@pytest.fixture
def instance(server: DatabaseAddress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    monkeypatch.setenv("SCRAPE_ASSETS_DAGSTER_DATABASE_URL", server.dagster.render_as_string(hide_password=False))
    ours = Path(scrape_assets.__file__).parent / "dagster.yaml"
    (tmp_path / "dagster.yaml").write_bytes(ours.read_bytes())
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        yield instance


@pytest.fixture
def onlooker(server: DatabaseAddress) -> Iterator[sa.Connection]:
    engine = sa.create_engine(server.application, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        yield conn


def sessions(onlooker: sa.Connection, server: DatabaseAddress) -> set[int]:
    query = sa.text("SELECT pid FROM pg_stat_activity WHERE datname = :name")
    return set(onlooker.execute(query, {"name": server.dagster.database}).scalars())


def test_statements_share_one_connection(
    instance: dg.DagsterInstance, onlooker: sa.Connection, server: DatabaseAddress
) -> None:
    runs = instance.get_runs_count()
    held = sessions(onlooker, server)
    instance.add_dynamic_partitions("shelf", ["a", "b"])
    for key in ("a", "b", "c"):
        assert instance.has_dynamic_partition("shelf", key) == (key != "c")
        assert instance.get_runs_count() == runs
        instance.all_instigator_state()
    assert held
    assert sessions(onlooker, server) == held


def test_a_database_that_has_restarted_is_not_noticed(
    instance: dg.DagsterInstance, onlooker: sa.Connection, server: DatabaseAddress
) -> None:
    instance.add_dynamic_partitions("restarted", ["a"])
    for pid in sessions(onlooker, server):
        onlooker.execute(sa.text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
    assert instance.get_dynamic_partitions("restarted") == ["a"]


def test_processes_that_open_an_empty_storage_at_once_all_succeed(
    onlooker: sa.Connection, server: DatabaseAddress
) -> None:
    onlooker.execute(sa.text("CREATE DATABASE opened_at_once"))
    url = server.dagster.set(database="opened_at_once").render_as_string(hide_password=False)
    command = [sys.executable, "-W", "ignore", "-c", OPEN_AT_ONCE, url]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, cwd=REPOSITORY)
    assert (ended.stdout, ended.stderr) == ("[0, 0, 0, 0]\n", "")
