"""Copying a payload to another place, every generation of it, and reading back what came. Nothing is removed here.

A part that lies there whole is not copied again, and the manifest comes last; so a copy that was cut off is no payload,
and the next one goes on with it. What the ledger says of it is another's to change.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress

from scrape_assets.storage.payloads.files import ArchiveFiles, FileMissing
from scrape_assets.storage.payloads.manifest import MANIFEST_NAME, Manifest, PartReport, PayloadCorrupt, PayloadMissing
from scrape_assets.storage.payloads.reader import open_payload
from scrape_assets.storage.payloads.writer import Meter


def same_place(one: str, other: str) -> bool:
    """Whether two folders are one: links, mounts and spellings do that, and a file that shows up in both tells.

    Raises:
        OSError: the other takes nothing.
    """
    here, there = ArchiveFiles(one), ArchiveFiles(other)
    probe = there.write_temporary(f"probe.{secrets.token_hex(4)}", [b""])
    try:
        return here.exists(probe)
    finally:
        there.remove(probe)


def copy_generations(uri: str, source: str, target: str, newest: int, look: Callable[[], None] = lambda: None) -> str:
    """Copy every committed generation of a payload, and verify each where it came to.

    Args:
        uri: of the generation that counts. Others may be gone.
        source: the folder that they lie in.
        target: the folder that is to hold all of them; another one, see `same_place`.
        newest: the number of the newest there may be.
        look: asked before each piece; raises what is to end it.

    Returns:
        The address of the same generation in its new place.

    Raises:
        PayloadMissing, PayloadCorrupt: of the source, or what came is not what was sent.
        OSError: the target takes nothing.
    """
    for generation in range(1, newest + 1):
        other = f"{source}/g{generation}/{MANIFEST_NAME}"
        if other != uri:
            with suppress(PayloadMissing):
                _copied(other, f"{target}/g{generation}", look)
    return _copied(uri, f"{target}{uri.removeprefix(source).rpartition('/')[0]}", look)


def _copied(uri: str, target: str, look: Callable[[], None]) -> str:
    manifest = open_payload(uri).manifest
    here, there = ArchiveFiles(uri.rpartition("/")[0]), ArchiveFiles(target)
    for part in manifest.parts:
        if not _whole(there, part):
            _copy_part(here, there, part, look)
    there.write(MANIFEST_NAME, here.read(MANIFEST_NAME))
    _clear(there, manifest)
    look()
    copy = open_payload(there.uri(MANIFEST_NAME))
    if copy.manifest != manifest:
        raise PayloadCorrupt(MANIFEST_NAME, "was stored wrongly: it is another than was copied")
    copy.verify()
    return copy.uri


def _whole(files: ArchiveFiles, part: PartReport) -> bool:
    try:
        if files.size(part.name) != part.stored_bytes:
            return False
        found = Meter()
        for chunk in files.chunks(part.name):
            found.add(chunk)
    except FileMissing:
        return False
    return found.sha256 == part.stored_sha256


def _copy_part(here: ArchiveFiles, there: ArchiveFiles, part: PartReport, look: Callable[[], None]) -> None:
    sent = Meter()
    temporary = there.write_temporary(part.name, _sent(here, part, sent, look))
    if sent.sha256 != part.stored_sha256:
        there.remove(temporary)
        raise PayloadCorrupt(part.name, "differs from what was written: its hash is another")
    there.publish(temporary, part.name)


def _sent(here: ArchiveFiles, part: PartReport, sent: Meter, look: Callable[[], None]) -> Iterator[bytes]:
    try:
        for chunk in here.chunks(part.name):
            look()
            yield sent.add(chunk)
    except FileMissing:
        raise PayloadCorrupt(part.name, "is missing") from None


def _clear(files: ArchiveFiles, manifest: Manifest) -> None:
    """Remove what earlier tries have left: of somebody who was forgotten since it may hold rows."""
    kept = {MANIFEST_NAME, *(part.name for part in manifest.parts)}
    for name in files.names():
        if name not in kept:
            files.remove(name)
