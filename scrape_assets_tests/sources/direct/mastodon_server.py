"""A Mastodon server on loopback: its lookup, listings by Link, limits and refusals. Invented people."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

from scrape_assets_tests.sources.direct.collecting import NOON
from scrape_assets_tests.sources.direct.platform_server import Reply, platform_server

HOST = "https://social.example"
PAGE = 40


def account(name: str = "jo", host: str = "social.example", remote: bool = False) -> dict[str, Any]:
    return {
        "id": "109",
        "username": name,
        "acct": f"{name}@{host}" if remote else name,
        "display_name": f"{name.title()} :blobcat:",
        "locked": False,
        "url": f"https://{host}/@{name}",
        "uri": f"https://{host}/users/{name}",
        "note": "<p>…</p>",
        "emojis": [],
        "fields": [],
    }


def status(number: int, at: datetime | None = None, **changes: Any) -> dict[str, Any]:
    """A status as vanilla servers give it; the higher the number, the newer by default."""
    moment = at or NOON - timedelta(hours=1000 - number)
    uri = f"https://social.example/users/jo/statuses/{number}"
    return {
        "id": str(number),
        "created_at": moment.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "in_reply_to_id": None,
        "sensitive": False,
        "spoiler_text": "",
        "visibility": "public",
        "language": "en",
        "uri": uri,
        "url": f"https://social.example/@jo/{number}",
        "replies_count": 1,
        "reblogs_count": 2,
        "favourites_count": 3,
        "edited_at": None,
        "content": f"<p>Number {number}</p>",
        "reblog": None,
        "account": account(),
        "media_attachments": [],
        "mentions": [],
        "tags": [],
        "emojis": [],
        "card": None,
        "poll": None,
    } | changes


def uris(*numbers: int) -> list[str]:
    return [f"https://social.example/users/jo/statuses/{number}" for number in numbers]


class Instance:
    """What one server holds and was asked. Listings are given in the order they are handed in."""

    def __init__(self, statuses: list[Any], tags: dict[str, list[Any]]) -> None:
        self.statuses = statuses
        self.tags = tags
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.replies: list[Reply | None] = []  # given in turn; None for the true answer
        self.link_host = "https://social.example"

    def answer(
        self, _method: str, path: str, query: dict[str, list[str]], _headers: Mapping[str, str], _body: bytes
    ) -> Reply:
        """The handler of the server."""
        params = {name: values[0] for name, values in query.items()}
        self.asked.append((path, params))
        given = self.replies.pop(0) if self.replies else None
        if given is not None:
            return given
        if path == "/api/v1/accounts/lookup":
            found = params["acct"] == "jo"
            return reply(200, account()) if found else reply(404, {"error": "Record not found"})
        if path == "/api/v1/accounts/109/statuses":
            return self._page(path, params, self.statuses)
        return self._page(path, params, self.tags[unquote(path.rpartition("/")[2])])

    def _page(self, path: str, params: dict[str, str], listing: list[Any]) -> Reply:
        # Tokens, not ids: whoever computes ids instead of following the link finds nothing.
        start = int(params.get("max_id", "page-0").removeprefix("page-"))
        limit = int(params["limit"])
        headers = {"X-RateLimit-Remaining": "290", "X-RateLimit-Reset": "2026-11-21T12:05:00.399976Z"}
        if start + limit < len(listing):
            way = f"{self.link_host}{path}?limit={limit}"
            headers["Link"] = f'<{way}&max_id=page-{start + limit}>; rel="next", <{way}&min_id=1>; rel="prev"'
        return reply(200, listing[start : start + limit], headers)


@contextmanager
def mastodon(statuses: list[Any] | None = None, **tags: list[Any]) -> Iterator[tuple[Instance, str]]:
    """A server with one creator, jo, and some tags; and its address."""
    instance = Instance(statuses or [], tags)
    with platform_server(instance.answer) as url:
        yield instance, url


def reply(code: int, body: object, headers: Mapping[str, str] | None = None) -> Reply:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return code, {"Content-Type": "application/json; charset=utf-8", **(headers or {})}, content
