"""A database, a setting or a folder that cannot be used: one plain line from every command."""

import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from scrape_assets.settings import Settings
from scrape_assets.storage.migrate import newest_revision
from scrape_assets_tests.commands.command_line import CommandLine, Ran

COMMANDS = (
    ("up", "--port", "39999"),
    ("migrate",),
    ("creators", "import", "creators.csv"),
    ("collect", "--platform", "linkedin"),
    ("process",),
    ("jobs",),
    ("snapshots",),
    ("status", "--json"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_database_that_is_down_is_said_once_and_plainly(
    scrape_assets: CommandLine, tmp_path: Path, command: tuple[str, ...]
) -> None:
    down = {
        "SCRAPE_ASSETS_DATABASE_URL": "postgresql://ada:a-secret@127.0.0.1:9/scrape_assets",
        "SCRAPE_ASSETS_HOME": str(tmp_path / "home"),
    }
    ran = scrape_assets(*command, **down)
    assert (ran.status, ran.out) == (1, "")
    assert "cannot be used" in ran.complaint
    assert "127.0.0.1" in ran.complaint
    assert "refused" in ran.complaint
    assert "a-secret" not in ran.err


def test_the_same_goes_for_a_process_of_its_own(scrape_assets: CommandLine) -> None:
    ran = scrape_assets.process("status", SCRAPE_ASSETS_DATABASE_URL="postgresql://127.0.0.1:9/x")
    assert ran.complaint.startswith("the database postgresql+psycopg://127.0.0.1:9/x cannot be used: ")


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("SCRAPE_ASSETS_DATABASE_URL", "mysql://localhost/x", "names mysql; only PostgreSQL is supported"),
        ("SCRAPE_ASSETS_DATABASE_URL", "sqlite:///x.db", "names sqlite; only PostgreSQL is supported"),
        ("SCRAPE_ASSETS_DATABASE_URL", "localhost", "SCRAPE_ASSETS_DATABASE_URL is not a database URL"),
        ("SCRAPE_ASSETS_BATCH_SIZE", "zero", "SCRAPE_ASSETS_BATCH_SIZE: Input should be a valid integer"),
        ("SCRAPE_ASSETS_BATCH_SIZE", "0", "SCRAPE_ASSETS_BATCH_SIZE: Input should be greater than or equal to 1, not"),
        ("SCRAPE_ASSETS_LEASE_SECONDS", "-1", "SCRAPE_ASSETS_LEASE_SECONDS: Input should be greater than 0, not '-1'"),
        ("SCRAPE_ASSETS_HOME", "/proc/nowhere", "/proc/nowhere: "),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    scrape_assets: CommandLine, name: str, value: str, complaint: str
) -> None:
    assert complaint in scrape_assets("status", **{name: value}).complaint


def test_two_bad_settings_are_told_at_once(scrape_assets: CommandLine) -> None:
    ran = scrape_assets("jobs", SCRAPE_ASSETS_CONCURRENCY="many", SCRAPE_ASSETS_LOOKBACK_DAYS="0")
    assert "SCRAPE_ASSETS_CONCURRENCY" in ran.complaint
    assert "SCRAPE_ASSETS_LOOKBACK_DAYS" in ran.complaint


def test_a_database_of_a_newer_version_is_left_alone(scrape_assets: CommandLine, db: Engine) -> None:
    with db.begin() as conn:
        known = conn.execute(sa.text("UPDATE alembic_version SET version_num = '9999' RETURNING version_num")).rowcount
        assert known == 1
    try:
        complaint = scrape_assets("status").complaint
        assert "the database is at revision 9999, which this version does not know" in complaint
        assert scrape_assets("migrate").complaint == complaint
    finally:
        with db.begin() as conn:
            conn.execute(sa.text("UPDATE alembic_version SET version_num = :head"), {"head": newest_revision()})


def test_migrating_twice_and_twice_at_once_ends_well(scrape_assets: CommandLine, db: Engine) -> None:
    fresh = db.url.set(drivername="postgresql", database="migrated_by_two").render_as_string(hide_password=False)
    command = [sys.executable, "-m", "scrape_assets", "migrate"]
    environment = {**scrape_assets.process_environment, "SCRAPE_ASSETS_DATABASE_URL": fresh}
    both = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        for _ in range(2)
    ]
    ended = [Ran(one.wait(60), *one.communicate()) for one in both]
    assert [(ran.status, ran.err) for ran in ended] == [(0, ""), (0, "")]
    head = newest_revision()
    assert sorted(ran.out for ran in ended) == [f"migrated from nothing to {head}\n", f"the schema is at {head}\n"]
    assert scrape_assets("migrate", SCRAPE_ASSETS_DATABASE_URL=fresh).out == f"the schema is at {head}\n"


def test_empty_variables_count_as_not_set(scrape_assets: CommandLine) -> None:
    ran = scrape_assets("status", "--json", SCRAPE_ASSETS_BATCH_SIZE="", SCRAPE_ASSETS_DATABASE_URL="")
    assert ran.json["database"] == "embedded"


def test_other_programs_variables_are_not_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    foreign = {"HOME": "/nowhere", "DATABASE_URL": "mysql://x", "BATCH_SIZE": "zero", "CONCURRENCY": "none"}
    for name, value in foreign.items():
        monkeypatch.setenv(name, value)
    settings = Settings.from_environment()
    assert settings.home_folder == tmp_path / ".scrape_assets"
    assert (settings.database_url, settings.batch_size) == (None, 50)
