"""Invented rows of the vendor's two Instagram datasets. No tests."""

import json
from datetime import UTC, datetime

from scrape_assets.posts.model import Post, Rejected
from scrape_assets.sources.datasets.instagram import map_line

CODE = "Ddx9_2ABcde"
POSTED = datetime(2026, 9, 27, 6, 29, 40, tzinfo=UTC)
UPLOADED = datetime(2026, 9, 27, 6, 29, 39, 673_000, tzinfo=UTC)
NUMBER = 3995247012600989534  # what CODE stands for; its upper bits say UPLOADED
COLLECTED = datetime(2026, 10, 2, 8, 0, 1, 500_000, tzinfo=UTC)
NOBODY = {"profile_id": None, "username": None, "profile_url": None}


def row(**changes: object) -> dict[str, object]:
    """A carousel of Jane Doe, found in the feed of Acme, who is its co-author, with some fields changed."""
    pictures = [f"https://media.example/{number}.jpg?oe=68F2" for number in (1, 2)]
    return {
        "url": f"https://www.instagram.com/p/{CODE}",
        "user_posted": "jane.doe",
        "description": "Tea for everybody, @John_Roe. #Tea",
        "num_comments": 0,
        "date_posted": "2026-09-27T06:29:40.000Z",
        "likes": 12,
        "hashtags": ["#Tea"],
        "photos": pictures,
        "latest_comments": [{"comments": "Lovely @nobody", "user_commenting": "nobody", "likes": 0}],
        "post_id": str(NUMBER),
        "shortcode": CODE,
        "content_type": "Carousel",
        "pk": str(NUMBER),
        "content_id": CODE,
        "thumbnail": "https://media.example/t.jpg",
        "coauthor_producers": ["acme"],
        "tagged_users": [{"full_name": "Ann Onym", "id": "99", "is_verified": False, "username": "ann.onym"}],
        "followers": 5,
        "is_paid_partnership": False,
        "partnership_details": NOBODY,
        "user_posted_id": "300500700",
        "post_content": [
            {"index": index, "type": "Photo", "url": url, "id": "1"} for index, url in enumerate(pictures)
        ],
        "audio": {"audio_asset_id": None, "original_audio_title": None},
        "profile_url": "https://www.instagram.com/Jane.Doe",
        "videos_duration": [],
        "images": [{"url": url, "id": "1"} for url in pictures],
        "alt_text": "Photo by Jane Doe. May be an image of tea.",
        "photos_number": 2,
        "timestamp": "2026-10-02T08:00:01.500Z",
        "input": {"url": f"https://www.instagram.com/p/{CODE}"},
        "discovery_input": {
            "url": "https://instagram.com/acme/",
            "num_of_posts": 10,
            "posts_to_not_include": "",
            "start_date": "09-01-2026",
            "end_date": "10-02-2026",
            "post_type": "",
        },
    } | changes


def reel(**changes: object) -> dict[str, object]:
    """The row of a reel with the same code, as the reels dataset has it."""
    return {
        "url": f"https://www.instagram.com/reel/{CODE}/",
        "user_posted": "jane.doe",
        "description": "Tea",
        "hashtags": None,
        "num_comments": 3,
        "date_posted": "2026-09-27T06:29:40.000Z",
        "likes": 12,
        "views": 900,
        "video_play_count": 1000,
        "top_comments": [{"comment": "Lovely", "likes": "1", "num_replies": 0, "replies": []}],
        "post_id": f"{NUMBER}_300500700",
        "thumbnail": "https://media.example/t.jpg",
        "shortcode": CODE,
        "content_id": CODE,
        "product_type": "clips",
        "coauthor_producers": None,
        "tagged_users": None,
        "length": "15.033",
        "video_url": "https://media.example/v.mp4",
        "audio_url": "https://media.example/s.m4a",
        "following": None,
        "user_profile_url": "https://www.instagram.com/jane.doe",
        "timestamp": "2026-10-02T08:00:01.500Z",
        "input": {"url": f"https://www.instagram.com/reel/{CODE}/"},
        "discovery_input": {"url": "https://www.instagram.com/jane.doe/", "start_date": "", "end_date": ""},
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


def media(value: object) -> list[dict[str, object]]:
    """The media of the post that a row becomes."""
    found = post(value).media
    return json.loads(found) if found else []
