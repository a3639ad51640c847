"""A statement that finds rows that are wrong: counted, shown, and told so that a person finds exactly the same."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

_NAME = re.compile(r"(?<!:):([a-z_]+)\b")
_INDENT = re.compile(r"\n\s*")

Value = str | int | float | datetime | Sequence[str]


@dataclass(frozen=True)
class Found:
    """What a statement found."""

    count: int
    headers: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]  # the first of them


@dataclass(frozen=True)
class Rows:
    """A SELECT with named values; it is built of our own words alone."""

    sql: str
    values: Mapping[str, Value]

    def look(self, conn: Connection, limit: int = 10) -> Found:
        """Count all, and give the first."""
        counted = f"SELECT count(*) OVER () AS how_many_in_all, found.* FROM ({self.sql}) AS found LIMIT {limit:d}"  # noqa: S608
        answer = conn.execute(sa.text(counted), dict(self.values))
        headers = tuple(answer.keys())[1:]
        rows = [tuple(row) for row in answer]
        return Found(rows[0][0] if rows else 0, headers, tuple(row[1:] for row in rows))

    @property
    def pasted(self) -> str:
        """The statement with its values in it, on lines of its own, to be pasted into psql."""
        filled = _NAME.sub(lambda name: _literal(self.values[name.group(1)]), self.sql)
        return _INDENT.sub("\n", filled.strip()) + ";"


def _literal(value: Value) -> str:
    match value:
        case str():
            return "'" + value.replace("'", "''") + "'"
        case datetime():
            return f"'{value.isoformat()}'::timestamptz"
        case int() | float():
            return repr(value)
    return f"ARRAY[{', '.join(map(_literal, value))}]::text[]"
