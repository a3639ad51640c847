"""The vendor's Instagram rows of true shape, when they lie beside the repository. They are read, never copied."""

import json
from pathlib import Path

import pytest

from scrape_assets.posts.model import Post
from scrape_assets.sources.datasets.instagram import map_line

RECORDED = Path(__file__).parents[4] / "shared" / "recorded" / "brightdata" / "instagram_posts_by_profile_url.ndjson"
ALWAYS = {
    "platform", "post_id", "url", "kind", "author_key", "author_handle", "author_id", "author_url", "text",
    "posted_at", "collected_at", "mentions", "media", "like_count", "comment_count", "feed_key",
    "tagged",
}  # fmt: skip


@pytest.fixture
def posts() -> list[Post]:
    if not RECORDED.is_file():
        pytest.skip(f"no recorded rows: there is no file {RECORDED}")
    found = [map_line(line, last=False) for line in RECORDED.read_bytes().splitlines()]
    assert all(isinstance(one, Post) for one in found)
    return [one for one in found if isinstance(one, Post)]


def test_every_recorded_row_is_a_post_with_all_that_it_gives(posts: list[Post]) -> None:
    assert len(posts) == 5
    for post in posts:
        arrived = {name for name, value in post._asdict().items() if value is not None}
        assert arrived == ALWAYS


def test_recorded_co_authored_posts_keep_their_author_and_mention_the_owner_of_the_feed(posts: list[Post]) -> None:
    foreign = [post for post in posts if post.author_key != post.feed_key]
    assert len(foreign) == 4
    assert all(post.feed_key in (post.mentions or ()) for post in foreign)


def test_recorded_carousels_have_each_picture_once(posts: list[Post]) -> None:
    counts = [len(json.loads(post.media or b"[]")) for post in posts]
    assert sorted(counts) == [1, 1, 1, 2, 4]
