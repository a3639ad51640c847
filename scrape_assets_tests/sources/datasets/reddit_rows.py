"""Invented rows of the vendor's Reddit dataset, in the shape seen in 2026. No tests."""

import json
from datetime import UTC, datetime

from scrape_assets.posts.model import Post, Rejected
from scrape_assets.sources.datasets.reddit import map_line

POSTED = datetime(2026, 3, 17, 10, 30, 6, 329_000, tzinfo=UTC)
COLLECTED = datetime(2026, 3, 20, 8, 0, 1, 500_000, tzinfo=UTC)
POST_ID = "1tea4qz"
URL = f"https://www.reddit.com/r/TeaMaths/comments/{POST_ID}/tea_for_everybody/"


def row(**changes: object) -> dict[str, object]:
    """A post of Jane Doe in r/TeaMaths, found there, with some fields changed."""
    return {
        "post_id": f"t3_{POST_ID}",
        "url": URL,
        "user_posted": "Jane_Doe",
        "title": "Tea &amp; cake for everybody",
        "description": "Pour it &gt; 90 degrees.",
        "num_comments": 33,
        "date_posted": "2026-03-17T10:30:06.329Z",
        "community_name": "TeaMaths",
        "num_upvotes": 469,
        "photos": ["https://media.example/1.jpg?width=1080&amp;s=ab"],
        "videos": None,
        "tag": "Research",
        "related_posts": [{"related_post_title": "Coffee", "num_upvotes": 1}],
        "comments": [{"comment": "Thanks u/somebody", "user_commenting": "John_Roe", "replies": None}],
        "community_url": "https://www.reddit.com/r/TeaMaths/",
        "community_description": "Numbers in cups.",
        "community_members_num": 47014,
        "community_rank": {"community_rank_value": None, "community_rank_type": None},
        "user_id": "t2_1kv65fo8oy",
        "description_markdown": "**Pour it &gt; 90 degrees.**",
        "embedded_links": ["https://data.example.org/tea"],
        "archived": "false",
        "timestamp": "2026-03-20T08:00:01.500Z",
        "input": {"url": URL},
        "discovery_input": {"url": "https://www.reddit.com/r/TeaMaths/", "sort_by": "New", "sort_by_time": ""},
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
