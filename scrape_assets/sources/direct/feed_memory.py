"""What is remembered of a feed between two collections, and when it may be relied on."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from scrape_assets.sources.answer import Answer
from scrape_assets.sources.mapping import TimeWindow

_LONGEST = 500  # characters of an ETag


class Memory(msgspec.Struct, frozen=True, omit_defaults=True):
    """State of a feed, as `Page.remember` carries it."""

    address: str | None = None  # where it has moved for good
    asked_at: str | None = None  # the address that gave the document; another one where a redirect led there for once
    etag: str | None = None
    modified: str | None = None
    start: datetime | None = None  # the window it was read for
    end: datetime | None = None  # of the window, when the document held newer posts than it; else None

    def text(self) -> str:
        """As it is kept."""
        return msgspec.json.encode(self).decode()

    def conditions(self, window: TimeWindow) -> Mapping[str, str]:
        """The headers of a conditional request; none when an unchanged feed may hold posts not collected yet.

        A feed read for one day is read again for the week before it, although it has not changed.
        """
        if self.start is None or window.start < self.start or (self.end is not None and window.end > self.end):
            return {}
        given = {"if-none-match": self.etag, "if-modified-since": self.modified}
        return {name: value for name, value in given.items() if value}


def recalled(text: str | None) -> Memory:
    """What was remembered; nothing, when there is nothing or it cannot be read."""
    try:
        return msgspec.json.decode(text, type=Memory) if text else Memory()
    except ValueError:
        return Memory()


def memory_of(
    answer: Answer, asked_at: str, address: str | None, window: TimeWindow, newest: datetime | None
) -> Memory:
    """What to remember of a document.

    Args:
        answer: that brought it.
        asked_at: the address that gave it.
        address: where it has moved for good.
        window: it was read for.
        newest: time of its newest post; None when it holds none.
    """
    return Memory(
        address=address,
        asked_at=asked_at,
        etag=_sendable(answer.headers.get("etag")),
        modified=_sendable(answer.headers.get("last-modified")),
        start=window.start,
        end=window.end if newest is not None and newest >= window.end else None,
    )


def _sendable(value: str | None) -> str | None:
    return value if value and len(value) <= _LONGEST and value.isascii() and value.isprintable() else None
