"""Replay files with rows that the tests make up. No assertions."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from scrape_assets_tests.flow.world import HARBOUR, NOW

SEEN = "2026-11-20T11:00:00.000Z"
_EPOCH_MS = int(NOW.timestamp() * 1000) - 86_400_000


def post(number: int, *, feed: str = HARBOUR, **changes: Any) -> dict[str, Any]:
    """A post in a company's feed, by the company itself unless changed."""
    activity = (_EPOCH_MS + number * 60_000) << 22
    url = f"https://www.linkedin.com/posts/x_activity-{activity}"
    slug = feed.rpartition("/")[2]
    return {
        "url": url,
        "id": str(activity),
        "user_id": slug,
        "use_url": feed,
        "user_name": slug,
        "account_type": "Organization",
        "post_type": "post",
        "post_text": f"Post number {number}",
        "num_likes": number,
        "num_comments": 0,
        "timestamp": SEEN,
        "input": {"url": url},
        "discovery_input": {"url": feed},
    } | changes


def error(code: str = "crawl_failed", *, feed: str = HARBOUR) -> dict[str, Any]:
    """A row by which the vendor says that a post of a feed could not be collected."""
    return {
        "timestamp": SEEN,
        "input": {"url": "https://www.linkedin.com/posts/lost"},
        "discovery_input": {"url": feed},
        "error": "Collection failed after multiple attempts",
        "error_code": code,
    }


def replay(folder: Path, rows: Iterable[dict[str, Any] | bytes], kind: str = "company") -> Path:
    """A folder from which the simulator answers triggers by company (or profile) with these rows."""
    folder.mkdir(exist_ok=True)
    lines = (row if isinstance(row, bytes) else json.dumps(row).encode() + b"\n" for row in rows)
    (folder / f"linkedin_posts_by_{kind}_url.ndjson").write_bytes(b"".join(lines))
    return folder
