"""What is attached to a row of Facebook, as media of a post."""

import json

import pytest

from scrape_assets_tests.sources.datasets.facebook_rows import REEL, STILL, post, row

PAGE = "https://www.facebook.com/photo/?fbid=12"


@pytest.mark.parametrize(
    ("changes", "media"),
    [
        (
            {"attachments": [{"type": "Photo", "url": STILL, "attachment_url": PAGE}, {"type": "photo", "url": STILL}]},
            [{"type": "image", "url": STILL}],
        ),
        (
            {"attachments": [REEL | {"thumbnail_url": "https://media.example/t.jpg"}]},
            [
                {
                    "type": "video",
                    "url": REEL["video_url"],
                    "preview_url": "https://media.example/t.jpg",
                    "duration": 30.025,
                }
            ],
        ),
        # In other rows `url` is the page on which the video is shown.
        (
            {"attachments": [REEL | {"url": REEL["attachment_url"], "type": "video", "video_length": 1500}]},
            [{"type": "video", "url": REEL["video_url"], "duration": 1.5}],
        ),
        (
            {"attachments": [REEL | {"video_url": None, "video_length": None}]},
            [{"type": "video", "url": REEL["attachment_url"], "preview_url": STILL}],
        ),
        (
            {"attachments": [{"type": "ExternalShare", "url": "https://example.com/a"}, None, STILL, {}]},
            [{"type": "link", "url": "https://example.com/a"}, {"type": "image", "url": STILL}],
        ),
        (
            {
                "attachments": [],
                "post_image": STILL,
                "post_external_link": "https://example.com/a",
                "post_external_title": "All about tea",
                "post_external_image": "https://media.example/t.jpg",
            },
            [
                {"type": "image", "url": STILL},
                {
                    "type": "link",
                    "url": "https://example.com/a",
                    "preview_url": "https://media.example/t.jpg",
                    "alt": "All about tea",
                },
            ],
        ),
        ({"attachments": None, "post_external_image": STILL}, [{"type": "image", "url": STILL}]),
    ],
)
def test_media_of_all_forms_are_listed(changes: dict[str, object], media: list[object]) -> None:
    found = post(row(**changes))
    assert found.repairs is None
    assert found.media is not None
    assert json.loads(found.media) == media


@pytest.mark.parametrize("length", ["long", "1e33", 1e33, -5])
def test_an_absurd_duration_is_left_out_and_noted(length: object) -> None:
    found = post(row(attachments=[REEL | {"video_length": length}]))
    assert found.media is not None
    assert "duration" not in json.loads(found.media)[0]
    assert found.repairs is not None
    assert found.repairs[0].startswith("media.duration: ")
