"""X's API on loopback, as its documentation and recorded answers have it; all people are invented. No tests."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from scrape_assets_tests.sources.direct.collecting import NOON
from scrape_assets_tests.sources.direct.keyed_collecting import Script
from scrape_assets_tests.sources.direct.platform_server import Reply, platform_server

TOKEN = "AAAA-invented-bearer"
KEYS = {"X_BEARER_TOKEN": TOKEN}
EPOCH_MS = 1_288_834_974_657
USER_ID = "7001"


def x_id(moment: datetime, number: int = 0) -> str:
    """An id that holds the time, as X makes them."""
    return str((round(moment.timestamp() * 1000) - EPOCH_MS) << 22 | number)


def minutes_ago(minutes: float) -> datetime:
    return NOON - timedelta(minutes=minutes)


def tweet(posted_at: datetime, number: int = 0, **fields: Any) -> dict[str, Any]:
    """A post as the API gives it, with all that is asked for."""
    stated = posted_at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{posted_at.microsecond // 1000:03d}Z"
    post_id = x_id(posted_at, number)
    return {
        "edit_history_tweet_ids": [post_id],
        "id": post_id,
        "text": f"Words of {number} &amp; more",
        "author_id": USER_ID,
        "created_at": stated,
        "lang": "en",
        "conversation_id": post_id,
        "possibly_sensitive": False,
        "public_metrics": {
            "retweet_count": 1,
            "reply_count": 2,
            "like_count": 3,
            "quote_count": 4,
            "bookmark_count": 5,
            "impression_count": 600,
        },
    } | fields


def reply(status: int, body: Any, **headers: str) -> Reply:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, {"content-type": "application/json; charset=utf-8", **sent}, content


TOO_MANY = {"title": "Too Many Requests", "detail": "Too Many Requests", "type": "about:blank", "status": 429}
CAPPED = {
    "account_id": 90,
    "title": "UsageCapExceeded",
    "detail": "Usage cap exceeded: Monthly product cap",
    "type": "https://api.twitter.com/2/problems/usage-capped",
}
NO_USER = {
    "errors": [
        {
            "value": "ada",
            "detail": "Could not find user with username: [ada].",
            "title": "Not Found Error",
            "resource_type": "user",
            "parameter": "username",
            "type": "https://api.twitter.com/2/problems/resource-not-found",
        }
    ]
}


@dataclass
class XServer(Script):
    """One account and its posts; a page holds `size` of them, whatever was asked."""

    posts: list[dict[str, Any]] = field(default_factory=list)
    includes: dict[str, Any] = field(default_factory=lambda: {"users": [ada()]})
    size: int = 2
    rate: dict[str, str] = field(default_factory=dict)  # headers of each answer

    def answer(
        self, _method: str, path: str, query: dict[str, list[str]], headers: Mapping[str, str], _body: bytes
    ) -> Reply:
        scripted = self.note(path, query, headers)
        if scripted is not None:
            return scripted
        if headers.get("authorization") != f"Bearer {TOKEN}":
            unauthorized = {"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": "Unauthorized"}
            return reply(401, unauthorized)
        if path.startswith("/2/users/by/username/"):
            return reply(200, {"data": ada()}, **self.rate)
        return reply(200, self._page(query), **self.rate)

    def _page(self, query: dict[str, list[str]]) -> dict[str, Any]:
        start, end = (query.get(name, [""])[0] for name in ("start_time", "end_time"))
        found = [
            post
            for post in self.posts
            if (not start or post["created_at"] >= start) and (not end or post["created_at"] < end)
        ]
        token = (query.get("pagination_token") or query.get("next_token") or ["at-0"])[0]
        at = int(token.removeprefix("at-"))
        shown = found[at : at + self.size]
        if not shown:
            return {"meta": {"result_count": 0}}
        meta: dict[str, Any] = {"result_count": len(shown), "newest_id": shown[0]["id"], "oldest_id": shown[-1]["id"]}
        if at + self.size < len(found):
            meta["next_token"] = f"at-{at + self.size}"
        return {"data": shown, "includes": self.includes, "meta": meta}


def ada() -> dict[str, Any]:
    return {"id": USER_ID, "name": "Ada L. 🌱", "username": "Ada_L"}


@contextmanager
def x_server(*posts: dict[str, Any], **fields: Any) -> Iterator[tuple[XServer, str]]:
    server = XServer(posts=list(posts), **fields)
    with platform_server(server.answer) as url:
        yield server, url


def in_unix(moment: datetime) -> str:
    return str(int(moment.astimezone(UTC).timestamp()))
