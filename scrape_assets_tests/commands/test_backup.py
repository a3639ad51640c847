"""Backup and restore as docs/operations.md tells it: PostgreSQL's programs, found by `scrape-assets database`."""

from __future__ import annotations

import re
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from scrape_assets.storage.payloads import PayloadArchive
from scrape_assets_tests.commands.command_line import REPOSITORY, CommandLine
from scrape_assets_tests.flow.conftest import clock, world, world_with
from scrape_assets_tests.flow.world import HARBOUR, World

__all__ = ["clock", "world", "world_with"]

DOCS = REPOSITORY / "docs" / "operations.md"


@pytest.fixture
def before(world: World, server_folder: Path, tmp_path: Path) -> CommandLine:
    """A data folder with an embedded database and one snapshot that is loaded and matched."""
    world.creator("harbour-lamps", HARBOUR)
    world.run()
    settings = {"SCRAPE_ASSETS_HOME": str(server_folder), "SCRAPE_ASSETS_PAYLOAD_URL": str(tmp_path / "payloads")}
    return CommandLine(tmp_path, settings)


@pytest.fixture
def after(world: World, tmp_path: Path) -> Iterator[CommandLine]:
    """Another machine: a database of another name that is not there yet, given by its URL, and an empty data folder."""
    name = f"restored_{uuid.uuid4().hex[:8]}"
    url = world.engine.url.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
    settings = {
        "SCRAPE_ASSETS_HOME": str(tmp_path / "new"),
        "SCRAPE_ASSETS_PAYLOAD_URL": str(tmp_path / "new" / "payloads"),
        "SCRAPE_ASSETS_DATABASE_URL": url,
    }
    yield CommandLine(tmp_path, settings)
    address = world.engine.url.set(database="postgres")
    server = sa.create_engine(address, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with server.connect() as conn:
        for each in (name, f"{name}_dagster"):
            conn.execute(sa.text(f'DROP DATABASE IF EXISTS "{each}" WITH (FORCE)'))


def rewriting() -> str:
    """The documented statements for payloads that lie elsewhere now."""
    [block] = re.findall(r"^```psql\n(.*?)^```", DOCS.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return str(block)


def test_a_dump_and_the_folder_give_back_the_same_ledger_and_a_payload_that_opens_and_the_flow_goes_on(
    before: CommandLine, after: CommandLine, world: World, tmp_path: Path
) -> None:
    was, now = tmp_path / "payloads", tmp_path / "new" / "payloads"
    dump, statements = str(tmp_path / "ledger.dump"), tmp_path / "move.sql"
    known = before("snapshots", "--json").json
    assert before("database", "pg_dump", "-Fc", "-f", dump).status == 0
    shutil.copytree(was, now)
    was.rename(tmp_path / "lost")

    url = sa.make_url(after.settings["SCRAPE_ASSETS_DATABASE_URL"]).set(drivername="postgresql+psycopg")
    name = str(url.database)
    assert after("database", "pg_restore", "--no-owner", "--exit-on-error", "-d", name, dump).status == 0
    statements.write_text(rewriting(), encoding="utf-8")
    places = (f"--set=old=file://{was}/", f"--set=new=file://{now}/")
    assert after("database", "psql", "-q", *places, "-f", str(statements)).status == 0
    assert after("migrate").status == 0

    found = after("snapshots", "--json").json
    assert found == [{**one, "payload_uri": one["payload_uri"].replace(str(was), str(now))} for one in known]
    PayloadArchive(str(now)).open(found[0]["payload_uri"]).verify()
    engine = sa.create_engine(url)
    elsewhere = World(engine, world.vendor, tmp_path / "new", world.clock)
    elsewhere.ctx = replace(elsewhere.ctx, owner="another:1:host")
    posts = elsewhere.count("raw_posts")
    again = elsewhere.again()
    assert (again.error, elsewhere.count("raw_posts")) == (None, posts)
    assert elsewhere.column("SELECT DISTINCT split_part(payload_uri, '/linkedin/', 1) FROM raw_posts") == [
        f"file://{now}"
    ]
    elsewhere.transport.close()
    engine.dispose()


def test_the_program_s_own_exit_status_and_a_program_that_there_is_not(
    scrape_assets: CommandLine, tmp_path: Path
) -> None:
    said = tmp_path / "said"
    assert scrape_assets("database", "psql", "-qc", "SELECT 1 / 0").status == 1
    assert scrape_assets("database", "no-such-program").complaint == "there is no program 'no-such-program'"
    assert (
        scrape_assets("database", "--dagster", "psql", "-Ato", str(said), "-c", "SELECT current_database()").status == 0
    )
    assert said.read_text() == "dagster\n"
