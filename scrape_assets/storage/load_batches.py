"""Cutting a payload into batches of rows that are ready to be copied; memory holds two. No statements."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from operator import itemgetter
from typing import Any

import psycopg

from scrape_assets.posts.model import Post, Rejected, RejectReason
from scrape_assets.storage.copy_rows import (
    COPY_BEGINS,
    COPY_ENDS,
    CopyRow,
    RejectedRow,
    copy_bytes,
    post_row,
    rejected_row,
)
from scrape_assets.storage.coverage import LOOK_AT_FIRST_EVERY, is_looked_at, record_keys
from scrape_assets.storage.load_sql import STAGE_TYPES
from scrape_assets.storage.payloads import Payload, PayloadLine
from scrape_assets.storage.payloads.rewrite import FORGOTTEN_LINE

MapLine = Callable[[bytes, bool], Post | Rejected | None]

# Large enough that a statement's own cost does not show, small enough that little of the last one is waited for.
BATCH_ROWS = 2_000
BATCH_BYTES = 32 << 20
# A batch is written piece by piece: what was just mapped is still in the processor's cache, and soon forgotten.
_PIECE_ROWS = 50

_KEY = itemgetter(Post._fields.index("platform"), Post._fields.index("post_id"))


@dataclass
class Batch:
    """Some rows of a payload, mapped and ready to be sent."""

    posts: int = 0
    keys_of_posts: set[tuple[object, ...]] = field(default_factory=set)  # platform and id, as the database has them
    copied: list[bytes | memoryview] = field(default_factory=lambda: [COPY_BEGINS])  # the posts as COPY takes them
    repaired: int = 0  # posts in which the mapping corrected something
    rejected: list[RejectedRow] = field(default_factory=list)
    reasons: Counter[RejectReason] = field(default_factory=Counter)
    keys: Counter[str] = field(default_factory=Counter)  # of the records looked at closely, see `record_keys`
    given: Counter[str] = field(default_factory=Counter)  # those of them that have a value
    looked_at: int = 0
    passed_over: int = 0  # lines that are no records, such as the page that records were read from
    size: int = 0  # bytes of the payload

    @property
    def rows(self) -> int:
        """Rows of the payload that are in here."""
        return self.posts + len(self.rejected) + self.passed_over

    def look_at(self, line: bytes) -> None:
        """Count the keys of a record."""
        found = record_keys(line)
        self.keys.update(found.keys())
        self.given.update(name for name, has_value in found.items() if has_value)
        self.looked_at += 1

    def write(self, rows: list[CopyRow], cursor: psycopg.Cursor[Any]) -> None:
        """Add posts."""
        copied, written = copy_bytes(rows, STAGE_TYPES, cursor)
        self.copied.append(copied)
        self.keys_of_posts.update(map(_KEY, written))
        self.posts += len(rows)


def batches(payload: Payload, snapshot_id: str, map_line: MapLine, cursor: psycopg.Cursor[Any]) -> Iterator[Batch]:
    """The batches of a payload, in order; none when it has no rows. `cursor` tells how values are written."""
    lines = payload.lines()
    while (batch := _batch(lines, payload.uri, snapshot_id, map_line, cursor)).rows:
        yield batch


def _batch(
    lines: Iterator[PayloadLine], payload_uri: str, snapshot_id: str, map_line: MapLine, cursor: psycopg.Cursor[Any]
) -> Batch:
    """The next rows; none at the end of the payload."""
    batch = Batch()
    before = -1
    while before < batch.size < BATCH_BYTES and batch.rows < BATCH_ROWS:
        before = batch.size
        posts: list[CopyRow] = []
        for row_number, line, unended in islice(lines, _PIECE_ROWS):
            post = None if line == FORGOTTEN_LINE else map_line(line, unended)
            if isinstance(post, Post):
                posts.append(post_row(post, row_number))
                if row_number % LOOK_AT_FIRST_EVERY == 1 and is_looked_at(row_number):
                    batch.look_at(line)
                batch.repaired += post.repairs is not None
            elif post is None:
                batch.passed_over += 1
            else:
                batch.rejected.append(rejected_row(post, snapshot_id, row_number, payload_uri))
                batch.reasons[post.reason] += 1
            batch.size += len(line)
            if batch.size >= BATCH_BYTES:
                break
        if posts:
            batch.write(posts, cursor)
    batch.copied.append(COPY_ENDS)
    return batch
