"""Changing rows of a committed payload: the one change there is, for people who are to be forgotten.

In the place of a row that goes stands `FORGOTTEN_LINE`, so that every other row keeps its number. New parts lie beside
the old ones until the manifest names them; killed at any point, the payload is whole as it was or as it will be, and
doing it again removes what is left over.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec

from scrape_assets.storage.payloads.files import TEMPORARY_SUFFIX, ArchiveFiles
from scrape_assets.storage.payloads.frames import RowCounter, lines
from scrape_assets.storage.payloads.manifest import MANIFEST_NAME, Manifest, PartReport
from scrape_assets.storage.payloads.reader import Payload, open_payload
from scrape_assets.storage.payloads.writer import Meter, compare, compressed

FORGOTTEN_LINE = b'{"forgotten":true}'
"""What stands in the place of a row that was taken out. It is no record, and loading passes it over."""

ChangeLine = Callable[[bytes, bool], bytes]
"""Row and whether it is an unended last one → the line kept in its place; the same where nothing changes."""


@dataclass(frozen=True)
class Rewritten:
    """A payload whose new parts are written, and not yet named by its manifest."""

    payload: Payload
    manifest: Manifest
    changed: int  # rows
    _files: ArchiveFiles

    def publish(self) -> Payload:
        """Let the new parts count, and remove the old ones and whatever killed tries have left."""
        if self.changed:
            self._files.write(MANIFEST_NAME, msgspec.json.format(msgspec.json.encode(self.manifest), indent=1))
        kept = {MANIFEST_NAME, *(part.name for part in self.manifest.parts)}
        for name in self._files.names():
            if name not in kept and (name.endswith(TEMPORARY_SUFFIX) or name.startswith("part-")):
                self._files.remove(name)
        return open_payload(self.payload.uri)

    def discard(self) -> None:
        """Remove the new parts again."""
        old = {part.name for part in self.payload.manifest.parts}
        for part in self.manifest.parts:
            if part.name not in old:
                self._files.remove(part.name)


def rewrite(uri: str, change: ChangeLine) -> Rewritten:
    """Write the parts of a payload anew in which rows change; nothing counts before `publish`.

    Args:
        uri: of a committed payload.
        change: asked twice for each row of such a part.

    Raises:
        PayloadMissing, PayloadCorrupt: it is not there, or not what was written.
    """
    payload = open_payload(uri)
    files = ArchiveFiles(uri.rpartition("/")[0])
    parts, changed = [], 0
    for part in payload.manifest.parts:
        hits = sum(_changed(line, last, change) != line for line, last in lines(payload.raw(part)))
        parts.append(_written(files, payload, part, change) if hits else part)
        changed += hits
    old = payload.manifest
    manifest = Manifest.of_parts(old.platform, old.date, old.snapshot_id, old.generation, parts)
    return Rewritten(payload, manifest, changed, files)


def count(uri: str, change: ChangeLine) -> int:
    """How many rows would change.

    Raises:
        PayloadMissing, PayloadCorrupt: as `rewrite`.
    """
    payload = open_payload(uri)
    return sum(_changed(line, last, change) != line for _, line, last in payload.lines())


def _changed(line: bytes, last: bool, change: ChangeLine) -> bytes:
    return line if line == FORGOTTEN_LINE else change(line, last)


def _written(files: ArchiveFiles, payload: Payload, part: PartReport, change: ChangeLine) -> PartReport:
    stem = part.name.split(".", 1)[0]
    name = f"{stem}.{secrets.token_hex(4)}.ndjson.zst"
    rows, raw, stored = RowCounter(), Meter(), Meter()
    chunks = _with_changes(payload, part, change)
    temporary = files.write_temporary(name, compressed(chunks, rows, raw, stored))
    compare(files, name, temporary, stored)
    files.publish(temporary, name)
    return PartReport(
        name=name,
        rows=rows.rows,
        raw_bytes=raw.bytes,
        raw_sha256=raw.sha256,
        stored_bytes=stored.bytes,
        stored_sha256=stored.sha256,
        unended=rows.within_row,
    )


def _with_changes(payload: Payload, part: PartReport, change: ChangeLine) -> Iterator[bytes]:
    for line, unended in lines(payload.raw(part)):
        kept = _changed(line, unended, change)
        yield kept if unended and kept == line else kept + b"\n"
