"""Pictures, videos, links and places of items of X's API."""

import json
from typing import Any

import pytest

from scrape_assets_tests.sources.direct.x_asking import PHOTO, VIDEO, read
from scrape_assets_tests.sources.direct.x_server import minutes_ago, tweet

WHEN = minutes_ago(30)


def test_media_in_the_order_of_the_post_then_links_that_lead_elsewhere() -> None:
    post_id = tweet(WHEN, 1)["id"]
    urls = [
        {"url": "https://t.co/a", "expanded_url": f"https://x.com/Ada_L/status/{post_id}/video/1", "media_key": "7_8"},
        {"url": "https://t.co/b", "expanded_url": f"https://twitter.com/Ada_L/status/{post_id}/photo/1"},
        {
            "url": "https://t.co/c",
            "expanded_url": "https://short.example.com/c",
            "unwound_url": "https://example.com/c",
        },
        {"url": "https://t.co/d", "expanded_url": "https://x.com/bo/status/12"},
        {"url": "https://t.co/e", "expanded_url": "https://x.com/bo/status/13"},
        {"url": "https://t.co/f"},
    ]
    post = read(
        tweet(
            WHEN,
            1,
            attachments={"media_keys": ["7_8", "3_9", "3_gone"]},
            entities={"urls": urls},
            referenced_tweets=[{"type": "quoted", "id": "12"}],
        ),
        media=[PHOTO, VIDEO],
    )
    assert json.loads(post.media or b"") == [
        {
            "type": "video",
            "url": "https://example.com/8-high.mp4",
            "preview_url": "https://example.com/8.jpg",
            "duration": 12.5,
            "width": 720,
            "height": 1280,
        },
        {"type": "image", "url": "https://example.com/9.jpg", "width": 1200, "height": 800, "alt": "A boat"},
        {"type": "link", "url": "https://example.com/c"},
        {"type": "link", "url": "https://x.com/bo/status/13"},
        {"type": "link", "url": "https://t.co/f"},
    ]


def test_a_video_without_a_file_leaves_its_still() -> None:
    live = {"media_key": "7_8", "type": "video", "preview_image_url": "https://example.com/8.jpg"}
    post = read(tweet(WHEN, attachments={"media_keys": ["7_8"]}), media=[live])
    assert json.loads(post.media or b"") == [{"type": "image", "url": "https://example.com/8.jpg"}]


@pytest.mark.parametrize(
    ("geo", "expected"),
    [
        ({"coordinates": {"type": "Point", "coordinates": [13.4, 52.5]}, "place_id": "p1"}, (52.5, 13.4)),
        ({"place_id": "p1"}, (52.0, 5.5)),
        ({"place_id": "land"}, (None, None)),
        ({"place_id": "gone"}, (None, None)),
        ({"coordinates": {"coordinates": [13.4]}}, (None, None)),
        ({"coordinates": {"coordinates": [13.4, 152.5]}}, (None, None)),
        ({}, (None, None)),
    ],
)
def test_a_place_is_a_point_or_small_enough_to_have_a_middle(geo: Any, expected: tuple[Any, Any]) -> None:
    places = [
        {"id": "p1", "place_type": "city", "geo": {"type": "Feature", "bbox": [5.25, 51.75, 5.75, 52.25]}},
        {"id": "land", "place_type": "country", "geo": {"type": "Feature", "bbox": [3.3, 50.7, 7.2, 53.6]}},
    ]
    post = read(tweet(WHEN, geo=geo), places=places)
    assert (post.latitude, post.longitude) == expected
