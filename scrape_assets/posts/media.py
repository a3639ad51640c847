"""What is attached to a post, in one shape for every platform."""

from collections.abc import Iterable
from typing import TypedDict

import msgspec

from scrape_assets.posts.text import clean_text

_encoded = msgspec.json.Encoder().encode


class Medium(TypedDict, total=False):
    """One attachment. Only `type` and `url` are always there; what the source does not give is left out."""

    type: str  # image, video, audio, document or link
    url: str  # as the source gave it: often signed and short-lived, so never an identity
    preview_url: str
    width: int  # pixels
    height: int
    duration: float  # seconds
    bytes: int
    alt: str  # what it shows, in words


def medium(kind: str, url: str | None, **known: object) -> Medium | None:
    """One attachment without what is not known; None when there is no address."""
    address = clean_text(url)
    if not address:
        return None
    found = Medium(type=kind, url=address)
    for name, value in known.items():
        if isinstance(value, str):
            value = clean_text(value)
        if value not in (None, ""):
            found[name] = value  # type: ignore[literal-required]
    return found


def media_json(media: Iterable[Medium | None]) -> bytes | None:
    """The attachments as `Post.media` holds them: JSON, in their order, each address once; None for none."""
    found = [one for one in media if one]
    if len(found) > 1:
        kept: dict[tuple[str, str], Medium] = {}
        for one in found:
            kept.setdefault((one["type"], one["url"]), one)
        found = list(kept.values())
    return _encoded(found) if found else None
