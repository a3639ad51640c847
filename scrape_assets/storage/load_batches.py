"""Cutting a payload into batches of rows that are ready to be copied; memory holds two. No statements."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from typing import Any

import psycopg

from scrape_assets.posts.model import Post, Rejected, RejectReason
from scrape_assets.storage.copy_rows import CopyRow, RejectedRow, copy_bytes, post_row, rejected_row
from scrape_assets.storage.coverage import LOOK_AT_FIRST_EVERY, is_looked_at, record_keys
from scrape_assets.storage.load_sql import STAGE_TYPES
from scrape_assets.storage.payloads import Payload
from scrape_assets.storage.payloads.rewrite import FORGOTTEN_LINE

MapLine = Callable[[bytes, bool], Post | Rejected | None]

# Large enough that a statement's own cost does not show, small enough that little of the last one is waited
# for. Smaller ones, copied piece by piece while the next is mapped, were slower on cores that had other work too.
BATCH_ROWS = 2_000
BATCH_BYTES = 8 << 20

_BY_POST = itemgetter(Post._fields.index("post_id"))
_KEY = itemgetter(Post._fields.index("platform"), Post._fields.index("post_id"))


@dataclass(frozen=True)
class Batch:
    """Some rows of a payload, mapped and ready to be sent."""

    posts: int
    keys_of_posts: frozenset[tuple[object, ...]]  # platform and id, as the database has them
    copied: memoryview  # the posts in COPY's binary format
    repaired: int  # posts in which the mapping corrected something
    rejected: list[RejectedRow]
    reasons: Counter[RejectReason]
    keys: Counter[str]  # of the records looked at closely, see `record_keys`
    given: Counter[str]  # those of them that have a value
    looked_at: int
    passed_over: int  # lines that are no records, such as the page that records were read from

    @property
    def rows(self) -> int:
        """Rows of the payload that are in here."""
        return self.posts + len(self.rejected) + self.passed_over


def batches(payload: Payload, snapshot_id: str, map_line: MapLine, cursor: psycopg.Cursor[Any]) -> Iterator[Batch]:
    """The batches of a payload, in order; none when it has no rows. `cursor` tells how values are written."""
    lines = payload.lines()
    while True:
        posts: list[CopyRow] = []
        rejected: list[RejectedRow] = []
        reasons: Counter[RejectReason] = Counter()
        keys: Counter[str] = Counter()
        given: Counter[str] = Counter()
        looked_at = 0
        repaired = passed_over = size = 0
        for row_number, line, unended in islice(lines, BATCH_ROWS):
            post = None if line == FORGOTTEN_LINE else map_line(line, unended)
            if isinstance(post, Post):
                posts.append(post_row(post, row_number))
                if row_number % LOOK_AT_FIRST_EVERY == 1 and is_looked_at(row_number):
                    found = record_keys(line)
                    keys.update(found.keys())
                    given.update(name for name, has_value in found.items() if has_value)
                    looked_at += 1
                repaired += post.repairs is not None
            elif post is None:
                passed_over += 1
            else:
                rejected.append(rejected_row(post, snapshot_id, row_number, payload.uri))
                reasons[post.reason] += 1
            size += len(line)
            if size >= BATCH_BYTES:
                break
        if not size:
            return
        posts.sort(key=_BY_POST)  # the server's own sort is quick with what lies in order
        copied, written = copy_bytes(posts, STAGE_TYPES, cursor)
        yield Batch(
            len(posts),
            frozenset(map(_KEY, written)),
            copied,
            repaired,
            rejected,
            reasons,
            keys,
            given,
            looked_at,
            passed_over,
        )
