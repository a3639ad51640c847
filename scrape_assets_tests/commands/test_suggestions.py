"""`scrape-assets suggestions` and `retention`: what a person sees. What they do is tested in flow/ and operations/."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from scrape_assets_tests.commands.command_line import CommandLine
from scrape_assets_tests.flow.people import People


@pytest.fixture
def command(db: Engine, server_folder: Path, tmp_path: Path) -> CommandLine:
    """The command line, over Mira and those who write on X."""
    People(db).mira()
    keep = '{"payloads": 90, "raw_posts": 90}'
    payloads = str(tmp_path / "payloads")
    return CommandLine(
        tmp_path,
        {
            "SCRAPE_ASSETS_HOME": str(server_folder),
            "SCRAPE_ASSETS_PAYLOAD_URL": payloads,
            "SCRAPE_ASSETS_KEEP_DAYS": keep,
        },
    )


def test_suggestions_are_listed_with_reasons_and_decided_by_number(command: CommandLine) -> None:
    assert command("suggestions", "refresh", "--json").json == {"new": 1, "changed": 0, "withdrawn": 0}
    listed = command("suggestions", "list")
    assert "the same name: Mira Okafor" in listed.out
    assert "1 open, 0 accepted, 0 rejected" in listed.out
    [one] = command("suggestions", "list", "--json").json["suggestions"]
    number = str(one["suggestion_id"])

    ran = command("suggestions", "accept", number)
    assert f"{number} accepted: x miraokafor_ is followed as mira" in ran.out
    assert "scrape-assets rematch" in ran.out
    assert "is accepted by" in command("suggestions", "reject", number).complaint
    assert "There is no suggestion 999999" in command("suggestions", "accept", "999999").complaint


def test_retention_says_what_it_would_remove(command: CommandLine) -> None:
    told = command("retention", "--dry-run", "--json").json["kept"]
    assert [(kept["name"], kept["days"]) for kept in told] == [("payloads", 90), ("media_files", 90), ("raw_posts", 90)]


def test_retention_removes_what_is_old_and_says_what(command: CommandLine, db: Engine) -> None:
    with db.begin() as conn:
        conn.exec_driver_sql("UPDATE raw_posts SET collected_at = '2020-01-01' WHERE author_key = 'otto_b'")
    ran = command("retention", "--json").json
    assert (ran["success"], ran["removed"]) == (True, {"raw_posts": {"raw_posts": 1}})


def test_a_wrong_retention_is_one_line_that_says_what_to_do(command: CommandLine) -> None:
    complaint = command("retention", SCRAPE_ASSETS_KEEP_DAYS='{"raw_posts": 90}').complaint
    assert "payloads must be kept for 90 days or less" in complaint
