"""What the vendor sends to a webhook: a notice that a snapshot has ended, or its rows. Nothing is kept here.

Both come as the same kind of request, gzip or not, and nothing in the headers tells them apart.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import msgspec

from scrape_assets.sources.bodies import gunzipped_if_gzip, peeked
from scrape_assets.sources.brightdata.arrays import array_lines
from scrape_assets.sources.brightdata.download import BOM, PEEK, ROW_KEYS

LONGEST_ID, LONGEST_WORD = 200, 60


@dataclass(frozen=True)
class Notice:
    """A snapshot has come to a state."""

    vendor_snapshot_id: str
    status: str  # the vendor's word


def delivery_in(chunks: Iterator[bytes]) -> Notice | Iterator[bytes]:
    """Tell a notice from rows, and give the rows as lines; iterating them may raise as `Download` does.

    Raises:
        SourceError: the body is compressed and damaged.
    """
    head, rest = peeked(gunzipped_if_gzip(chunks), PEEK)
    all_of_it = len(head) < PEEK
    head = head.removeprefix(BOM).lstrip()
    if all_of_it and (notice := _notice(head)):
        return notice
    if head.startswith(b"["):
        return array_lines(chain((head,), rest))
    return chain((head,), rest)


def _notice(body: bytes) -> Notice | None:
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return None
    if isinstance(said, list) and len(said) == 1:
        said = said[0]
    if not isinstance(said, dict) or not ROW_KEYS.isdisjoint(said):
        return None
    vendor_id, status = said.get("snapshot_id"), said.get("status")
    if not isinstance(vendor_id, str) or not isinstance(status, str):
        return None
    if not 0 < len(vendor_id) <= LONGEST_ID or not 0 < len(status) <= LONGEST_WORD:
        return None
    return Notice(vendor_id, status)
