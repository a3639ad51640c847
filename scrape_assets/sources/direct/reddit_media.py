"""What a post on Reddit shows: galleries, pictures, videos, and where it links to. Reads records, makes no posts."""

import re
from collections.abc import Iterator

from scrape_assets.posts.counts import count
from scrape_assets.posts.media import Medium, medium
from scrape_assets.sources.datasets.vendor_row import Number
from scrape_assets.sources.direct.reddit_record import Content, Record, RedditVideo, Source, Stored

_PICTURE = re.compile(r"\.(?:jpe?g|png|gif|webp)$", re.IGNORECASE)
_MOVING = re.compile(r"\.(?:mp4|gifv|webm)$", re.IGNORECASE)
# The post's own page as a gallery, or that of the post it repeats.
_OWN_PAGE = re.compile(r"https?://(?:\w+\.)?reddit\.com/(?:gallery/|(?:r|user)/[\w-]+/comments/)", re.IGNORECASE)


def attached(record: Record) -> Iterator[Medium | None]:
    """All that the post shows, in its order; of a crosspost what its original shows."""
    content = record.crosspost_parent_list[0] if record.crosspost_parent_list else record
    if content.media_metadata:
        yield from _stored_pictures(content, content.media_metadata)
    player = content.secure_media or content.media
    if player and player.reddit_video:
        yield _video(player.reddit_video, _preview(content))
    elif not content.is_self:
        yield _linked(content)


def _stored_pictures(content: Content, stored: dict[str, Stored]) -> Iterator[Medium | None]:
    items = (content.gallery_data.items if content.gallery_data else None) or ()
    captions = {item.media_id: item.caption for item in items if item.media_id}
    # Pictures within a text have no order but this.
    for media_id in captions or stored:
        one = stored.get(media_id)
        if one and (one.status or "valid") == "valid":
            yield _stored(one, captions.get(media_id))


def _stored(one: Stored, caption: str | None) -> Medium | None:
    source = one.s
    if source is None:
        return medium("video", one.hls_url, width=_positive(one.x), height=_positive(one.y), alt=caption)
    size = {"width": _positive(source.x), "height": _positive(source.y)}
    if source.mp4 or source.gif:
        return medium("video" if source.mp4 else "image", source.mp4 or source.gif, **size, alt=caption)
    return medium("image", source.u, **size, alt=caption)


def _video(video: RedditVideo, preview: str | None) -> Medium | None:
    return medium(
        "video",
        video.fallback_url or video.hls_url,
        preview_url=preview,
        width=_positive(video.width),
        height=_positive(video.height),
        duration=_positive(video.duration),
    )


def _linked(content: Content) -> Medium | None:
    address = content.url_overridden_by_dest or content.url
    if not address or address.startswith("/") or _OWN_PAGE.match(address):
        return None
    path = address.split("?", 1)[0]
    if content.post_hint == "image" or _PICTURE.search(path):
        source = _full_size(content)
        size = {"width": _positive(source.width), "height": _positive(source.height)} if source else {}
        return medium("image", address, **size)
    return medium("video" if _MOVING.search(path) else "link", address, preview_url=_preview(content))


def _full_size(content: Content) -> Source | None:
    images = content.preview.images if content.preview else None
    return images[0].source if images else None


def _preview(content: Content) -> str | None:
    source = _full_size(content)
    if source and source.url:
        return source.url
    player = content.secure_media or content.media
    if player and player.oembed and player.oembed.thumbnail_url:
        return player.oembed.thumbnail_url
    # Else a word: "self", "default", "nsfw"…
    return content.thumbnail if (content.thumbnail or "").startswith("http") else None


def _positive(given: Number) -> int | None:
    return count(given, "")[0] or None
