"""Reddit's API on loopback, as its documentation and recorded answers have it; all is invented. No tests."""

import json
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from scrape_assets_tests.sources.direct.collecting import NOON
from scrape_assets_tests.sources.direct.keyed_collecting import Script
from scrape_assets_tests.sources.direct.platform_server import Reply, platform_server

KEYS = {"REDDIT_CLIENT_ID": "invented-id", "REDDIT_CLIENT_SECRET": "invented-secret"}
TOKEN_PATH = "/api/v1/access_token"


def hours_ago(hours: float) -> datetime:
    return NOON - timedelta(hours=hours)


def t3(post_id: str, posted_at: datetime, **fields: Any) -> dict[str, Any]:
    """The data of a text post, with some of the hundred fields that nobody uses."""
    return {
        "approved_at_utc": None,
        "subreddit": "TeaTime",
        "selftext": "Two & a half\n\nby u/Bo_B of r/Kettles, u/ada_l",
        "author_fullname": "t2_ada1",
        "saved": False,
        "mod_reason_title": None,
        "gilded": 0,
        "title": f"About {post_id}",
        "link_flair_richtext": [],
        "hidden": False,
        "thumbnail": "self",
        "edited": False,
        "ups": 34,
        "score": 34,
        "upvote_ratio": 0.97,
        "media_embed": {},
        "secure_media": None,
        "is_reddit_media_domain": False,
        "media": None,
        "is_self": True,
        "created": posted_at.timestamp() + 28_800,
        "created_utc": posted_at.timestamp(),
        "domain": "self.TeaTime",
        "stickied": False,
        "pinned": False,
        "view_count": None,
        "is_video": False,
        "num_crossposts": 2,
        "id": post_id,
        "name": f"t3_{post_id}",
        "author": "Ada_L",
        "num_comments": 5,
        "over_18": False,
        "permalink": f"/r/TeaTime/comments/{post_id}/about/",
        "url": f"https://www.reddit.com/r/TeaTime/comments/{post_id}/about/",
    } | fields


def reply(status: int, body: Any, **headers: str) -> Reply:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, {"content-type": "application/json; charset=UTF-8", **sent}, content


@dataclass
class RedditServer(Script):
    """One listing, whatever is asked; and tokens, each of which can be withdrawn."""

    posts: list[dict[str, Any]] = field(default_factory=list)
    size: int = 2
    expires_in: int = 86_400
    tokens: int = 0  # given so far
    withdrawn: set[str] = field(default_factory=set)
    rate: dict[str, str] = field(default_factory=lambda: {"x_ratelimit_remaining": "598.0", "x_ratelimit_reset": "459"})

    def answer(
        self, method: str, path: str, query: dict[str, list[str]], headers: Mapping[str, str], body: bytes
    ) -> Reply:
        scripted = self.note(path, query, headers)
        if scripted is not None:
            return scripted
        if path == TOKEN_PATH:
            return self._token(method, headers, body)
        kind, _, token = headers.get("authorization", "").partition(" ")
        if kind != "Bearer" or not token or token in self.withdrawn or token != f"token-{self.tokens}":
            return reply(401, {"message": "Unauthorized", "error": 401})
        after = query.get("after", [""])[0]
        names = [post["name"] for post in self.posts]
        at = names.index(after) + 1 if after else 0
        shown = self.posts[at : at + self.size]
        last = shown[-1]["name"] if shown and at + self.size < len(self.posts) else None
        children = [{"kind": "t3", "data": post} for post in shown]
        return reply(200, listing(children, last), **self.rate)

    def _token(self, method: str, headers: Mapping[str, str], body: bytes) -> Reply:
        given = b64decode(headers.get("authorization", "").removeprefix("Basic ")).decode()
        if method != "POST" or given != ":".join(KEYS.values()) or body != b"grant_type=client_credentials":
            return reply(401, {"message": "Unauthorized", "error": 401})
        self.tokens += 1
        grant = {"access_token": f"token-{self.tokens}", "token_type": "bearer", "scope": "*"}
        return reply(200, grant | {"expires_in": self.expires_in})


def listing(children: Any, after: str | None = None) -> dict[str, Any]:
    return {"kind": "Listing", "data": {"modhash": None, "dist": 2, "children": children, "after": after}}


@contextmanager
def reddit_server(*posts: dict[str, Any], **fields: Any) -> Iterator[tuple[RedditServer, str]]:
    server = RedditServer(posts=list(posts), **fields)
    with platform_server(server.answer) as url:
        yield server, url
