"""The lines of a direct source's payload: a record as it came, with what it answers and when it was asked for.

    {"collected_at": "2026-11-21T12:00:00Z", "input": "in/jane", "item": {…}}
    {"collected_at": "2026-11-21T12:00:00Z", "input": "in/jane", "document": "<feed>…"}

An item is the source's own JSON. A document is what items were read from where that is no JSON; it is kept, and is no
record.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Generic, NamedTuple, Protocol, TypeVar

import msgspec

from scrape_assets.posts.model import Post, Rejected, RejectReason
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.times import parse_time
from scrape_assets.sources.mapping import FunctionMapping
from scrape_assets.sources.rows import RowReader, rejected

R = TypeVar("R", bound=msgspec.Struct)
_ABSENT = msgspec.Raw(b"")


class _Line(msgspec.Struct, gc=False):
    collected_at: str | None = None
    input: str | None = None
    # Not `Raw | None`: of such a union msgspec reads nothing but null.
    item: msgspec.Raw = _ABSENT
    document: msgspec.Raw = _ABSENT


_DECODER = msgspec.json.Decoder(_Line)
_WHOLE = RowReader(_Line)
_ITEM = b',"item":'
"""Where the item begins. Not within the head: the texts of JSON hold no bare quotes."""


def item_line(key: str, collected_at: datetime, item: bytes) -> bytes:
    """The line of one record, with its line break."""
    # Line breaks between the tokens of JSON mean nothing; inside its texts there are none.
    flat = item.replace(b"\r", b" ").replace(b"\n", b" ")
    return b"%b%b%b}\n" % (_head(key, collected_at), _ITEM, flat)


def document_line(key: str, collected_at: datetime, document: str) -> bytes:
    """The line that keeps a document, with its line break."""
    storable = document.encode("utf-8", "replace").decode()
    return b'%b,"document":%b}\n' % (_head(key, collected_at), msgspec.json.encode(storable))


def _head(key: str, collected_at: datetime) -> bytes:
    head = {"collected_at": collected_at.astimezone(UTC), "input": key}
    return msgspec.json.encode(head)[:-1]


class Item(NamedTuple, Generic[R]):
    """One record of a payload, ready to be mapped."""

    record: R
    collected_at: datetime  # when the source was asked; aware, UTC
    feed_key: str  # what it was asked for
    repairs: list[str]  # fields that had to be set aside


class ReadsItems(Protocol[R]):
    """What reads the lines of a payload: `ItemReader`, or `MendingReader`."""

    def read(self, line: bytes, last: bool) -> Item[R] | Rejected | None:
        """Read one line; see `ItemReader.read`."""


def item_mapping(
    platform: Platform, reader: ReadsItems[R], post_of: Callable[[Item[R]], Post | Rejected], version: int = 1
) -> FunctionMapping:
    """The mapping of a direct source: lines are read as items, and items become posts. See `Mapping`.

    A rejection that does not say what was asked for is told so here.
    """

    def map_line(line: bytes, last: bool) -> Post | Rejected | None:
        item = reader.read(line, last)
        if not isinstance(item, Item):
            return item
        result = post_of(item)
        if isinstance(result, Rejected) and result.input_url is None:
            return result._replace(input_url=item.feed_key)
        return result

    return FunctionMapping(platform, version, map_line)


class ItemReader(Generic[R]):
    """Reads lines as items of one struct; see `RowReader` for what it survives."""

    def __init__(self, record: type[R], required: frozenset[str] = frozenset()) -> None:
        self._rows = RowReader(record, required)

    def read(self, line: bytes, last: bool) -> Item[R] | Rejected | None:
        """Read one line; None for a document. Never raises; see `Mapping.map_line` for the arguments."""
        try:
            given = _DECODER.decode(line)
            item, cut = bytes(given.item), False
        except (ValueError, RecursionError):
            # The head is ours. The fault lies in the item: a broken letter costs that letter, not the line.
            head, _, rest = line.partition(_ITEM)
            try:
                given = _DECODER.decode(head + b"}" if rest else line)
            except (ValueError, RecursionError):
                why = _WHOLE.read(line, last)
                return why if isinstance(why, Rejected) else _no_envelope(why.repairs)
            item, cut = rest.removesuffix(b"}"), last
        if not item:
            return None if bytes(given.document) else _no_envelope(["neither item nor document"])
        collected_at = _moment(given.collected_at)
        if collected_at is None or given.input is None:
            return _no_envelope([f"collected_at: {given.collected_at}, input: {given.input}"])
        row = self._rows.read(item, cut)
        if isinstance(row, Rejected):
            return row._replace(input_url=given.input)
        return Item(row.record, collected_at, given.input, row.repairs)


def _no_envelope(notes: list[str]) -> Rejected:
    return rejected(RejectReason.BAD_FIELD, f"no line of a direct source: {'; '.join(notes)}")


@lru_cache(maxsize=256)
def _moment(text: str | None) -> datetime | None:
    """Cached: the records of one page share it."""
    return parse_time(text)
