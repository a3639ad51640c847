"""One entry of a feed with this and that changed, as a post. No tests."""

import json
from typing import Any

from scrape_assets.posts.model import Post, Rejected
from scrape_assets.sources.direct.envelope import item_line
from scrape_assets.sources.direct.feed import SOURCE
from scrape_assets_tests.sources.direct.feed_server import KEY, NOON

LINK = "https://blog.example.com/leaves"
ENTRY = {"id": LINK, "link": LINK, "title": "Leaves", "published": "2026-11-20T10:00:00Z"}
FEED = {
    "key": KEY,
    "url": f"https://{KEY}",
    "address": f"https://{KEY}",
    "title": "Tea &amp; Leaves",
    "author": {"name": "Ada Invented"},
    "language": "en-GB",
}


def mapped(entry: dict[str, Any], feed: dict[str, Any] = FEED) -> Post | Rejected | None:
    """What becomes of an entry."""
    line = item_line(KEY, NOON, json.dumps({**entry, "feed": feed}).encode())
    return SOURCE.mapping.map_line(line[:-1], last=False)


def post(**changes: Any) -> Post:
    """The post that `ENTRY` with these changes becomes."""
    mapping = mapped({**ENTRY, **changes})
    assert isinstance(mapping, Post), mapping
    return mapping
