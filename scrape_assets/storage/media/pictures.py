"""Width, height and a thumbnail of a picture: what is known of one. How it is read: decoding.py."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class NoPicture(Exception):
    """It is none that may be kept: too large to look at, or not what it begins like."""


@dataclass(frozen=True)
class Picture:
    """What is known of a picture; what could not be found out is None."""

    width: int | None = None
    height: int | None = None
    thumbnail: bytes | None = None  # JPEG, at most 320 pixels a side, without what the camera wrote into it
    remark: str | None = None  # why there is no thumbnail


def look_at(path: Path, mime_type: str) -> Picture:
    """Measure a picture and make it small.

    Raises:
        NoPicture: it is not to be kept.
    """
    from scrape_assets.storage.media.decoding import decoded  # Pillow is imported only where there are pictures

    return decoded(path, mime_type)
