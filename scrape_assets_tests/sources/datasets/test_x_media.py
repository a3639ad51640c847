"""What is attached to a row of X, as media of a post."""

import json

from scrape_assets_tests.sources.datasets.x_rows import post, row


def test_media_of_all_forms_are_listed() -> None:
    found = post(
        row(
            photos=["https://media.example/1.jpg", None, "", "https://media.example/1.jpg"],
            videos=[
                {"video_url": "https://media.example/vid/1280x720/2.mp4?tag=12", "duration": 16040},
                {"video_url": "https://media.example/3.mp4", "duration": "2500"},
                {"video_url": None, "duration": None},
                "https://media.example/4.mp4",
                None,
            ],
            external_image_urls=["https://media.example/5.jpg"],
            external_url="https://example.com/report",
        )
    )
    assert found.repairs is None
    assert found.media is not None
    assert json.loads(found.media) == [
        {"type": "image", "url": "https://media.example/1.jpg"},
        {
            "type": "video",
            "url": "https://media.example/vid/1280x720/2.mp4?tag=12",
            "width": 1280,
            "height": 720,
            "duration": 16.04,
        },
        {"type": "video", "url": "https://media.example/3.mp4", "duration": 2.5},
        {"type": "video", "url": "https://media.example/4.mp4"},
        {"type": "image", "url": "https://media.example/5.jpg"},
        {"type": "link", "url": "https://example.com/report"},
    ]


def test_an_absurd_duration_is_left_out_and_noted() -> None:
    found = post(row(photos=None, videos=[{"video_url": "https://media.example/2.mp4", "duration": 1e33}]))
    assert found.media == b'[{"type":"video","url":"https://media.example/2.mp4"}]'
    assert found.repairs == ["media.duration: 1e+33 is no count"]
