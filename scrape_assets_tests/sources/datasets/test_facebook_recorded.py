"""The vendor's rows of true shape, when they lie beside the repository. They are read, never copied."""

import json
from pathlib import Path

import pytest

from scrape_assets.posts.model import Post, Rejected
from scrape_assets.sources.datasets.facebook import map_line

RECORDED = Path(__file__).parents[4] / "shared" / "recorded" / "brightdata" / "facebook_page_posts.ndjson"
ALWAYS = frozenset(
    {"platform", "post_id", "url", "kind", "author_key", "author_handle", "author_id", "author_name", "author_url"}
    | {"text", "posted_at", "collected_at", "hashtags", "media", "like_count", "comment_count", "share_count"}
    | {"view_count", "feed_key"}
)


@pytest.fixture
def results() -> list[Post | Rejected]:
    if not RECORDED.is_file():
        pytest.skip(f"no recorded rows: there is no file {RECORDED}")
    return [map_line(line, last=False) for line in RECORDED.read_bytes().splitlines()]


def test_every_recorded_row_is_a_reel_with_all_it_has(results: list[Post | Rejected]) -> None:
    assert len(results) == 3
    for post in results:
        assert isinstance(post, Post)
        assert {field for field in Post._fields if getattr(post, field) is not None} == ALWAYS
        assert (post.kind, post.author_key == post.feed_key, post.repairs) == ("reel", True, None)
        assert post.post_id not in (post.url or "")


def test_recorded_media_have_a_preview_and_a_length(results: list[Post | Rejected]) -> None:
    for post in results:
        assert isinstance(post, Post)
        assert post.media is not None
        (video,) = json.loads(post.media)
        assert set(video) == {"type", "url", "preview_url", "duration"}
        assert 10 < video["duration"] < 60
