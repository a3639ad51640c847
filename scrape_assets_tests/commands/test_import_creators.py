from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from scrape_assets_tests.commands.command_line import CommandLine, Ran

HEADER = "creator_id,name,platform,profile_url\n"
INES = "ines,Inès Moreau,linkedin,https://www.linkedin.com/in/ines-moreau\n"
OTTO = "otto,Otto Brandvik,linkedin,https://www.linkedin.com/in/otto-brandvik\n"


class Import:
    """Writes a file, imports it, and reads what went in."""

    def __init__(self, run: CommandLine, db: Engine, folder: Path) -> None:
        self.run, self.db, self.folder = run, db, folder

    def __call__(self, content: str | bytes) -> Ran:
        file = self.folder / "creators.csv"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return self.run("creators", "import", str(file), "--json")

    def refused(self, content: str | bytes) -> dict[int, str]:
        ran = self(content)
        refused = {bad["line"]: bad["reason"] for bad in ran.json["refused"]}
        assert ran.status == (1 if refused else 0)
        return refused

    def known(self) -> dict[str, str]:
        query = "SELECT creator_id, name FROM creators JOIN creator_profiles USING (creator_id)"
        with self.db.connect() as conn:
            return {row.creator_id: row.name for row in conn.execute(sa.text(query))}


@pytest.fixture
def csv(scrape_assets: CommandLine, db: Engine, tmp_path: Path) -> Import:
    return Import(scrape_assets, db, tmp_path)


def test_a_good_file_goes_in_and_importing_it_again_changes_nothing(csv: Import) -> None:
    first, again = csv(HEADER + INES + OTTO), csv(HEADER + INES + OTTO)
    assert (first.status, first.json) == (0, {"new": 2, "changed": 0, "unchanged": 0, "refused": []})
    assert (again.status, again.json) == (0, {"new": 0, "changed": 0, "unchanged": 2, "refused": []})
    assert csv.known() == {"ines": "Inès Moreau", "otto": "Otto Brandvik"}


def test_a_new_name_is_a_change(csv: Import) -> None:
    csv(HEADER + INES)
    assert csv(HEADER + INES.replace("Moreau", "Moreau-Lang")).json["changed"] == 1
    assert csv.known() == {"ines": "Inès Moreau-Lang"}


@pytest.mark.parametrize(
    "content",
    [
        ("\ufeff" + HEADER + INES).encode(),
        (HEADER + INES).replace("\n", "\r\n").encode(),
        (HEADER + INES).replace("\n", "\r").encode(),
        (HEADER + "\n\n" + INES + "\n,,,\n   \n").encode(),
        (HEADER + INES).rstrip("\n").encode(),
        ("Creator_ID , NAME,Platform,profile_URL,notes\n" + INES.replace("\n", ",met in Lyon\n")).encode(),
        b"profile_url,platform,name,creator_id\nlinkedin.com/in/ines-moreau,LinkedIn,In\xc3\xa8s Moreau,ines\n",
    ],
    ids=["byte-order mark", "CRLF", "CR", "blank lines", "no last newline", "other columns", "other order"],
)
def test_what_spreadsheets_write_is_read(csv: Import, content: bytes) -> None:
    assert csv.refused(content) == {}
    assert csv.known() == {"ines": "Inès Moreau"}


def test_a_quoted_comma_belongs_to_the_name(csv: Import) -> None:
    csv(HEADER + INES.replace("Inès Moreau", '"Moreau, ""Inès"""'))
    assert csv.known() == {"ines": 'Moreau, "Inès"'}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("a,A,linkdin,linkedin.com/in/a-a", "unknown platform 'linkdin'. Did you mean linkedin?"),
        ("a,A,youtube,https://youtube.com/watch?v=a", "is a video, not a channel"),
        (
            "a,A,linkedin,https://www.linkedin.com/posts/a_some-thing-7100",
            "https://www.linkedin.com/posts/a_some-thing-7100: is a post, not a profile",
        ),
        ("a,A,linkedin,https://example.org/a", "https://example.org/a: host example.org is not LinkedIn"),
        ("a,A,linkedin,a-a", "a-a: is a bare name"),
        ("a,,linkedin,linkedin.com/in/a-a", "name is empty"),
        (",A,linkedin,", "creator_id, profile_url are empty"),
        ("a,A", "platform, profile_url are empty"),
        ("a,Doe, Jane,linkedin,linkedin.com/in/a-a", "5 values for 4 columns; put a value that holds a comma in"),
        ("a,A\0,linkedin,linkedin.com/in/a-a", "name holds a NUL"),
        (f"{'a' * 201},A,linkedin,linkedin.com/in/a-a", "creator_id has 201 letters; the longest allowed has 200"),
        ('"a" b,A,linkedin,linkedin.com/in/a-a', "is no CSV"),
    ],
)
def test_a_bad_line_is_named_with_its_reason_and_the_good_ones_go_in(csv: Import, line: str, reason: str) -> None:
    refused = csv.refused(f"{HEADER}{INES}{line}\n{OTTO}")
    assert list(refused) == [3]
    assert reason in refused[3]
    assert sorted(csv.known()) == ["ines", "otto"]


def test_a_profile_twice_in_a_file_is_refused_the_second_time(csv: Import) -> None:
    refused = csv.refused(HEADER + INES + "other,O,linkedin,HTTP://fr.linkedin.com/in/Ines-Moreau/\n" + OTTO)
    assert refused == {3: "duplicate: line 2 has https://www.linkedin.com/in/ines-moreau already"}


def test_a_profile_of_another_creator_is_refused(csv: Import) -> None:
    csv(HEADER + INES)
    refused = csv.refused(HEADER + INES.replace("ines,", "somebody,") + OTTO)
    assert refused == {2: "https://www.linkedin.com/in/ines-moreau is a profile of creator ines already"}
    assert sorted(csv.known()) == ["ines", "otto"]


def test_lines_are_counted_as_an_editor_does(csv: Import) -> None:
    over_three_lines = 'long,"A name\nover\nthree lines",linkedin,https://www.linkedin.com/in/a-long-name\n'
    refused = csv.refused(HEADER + over_three_lines + "\n" + "b,B,linkedin,nothing\n" + over_three_lines)
    assert list(refused) == [6, 7]
    assert refused[7].startswith("duplicate: line 2 ")


def test_a_quote_that_is_never_closed_is_named_where_it_opens(csv: Import) -> None:
    assert csv.refused(HEADER + INES + '"x,X,linkedin,linkedin.com/in/x-x\n' + OTTO) == {
        3: "a double quote is opened here and never closed"
    }
    assert sorted(csv.known()) == ["ines"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"creator_id,name,profile_url\n", "line 1 lacks the column platform; needed are creator_id,name,platform,"),
        (b"", "line 1 holds no column names"),
        (b"creator_id;name;platform;profile_url\na;A;linkedin;x\n", "separates its columns by semicolons"),
        (HEADER.encode() + b"a,A,linkedin,linkedin.com/in/a-a\nj,Jos\xe9,linkedin,x\n", "line 3 is not UTF-8 text"),
        ((HEADER + INES).encode("utf-16"), "is UTF-16 text; save it as CSV in UTF-8"),
    ],
    ids=["missing column", "empty", "semicolons", "Latin-1", "UTF-16"],
)
def test_a_file_that_cannot_be_read_says_why_and_nothing_goes_in(csv: Import, content: bytes, reason: str) -> None:
    assert reason in csv(content).complaint
    assert csv.known() == {}


def test_a_missing_file_and_a_folder_are_named(scrape_assets: CommandLine, tmp_path: Path) -> None:
    assert "nobody.csv: there is no such file" in scrape_assets("creators", "import", "nobody.csv").complaint
    assert "is a folder, not a CSV" in scrape_assets("creators", "import", str(tmp_path)).complaint


def test_people_read_a_table_and_a_last_line(scrape_assets: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "creators.csv"
    file.write_text(HEADER + INES + "b,B,linkedin,https://www.linkedin.com/in/\n", encoding="utf-8")
    ran = scrape_assets.process("creators", "import", str(file))
    assert ran.status == 1
    assert "1 new, 0 changed, 0 unchanged" in ran.out
    assert "3     https://www.linkedin.com/in/: has no profile name" in ran.out
    assert ran.complaint == f"1 line was refused; the other lines of {file} went in"
