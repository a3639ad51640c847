"""What is attached to an Instagram post or reel, from the overlapping lists of a row. Nothing else of the row."""

from collections.abc import Iterator

from scrape_assets.posts.media import Medium, media_json, medium
from scrape_assets.posts.text import clean_text
from scrape_assets.sources.datasets.instagram_record import Duration, Part, Parts, Record
from scrape_assets.sources.datasets.vendor_row import Number

_LONGEST_VIDEO = 86_400.0


def media_of(record: Record) -> bytes | None:
    """`Post.media` of a row. The lists repeat each other; `post_content`, where given, has all parts in their order."""
    found: list[Medium] = []
    for part in _parts(record.post_content):
        kind = "video" if (part.type or "").casefold() == "video" else "image"
        found += _present(medium(kind, part.url, alt=part.alt_text))
    if not found:
        for part in _parts(record.photos or record.images):
            found += _present(medium("image", part.url, alt=part.alt_text))
    if not any(one["type"] == "video" for one in found):
        for part in _parts(record.videos or record.video_url):
            found += _present(medium("video", part.url))
    _describe(found, record)
    found += _present(medium("audio", record.audio_url))
    return media_json(found)


def _describe(found: list[Medium], record: Record) -> None:
    """Add what the row says of the post as a whole: it holds for the first of its parts, durations for the videos."""
    videos = [one for one in found if one["type"] == "video"]
    durations = [seconds for seconds in map(_seconds, _each(record)) if seconds]
    if len(durations) == len(videos):
        for video, duration in zip(videos, durations, strict=True):
            video["duration"] = duration
    if found:
        first = found[0]
        alt, preview = clean_text(record.alt_text), clean_text(record.thumbnail)
        if alt:
            first.setdefault("alt", alt)
        if preview and first["type"] == "video":
            first["preview_url"] = preview


def _each(record: Record) -> Iterator[Number]:
    given = record.length if record.length is not None else record.videos_duration
    for one in given if isinstance(given, list) else [given]:
        yield one.video_duration if isinstance(one, Duration) else one


def _seconds(given: Number) -> float | None:
    try:
        seconds = 0.0 if given is None or isinstance(given, bool) else float(given or 0)
    except (ValueError, OverflowError):
        return None
    return round(seconds, 3) if 0 < seconds <= _LONGEST_VIDEO else None


def _parts(given: Parts) -> Iterator[Part]:
    if given:
        for one in given if isinstance(given, list) else [given]:
            if one:
                yield one if isinstance(one, Part) else Part(url=one)


def _present(one: Medium | None) -> list[Medium]:
    return [one] if one else []
