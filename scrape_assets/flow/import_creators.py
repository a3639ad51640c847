"""Creators from a CSV: good lines go in, each bad line is named with its number and the reason."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.engine import Engine

from scrape_assets.posts.identity import NotAProfile, Profile, profile_key
from scrape_assets.posts.platforms import UnknownPlatform, parse_platform
from scrape_assets.storage.creators import Change, ProfileTaken, upsert_creator

COLUMNS = ("creator_id", "name", "platform", "profile_url")


class UnreadableFile(Exception):
    """The file as a whole cannot be read as a list of creators; nothing went in."""


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
    refused: list[BadLine] = field(default_factory=list)


@dataclass(frozen=True)
class _Line:
    number: int
    creator_id: str
    name: str
    profile: Profile


def import_creators(engine: Engine, path: Path) -> ImportReport:
    """Import a CSV with the columns creator_id, name, platform, profile_url (others are ignored). Idempotent.

    Raises:
        UnreadableFile: it is missing, is no UTF-8 text, or lacks a column.
    """
    report = ImportReport()
    first_line_of: dict[tuple[str, str], _Line] = {}
    with engine.begin() as conn:
        for line in _good_lines(path, report):
            earlier = first_line_of.setdefault((line.profile.platform, line.profile.key), line)
            if earlier is not line:
                report.refused.append(
                    BadLine(line.number, f"duplicate: line {earlier.number} has {line.profile.url} already")
                )
                continue
            try:
                with conn.begin_nested():
                    change = upsert_creator(conn, line.creator_id, line.name, line.profile)
            except ProfileTaken as error:
                report.refused.append(BadLine(line.number, str(error)))
                continue
            report.new += change is Change.NEW
            report.changed += change is Change.CHANGED
            report.unchanged += change is Change.UNCHANGED
    report.refused.sort(key=lambda bad: bad.line)
    return report


def _good_lines(path: Path, report: ImportReport) -> Iterator[_Line]:
    try:
        # utf-8-sig: spreadsheets put a byte-order mark first.
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restkey="")
            reader.fieldnames = [name.strip().casefold() for name in reader.fieldnames or ()]
            missing = [name for name in COLUMNS if name not in reader.fieldnames]
            if missing:
                raise UnreadableFile(
                    f"{path}: line 1 lacks the column {', '.join(missing)}; needed are {', '.join(COLUMNS)}"
                )
            for row in reader:
                line = _read(reader.line_num, row, report)
                if line:
                    yield line
    except FileNotFoundError:
        raise UnreadableFile(f"{path}: there is no such file") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UnreadableFile(f"{path}: cannot be read as a CSV in UTF-8: {error}") from None


def _read(number: int, row: dict[str, str | None], report: ImportReport) -> _Line | None:
    values = {name: (row.get(name) or "").strip() for name in COLUMNS}
    empty = [name for name, value in values.items() if not value]
    if len(empty) == len(COLUMNS):
        return None
    try:
        if empty:
            raise ValueError(f"{', '.join(empty)} is empty")
        profile = profile_key(parse_platform(values["platform"]), values["profile_url"])
    except (UnknownPlatform, NotAProfile, ValueError) as error:
        report.refused.append(BadLine(number, str(error)))
        return None
    return _Line(number, values["creator_id"], values["name"], profile)
