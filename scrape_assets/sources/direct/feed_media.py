"""What is attached to a feed's entry: enclosures, Media RSS, and the pictures within its HTML."""

import html
import math
import re
from collections.abc import Iterator

from scrape_assets.posts.media import Medium, media_json, medium
from scrape_assets.sources.direct.feed_http import resolved
from scrape_assets.sources.direct.feed_record import NO_FEED, Attachment, Image, Link, Record, each

MOST_PICTURES = 50  # of one entry's HTML

_KINDS = ("image", "video", "audio")
_ENDINGS = {
    **dict.fromkeys(("jpg", "jpeg", "png", "gif", "webp", "avif", "svg", "heic"), "image"),
    **dict.fromkeys(("mp4", "m4v", "mov", "webm", "mkv", "m3u8", "ogv"), "video"),
    **dict.fromkeys(("mp3", "m4a", "ogg", "oga", "opus", "wav", "flac", "aac"), "audio"),
    **dict.fromkeys(("pdf", "epub", "doc", "docx", "odt", "ppt", "pptx", "xls", "xlsx"), "document"),
}
_ENDING = re.compile(r"\.([a-z0-9]{2,4})(?:[?#]|\Z)", re.IGNORECASE)
# A tag of more letters than this is no picture's; the bound keeps the search linear.
_PICTURE = re.compile(r"<img\b([^<>]{1,2000}+)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"""(?<![\w-])(src|alt|width|height)\s*+=\s*+(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE
)
_WHOLE = re.compile(r"\s*(\d{1,6})(?:px|\.0+)?\s*", re.ASCII)
_CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,4}):(\d{1,2})(?:\.\d*)?", re.ASCII)


def media_of(record: Record, markup: str | None, link: str | None) -> bytes | None:
    """The attachments of an entry as `Post.media` holds them.

    Args:
        record: the entry.
        markup: its HTML, when it has any.
        link: its own address, from which relative ones start.
    """
    base = link or (record.feed or NO_FEED).address or ""
    return media_json(_media(record, markup, base))


def _media(record: Record, markup: str | None, base: str) -> Iterator[Medium | None]:
    previews = [_absolute(base, one.url) for one in each(record.media_thumbnail)]
    preview = next((one for one in previews if one), None)
    used = False
    for content in each(record.media_content):
        kind = _kind(content.medium, content.type, content.url)
        used = used or kind == "video"
        yield _attached(kind, base, content, preview if kind == "video" else None)
    for link in each(record.links):
        if link.rel == "enclosure":
            yield _enclosed(base, link, record.itunes_duration)
    for attachment in each(record.attachments):
        kind = _kind(attachment.medium, attachment.mime_type, attachment.url)
        yield _attached(kind, base, attachment, None)
    picture = record.image.href if isinstance(record.image, Image) else record.image
    for url in (picture, record.banner_image):
        yield medium("image", _absolute(base, url))
    if not used:
        for thumbnail in each(record.media_thumbnail):
            yield _attached("image", base, thumbnail, None)
    if markup and "<img" in markup.lower():
        yield from _pictures(markup, base)


def _attached(kind: str, base: str, given: Attachment, preview: str | None) -> Medium | None:
    return medium(
        kind,
        _absolute(base, given.url),
        preview_url=preview,
        width=whole(given.width),
        height=whole(given.height),
        duration=seconds(given.duration if given.duration is not None else given.duration_in_seconds),
        bytes=_bytes(given.filesize if given.filesize is not None else given.size_in_bytes),
        alt=given.title,
    )


def _enclosed(base: str, link: Link, duration: str | None) -> Medium | None:
    kind = _kind(None, link.type, link.href)
    return medium(
        kind,
        _absolute(base, link.href),
        bytes=_bytes(link.length),
        duration=seconds(duration) if kind in ("audio", "video") else None,
        alt=link.title,
    )


def _pictures(markup: str, base: str) -> Iterator[Medium | None]:
    for number, tag in enumerate(_PICTURE.finditer(markup)):
        if number == MOST_PICTURES:
            return
        said = {name.lower(): html.unescape(a or b or c) for name, a, b, c in _ATTRIBUTE.findall(tag[1])}
        width, height = whole(said.get("width")), whole(said.get("height"))
        if said.get("src", "").startswith("data:") or (width is not None and width <= 1) or height in (0, 1):
            continue  # counts readers, and shows nothing
        yield medium("image", _absolute(base, said.get("src")), width=width, height=height, alt=said.get("alt"))


def _kind(stated: str | None, mime: str | None, url: str | None) -> str:
    if stated in (*_KINDS, "document"):
        return stated or ""
    head = (mime or "").partition("/")[0].lower()
    if head in _KINDS:
        return head
    ending = _ENDING.search((url or "")[-200:])
    return _ENDINGS.get(ending[1].lower(), "link") if ending else "link"


def _absolute(base: str, url: str | None) -> str | None:
    return resolved(base, url) if url else None


def whole(value: str | int | None) -> int | None:
    """A number of pixels; None for "100%" and the like."""
    if isinstance(value, int):
        return value if 0 <= value < 1_000_000 else None
    found = _WHOLE.fullmatch(value) if value else None
    return int(found[1]) if found else None


def seconds(value: str | int | float | None) -> float | None:
    """A duration: seconds, or "1:02:03"."""
    if isinstance(value, str):
        clock = _CLOCK.fullmatch(value.strip())
        if clock:
            return float(int(clock[1] or 0) * 3600 + int(clock[2]) * 60 + int(clock[3]))
        try:
            value = float(value)
        except ValueError:
            return None
    return float(value) if value and math.isfinite(value) and 0 < value < 1e7 else None


def _bytes(value: str | int | float | None) -> int | None:
    """A size. Many a feed says 0 or 1 for what it does not know."""
    try:
        size = int(value) if value is not None else 0
    except (ValueError, OverflowError):
        return None
    return size if 1 < size < 1 << 50 else None
