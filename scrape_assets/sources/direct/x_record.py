"""An item of X's API: the fields used, under the old and the new names. No decisions."""

import msgspec

from scrape_assets.sources.datasets.vendor_row import Number, Text
from scrape_assets.sources.direct.pieces import ABSENT


class Bag(msgspec.Struct, gc=False):
    """A post, and what its answer said of it elsewhere; see `x_answer.XItems`."""

    post: msgspec.Raw = ABSENT
    includes: msgspec.Raw = ABSENT


class Metrics(msgspec.Struct, gc=False):
    """Counts of a post."""

    like_count: Number = None
    reply_count: Number = None
    retweet_count: Number = None
    repost_count: Number = None
    impression_count: Number = None
    bookmark_count: Number = None


class Tag(msgspec.Struct, gc=False):
    """A hashtag in the text."""

    tag: str | None = None


class Mention(msgspec.Struct, gc=False):
    """An account named in the text."""

    username: str | None = None
    id: Text = None


class Link(msgspec.Struct, gc=False):
    """A link in the text, t.co as it stands there."""

    url: str | None = None
    expanded_url: str | None = None
    unwound_url: str | None = None
    media_key: Text = None  # then it is the post's own picture


class Entities(msgspec.Struct, gc=False):
    """What X found in the text."""

    hashtags: list[Tag] | None = None
    mentions: list[Mention] | None = None
    urls: list[Link] | None = None


class Note(msgspec.Struct, gc=False):
    """The whole of a text that is longer than 280 characters, and what is in it."""

    text: str | None = None
    entities: Entities | None = None


class Reference(msgspec.Struct, gc=False):
    """Another post: replied_to, quoted, retweeted or reposted."""

    type: str | None = None
    id: Text = None


class Attachments(msgspec.Struct, gc=False):
    """What is attached, by key."""

    media_keys: list[Text] | None = None


class Point(msgspec.Struct, gc=False):
    """GeoJSON: longitude first."""

    coordinates: list[float] | None = None


class Geo(msgspec.Struct, gc=False):
    """Where the post says it was written."""

    place_id: Text = None
    coordinates: Point | None = None


class Tweet(msgspec.Struct, gc=False):
    """A post."""

    id: Text = None
    text: str | None = None
    author_id: Text = None
    in_reply_to_user_id: Text = None
    created_at: str | None = None
    lang: str | None = None
    public_metrics: Metrics | None = None
    entities: Entities | None = None
    attachments: Attachments | None = None
    referenced_tweets: list[Reference] | None = None
    referenced_posts: list[Reference] | None = None
    geo: Geo | None = None
    note_tweet: Note | None = None
    note_post: Note | None = None


class User(msgspec.Struct, gc=False):
    """An account."""

    id: Text = None
    username: str | None = None
    name: str | None = None


class Variant(msgspec.Struct, gc=False):
    """One of a video's files; a playlist has no bit rate."""

    url: str | None = None
    bit_rate: Number = None
    bitrate: Number = None
    content_type: str | None = None


class Media(msgspec.Struct, gc=False):
    """A picture, video or moving picture."""

    media_key: Text = None
    type: str | None = None
    url: str | None = None
    preview_image_url: str | None = None
    width: Number = None
    height: Number = None
    duration_ms: Number = None
    alt_text: str | None = None
    variants: list[Variant] | None = None


class Box(msgspec.Struct, gc=False):
    """West, south, east, north."""

    bbox: list[float] | None = None


class Place(msgspec.Struct, gc=False):
    """A place."""

    id: Text = None
    geo: Box | None = None


class Includes(msgspec.Struct, gc=False):
    """What a post refers to."""

    users: list[User] | None = None
    tweets: list[Tweet] | None = None
    media: list[Media] | None = None
    places: list[Place] | None = None
