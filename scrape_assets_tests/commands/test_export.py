"""`scrape-assets export`: typed files, whole or not there, and without names where that is asked for."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from sqlalchemy.engine import Engine

from scrape_assets.operations.asked_rows import filters
from scrape_assets.storage import export as exporting
from scrape_assets.storage.export import Format, export
from scrape_assets.storage.payloads import PayloadArchive
from scrape_assets.storage.pseudonymised import Pseudonymiser
from scrape_assets.storage.pseudonyms import Pseudonyms
from scrape_assets.storage.views import POSTS, VIEWS
from scrape_assets_tests.commands.command_line import CommandLine
from scrape_assets_tests.storage.invented import Loading
from scrape_assets_tests.storage.read import fill


@pytest.fixture
def command(db: Engine, server_folder: Path, tmp_path: Path) -> CommandLine:
    """The command line on a database with something to export."""
    fill(Loading(db, PayloadArchive(f"memory:/{tmp_path}")))
    key = "an invented key, long enough"
    return CommandLine(tmp_path, {"SCRAPE_ASSETS_HOME": str(server_folder), "SCRAPE_ASSETS_PRIVACY_KEY": key})


def read_csv(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def test_a_csv_has_a_header_and_an_empty_field_where_nobody_said(command: CommandLine, tmp_path: Path) -> None:
    ran = command("export", "posts", "--out", str(tmp_path / "posts.csv"), "--json")
    assert (ran.status, ran.json["rows"], ran.json["format"]) == (0, 4, "csv")
    rows = {row["post_id"]: row for row in read_csv(tmp_path / "posts.csv")}
    assert list(rows["p1"]) == list(POSTS.columns)
    assert (rows["p3"]["like_count"], rows["p2"]["like_count"]) == ("0", "")
    assert rows["p1"]["posted_at"] == "2026-10-20T09:30:00+00:00"
    assert json.loads(rows["p1"]["hashtags"]) == ["fair"]


def test_a_parquet_file_has_the_types_of_the_columns(command: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "posts.parquet"
    assert command("export", "posts", "--out", str(file), "--creator", "jane", "--role", "author").status == 0
    table = pq.read_table(file)
    assert sorted(table.column("post_id").to_pylist()) == ["p1", "p2"]
    types = {name: str(table.schema.field(name).type) for name in ("like_count", "posted_at", "hashtags", "text")}
    assert types == {
        "like_count": "int64",
        "posted_at": "timestamp[us, tz=UTC]",
        "hashtags": "list<element: string>",
        "text": "string",
    }
    assert sorted(table.column("like_count").to_pylist(), key=str) == [15, None]


def test_everything_can_be_written_in_every_format_with_or_without_names(
    command: CommandLine, db: Engine, tmp_path: Path
) -> None:
    with db.connect() as conn:
        for view in VIEWS.values():
            for change in (None, Pseudonymiser(view, Pseudonyms(b"an invented key"))):
                for kind in Format:
                    assert export(conn, view, filters(), tmp_path / "out", kind, change=change) > 0


def test_a_pseudonymised_export_names_nobody_and_still_fits_together(command: CommandLine, tmp_path: Path) -> None:
    for what in ("posts", "growth", "activity", "events"):
        assert command("export", what, "--out", str(tmp_path / f"{what}.csv"), "--pseudonymised").status == 0
    written = "".join((tmp_path / f"{what}.csv").read_text() for what in ("posts", "growth", "activity", "events"))
    for name in ("jane", "Jane", "Ada", "in/ada", "Otto", "p1", "https://", "@doe.example", "s1"):
        assert name not in written, name
    assert "At the fair with @" in written
    assert "see <link>" in written
    assert "Write to <email>" in written

    posts, growth = read_csv(tmp_path / "posts.csv"), read_csv(tmp_path / "growth.csv")
    activity, wall = read_csv(tmp_path / "activity.csv"), read_csv(tmp_path / "events.csv")
    assert {row["post_id"] for row in growth} <= {row["post_id"] for row in posts}
    assert len({row["author_key"] for row in posts}) == 2
    assert {row["creator_id"] for row in activity} < {row["creator_id"] for row in posts}
    assert {row["author_key"] for row in wall} == {row["author_key"] for row in posts}

    other = {"SCRAPE_ASSETS_PRIVACY_KEY": "another key, also long enough"}
    assert command("export", "posts", "--out", str(tmp_path / "other.csv"), "--pseudonymised", **other).status == 0
    assert not {row["author_key"] for row in posts} & {row["author_key"] for row in read_csv(tmp_path / "other.csv")}


def test_what_goes_wrong_half_way_leaves_the_old_file_and_nothing_else(
    command: CommandLine, db: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "BATCH_ROWS", 1)
    file = tmp_path / "posts.csv"
    file.write_text("the old one")
    written: list[int] = []

    def fails(row: object) -> object:
        if len(written) == 2:
            raise OSError("no space")
        return row

    with db.connect() as conn, pytest.raises(OSError, match="no space"):
        export(conn, POSTS, filters(), file, Format.CSV, change=fails, written=written.append)  # type: ignore[arg-type]
    assert written == [1, 2]  # a batch at a time
    assert [one.name for one in tmp_path.iterdir() if one.is_file()] == ["posts.csv"]
    assert file.read_text() == "the old one"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("posts", "--creator", "nobody"), "there is no creator 'nobody'"),
        (("activity", "--role", "author"), "creator_activity is not filtered by role"),
        (("posts", "--since", "soon"), "since is a day or a moment"),
    ],
)
def test_what_cannot_be_exported_is_one_clear_line(
    command: CommandLine, tmp_path: Path, arguments: tuple[str, ...], complaint: str
) -> None:
    assert complaint in command("export", *arguments, "--out", str(tmp_path / "out.csv")).complaint
    assert not (tmp_path / "out.csv").exists()


def test_a_folder_that_is_not_there_is_named(command: CommandLine, tmp_path: Path) -> None:
    assert "there is no folder" in command("export", "posts", "--out", str(tmp_path / "no" / "out.csv")).complaint
