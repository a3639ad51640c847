"""The post, as every platform's mapping must deliver it. No mapping, no SQL."""

from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import NamedTuple, cast


class PostKind(StrEnum):
    """What sort of post it is, in words common to all platforms."""

    POST = "post"
    REPOST = "repost"
    QUOTE = "quote"
    REPLY = "reply"
    ARTICLE = "article"
    VIDEO = "video"
    REEL = "reel"
    STORY = "story"
    COMMENT = "comment"


class Post(NamedTuple):
    """One observation of one post. Absent is None, never zero or an empty string (missing is not zero).

    A named tuple, because its order is the order of the columns that the loader copies.
    """

    platform: str
    post_id: str  # the platform's own stable id, as text
    url: str | None
    kind: str  # a PostKind value
    author_key: str | None  # canonical identity key of the author's profile, e.g. "in/jane-doe"
    author_handle: str | None
    author_id: str | None  # the platform's stable numeric or opaque user id
    author_name: str | None
    author_url: str | None  # canonical profile URL
    title: str | None
    text: str | None
    posted_at: datetime | None  # aware, UTC
    collected_at: datetime  # when the source looked; aware, UTC
    hashtags: list[str] | None  # without '#', in the order written; None = not given
    mentions: list[str] | None  # identity keys of all profiles tagged or named
    media: bytes | None  # JSON array, see `media.py`
    like_count: int | None
    comment_count: int | None
    share_count: int | None  # reposts; quotes are posts of their own
    view_count: int | None
    save_count: int | None
    reposted_from: str | None  # post_id of the original
    feed_key: str | None  # what the source was asked for when it found it: a profile's identity key, or a `search_key`
    repairs: list[str] | None  # what the mapping corrected or set aside: "like_count: 5.5e+32 is no count"
    language: str | None = None  # as the source names it, BCP 47: "en", "pt-BR"
    reply_to: str | None = None  # post_id of the post that it answers
    quote_of: str | None = None  # post_id of the post that it quotes
    latitude: float | None = None  # of the place the post names, WGS 84; both or neither
    longitude: float | None = None
    tagged: list[str] | None = None  # those of `mentions` whom the record marks, beyond what the text says


new_post = cast("type[Post]", partial(Post.__new__, Post))
"""`Post(…)` at half its cost: with so many names, the detour over the class takes as long as the rest."""


class RejectReason(StrEnum):
    """Why a row of a payload did not become a post."""

    SOURCE_ERROR = "source_error"  # the source says it failed for this input (code = its error_code)
    SOURCE_WARNING = "source_warning"  # the source warns instead of delivering (code = its warning_code)
    NOT_JSON = "not_json"  # the line cannot be parsed
    TRUNCATED = "truncated"  # the last line ends in the middle
    NOT_AN_OBJECT = "not_an_object"
    BAD_FIELD = "bad_field"  # a field has a type that cannot be read
    NO_ID = "no_id"
    NO_TIME = "no_time"  # neither a posting time nor an id that holds one
    IMPLAUSIBLE_TIME = "implausible_time"


class Rejected(NamedTuple):
    """A row set aside, with a reason a person understands."""

    reason: RejectReason
    detail: str
    code: str | None = None  # the source's own code, e.g. "crawl_failed", "dead_page"
    input_url: str | None = None  # the input this row answers, as we sent it
