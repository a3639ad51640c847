"""What a direct source gave, on its way into the archive: buffered, and written a part at a time."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime

from scrape_assets.sources.direct.envelope import document_line, item_line
from scrape_assets.sources.direct.source import Page
from scrape_assets.storage.payloads import Payload
from scrape_assets.storage.payloads.writer import PayloadWriter

PART_BYTES = 4 << 20
PART_SECONDS = 20.0


@dataclass
class _Buffer:
    """Lines that are not yet in the archive."""

    lines: list[bytes] = field(default_factory=list)
    size: int = 0
    since: float = field(default_factory=time.monotonic)

    def add(self, line: bytes) -> None:
        self.lines.append(line)
        self.size += len(line)


class Parts:
    """The parts of one payload while it is gathered."""

    def __init__(self, writer: PayloadWriter) -> None:
        self.written = 0
        self._writer = writer
        self._buffer = _Buffer()

    @property
    def is_full(self) -> bool:
        """Whether a part is due: for its size, or because what lies in memory would be lost with the process."""
        return self._buffer.size >= PART_BYTES or time.monotonic() - self._buffer.since >= PART_SECONDS

    def take(self, key: str, page: Page, now: datetime) -> None:
        """Buffer a page as it came, with whose it is."""
        for item in page.items:
            self._buffer.add(item_line(key, now, item))
        for document in page.documents:
            self._buffer.add(document_line(key, now, document))

    def flush(self) -> None:
        """Write what is buffered as the next part."""
        if self._buffer.lines:
            self._writer.write_part(self.written + 1, self._buffer.lines)
            self.written += 1
        self._buffer = _Buffer()

    def commit(self) -> Payload:
        """Close the payload with the parts that are written."""
        return self._writer.commit(parts=self.written)
