"""An item of Reddit's API: the fields used, as wide as they were seen. No decisions."""

import msgspec

from scrape_assets.sources.datasets.vendor_row import Number, Text


class Source(msgspec.Struct, gc=False):
    """A picture in its full size; short names as in `media_metadata`."""

    url: str | None = None
    width: Number = None
    height: Number = None
    u: str | None = None
    gif: str | None = None
    mp4: str | None = None
    x: Number = None
    y: Number = None


class PreviewImage(msgspec.Struct, gc=False):
    """A preview."""

    source: Source | None = None


class Preview(msgspec.Struct, gc=False):
    """Previews; the first is the post's."""

    images: list[PreviewImage] | None = None


class RedditVideo(msgspec.Struct, gc=False):
    """A video that Reddit keeps itself; without sound, which has a file of its own."""

    fallback_url: str | None = None
    hls_url: str | None = None
    width: Number = None
    height: Number = None
    duration: Number = None
    is_gif: bool | None = None


class Embedded(msgspec.Struct, gc=False):
    """What another site has to show: oEmbed."""

    type: str | None = None
    thumbnail_url: str | None = None


class Player(msgspec.Struct, gc=False):
    """What plays in the post."""

    reddit_video: RedditVideo | None = None
    oembed: Embedded | None = None


class GalleryItem(msgspec.Struct, gc=False):
    """A place in a gallery."""

    media_id: str | None = None
    caption: str | None = None


class Gallery(msgspec.Struct, gc=False):
    """The order of a gallery."""

    items: list[GalleryItem] | None = None


class Stored(msgspec.Struct, gc=False):
    """A picture that the text or a gallery refers to by its id; `e` is its kind."""

    status: str | None = None
    e: str | None = None
    s: Source | None = None
    hls_url: str | None = msgspec.field(name="hlsUrl", default=None)
    x: Number = None
    y: Number = None


class Content(msgspec.Struct, gc=False):
    """What a post shows; a crosspost has its original's in `crosspost_parent_list`."""

    url: str | None = None
    url_overridden_by_dest: str | None = None
    is_self: bool | None = None
    is_video: bool | None = None
    post_hint: str | None = None
    thumbnail: str | None = None
    preview: Preview | None = None
    media: Player | None = None
    secure_media: Player | None = None
    gallery_data: Gallery | None = None
    media_metadata: dict[str, Stored] | None = None


class Record(Content, gc=False):
    """A post."""

    id: Text = None
    name: Text = None
    title: str | None = None
    selftext: str | None = None
    author: str | None = None
    author_fullname: Text = None
    subreddit: str | None = None
    permalink: str | None = None
    created_utc: float | str | None = None
    score: Number = None
    ups: Number = None
    num_comments: Number = None
    num_crossposts: Number = None
    view_count: Number = None
    crosspost_parent: str | None = None
    crosspost_parent_list: list[Content] | None = None
