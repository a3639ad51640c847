"""What is written down about a payload and its parts, and what can be wrong with one. No I/O."""

import hashlib
from collections.abc import Sequence
from typing import Self

import msgspec

MANIFEST_NAME = "manifest.json"
FORMAT_VERSION = 1


class PayloadError(Exception):
    """Something is wrong with a payload; the message names it."""


class PayloadMissing(PayloadError):
    """There is no committed payload at this address."""

    def __init__(self, uri: str) -> None:
        super().__init__(f"no payload at {uri}: it was never committed, or was removed")
        self.uri = uri


class PayloadExists(PayloadError):
    """The payload is committed already, and a committed payload never changes."""

    def __init__(self, uri: str) -> None:
        super().__init__(f"{uri} is committed and cannot be written again; use the next generation")
        self.uri = uri


class PayloadIncomplete(PayloadError):
    """The payload cannot be committed: parts are missing, or there are more than were announced."""


class PayloadCorrupt(PayloadError):
    """What is stored is not what was written. `part` is the part's file name, or the manifest's."""

    def __init__(self, part: str, why: str) -> None:
        super().__init__(f"payload {part} {why}")
        self.part = part
        self.why = why


class PartReport(msgspec.Struct, frozen=True, kw_only=True):
    """One finished part. Raw is before compression, stored after."""

    name: str
    rows: int  # lines that are not blank
    raw_bytes: int
    raw_sha256: str
    stored_bytes: int
    stored_sha256: str
    unended: bool = True  # no line end follows its last row, as far as is known: old manifests do not say


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """A committed payload: its parts in order, and their sums."""

    version: int = FORMAT_VERSION
    platform: str
    date: str  # of the collection, ISO
    snapshot_id: str
    generation: int
    rows: int
    raw_bytes: int
    stored_bytes: int
    sha256: str  # over the parts' raw_sha256, each as hex and a line end, in order
    parts: tuple[PartReport, ...]

    @classmethod
    def of_parts(cls, platform: str, date: str, snapshot_id: str, generation: int, parts: Sequence[PartReport]) -> Self:
        """The manifest of these parts, which are in order."""
        digest = hashlib.sha256("".join(f"{part.raw_sha256}\n" for part in parts).encode())
        return cls(
            platform=platform,
            date=date,
            snapshot_id=snapshot_id,
            generation=generation,
            rows=sum(part.rows for part in parts),
            raw_bytes=sum(part.raw_bytes for part in parts),
            stored_bytes=sum(part.stored_bytes for part in parts),
            sha256=digest.hexdigest(),
            parts=tuple(parts),
        )


def part_name(number: int) -> str:
    """The file name of a part; `number` counts from 1."""
    return f"part-{number:05d}.ndjson.zst"


def report_name(number: int) -> str:
    """The side file that says a part is finished; written after the part has its name."""
    return f"part-{number:05d}.json"
