"""The body of a download: rows in the asked format, compressed, cut into chunks, or damaged on purpose.

Everything is a lazy stream of bytes; nothing here knows HTTP.
"""

import asyncio
import csv
import io
import json
import zlib
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

import msgspec

FORMATS = {
    "json": "application/json",
    "ndjson": "application/jsonl",
    "jsonl": "application/jsonl",
    "csv": "text/csv",
}
_CHUNK = 64 * 1024
_SMALL = 1024 * 1024  # bodies up to this size are sent with a Content-Length, longer ones in chunks


def body(texts: Iterable[bytes], format_: str) -> Iterator[bytes]:
    """The rows in a format of `FORMATS`. No rows are `[]` in all of them, as observed."""
    rows = iter(texts)
    first = next(rows, None)
    if first is None:
        return iter((b"[]",))
    everything = _chain(first, rows)
    if format_ == "json":
        pieces = _as_array(everything)
    elif format_ == "csv":
        pieces = csv_table(map(msgspec.json.decode, everything))
    else:
        pieces = (text + b"\n" for text in everything)
    return _chunked(pieces)


def gzipped(chunks: Iterable[bytes], *, broken: bool = False) -> Iterator[bytes]:
    """The same as one gzip stream; the same bytes each time. A broken one has wrong bytes in its checksum."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    for chunk in chunks:
        if packed := packer.compress(chunk):
            yield packed
    tail = packer.flush()
    yield tail[:-8] + bytes(byte ^ 0xFF for byte in tail[-8:]) if broken else tail


def without_end(chunks: Iterable[bytes], *, whole_line: bool = False) -> Iterator[bytes]:
    """Everything but the last 40 bytes, so that the last line ends in its middle; or but the whole last line."""
    held = b""
    for chunk in chunks:
        held += chunk
        if len(held) > _CHUNK:
            yield held[:-_CHUNK]
            held = held[-_CHUNK:]
    yield held[: held.rfind(b"\n", 0, -1) + 1] if whole_line else held[:-40]


def measured(chunks: Iterator[bytes]) -> tuple[Iterator[bytes], int | None]:
    """The same bytes, and how many they are if they are no more than a megabyte."""
    held = bytearray()
    for chunk in chunks:
        held += chunk
        if len(held) > _SMALL:
            return chain((bytes(held),), chunks), None
    return iter((bytes(held),)), len(held)


async def in_turns(chunks: Iterable[bytes]) -> AsyncIterator[bytes]:
    """The chunks, with a turn for everybody else after each."""
    for chunk in chunks:
        yield chunk
        await asyncio.sleep(0)


def csv_table(rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """CSV as the vendor writes it: nested cells and dates are JSON, null is a word. First row's columns."""
    columns: list[str] = []
    for row in rows:
        if not columns:
            columns = list(row)
            yield _csv_line(columns)
        yield _csv_line([_cell(row.get(column)) for column in columns])


def _cell(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, str) and not (value[:4].isdigit() and value[4:5] == "-"):
        return value
    return json.dumps(value, ensure_ascii=False)


def _csv_line(cells: list[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue().encode()


def _as_array(texts: Iterator[bytes]) -> Iterator[bytes]:
    yield b"[" + next(texts)
    for text in texts:
        yield b",\n" + text
    yield b"]"


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _chunked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= _CHUNK:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)
