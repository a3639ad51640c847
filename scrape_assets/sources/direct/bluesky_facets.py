"""What the facets of a Bluesky post say of its text: tags, mentions, and where its links lead. No record, no HTTP."""

from typing import NamedTuple

from scrape_assets.posts.text import clean_text, link_text
from scrape_assets.sources.direct.bluesky_record import Facet, Record


class Facets(NamedTuple):
    """The text with whole links, and what stands in it, in its order."""

    text: str | None
    tags: list[str]
    mentions: list[tuple[str | None, str]]  # the handle as written, None when it is none; the DID


def facets_of(record: Record) -> Facets:
    """Read the facets of a post.

    Programs shorten links in the text, and keep the address in the facet alone; here it is put back. Facets are
    written by any program: one that lies outside the text, across another or across a letter is left out of the text.
    """
    if not record.facets:
        return Facets(clean_text(record.text), [], [])
    written = (record.text or "").encode("utf-8", "surrogatepass")
    pieces: list[bytes] = []
    tags: list[str] = []
    mentions: list[tuple[str | None, str]] = []
    done = 0
    for facet in sorted((one for one in record.facets if one), key=_start):
        start, end = _bounds(facet, len(written))
        label = _readable(written[start:end])
        for feature in facet.features or ():
            if feature is None:
                continue
            if feature.tag:
                tags.append(feature.tag)
            elif feature.did:
                # The handle of the time it was written: by that people know the profile, and programs check it.
                mentions.append((label[1:] if label and label.startswith("@") else None, feature.did))
            elif feature.uri and label and label.strip() and start >= done:
                pieces += written[done:start], link_text(label, feature.uri).encode("utf-8", "surrogatepass")
                done = end
    pieces.append(written[done:])
    return Facets(clean_text(b"".join(pieces).decode("utf-8", "surrogatepass")), tags, mentions)


def _start(facet: Facet) -> int:
    return facet.index.start or 0 if facet.index else 0


def _bounds(facet: Facet, length: int) -> tuple[int, int]:
    """The slice; an empty one for a slice that is none."""
    start, end = (facet.index.start, facet.index.end) if facet.index else (None, None)
    return (start, end) if start is not None and end is not None and 0 <= start < end <= length else (0, 0)


def _readable(piece: bytes) -> str | None:
    try:
        return piece.decode()
    except UnicodeDecodeError:
        return None
