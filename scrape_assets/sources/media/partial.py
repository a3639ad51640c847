"""A file that is coming: what has come so far, and by what the host will know it again. On this machine's own disk."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

import msgspec

from scrape_assets.posts.media_types import HEAD_BYTES

READ_BYTES = 1 << 20
_STRONG = re.compile(r'"[\x21\x23-\x7e]*"')


class Busy(Exception):
    """Another process of this machine is at this file."""


class _Known(msgspec.Struct):
    etag: str = ""
    last_modified: str = ""


class Partial:
    """One coming file. Held by one process at a time; a second one finds it Busy."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._note = path.with_suffix(".json")
        self.length = path.stat().st_size if path.exists() else 0
        if self.length and not self.conditions():
            self.discard()  # nobody could say whether the rest belongs to it

    @classmethod
    @contextmanager
    def held(cls, folder: Path, key: str) -> Iterator[Self]:
        """Take hold of a coming file.

        Raises:
            Busy: somebody else has it.
        """
        folder.mkdir(parents=True, exist_ok=True)
        name = folder / f"{key}.lock"
        with _locked(name):
            held = cls(folder / f"{key}.part")
            try:
                yield held
            finally:
                if not held.length:
                    name.unlink(missing_ok=True)

    def conditions(self) -> dict[str, str]:
        """What to ask with: for the rest, if it is still the same file."""
        known = self._known() if self.length else None
        validator = known and (known.etag if _STRONG.fullmatch(known.etag) else known.last_modified)
        return {"range": f"bytes={self.length}-", "if-range": validator} if validator else {}

    def restart(self, etag: str, last_modified: str) -> None:
        """From the beginning, of a file that the host knows by these."""
        self.discard()
        self._note.write_bytes(msgspec.json.encode(_Known(etag, last_modified)))

    def discard(self) -> None:
        """Throw away what has come."""
        for path in (self.path, self._note):
            path.unlink(missing_ok=True)
        self.length = 0

    @contextmanager
    def appending(self) -> Iterator[Callable[[bytes], None]]:
        """Give what appends a piece."""
        with self.path.open("ab", buffering=0) as file:

            def append(piece: bytes) -> None:
                file.write(piece)
                self.length += len(piece)

            yield append

    def head(self) -> bytes:
        """Its first bytes, as far as they are on the disk."""
        try:
            with self.path.open("rb") as file:
                return file.read(HEAD_BYTES)
        except FileNotFoundError:
            return b""

    def sha256(self) -> str:
        """Of all that has come."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def chunks(self) -> Iterator[bytes]:
        """All that has come, piece by piece."""
        with self.path.open("rb") as file:
            while piece := file.read(READ_BYTES):
                yield piece

    def _known(self) -> _Known | None:
        try:
            return msgspec.json.decode(self._note.read_bytes(), type=_Known)
        except (FileNotFoundError, msgspec.DecodeError):
            return None


@contextmanager
def _locked(name: Path) -> Iterator[None]:
    while True:
        with name.open("wb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Busy from None
            # Whoever held it before may have removed it meanwhile: then it locks nobody out.
            if name.exists() and name.stat().st_ino == os.fstat(lock.fileno()).st_ino:
                yield
                return


def forget_partials(folder: Path, keys: Iterable[str]) -> None:
    """Throw away what has come of these; who is at one of them just now finds that nobody waits for it any more."""
    for key in keys:
        if (folder / f"{key}.part").exists():
            with suppress(Busy), Partial.held(folder, key) as partial:
                partial.discard()


def sweep(folder: Path, older_than: float, now: Callable[[], float] = time.time) -> None:
    """Remove what nobody has gone on with for so many seconds."""
    with suppress(FileNotFoundError):
        for entry in os.scandir(folder):
            with suppress(FileNotFoundError):
                if entry.name.endswith((".part", ".json", ".lock")) and now() - entry.stat().st_mtime > older_than:
                    os.unlink(entry.path)
