"""Keyed hashes of people: the same person is the same hash, and without the key nobody can go back by trying names.

Pseudonymised is not anonymous: who has the key, or knows what somebody wrote, can find them again.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

FILE_NAME = "privacy_key"


class Pseudonyms:
    """Hashes under one key.

    Args:
        key: at least 16 bytes, the same on every machine.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self.key_id = hashlib.sha256(b"scrape_assets key id:" + key).hexdigest()[:12]
        """Says which key it was, and nothing about it."""

    def identity(self, *words: str) -> str:
        """The hash of an identity such as ("author", "linkedin", "key", "in/jane-doe"): 64 hex digits."""
        return hmac.digest(self._key, "\x1f".join(words).encode("utf-8", "surrogatepass"), "sha256").hex()

    def short(self, *words: str) -> str:
        """A pseudonym for a table: as `identity`, 20 hex digits, which no billion people share."""
        return self.identity(*words)[:20]


def read_key(configured: str | None, folder: Path, *, make: bool = False) -> bytes | None:
    """The configured key; else the one kept in this data folder.

    Args:
        configured: SCRAPE_ASSETS_PRIVACY_KEY.
        folder: the data folder.
        make: whether to make one up where there is none. Only its owner can read it.
    """
    if configured:
        return configured.encode()
    file = folder / FILE_NAME
    if make and not file.exists():
        # Written beside and linked: whoever reads it at this moment reads all of it, and the first one stays.
        new = file.with_name(f"{FILE_NAME}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as opened:
            opened.write(secrets.token_urlsafe(32))
        try:
            os.link(new, file)
        except FileExistsError:
            pass
        finally:
            new.unlink()
    try:
        return file.read_text().strip().encode() or None
    except FileNotFoundError:
        return None
