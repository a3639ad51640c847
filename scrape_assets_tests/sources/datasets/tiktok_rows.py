"""Invented rows of the vendor's TikTok dataset. No tests."""

import json
from datetime import UTC, datetime

from scrape_assets.posts.model import Post, Rejected
from scrape_assets.sources.datasets.tiktok import map_line

POSTED = datetime(2026, 9, 27, 6, 29, 40, tzinfo=UTC)
UPLOADED = datetime(2026, 9, 27, 6, 29, 31, tzinfo=UTC)
POST_ID = str(int(UPLOADED.timestamp()) << 32 | 1_234_567_890)
COLLECTED = datetime(2026, 10, 2, 8, 0, 1, 500_000, tzinfo=UTC)


def row(**changes: object) -> dict[str, object]:
    """A video of Jane Doe, found by a search for "#Tea", with some fields changed."""
    return {
        "url": f"https://www.tiktok.com/@jane.doe/video/{POST_ID}",
        "post_id": POST_ID,
        "description": "Tea for everybody, @John_Roe #Tea ",
        "create_time": "2026-09-27T06:29:40.000Z",
        "digg_count": 12,
        "share_count": "4",
        "collect_count": 3,
        "comment_count": 0,
        "play_count": 1000,
        "video_duration": 53,
        "hashtags": ["tea"],
        "original_sound": "jane.doe: original sound",
        "profile_id": "6700100200300400500",
        "profile_username": "Jane \u2615",
        "profile_url": "https://www.tiktok.com/@jane.doe",
        "profile_avatar": "https://media.example/a.jpeg",
        "preview_image": "https://media.example/p.image",
        "post_type": "video",
        "offical_item": False,
        "original_item": False,
        "shortcode": POST_ID,
        "width": 576,
        "ratio": "540p",
        "video_url": "https://media.example/v.mp4",
        "music": {
            "authorname": "Jane",
            "covermedium": "https://media.example/c.jpeg",
            "id": "7500400300200100007",
            "original": True,
            "playurl": "https://media.example/s.mp3",
            "title": "original sound",
        },
        "cdn_url": "https://media.example/v.mp4",
        "is_verified": True,
        "account_id": "Jane.Doe",
        "carousel_images": None,
        "tagged_user": [
            {
                "user_handle": "ann.onym",
                "user_id": "6800700600500400300",
                "user_name": "@Ann",
                "user_url": "https://www.tiktok.com/@ann.onym",
            }
        ],
        "profile_followers": 74900,
        "region": None,
        "timestamp": "2026-10-02T08:00:01.500Z",
        "input": {"url": f"https://www.tiktok.com/@jane.doe/video/{POST_ID}", "discovery_input": None},
        "discovery_input": {"search_keyword": "#Tea", "what_to_collect": "", "country": ""},
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
