"""Where files lie: `<base>/<first two letters>/<sha256>.<ending>`, each once; thumbnails beside, under `thumbnails/`.

A local folder, or any URL that fsspec opens, as the payload archive.
"""

from __future__ import annotations

from collections.abc import Iterable

from scrape_assets.storage.payloads.files import ArchiveFiles, FileMissing, trouble

SETTING = "SCRAPE_ASSETS_MEDIA_URL"


class MediaStore:
    """All files under one base URL."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url.rstrip("/") if not base_url.endswith("://") else base_url

    def keep(self, sha256: str, extension: str, length: int, chunks: Iterable[bytes]) -> str:
        """Keep a file, if it is not there yet; give its address.

        Raises:
            OSError: it cannot be kept; see `complaint`.
        """
        return _kept(f"{self.base_url}/{sha256[:2]}", f"{sha256}.{extension}", length, chunks)

    def keep_thumbnail(self, sha256: str, picture: bytes) -> str:
        """Keep the thumbnail of the file with this hash; give its address."""
        return _kept(f"{self.base_url}/thumbnails/{sha256[:2]}", f"{sha256}.jpg", len(picture), [picture])

    def complaint(self, error: OSError) -> str:
        """What is wrong with the folder, what happens next, and what a person can do."""
        return (
            f"files cannot be kept in {self.base_url} {trouble(error, SETTING)}; those that are left wait, and are "
            "tried again by themselves as long as their addresses are good"
        )


def is_there(uri: str, length: int | None = None) -> bool:
    """Whether a file lies at this address, and is as long as it should be."""
    files, name = _at(uri)
    try:
        found = files.size(name)
    except FileMissing:
        return False
    return length is None or found == length


def remove(uri: str) -> None:
    """Remove a file; it may be gone already."""
    files, name = _at(uri)
    files.remove(name)


def _kept(folder: str, name: str, length: int, chunks: Iterable[bytes]) -> str:
    files = ArchiveFiles(folder)
    uri = files.uri(name)
    if not is_there(uri, length):
        files.publish(files.write_temporary(name, chunks), name)
    return uri


def _at(uri: str) -> tuple[ArchiveFiles, str]:
    folder, _, name = uri.rpartition("/")
    return ArchiveFiles(folder), name
