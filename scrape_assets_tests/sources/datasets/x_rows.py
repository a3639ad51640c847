"""Invented rows of the vendor's dataset of posts on X. No tests."""

import json
from datetime import UTC, datetime, timedelta

from scrape_assets.posts.model import Post, Rejected
from scrape_assets.sources.datasets.x import map_line

POSTED = datetime(2026, 3, 17, 10, 30, 6, tzinfo=UTC)
X_EPOCH = datetime(2010, 11, 4, 1, 42, 54, 657_000, tzinfo=UTC)
COLLECTED = datetime(2026, 3, 20, 8, 0, 1, 500_000, tzinfo=UTC)
NO_QUOTE = dict.fromkeys(
    ("post_id", "profile_id", "profile_name", "data_posted", "url", "description", "photos", "videos")
)
NO_PARENT = dict.fromkeys(("post_id", "profile_id", "profile_name"))


def id_at(moment: datetime, low_bits: int = 12345) -> str:
    """The id of a post written at that moment."""
    return str((int((moment - X_EPOCH) / timedelta(milliseconds=1)) << 22) | low_bits)


POST_ID = id_at(POSTED + timedelta(milliseconds=724))
OTHER_ID = id_at(POSTED - timedelta(hours=5))


def row(**changes: object) -> dict[str, object]:
    """A post of Jane Doe in the form of 2025, found in the timeline of Acme, with some fields changed."""
    return {
        "id": POST_ID,
        "user_posted": "Jane_Doe",
        "name": "Jane Doe",
        "description": "Tea &amp; cake for everybody #Tea",
        "date_posted": "2026-03-17T10:30:06.000Z",
        "photos": ["https://media.example/1.jpg"],
        "url": f"https://x.com/Jane_Doe/status/{POST_ID}",
        "quoted_post": NO_QUOTE,
        "tagged_users": None,
        "replies": 3,
        "reposts": 4,
        "likes": 12,
        "views": 900,
        "external_url": None,
        "hashtags": ["Tea"],
        "followers": 512,
        "biography": "Tea",
        "is_verified": False,
        "quotes": 1,
        "bookmarks": 0,
        "parent_post_details": NO_PARENT,
        "external_image_urls": None,
        "videos": None,
        "external_video_urls": None,
        "timestamp": "2026-03-20T08:00:01.500Z",
        "input": {"url": f"https://twitter.com/20000001/status/{POST_ID}"},
        "discovery_input": {"url": "https://x.com/acme", "start_date": "", "end_date": ""},
    } | changes


def recent(**changes: object) -> dict[str, object]:
    """The same in the form of 2026: the author's number is there, and who answers nobody is their own parent."""
    parent = {"post_id": POST_ID, "profile_id": "20000001", "profile_name": "Jane Doe"}
    return row(
        user_id="20000001",
        is_repost=False,
        quoted_post={"photos": None, "videos": None},
        parent_post_details=parent | {"date_posted": "2026-03-17T10:30:06.000Z"},
        verification_type="blue",
        context_added=None,
    ) | dict(changes)


def without(*keys: str) -> dict[str, object]:
    """The row of `row` with some keys absent."""
    return {key: value for key, value in row().items() if key not in keys}


def mapped(value: object) -> Post | Rejected:
    """What becomes of a row."""
    return map_line(json.dumps(value).encode(), last=False)


def post(value: object) -> Post:
    """The post that a row becomes."""
    result = mapped(value)
    assert isinstance(result, Post), result
    return result


def reject(value: object) -> Rejected:
    """The rejection that a row becomes."""
    result = mapped(value)
    assert isinstance(result, Rejected), result
    return result
