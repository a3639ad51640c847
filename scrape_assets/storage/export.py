"""Rows of a view into a file: Parquet, CSV or JSON lines; a batch at a time, and in place only when whole."""

from __future__ import annotations

import csv
import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

from sqlalchemy.engine import Connection

from scrape_assets.storage.views import Filters, Holds, View, select

BATCH_ROWS = 5_000
"""Rows held at once: with texts and media some 20 MB. In Parquet each batch is a row group."""

Row = Sequence[object]
WriteBatch = Callable[[list[Row]], None]


class Format(StrEnum):
    """What the file is."""

    PARQUET = "parquet"
    CSV = "csv"
    JSONL = "jsonl"


class ParquetMissing(Exception):
    """The package that writes Parquet is not installed."""

    def __init__(self) -> None:
        super().__init__("Parquet needs the package pyarrow: install scrape_assets[export], or take csv or jsonl")


def export(
    conn: Connection,
    view: View,
    filters: Filters,
    file: Path,
    kind: Format,
    *,
    change: Callable[[Row], Row] | None = None,
    written: Callable[[int], None] = lambda _rows: None,
) -> int:
    """Write the rows of a view; memory does not grow with them. A file of that name stays until the new one is whole.

    Args:
        conn: whose transaction sees the rows; they stream through a cursor of the server.
        view: what.
        filters: which rows.
        file: where; its folder must exist.
        kind: how.
        change: done to each row before it is written.
        written: told after each batch how many rows are.

    Returns:
        How many rows.

    Raises:
        ParquetMissing, NoSuchFilter, OSError: nothing is left behind.
    """
    opened = {Format.PARQUET: _parquet, Format.CSV: _csv, Format.JSONL: _jsonl}[kind]
    query = select(view, filters)
    rows = 0
    with whole(file) as beside, opened(beside, view.columns) as write:
        answer = conn.execution_options(stream_results=True, max_row_buffer=BATCH_ROWS).execute(query)
        for batch in answer.partitions(BATCH_ROWS):
            write([change(row) for row in batch] if change else list(batch))
            rows += len(batch)
            written(rows)
    return rows


@contextmanager
def whole(file: Path) -> Iterator[Path]:
    """A file beside this one, which takes its place when the block ends well, and is removed when it does not."""
    beside = file.with_name(f".{file.name}.{secrets.token_hex(4)}.tmp")
    try:
        yield beside
        with beside.open("rb") as done:
            os.fsync(done.fileno())
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def _csv(file: Path, columns: Mapping[str, Holds]) -> Iterator[WriteBatch]:
    """UTF-8, a header, times as ISO, lists as JSON; what is missing is an empty field."""
    with file.open("w", encoding="utf-8", errors="replace", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(columns)
        yield lambda rows: writer.writerows([_as_text(value) for value in row] for row in rows)


@contextmanager
def _jsonl(file: Path, columns: Mapping[str, Holds]) -> Iterator[WriteBatch]:
    names = list(columns)

    def write(opened: IO[str], rows: list[Row]) -> None:
        for row in rows:
            record = dict(zip(names, row, strict=True))
            opened.write(json.dumps(record, ensure_ascii=False, default=_as_text) + "\n")

    with file.open("w", encoding="utf-8", errors="replace") as opened:
        yield lambda rows: write(opened, rows)


def _parquet(file: Path, columns: Mapping[str, Holds]) -> AbstractContextManager[WriteBatch]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise ParquetMissing from None
    types = {
        Holds.TEXT: pa.string(),
        Holds.COUNT: pa.int64(),
        Holds.NUMBER: pa.float64(),
        Holds.MOMENT: pa.timestamp("us", tz="UTC"),
        Holds.DAY: pa.date32(),
        Holds.TEXTS: pa.list_(pa.string()),
        Holds.JSON: pa.string(),
    }
    schema = pa.schema([(name, types[holds]) for name, holds in columns.items()])
    as_json = [holds is Holds.JSON for holds in columns.values()]

    def write(writer: Any, rows: list[Row]) -> None:
        arrays = [
            pa.array([_as_text(value) for value in values] if is_json else values, type=field.type)
            for values, is_json, field in zip(zip(*rows, strict=True), as_json, schema, strict=True)
        ]
        writer.write_table(pa.Table.from_arrays(arrays, schema=schema))

    @contextmanager
    def opened() -> Iterator[WriteBatch]:
        with pq.ParquetWriter(file, schema, compression="zstd") as writer:
            yield lambda rows: write(writer, rows)

    return opened()


def _as_text(value: object) -> object:
    match value:
        case datetime() | date():
            return value.isoformat()
        case list() | dict():
            return json.dumps(value, ensure_ascii=False)
    return value
