"""Removing a payload as a whole, with every generation of it. What the ledger says of it is another's to change."""

from __future__ import annotations

import re
from contextlib import suppress

from fsspec.core import url_to_fs

from scrape_assets.storage.payloads.manifest import MANIFEST_NAME

_ADDRESS = re.compile(r"(.+)/g\d+/[^/]+")


def folder_of(uri: str) -> str | None:
    """The folder that holds every generation of a snapshot's payload, from the address of one; None: it is none."""
    found = _ADDRESS.fullmatch(uri)
    return found[1] if found else None


def remove_payload(uri: str) -> None:
    """Remove every generation of a snapshot's payload; it may have been done, or begun, already.

    Raises:
        ValueError: it is no address of a payload.
    """
    if not (folder := folder_of(uri)):
        raise ValueError(f"{uri} is no address of a payload")
    remove_folder(folder)


def remove_folder(folder: str) -> None:
    """Remove every generation that lies there; it may have been done, or begun, already.

    Manifests go first: a payload without one is none, so nobody reads the half of it.
    """
    fs, path = url_to_fs(folder)
    fs.invalidate_cache(path)
    with suppress(FileNotFoundError):
        for generation in fs.ls(path, detail=False):
            with suppress(FileNotFoundError, NotADirectoryError):
                fs.rm_file(f"{str(generation).rstrip('/')}/{MANIFEST_NAME}")
    with suppress(FileNotFoundError):
        fs.rm(path, recursive=True)
