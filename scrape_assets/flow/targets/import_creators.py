"""Creators from a CSV: good lines go in, each bad line is named with its number and the reason."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.engine import Engine

from scrape_assets.ledger.writes import note_write
from scrape_assets.posts.identity import NotAProfile, Profile, profile_key
from scrape_assets.posts.platforms import UnknownPlatform, parse_platform
from scrape_assets.storage.creators import Change, ProfileTaken, refresh_statistics, upsert_creator
from scrape_assets.storage.forgetting.facts import ForgottenPeople, take_back
from scrape_assets.storage.pseudonyms import Pseudonyms

COLUMNS = ("creator_id", "name", "platform", "profile_url")
OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
LONGEST = {"creator_id": 200, "name": 1_000}  # letters; an index entry of PostgreSQL ends at 2,704 bytes
TAKE_BACK = "if they want to be followed again: scrape-assets creators import FILE.csv --again"
SHOWN = 200  # letters of a bad address in its reason


class UnreadableFile(Exception):
    """The file as a whole cannot be read as a list of creators; nothing went in."""


class BadValue(ValueError):
    """A line cannot go in; the message says why."""


@dataclass(frozen=True)
class BadLine:
    """A line that did not go in."""

    line: int  # as an editor counts: the header is line 1
    reason: str


@dataclass
class ImportReport:
    """What an import did, by profile."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    taken_back: int = 0  # people who had been forgotten
    refused: list[BadLine] = field(default_factory=list)


@dataclass(frozen=True)
class _Line:
    number: int
    creator_id: str
    name: str
    profile: Profile


def import_creators(
    engine: Engine, path: Path, *, pseudonyms: Pseudonyms | None, again: bool = False, by: str = ""
) -> ImportReport:
    """Import a CSV with the columns creator_id, name, platform, profile_url (others are ignored). Idempotent.

    Args:
        engine: of our database.
        path: of the CSV.
        pseudonyms: to recognise those who were forgotten; their lines are refused.
        again: take them back instead: they are known from then on. Who did it is kept.
        by: who asks for it.

    Raises:
        UnreadableFile: it is missing, is no UTF-8 text, or lacks a column.
        ForgottenKeyMissing: people were forgotten under another key, and would not be recognised. Nothing went in.
    """
    report = ImportReport()
    first_line_of: dict[tuple[str, str], _Line] = {}
    with engine.begin() as conn:
        forgotten = ForgottenPeople.all(conn, pseudonyms)
        for line in _good_lines(path, report):
            earlier = first_line_of.setdefault((line.profile.platform, line.profile.key), line)
            if earlier is not line:
                report.refused.append(
                    BadLine(line.number, f"duplicate: line {earlier.number} has {line.profile.url} already")
                )
                continue
            if forgotten and (who := forgotten.of(line.creator_id, line.profile)):
                subject_hash, since = who
                if not again:
                    report.refused.append(BadLine(line.number, f"was forgotten on {since:%Y-%m-%d}; {TAKE_BACK}"))
                    continue
                if take_back(conn, subject_hash):
                    note_write(conn, by, "taken back", [subject_hash], {"forgotten_at": since.isoformat()})
                    report.taken_back += 1
            try:
                change = upsert_creator(conn, line.creator_id, line.name, line.profile)
            except ProfileTaken as error:
                report.refused.append(BadLine(line.number, str(error)))
                continue
            report.new += change is Change.NEW
            report.changed += change is Change.CHANGED
            report.unchanged += change is Change.UNCHANGED
        if report.new or report.changed:
            refresh_statistics(conn)
    report.refused.sort(key=lambda bad: bad.line)
    return report


def _good_lines(path: Path, report: ImportReport) -> Iterator[_Line]:
    rows = _rows(_text(path), report)
    _, header = next(rows, (1, []))
    names = [name.strip().casefold() for name in header]
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise UnreadableFile(f"{path}: line 1 {_why_missing(header, missing)}; needed are {','.join(COLUMNS)}")
    for number, row in rows:
        if not any(value.strip() for value in row):
            continue
        try:
            yield _read(number, names, row)
        except BadValue as error:
            report.refused.append(BadLine(number, str(error)))


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
        if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise UnreadableFile(f"{path}: is UTF-16 text; save it as CSV in UTF-8")
        # utf-8-sig: spreadsheets put a byte-order mark first.
        return raw.decode("utf-8-sig")
    except FileNotFoundError:
        raise UnreadableFile(f"{path}: there is no such file") from None
    except IsADirectoryError:
        raise UnreadableFile(f"{path}: is a folder, not a CSV file") from None
    except OSError as error:
        raise UnreadableFile(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UnreadableFile(f"{path}: line {line} is not UTF-8 text; save the file as CSV in UTF-8") from None


def _rows(text: str, report: ImportReport) -> Iterator[tuple[int, list[str]]]:
    """Rows with the line that each begins on: a quoted value may hold line breaks."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        number = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            unclosed = str(error) == "unexpected end of data"
            reason = "a double quote is opened here and never closed" if unclosed else f"is no CSV: {error}"
            report.refused.append(BadLine(number, reason))
            continue
        if row is None:
            return
        yield number, row


def _why_missing(header: list[str], missing: list[str]) -> str:
    if not any(name.strip() for name in header):
        return "holds no column names"
    for separator, name in OTHER_SEPARATORS.items():
        if separator in "".join(header) and len(missing) == len(COLUMNS):
            return f"separates its columns by {name}; separate them by commas"
    return f"lacks the column {', '.join(missing)}"


def _read(number: int, names: list[str], row: list[str]) -> _Line:
    if len(row) > len(names):
        raise BadValue(
            f"has {len(row)} values for {len(names)} columns; put a value that holds a comma in double quotes"
        )
    given = dict(zip(names, row, strict=False))
    values = {name: given.get(name, "").strip() for name in COLUMNS}
    empty = [name for name, value in values.items() if not value]
    if empty:
        raise BadValue(f"{', '.join(empty)} {'is' if len(empty) == 1 else 'are'} empty")
    for name, value in values.items():
        if "\0" in value:
            raise BadValue(f"{name} holds a NUL character")
        if len(value) > LONGEST.get(name, len(value)):
            raise BadValue(f"{name} has {len(value)} letters; the longest allowed has {LONGEST[name]}")
    return _Line(number, values["creator_id"], values["name"], _profile(values["platform"], values["profile_url"]))


def _profile(platform_name: str, url: str) -> Profile:
    try:
        platform = parse_platform(platform_name)
    except UnknownPlatform as error:
        raise BadValue(str(error)) from None
    try:
        return profile_key(platform, url)
    except NotAProfile as error:
        raise BadValue(f"{url[:SHOWN]}: {error}") from None
