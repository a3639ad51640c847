"""Invented rows of the vendor's LinkedIn dataset. No tests."""

import json
from datetime import UTC, datetime, timedelta

from scrape_assets.posts.model import Post, Rejected
from scrape_assets.sources.datasets.linkedin import map_line

POSTED = datetime(2026, 3, 17, 10, 30, 6, 724_000, tzinfo=UTC)
ACTIVITY_ID = str((int((POSTED - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1)) << 22) | 12345)
COLLECTED = datetime(2026, 3, 20, 8, 0, 1, 500_000, tzinfo=UTC)
EMPTY_REPOST = {
    "repost_url": None,
    "repost_user_id": None,
    "repost_id": None,
    "repost_text": None,
    "tagged_people": {"name": None, "link": None},
}


def row(**changes: object) -> dict[str, object]:
    """A post of Jane Doe, found in the feed of Acme, with some fields changed."""
    return {
        "url": f"https://uk.linkedin.com/posts/jane-doe_tea-activity-{ACTIVITY_ID}-AbCd",
        "id": ACTIVITY_ID,
        "user_id": "jane-doe",
        "use_url": "https://uk.linkedin.com/in/Jane-Doe?trk=public_post_feed-actor-image",
        "user_name": "Jane Doe",
        "title": "Jane Doe on LinkedIn: Tea for everybody",
        "headline": "Jane Doe\u2019s Post",
        "post_text": "Tea for everybody #Tea",
        "date_posted": "2026-03-17T10:30:06.724Z",
        "hashtags": ["#Tea"],
        "images": ["https://media.example/1.jpg"],
        "videos": None,
        "num_likes": 12,
        "num_comments": 0,
        "post_type": "post",
        "account_type": "Person",
        "repost": EMPTY_REPOST,
        "tagged_people": [],
        "tagged_companies": None,
        "timestamp": "2026-03-20T08:00:01.500Z",
        "input": {"url": f"https://uk.linkedin.com/posts/jane-doe_tea-activity-{ACTIVITY_ID}-AbCd"},
        "discovery_input": {"url": "https://www.linkedin.com/company/acme", "start_date": ""},
    } | changes


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
