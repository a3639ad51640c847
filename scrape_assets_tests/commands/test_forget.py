"""`scrape-assets forget`: what a person sees of it. What it does is tested in operations/test_forgetting.py."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from scrape_assets.storage.payloads import PayloadArchive
from scrape_assets_tests.commands.command_line import CommandLine
from scrape_assets_tests.storage.invented import Loading
from scrape_assets_tests.storage.read import fill


@pytest.fixture
def loading(db: Engine, tmp_path: Path) -> Loading:
    """Jane has posted twice, Otto once."""
    loading = Loading(db, PayloadArchive(f"memory:/{tmp_path}"))
    fill(loading)
    return loading


@pytest.fixture
def command(loading: Loading, server_folder: Path, tmp_path: Path) -> CommandLine:
    """The command line, with a key."""
    key = "an invented key, long enough"
    return CommandLine(tmp_path, {"SCRAPE_ASSETS_HOME": str(server_folder), "SCRAPE_ASSETS_PRIVACY_KEY": key})


def test_it_says_what_it_would_do_does_it_and_shows_that_nothing_is_left(
    command: CommandLine, loading: Loading
) -> None:
    dry = command("forget", "--creator", "jane", "--dry-run", "--json")
    assert (dry.status, dry.json["removed"]["raw_posts"]) == (0, 2)
    assert loading.rows("SELECT count(*) FROM raw_posts") == [(3,)]

    ran = command("forget", "--creator", "jane")
    assert ran.status == 0
    assert "searched again: nothing found" in ran.out
    assert loading.rows("SELECT post_id FROM raw_posts") == [("p3",)]

    again = command("forget", "--creator", "jane")
    assert again.status == 0
    assert "forgotten already" in again.out


def test_an_account_is_found_by_its_address_and_one_post_by_its_id(command: CommandLine, loading: Loading) -> None:
    assert command("forget", "--author", "linkedin:https://www.linkedin.com/in/otto/").status == 0
    assert command("forget", "--post", "linkedin:p2").status == 0
    assert loading.rows("SELECT post_id FROM raw_posts") == [("p1",)]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((), "name one of --creator, --author, --post"),
        (("--creator", "jane", "--post", "x:1"), "name one of --creator, --author, --post"),
        (("--creator", "nobody"), "there is no creator 'nobody', and none was forgotten"),
        (("--author", "in/jane-doe"), "names no platform: write --author linkedin:in/jane-doe"),
        (("--author", "myspace:jane"), "myspace"),
    ],
)
def test_who_is_not_named_clearly_is_not_guessed(
    command: CommandLine, arguments: tuple[str, ...], complaint: str
) -> None:
    assert complaint in command("forget", *arguments).complaint


JANE = "creator_id,name,platform,profile_url\njane,Jane Doe,linkedin,https://www.linkedin.com/in/jane-doe\n"


def test_who_was_forgotten_is_not_imported_again_except_on_purpose_and_that_is_kept(
    command: CommandLine, loading: Loading, tmp_path: Path
) -> None:
    assert command("forget", "--creator", "jane").status == 0
    file = tmp_path / "people.csv"
    file.write_text(JANE.replace("jane,", "another-id,") + "otto,Otto,linkedin,https://www.linkedin.com/in/otto\n")

    refused = command("creators", "import", str(file), "--json")
    [line] = refused.json["refused"]
    assert line["line"] == 2
    assert line["reason"].startswith("was forgotten on 20")
    assert "--again" in line["reason"]
    assert loading.rows("SELECT count(*) FROM creators WHERE creator_id LIKE '%ane%' OR creator_id = 'another-id'") == [
        (0,)
    ]
    without_key = command("creators", "import", str(file), SCRAPE_ASSETS_PRIVACY_KEY="another key, long enough")
    assert "SCRAPE_ASSETS_PRIVACY_KEY" in without_key.complaint

    file.write_text(JANE)
    taken = command("creators", "import", str(file), "--again")
    assert "1 who had been forgotten are known again" in taken.out
    assert loading.rows("SELECT creator_id FROM creator_profiles WHERE profile_key = 'in/jane-doe'") == [("jane",)]
    assert loading.rows("SELECT count(*) FROM forgotten") == [(0,)]
    assert loading.rows("SELECT action FROM api_writes ORDER BY write_id") == [("forget",), ("taken back",)]
