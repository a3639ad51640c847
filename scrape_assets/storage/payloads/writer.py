"""Writing a payload part by part, so that a try that was cut off goes on where it stopped. No line is read.

Killed at any point, a writer leaves only what is harmless: temporary files, parts without a report (written
again), or finished parts without a manifest (no payload yet).
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

import msgspec
import zstandard

from scrape_assets.storage.payloads.files import TEMPORARY_SUFFIX, ArchiveFiles, FileMissing
from scrape_assets.storage.payloads.frames import RowCounter, frames
from scrape_assets.storage.payloads.manifest import (
    MANIFEST_NAME,
    Manifest,
    PartReport,
    PayloadCorrupt,
    PayloadExists,
    PayloadIncomplete,
    part_name,
    report_name,
)
from scrape_assets.storage.payloads.reader import Payload, open_payload

_REPORT = re.compile(r"part-(\d{5,})\.json")


class PayloadWriter:
    """Writes one payload, given by `PayloadArchive.writer`; a lease lets in one process at a time."""

    def __init__(self, files: ArchiveFiles, platform: str, date: str, snapshot_id: str, generation: int) -> None:
        self._files = files
        self._identity = (platform, date, snapshot_id, generation)
        self.uri = files.uri(MANIFEST_NAME)

    @property
    def committed(self) -> bool:
        """Whether the payload is complete already, by this or an earlier try."""
        return self._files.exists(MANIFEST_NAME)

    def finished_parts(self) -> Mapping[int, PartReport]:
        """The parts that this or an earlier try completed, by number. They need not be fetched again."""
        finished = {}
        for name in self._files.names():
            if match := _REPORT.fullmatch(name):
                number = int(match[1])
                report = self._report(number)
                if report is not None:
                    finished[number] = report
        return MappingProxyType(dict(sorted(finished.items())))

    def write_part(self, number: int, chunks: Iterable[bytes]) -> PartReport:
        """Store one part, streaming: memory does not grow with the part. Parts may come in any order.

        The stored bytes are read again and compared before the part counts as finished. A part written a
        second time before the commit takes the first one's place. If `chunks` raises, nothing is left of
        the part.

        Args:
            number: from 1.
            chunks: raw NDJSON in pieces of any size. The last line need not end.

        Raises:
            PayloadExists: the payload is committed.
            PayloadCorrupt: the storage gives back other bytes than were written.
        """
        if number < 1:
            raise ValueError(f"parts are numbered from 1, not {number}")
        if self.committed:
            raise PayloadExists(self.uri)
        name = part_name(number)
        rows, raw, stored = RowCounter(), Meter(), Meter()
        temporary = self._files.write_temporary(name, compressed(chunks, rows, raw, stored))
        compare(self._files, name, temporary, stored)
        self._files.remove(report_name(number))  # of an earlier try: must not vouch for these bytes
        self._files.publish(temporary, name)
        report = PartReport(
            name=name,
            rows=rows.rows,
            raw_bytes=raw.bytes,
            raw_sha256=raw.sha256,
            stored_bytes=stored.bytes,
            stored_sha256=stored.sha256,
            unended=rows.within_row,
        )
        self._files.write(report_name(number), msgspec.json.encode(report))
        return report

    def commit(self, parts: int | None = None) -> Payload:
        """Write the manifest: from now on the payload exists and never changes.

        Committing again gives the same payload. Leftovers of tries that died are removed.

        Args:
            parts: how many parts the source announced; 0 for an empty result. Without it, the finished
                parts must be at least one and without a gap.

        Raises:
            PayloadIncomplete: parts are missing, or there are more than announced (see `discard`).
        """
        if self.committed:
            return open_payload(self.uri)
        finished = self.finished_parts()
        expected = max(finished, default=1) if parts is None else parts
        missing = [number for number in range(1, expected + 1) if number not in finished]
        if missing:
            raise PayloadIncomplete(f"{self.uri} lacks part {', '.join(map(str, missing))} of {expected}")
        if len(finished) > expected:
            raise PayloadIncomplete(
                f"{self.uri} has {len(finished)} finished parts, but {expected} were announced: "
                "an earlier try cut it differently; discard it and fetch it again"
            )
        manifest = Manifest.of_parts(*self._identity, list(finished.values()))
        self._files.write(MANIFEST_NAME, msgspec.json.format(msgspec.json.encode(manifest), indent=1))
        for name in self._files.names():
            if name.endswith(TEMPORARY_SUFFIX):
                self._files.remove(name)
        return open_payload(self.uri)

    def discard(self) -> None:
        """Remove all parts of an uncommitted payload, so that it is fetched from the beginning.

        Raises:
            PayloadExists: the payload is committed.
        """
        if self.committed:
            raise PayloadExists(self.uri)
        # Reports sort before parts ("json" < "ndjson"), so no report ever outlives its part.
        for name in self._files.names():
            self._files.remove(name)

    def _report(self, number: int) -> PartReport | None:
        """The part's report, if it can be read and the stored part is as long as it says."""
        try:
            report = msgspec.json.decode(self._files.read(report_name(number)), type=PartReport)
            size = self._files.size(part_name(number))
        except (FileMissing, msgspec.DecodeError):
            return None
        return report if size == report.stored_bytes else None


class Meter:
    """Length and hash of what passes."""

    def __init__(self) -> None:
        self.bytes = 0
        self._digest = hashlib.sha256()

    def add(self, piece: bytes) -> bytes:
        """Count and hash a piece, and give it back."""
        self.bytes += len(piece)
        self._digest.update(piece)
        return piece

    @property
    def sha256(self) -> str:
        """Of all that has passed, hex."""
        return self._digest.hexdigest()


def compare(files: ArchiveFiles, name: str, temporary: str, written: Meter) -> None:
    """Read again what was written.

    Raises:
        PayloadCorrupt: the storage gives back other bytes; they are removed.
    """
    found = Meter()
    for chunk in files.chunks(temporary):
        found.add(chunk)
    if found.sha256 != written.sha256:
        files.remove(temporary)
        raise PayloadCorrupt(
            name, f"was stored wrongly: {written.bytes:,} bytes written, {found.bytes:,} others read back"
        )


def compressed(chunks: Iterable[bytes], rows: RowCounter, raw: Meter, stored: Meter) -> Iterator[bytes]:
    """The chunks as they are stored, counted and hashed on the way."""
    # Each frame carries its checksum, so damage is noticed where it is, without the manifest.
    compressor = zstandard.ZstdCompressor(level=3, write_checksum=True)
    for frame in frames(chunks):
        rows.add(raw.add(frame))
        yield stored.add(compressor.compress(frame))
