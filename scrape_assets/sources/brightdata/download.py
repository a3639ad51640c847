"""The rows of a snapshot on their way in: decompressed, one a line, told apart from words about it.

Rows are not read here, and nothing is kept.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain

import msgspec

from scrape_assets.sources.answer import Answer, OpenAnswer
from scrape_assets.sources.bodies import gunzipped_if_gzip, peeked
from scrape_assets.sources.brightdata.arrays import array_lines
from scrape_assets.sources.errors import SourceError

PEEK = 64 << 10  # bytes looked at before the rows are let through
BOM = b"\xef\xbb\xbf"
ROW_KEYS = frozenset({"timestamp", "input"})  # every row has them, error rows too; a word about the snapshot has none

NotTheData = Callable[[Answer], SourceError]
"""Names what a 2xx means that brought no rows."""


@dataclass(frozen=True)
class Download:
    """The rows of a snapshot, or of a part of it, as NDJSON. Iterate once, inside the context that gave it.

    The pieces are cut anywhere. Iterating raises a `SourceError`: network when the body breaks off or is
    shorter than announced, bad_data when it is damaged. Then nothing of it may be trusted.
    """

    chunks: Iterator[bytes]
    answer: OpenAnswer

    def __iter__(self) -> Iterator[bytes]:
        return self.chunks

    @property
    def bytes_received(self) -> int:
        """Bytes that came over the wire so far, mostly compressed."""
        return self.answer.bytes_received

    @property
    def expected_bytes(self) -> int | None:
        """Bytes that the vendor announced, as counted by `bytes_received`; None when it did not."""
        return self.answer.expected_bytes


def rows_in(answer: OpenAnswer, not_the_data: NotTheData) -> Iterator[bytes]:
    """Look at the beginning of the body, then give the rows as lines. No rows (`[]`, nothing) give no bytes.

    Raises:
        SourceError: at once, and of the type that `not_the_data` says, when the body holds no rows but a word
            about the snapshot, which can come as 202 or in the disguise of a 200.
    """

    def spoken(body: bytes) -> SourceError:
        return not_the_data(Answer(answer.status_code, answer.headers, body, answer.retry_after))

    if answer.status_code == 202:
        raise spoken(answer.read(limit=PEEK, cut=True))
    head, rest = peeked(gunzipped_if_gzip(answer.chunks()), PEEK)
    all_of_it = len(head) < PEEK
    head = head.removeprefix(BOM).lstrip()
    if not head and all_of_it:
        return iter(())
    if head.startswith(b"["):
        return array_lines(chain((head,), rest))
    if not _begins_with_row(head, all_of_it=all_of_it):
        raise spoken(head)
    return chain((head,), rest)


def _begins_with_row(head: bytes, *, all_of_it: bool) -> bool:
    if all_of_it and _is_about_the_snapshot(_json(head)):
        return False
    # A broken row is still a row, to be set aside with its reason, and so is one that is no object.
    return head.startswith(b"{") or _json(head.partition(b"\n")[0]) is not msgspec.UNSET


def _is_about_the_snapshot(body: object) -> bool:
    return isinstance(body, dict) and ROW_KEYS.isdisjoint(body) and body.keys() >= {"status", "message"}


def _json(text: bytes) -> object:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return msgspec.UNSET
