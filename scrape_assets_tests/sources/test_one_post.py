"""One post that several sources saw is one row: they must give it one id, one author and, where both tell, one time."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from scrape_assets.posts.model import Post
from scrape_assets.sources.direct.envelope import item_line
from scrape_assets.sources.registry import direct_source
from scrape_assets_tests.sources.datasets import instagram_rows, reddit_rows, tiktok_rows, x_rows, youtube_rows
from scrape_assets_tests.sources.direct.collecting import NOON
from scrape_assets_tests.sources.direct.instagram_server import picture
from scrape_assets_tests.sources.direct.mastodon_server import account, status
from scrape_assets_tests.sources.direct.reddit_server import t3
from scrape_assets_tests.sources.direct.tiktok_server import video as tiktok_video
from scrape_assets_tests.sources.direct.x_server import tweet
from scrape_assets_tests.sources.direct.youtube_server import video as youtube_video


def by_api(source: str, item: Mapping[str, Any]) -> Post:
    """What a direct source's mapping makes of an item."""
    line = item_line("asked", NOON, json.dumps(item).encode())
    post = direct_source(source).mapping.map_line(line[:-1], last=False)
    assert isinstance(post, Post), post
    return post


def same(one: Post, other: Post) -> None:
    assert (one.platform, one.post_id) == (other.platform, other.post_id)


def test_x_by_the_vendor_and_by_its_api() -> None:
    vendor = x_rows.post(x_rows.row())
    assert vendor.posted_at is not None
    item = tweet(vendor.posted_at)
    item |= {"id": vendor.post_id, "author_id": "44"}
    api = by_api(
        "x", {"post": item, "includes": {"users": [{"id": "44", "username": vendor.author_handle, "name": "N"}]}}
    )
    same(vendor, api)
    assert (vendor.author_key, vendor.author_handle) == (api.author_key, api.author_handle)
    assert vendor.posted_at is not None
    assert api.posted_at is not None
    assert abs((vendor.posted_at - api.posted_at).total_seconds()) < 2


def test_instagram_as_post_as_reel_and_by_the_api() -> None:
    code = "DAbC-1_xyz9"
    post = instagram_rows.post(instagram_rows.row(shortcode=code, url=f"https://www.instagram.com/p/{code}/"))
    reel = instagram_rows.post(instagram_rows.reel(shortcode=code, url=f"https://www.instagram.com/reel/{code}"))
    api = by_api("instagram", instagram_item(picture(1, permalink=f"https://www.instagram.com/reel/{code}/")))
    same(post, reel)
    same(post, api)


def instagram_item(media: dict[str, Any]) -> dict[str, Any]:
    return {"media": media, "account": {"id": "1", "username": "ada", "name": "Ada"}}


def test_tiktok_by_the_vendor_and_by_its_api() -> None:
    vendor = tiktok_rows.post(tiktok_rows.row())
    api = by_api("tiktok", tiktok_video(1, id=int(vendor.post_id), username=vendor.author_handle))
    same(vendor, api)
    assert vendor.author_key == api.author_key


def test_youtube_by_the_vendor_and_by_its_api() -> None:
    vendor = youtube_rows.post(youtube_rows.row())
    assert vendor.posted_at is not None
    api = by_api("youtube", youtube_video(vendor.post_id, vendor.posted_at))
    same(vendor, api)
    assert vendor.url == api.url


def test_reddit_by_the_vendor_and_by_its_api() -> None:
    vendor = reddit_rows.post(reddit_rows.row())
    assert vendor.posted_at is not None
    api = by_api("reddit", t3(vendor.post_id, vendor.posted_at))
    same(vendor, api)


@pytest.mark.parametrize("seen_at", ["social.example", "elsewhere.example"])
def test_mastodon_through_two_instances(seen_at: str) -> None:
    home = by_api("mastodon", status(7))
    seen = status(7)
    remote = seen_at != "social.example"
    seen |= {"id": "9" * 18, "account": account(remote=remote)}
    elsewhere = by_api("mastodon", seen)
    same(home, elsewhere)
    assert (home.author_key, home.author_handle) == (elsewhere.author_key, elsewhere.author_handle)
