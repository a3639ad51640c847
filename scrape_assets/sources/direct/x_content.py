"""What a post on X holds: its text, its pictures and links, its place. Reads records, makes no posts."""

import math
import re
from collections.abc import Iterator

from scrape_assets.posts.counts import count
from scrape_assets.posts.media import Medium, medium
from scrape_assets.posts.text import clean_text
from scrape_assets.sources.datasets.vendor_row import Number, identifier
from scrape_assets.sources.direct.x_record import Box, Entities, Geo, Includes, Media, Tweet

_NOTHING = Entities()
# A post's own pictures, and the rest of a text that was cut, stand in the text as links.
_STATUS = re.compile(
    r"https?://(?:\w+\.)?(?:x|twitter)\.com/(?:\w+|i/web)/status/(\d+)(?:/(photo|video)/\d+)?", re.ASCII | re.IGNORECASE
)
_WIDEST_PLACE = 1.0  # degrees; the middle of a country is not where a post was written


def whole_text(tweet: Tweet) -> tuple[str | None, Entities]:
    """The text without the escapes that X puts for exactly three characters, and what X found in it."""
    note = tweet.note_tweet or tweet.note_post
    given = (note and note.text) or tweet.text
    entities = (note and note.entities) or tweet.entities or _NOTHING
    if given and "&" in given:
        given = given.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return clean_text(given), entities


def attached(tweet: Tweet, includes: Includes) -> Iterator[Medium | None]:
    """The pictures and videos, in the order of the post."""
    keys = tweet.attachments.media_keys if tweet.attachments else None
    if not keys or not includes.media:
        return
    known = {identifier(one.media_key): one for one in includes.media}
    for key in keys:
        one = known.get(identifier(key))
        if one:
            yield _medium(one)


def _medium(one: Media) -> Medium | None:
    sizes = {"width": _positive(one.width), "height": _positive(one.height), "alt": one.alt_text}
    if (one.type or "").casefold() == "photo":
        return medium("image", one.url, **sizes)
    milliseconds = _positive(one.duration_ms)
    video = medium(
        "video",
        _best_file(one),
        preview_url=one.preview_image_url,
        duration=milliseconds / 1000 if milliseconds else None,
        **sizes,
    )
    # Without a file, as with broadcasts, the still is what there is.
    return video or medium("image", one.preview_image_url or one.url, **sizes)


def _best_file(one: Media) -> str | None:
    files = [file for file in one.variants or () if file.url]
    if not files:
        return None
    best = max(files, key=lambda file: _positive(file.bit_rate if file.bit_rate is not None else file.bitrate) or 0)
    return best.url


def _positive(given: Number) -> int | None:
    return count(given, "")[0] or None


def links(entities: Entities, own: tuple[str | None, ...]) -> Iterator[Medium | None]:
    """Where the text leads, but for the post's own pictures and the posts named as `own`."""
    for link in entities.urls or ():
        address = link.unwound_url or link.expanded_url or link.url
        if not address or link.media_key is not None:
            continue
        status = _STATUS.match(address)
        if not status or (status[2] is None and status[1] not in own):
            yield medium("link", address)


def coordinates(geo: Geo | None, includes: Includes) -> tuple[float | None, float | None]:
    """Latitude and longitude: the point, or the middle of a place that is small enough to have one."""
    if geo is None:
        return None, None
    point = geo.coordinates.coordinates if geo.coordinates else None
    if not point:
        place_id = identifier(geo.place_id)
        boxes = (place.geo for place in includes.places or () if place_id and identifier(place.id) == place_id)
        point = _middle(next(boxes, None))
    if not point or len(point) != 2:
        return None, None
    longitude, latitude = point
    on_earth = abs(latitude) <= 90 and abs(longitude) <= 180
    return (latitude, longitude) if on_earth else (None, None)


def _middle(place: Box | None) -> list[float] | None:
    box = place.bbox if place else None
    if not box or len(box) != 4 or not all(map(math.isfinite, box)):
        return None
    west, south, east, north = box
    if not (0 <= east - west <= _WIDEST_PLACE and 0 <= north - south <= _WIDEST_PLACE):
        return None
    return [(west + east) / 2, (south + north) / 2]
