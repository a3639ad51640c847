"""Invented rows of the vendor's YouTube dataset, in the shape seen in 2025 and 2026. No tests."""

import json
from datetime import UTC, datetime

from scrape_assets.posts.model import Post, Rejected
from scrape_assets.sources.datasets.youtube import map_line

POSTED = datetime(2026, 3, 17, 10, 30, 6, tzinfo=UTC)
COLLECTED = datetime(2026, 3, 20, 8, 0, 1, 500_000, tzinfo=UTC)
VIDEO_ID = "tEa-4_Every"
CHANNEL_ID = "UCtea4everybody_-2345678"
STREAM = "https://media.example/videoplayback?expire=1775178137&sig=abc%3D%3D"


def row(**changes: object) -> dict[str, object]:
    """A video of Jane Doe, found on her channel, with some fields changed."""
    return {
        "url": f"https://www.youtube.com/watch?v={VIDEO_ID}&t=18s",
        "title": "Tea for everybody",
        "youtuber": "@JaneDoe",
        "youtuber_md5": "54a3ba0bb392b04681b070a398b5a9d3",
        "video_url": STREAM,
        "video_length": 395,
        "likes": 41654,
        "views": 1761333,
        "date_posted": "2026-03-17T10:30:06.000Z",
        "description": "How to make tea.\n\nSubscribe: https://www.youtube.com/@JaneDoe?sub_confirmation=1",
        "num_comments": 0,
        "subscribers": 1630000,
        "video_id": VIDEO_ID,
        "channel_url": "https://www.youtube.com/@JaneDoe",
        "preview_image": f"https://media.example/vi_webp/{VIDEO_ID}/maxresdefault.webp",
        "shortcode": VIDEO_ID,
        "verified": True,
        "handle_name": "Jane Doe \u2615",
        "is_sponsored": False,
        "related_videos": None,
        "viewport_frames": "640x360 / -",
        "current_optimal_res": "640x360@30 / 1920x1080@30",
        "post_type": "post",
        "youtuber_id": CHANNEL_ID,
        "transcript": "Tea. " * 20,
        "formatted_transcript": [{"start_time": 60, "end_time": 2632, "duration": 2572, "text": "Tea."}],
        "hashtags": [{"hashtag": "#Tea", "link": "https://www.youtube.com/hashtag/tea"}],
        "tags": ["tea", "kettle"],
        "recommended_videos": [{"url": "https://www.youtube.com/watch?v=aFcVKzfkJPk", "title": "Coffee"}],
        "transcript_language": [{"language": "English (auto-generated)", "auto_translate": True}],
        "chapters": None,
        "transcription_language": "English",
        "is_age_restricted": False,
        "channel_url_decoded": "https://www.youtube.com/@JaneDoe",
        "timestamp": "2026-03-20T08:00:01.500Z",
        "input": {"url": f"https://www.youtube.com/watch?v={VIDEO_ID}", "country": ""},
        "discovery_input": {"url": "https://www.youtube.com/@JaneDoe", "start_date": "03-01-2026", "num_of_posts": ""},
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
