"""Reading a committed payload: its numbers, its lines, and whether it is still what was written."""

import hashlib
from collections.abc import Iterator
from typing import IO, NamedTuple, cast

import msgspec
import zstandard

from scrape_assets.storage.payloads.files import ArchiveFiles, FileMissing
from scrape_assets.storage.payloads.frames import RowCounter, lines
from scrape_assets.storage.payloads.manifest import (
    FORMAT_VERSION,
    MANIFEST_NAME,
    Manifest,
    PartReport,
    PayloadCorrupt,
    PayloadMissing,
)

_READ_BYTES = 256 << 10  # what a processor's own cache holds beside the lines that it is cut into


class PayloadLine(NamedTuple):
    """One row of a payload."""

    row_number: int  # from 1, over all parts
    line: bytes  # without its line end
    last_and_unterminated: bool  # the last line of its part, and no line end follows: perhaps cut off


class Payload:
    """A committed payload. Made by `PayloadArchive.open` and `PayloadWriter.commit`."""

    def __init__(self, uri: str, manifest: Manifest, files: ArchiveFiles) -> None:
        self.uri = uri
        self.manifest = manifest
        self._files = files

    @property
    def rows(self) -> int:
        """Lines that are not blank, over all parts."""
        return self.manifest.rows

    @property
    def raw_bytes(self) -> int:
        """Bytes before compression."""
        return self.manifest.raw_bytes

    @property
    def stored_bytes(self) -> int:
        """Bytes in the archive."""
        return self.manifest.stored_bytes

    @property
    def sha256(self) -> str:
        """The hash of the whole, over the hashes of the parts' raw bytes."""
        return self.manifest.sha256

    def lines(self) -> Iterator[PayloadLine]:
        """The rows in order, streaming. Blank lines are neither given nor numbered.

        The stored bytes are hashed on the way. A caller that must not act on damaged bytes waits for the end
        of the iteration before it commits.

        Raises:
            PayloadCorrupt: a part is missing, unreadable, or not the one that the manifest names.
        """
        number = 0
        for part in self.manifest.parts:
            for line, unterminated in lines(self.raw(part)):
                number += 1
                yield PayloadLine(number, line, unterminated)

    def unended_lines(self) -> Iterator[bytes]:
        """The last rows of parts where no line end follows them: perhaps cut off. Reads only such parts.

        Raises:
            PayloadCorrupt: as `lines`.
        """
        for part in self.manifest.parts:
            if part.unended:
                yield from (line for line, unended in lines(self.raw(part)) if unended)

    def verify(self) -> None:
        """Read everything and compare it with the manifest.

        Raises:
            PayloadCorrupt: names the first part that is missing or differs, and how.
        """
        for part in self.manifest.parts:
            digest, rows, length = hashlib.sha256(), RowCounter(), 0
            for chunk in self.raw(part):
                digest.update(chunk)
                rows.add(chunk)
                length += len(chunk)
            if digest.hexdigest() != part.raw_sha256:
                raise PayloadCorrupt(part.name, "decompresses to other bytes than were written")
            if (length, rows.rows) != (part.raw_bytes, part.rows):
                raise PayloadCorrupt(
                    part.name,
                    f"has {rows.rows:,} rows in {length:,} bytes; "
                    f"the manifest says {part.rows:,} in {part.raw_bytes:,}",
                )
        if self.manifest != _summed_again(self.manifest):
            raise PayloadCorrupt(MANIFEST_NAME, "contradicts itself: its sums are not those of its parts")

    def raw(self, part: PartReport) -> Iterator[bytes]:
        """The decompressed bytes of a part. At its end the stored bytes are compared with the manifest.

        Raises:
            PayloadCorrupt: as `lines`.
        """
        try:
            with self._files.open(part.name) as file:
                stored = _HashingFile(file)
                source = cast(IO[bytes], stored)  # only read() is asked of it
                decompressor = zstandard.ZstdDecompressor().stream_reader(source, read_across_frames=True)
                while chunk := decompressor.read(_READ_BYTES):
                    yield chunk
        except FileMissing:
            raise PayloadCorrupt(part.name, "is missing") from None
        except zstandard.ZstdError as error:
            raise PayloadCorrupt(part.name, f"cannot be decompressed: {error}") from error
        if stored.length != part.stored_bytes:
            raise PayloadCorrupt(part.name, f"has {stored.length:,} bytes; the manifest says {part.stored_bytes:,}")
        if stored.sha256 != part.stored_sha256:
            raise PayloadCorrupt(part.name, "differs from what was written: its hash is another")


def open_payload(uri: str) -> Payload:
    """The committed payload whose manifest lies at `uri`.

    Raises:
        PayloadMissing: there is none.
        PayloadCorrupt: the manifest cannot be read.
    """
    folder, _, name = uri.rpartition("/")
    files = ArchiveFiles(folder)
    try:
        manifest = msgspec.json.decode(files.read(name), type=Manifest)
    except FileMissing:
        raise PayloadMissing(uri) from None
    except msgspec.DecodeError as error:
        raise PayloadCorrupt(name, f"cannot be read: {error}") from error
    if manifest.version > FORMAT_VERSION:
        raise PayloadCorrupt(name, f"is of format {manifest.version}; this program knows {FORMAT_VERSION}")
    return Payload(uri, manifest, files)


def _summed_again(manifest: Manifest) -> Manifest:
    return Manifest.of_parts(
        manifest.platform, manifest.date, manifest.snapshot_id, manifest.generation, manifest.parts
    )


class _HashingFile:
    """A file that hashes what is read from it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self.length = 0

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(size)
        self._digest.update(piece)
        self.length += len(piece)
        return piece

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()
