"""Files of the archive through fsspec: whole or not there at all. Nothing here knows payloads.

An object store's write is atomic by itself; on a local disk a file is written under another name, forced to
the disk and renamed. Other file systems get the same two steps without the forcing.
"""

import errno
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import IO, Any

from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

TEMPORARY_SUFFIX = ".tmp"
READ_BYTES = 1 << 20
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_CLOSED = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})


class FileMissing(Exception):
    """There is no such file."""


def trouble(error: OSError, setting: str) -> str:
    """What is wrong with a folder, and what a person can do; `setting` names the folder."""
    todo = f"see to that folder, or name another ({setting})"
    if error.errno in _FULL:
        todo = "make room there"
    elif error.errno in _CLOSED:
        todo = "let this program write there"
    what = error.strerror or " ".join(str(error).split()) or type(error).__name__
    return f"({what}): {todo}"


class ArchiveFiles:
    """The files under one folder of one file system. Names are relative to the folder."""

    def __init__(self, folder_url: str) -> None:
        self._fs, folder = url_to_fs(folder_url)
        self._folder = folder.rstrip("/")
        self._local = isinstance(self._fs, LocalFileSystem)

    def uri(self, name: str) -> str:
        """The address of a file, with its protocol."""
        return str(self._fs.unstrip_protocol(self._path(name)))

    def exists(self, name: str) -> bool:
        """Whether the file is there, asked anew."""
        self._fs.invalidate_cache(self._folder)
        return bool(self._fs.exists(self._path(name)))

    def names(self) -> list[str]:
        """The names of the files in the folder, sorted; empty when there is no folder."""
        self._fs.invalidate_cache(self._folder)
        try:
            found = self._fs.ls(self._folder, detail=False)
        except FileNotFoundError:
            return []
        return sorted(str(path).rsplit("/", 1)[-1] for path in found)

    def size(self, name: str) -> int:
        """Bytes stored. Raises FileMissing."""
        self._fs.invalidate_cache(self._folder)
        try:
            return int(self._fs.size(self._path(name)))
        except FileNotFoundError:
            raise FileMissing(name) from None

    def open(self, name: str) -> IO[bytes]:
        """The file, to be read from its beginning. Raises FileMissing."""
        try:
            opened: IO[bytes] = self._fs.open(self._path(name), "rb")
        except FileNotFoundError:
            raise FileMissing(name) from None
        return opened

    def read(self, name: str) -> bytes:
        """The whole of a small file. Raises FileMissing."""
        with self.open(name) as file:
            return file.read()

    def chunks(self, name: str) -> Iterator[bytes]:
        """The stored bytes, piece by piece. Raises FileMissing."""
        with self.open(name) as file:
            while piece := file.read(READ_BYTES):
                yield piece

    def write_temporary(self, name: str, chunks: Iterable[bytes]) -> str:
        """Write what `publish` will call `name`. Nothing is left of it if `chunks` raises."""
        temporary = f".{name}.{secrets.token_hex(4)}{TEMPORARY_SUFFIX}"
        self._fs.makedirs(self._folder, exist_ok=True)
        try:
            with self._fs.open(self._path(temporary), "wb") as file:
                for chunk in chunks:
                    file.write(chunk)
                self._force(file)
        except BaseException:
            with suppress(OSError):
                self._fs.rm_file(self._path(temporary))
            raise
        return temporary

    def publish(self, temporary: str, name: str) -> None:
        """Give the temporary file its name, in place of any older file of that name."""
        if self._local:
            os.replace(self._path(temporary), self._path(name))
            folder = os.open(self._folder, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        else:
            self._fs.mv(self._path(temporary), self._path(name))

    def write(self, name: str, content: bytes) -> None:
        """Write a small file, whole or not at all."""
        self.publish(self.write_temporary(name, [content]), name)

    def remove(self, name: str) -> None:
        """Remove a file; it may be gone already."""
        with suppress(FileNotFoundError):
            self._fs.rm_file(self._path(name))

    def _path(self, name: str) -> str:
        return f"{self._folder}/{name}"

    def _force(self, file: Any) -> None:
        if self._local:
            file.flush()
            os.fsync(file.fileno())
