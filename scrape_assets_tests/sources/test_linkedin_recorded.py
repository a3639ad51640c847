"""The vendor's rows of true shape, when they lie beside the repository. They are read, never copied."""

from pathlib import Path

import pytest

from scrape_assets.posts.model import Post, Rejected, RejectReason
from scrape_assets.posts.times import linkedin_id_time, same_time
from scrape_assets.sources.datasets.linkedin import map_line

RECORDED = Path(__file__).parents[3] / "shared" / "recorded" / "brightdata"


@pytest.fixture
def recorded() -> Path:
    if not RECORDED.is_dir():
        pytest.skip(f"no recorded rows: there is no folder {RECORDED}")
    return RECORDED


def results(file: Path) -> list[Post | Rejected]:
    return [map_line(line, last=False) for line in file.read_bytes().splitlines()]


def posts(file: Path) -> list[Post]:
    return [result for result in results(file) if isinstance(result, Post)]


@pytest.mark.parametrize(
    ("name", "mapped", "repaired"),
    [
        ("linkedin_posts_by_company_url", 12, 0),
        ("linkedin_posts_by_url", 4, 0),
        ("linkedin_articles_by_author_url", 30, 7),
    ],
)
def test_every_recorded_row_is_a_post_or_a_named_error(recorded: Path, name: str, mapped: int, repaired: int) -> None:
    found = posts(recorded / f"{name}.ndjson")
    assert (len(found), sum(bool(post.repairs) for post in found)) == (mapped, repaired)
    assert all(post.author_key and post.text and post.url for post in found)


def test_the_recorded_error_row_is_set_aside_with_the_vendors_code(recorded: Path) -> None:
    rejected = [r for r in results(recorded / "linkedin_posts_by_company_url.ndjson") if isinstance(r, Rejected)]
    assert [(r.reason, r.code) for r in rejected] == [(RejectReason.SOURCE_ERROR, "crawl_failed")]
    assert rejected[0].input_url is not None
    assert "/company/" in rejected[0].input_url


def test_recorded_times_agree_with_the_ids(recorded: Path) -> None:
    checked = 0
    for file in recorded.glob("linkedin_*.ndjson"):
        for post in posts(file):
            in_id = linkedin_id_time(post.post_id)
            assert post.posted_at is not None
            assert (in_id is None) == (post.kind == "article")
            if in_id:
                assert same_time(post.posted_at, in_id)
                checked += 1
    assert checked == 14


def test_recorded_absurd_counts_are_null_in_the_same_rows(recorded: Path) -> None:
    absurd = [post for post in posts(recorded / "linkedin_articles_by_author_url.ndjson") if post.repairs]
    assert all(post.like_count is None and post.comment_count is None for post in absurd)
    assert all(len(post.repairs or ()) == 2 for post in absurd)


def test_recorded_company_rows_have_an_author_though_their_user_id_is_null(recorded: Path) -> None:
    found = posts(recorded / "linkedin_posts_by_company_url.ndjson")
    assert all(post.author_key == post.feed_key and post.author_key for post in found)
    assert sum(post.kind == "repost" for post in found) == 2
    assert all(post.reposted_from for post in found if post.kind == "repost")
