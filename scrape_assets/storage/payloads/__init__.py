"""The payload archive: what a source gave us, byte for byte, compressed, immutable, hashed.

The one exception: rows of people who are forgotten are taken out (rewrite.py).

Nothing here knows what a line means, what a snapshot's state is, or where the bytes came from.
"""

from scrape_assets.storage.payloads.archive import PayloadArchive
from scrape_assets.storage.payloads.manifest import (
    PartReport,
    PayloadCorrupt,
    PayloadError,
    PayloadExists,
    PayloadIncomplete,
    PayloadMissing,
)
from scrape_assets.storage.payloads.reader import Payload, PayloadLine
from scrape_assets.storage.payloads.writer import PayloadWriter

__all__ = [
    "PartReport",
    "Payload",
    "PayloadArchive",
    "PayloadCorrupt",
    "PayloadError",
    "PayloadExists",
    "PayloadIncomplete",
    "PayloadLine",
    "PayloadMissing",
    "PayloadWriter",
]
