"""Posts and rejects as rows that COPY takes. No SQL, no connection.

PostgreSQL's text holds neither NUL nor half a surrogate pair. Mappings clean what they know of; here is the
last door, so that one odd character never costs a snapshot.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from typing import Any, NamedTuple

import psycopg
from psycopg.copy import FileWriter

from scrape_assets.posts.model import Post, Rejected

# A row set aside explains itself in a sentence; a source's whole stack trace stays in the payload.
LONGEST_DETAIL = 2_000

# What PostgreSQL's binary format has around the rows: its signature, no flags and no extension; and no further row.
COPY_BEGINS = b"PGCOPY\n\xff\r\n\0" + bytes(8)
COPY_ENDS = b"\xff\xff"

_HASHTAGS = Post._fields.index("hashtags")
_MENTIONS = Post._fields.index("mentions")
_TAGGED = Post._fields.index("tagged")
_MEDIA = Post._fields.index("media")
_REPAIRS = Post._fields.index("repairs")
_UNFIT = re.compile("[\x00\ud800-\udfff]")

CopyRow = list[object]


class RejectedRow(NamedTuple):
    """A row of `rejected_rows`, in the order of the table."""

    snapshot_id: str
    row_number: int
    reason: str
    detail: str
    code: str | None
    input_url: str | None
    payload_uri: str


def post_row(post: Post, row_number: int) -> CopyRow:
    """The post's fields in their order, then its row number. Lists become array literals, media JSON, as text."""
    row: CopyRow = [*post, row_number]
    if post.hashtags is not None:
        row[_HASHTAGS] = _array(post.hashtags)
    if post.mentions is not None:
        row[_MENTIONS] = _array(post.mentions)
    if post.tagged is not None:
        row[_TAGGED] = row[_MENTIONS] if post.tagged is post.mentions else _array(post.tagged)
    if post.repairs is not None:
        row[_REPAIRS] = _array(post.repairs)
    if post.media is not None:
        row[_MEDIA] = _json_text(post.media)
    return row


def copy_bytes(
    rows: Sequence[CopyRow], types: Sequence[str], cursor: psycopg.Cursor[Any]
) -> tuple[memoryview, Sequence[CopyRow]]:
    """The rows in COPY's binary format, a third of the text format's work; and as they were written.

    They are a piece of what COPY takes: `COPY_BEGINS` comes before the first, `COPY_ENDS` after the last.

    Args:
        types: PostgreSQL's names of the columns' types.
        cursor: a new one; it only tells how values are written.
    """
    if _holds_nul(rows, types):
        rows = [list(map(_fitted, row)) for row in rows]
    try:
        return _formatted(rows, types, cursor), rows
    except UnicodeEncodeError:  # half a surrogate pair: too rare to be searched for
        rows = [list(map(_fitted, row)) for row in rows]
        return _formatted(rows, types, cursor), rows


def rejected_row(rejected: Rejected, snapshot_id: str, row_number: int, payload_uri: str) -> RejectedRow:
    """The row that keeps a reject."""
    return RejectedRow(
        snapshot_id,
        row_number,
        str(rejected.reason),
        _fit(rejected.detail)[:LONGEST_DETAIL],
        None if rejected.code is None else _fit(rejected.code)[:LONGEST_DETAIL],
        None if rejected.input_url is None else _fit(rejected.input_url)[:LONGEST_DETAIL],
        payload_uri,
    )


def _formatted(rows: Iterable[CopyRow], types: Sequence[str], cursor: psycopg.Cursor[Any]) -> memoryview:
    written = BytesIO()
    with psycopg.Copy(cursor, binary=True, writer=FileWriter(written)) as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)
    return written.getbuffer()[len(COPY_BEGINS) : -len(COPY_ENDS)]


def _holds_nul(rows: Sequence[CopyRow], types: Sequence[str]) -> bool:
    """Whether any text does: column by column, which takes half as long as row by row."""
    columns: Iterator[tuple[Any, ...]] = zip(*rows, strict=True)
    return any(
        kind == "text" and "\0" in "".join(filter(None, column)) for kind, column in zip(types, columns, strict=False)
    )


def _array(items: Sequence[str]) -> str:
    everything = "".join(items)
    if '"' in everything or "\\" in everything:
        items = [item.replace("\\", "\\\\").replace('"', '\\"') for item in items]
    return '{"' + '","'.join(items) + '"}' if items else "{}"


def _json_text(media: bytes) -> str:
    if b"\\u" in media:  # \u0000 and lone \ud800 are JSON, but not jsonb
        media = json.dumps(_fit_json(json.loads(media)), ensure_ascii=False).encode("utf-8", "replace")
    return media.decode("utf-8", "replace")


def _fit_json(value: object) -> object:
    match value:
        case str():
            return _fit(value)
        case list():
            return [_fit_json(item) for item in value]
        case dict():
            return {_fit(key): _fit_json(item) for key, item in value.items()}
        case _:
            return value


def _fitted(value: object) -> object:
    return _fit(value) if isinstance(value, str) else value


def _fit(value: str) -> str:
    return _UNFIT.sub(lambda found: "" if found[0] == "\0" else "\N{REPLACEMENT CHARACTER}", value)
