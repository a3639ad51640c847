"""Invented rows of the vendor's dataset of posts of Facebook pages. No tests."""

import json
from datetime import UTC, datetime

from scrape_assets.posts.model import Post, Rejected
from scrape_assets.sources.datasets.facebook import map_line

POSTED = datetime(2026, 3, 17, 10, 30, 6, tzinfo=UTC)
COLLECTED = datetime(2026, 3, 20, 8, 0, 1, 500_000, tzinfo=UTC)
ACME = "https://www.facebook.com/acme.tea"
STILL = "https://scontent.media.example/v/t51/1_n.jpg?stp=dst-jpg_p296x100&oe=68F2FE24"
REEL = {
    "id": "2166091230000001",
    "type": "Video",
    "url": STILL,
    "video_length": "30025",
    "attachment_url": "https://www.facebook.com/reel/2166091230000001/",
    "video_url": "https://video.media.example/1.mp4?oe=68F2FE24",
}


def row(**changes: object) -> dict[str, object]:
    """A reel of the page Acme, with some fields changed."""
    return {
        "url": "https://www.facebook.com/reel/2166091230000001/",
        "post_id": "1393461115000001",
        "user_url": ACME,
        "user_username_raw": "Acme Tea",
        "content": "Tea & cake for everybody. #Tea",
        "date_posted": "2026-03-17T10:30:06.000Z",
        "hashtags": ["tea"],
        "num_comments": 3,
        "num_shares": 4,
        "num_likes_type": {"type": "Like", "num": 10},
        "page_name": "Acme Tea",
        "profile_id": "100044541000001",
        "page_followers": 39000000,
        "page_is_verified": True,
        "original_post": {"user_avatar_image": None},
        "attachments": [REEL],
        "post_external_image": None,
        "page_url": ACME,
        "profile_handle": "acme.tea",
        "is_sponsored": False,
        "shortcode": "1393461115000001",
        "video_view_count": 900,
        "likes": 12,
        "post_type": "Reel",
        "following": 24,
        "link_description_text": None,
        "count_reactions_type": [{"type": "Like", "reaction_count": 10}, {"type": "Love", "reaction_count": 2}],
        "is_page": True,
        "page_email": None,
        "about": [{"type": "WEBSITE", "value": "acme.example", "link": "http://acme.example/"}],
        "active_ads_urls": [],
        "timestamp": "2026-03-20T08:00:01.500Z",
        "input": {
            "url": f"{ACME}/",
            "num_of_posts": 10,
            "posts_to_not_include": "",
            "start_date": "03-10-2026",
            "end_date": "03-20-2026",
        },
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
