"""The vendor's rows of true shape, when they lie beside the repository. They are read, never copied."""

from pathlib import Path

import pytest

from scrape_assets.posts.model import Post, Rejected, RejectReason
from scrape_assets.posts.times import same_time, x_id_time
from scrape_assets.sources.datasets.x import map_line

RECORDED = Path(__file__).parents[4] / "shared" / "recorded" / "brightdata" / "x_posts_by_profile_url.ndjson"
ALWAYS = frozenset(
    {"platform", "post_id", "url", "kind", "author_key", "author_handle", "author_id", "author_name", "author_url"}
    | {"text", "posted_at", "collected_at", "like_count", "comment_count", "share_count", "view_count", "save_count"}
    | {"feed_key"}
)
SOMETIMES = {"mentions": 4, "media": 37, "reply_to": 1}


@pytest.fixture
def results() -> list[Post | Rejected]:
    if not RECORDED.is_file():
        pytest.skip(f"no recorded rows: there is no file {RECORDED}")
    return [map_line(line, last=False) for line in RECORDED.read_bytes().splitlines()]


def posts(results: list[Post | Rejected]) -> list[Post]:
    return [result for result in results if isinstance(result, Post)]


def test_every_recorded_row_is_a_post_or_the_named_warning(results: list[Post | Rejected]) -> None:
    rejects = [result for result in results if isinstance(result, Rejected)]
    assert [(one.reason, one.code, one.detail) for one in rejects] == [
        (RejectReason.SOURCE_WARNING, "dead_page", "Invalid input.url")
    ]
    assert len(posts(results)) == 39
    assert not any(post.repairs for post in posts(results))


def test_what_arrives_of_the_recorded_rows(results: list[Post | Rejected]) -> None:
    filled = {
        field: sum(getattr(post, field) is not None for post in posts(results))
        for field in Post._fields
        if any(getattr(post, field) is not None for post in posts(results))
    }
    assert filled == dict.fromkeys(ALWAYS, 39) | SOMETIMES
    assert all(post.author_key == post.feed_key for post in posts(results))
    assert [post.kind for post in posts(results) if post.reply_to] == ["reply"]


def test_recorded_times_agree_with_the_ids(results: list[Post | Rejected]) -> None:
    for post in posts(results):
        in_id = x_id_time(post.post_id)
        assert post.posted_at is not None
        assert in_id is not None
        assert same_time(post.posted_at, in_id)
