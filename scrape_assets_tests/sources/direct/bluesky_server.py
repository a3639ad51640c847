"""Bluesky on loopback: the feed of one creator, a search behind a login, its limits and refusals. Invented people."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from scrape_assets_tests.sources.direct.collecting import NOON
from scrape_assets_tests.sources.direct.platform_server import Reply, platform_server

DID = "did:plc:" + "a" * 24
OTHER = "did:plc:" + "b" * 24
KEYS = {"BLUESKY_HANDLE": "us.example.com", "BLUESKY_APP_PASSWORD": "abcd-efgh-ijkl-mnop"}
FEED = "/xrpc/app.bsky.feed.getAuthorFeed"
SEARCH = "/xrpc/app.bsky.feed.searchPosts"
LOGIN = "/xrpc/com.atproto.server.createSession"


def iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def author(did: str = DID, handle: str = "jo.example.com", name: str = "Jo") -> dict[str, Any]:
    avatar = f"https://cdn.example/img/avatar/plain/{did}/baf@jpeg"
    return {"did": did, "handle": handle, "displayName": name, "avatar": avatar, "labels": []}


def uri(number: int, did: str = DID) -> str:
    return f"at://{did}/app.bsky.feed.post/3k{number:011d}"


def uris(*numbers: int) -> list[str]:
    return [uri(number) for number in numbers]


def view(
    number: int, at: datetime | None = None, record: dict[str, Any] | None = None, **changes: Any
) -> dict[str, Any]:
    """A post as feeds and searches show it; the higher the number, the newer by default."""
    moment = at or NOON - timedelta(hours=1000 - number)
    written = {
        "$type": "app.bsky.feed.post",
        "createdAt": iso(moment),
        "langs": ["en"],
        "text": f"Number {number}",
    } | (record or {})
    return {
        "uri": uri(number),
        "cid": "bafyrei",
        "author": author(),
        "record": written,
        "replyCount": 1,
        "repostCount": 2,
        "likeCount": 3,
        "quoteCount": 4,
        "bookmarkCount": 5,
        "indexedAt": iso(moment + timedelta(seconds=1)),
        "labels": [],
    } | changes


def repost(at: datetime, own_uri: str | None = None) -> dict[str, Any]:
    reason = {"$type": "app.bsky.feed.defs#reasonRepost", "by": author(), "indexedAt": iso(at)}
    return reason | ({"uri": own_uri, "cid": "bafy"} if own_uri else {})


def facet(text: str, piece: str, **feature: str) -> dict[str, Any]:
    """A piece of a text that is a tag, a mention or a link, as programs mark it."""
    start = len(text[: text.index(piece)].encode())
    index = {"byteStart": start, "byteEnd": start + len(piece.encode())}
    return {"index": index, "features": [{"$type": "app.bsky.richtext.facet#it"} | feature]}


class Network:
    """What there is to be read, and what was asked."""

    def __init__(self, feed: list[Any], finds: dict[str, list[Any]]) -> None:
        self.feed = feed
        self.finds = finds
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.logins: list[dict[str, str]] = []
        self.tokens: list[str] = []  # those that are still good
        self.replies: list[Reply | None] = []  # given in turn; None for the true answer

    def answer(
        self, method: str, path: str, query: dict[str, list[str]], headers: Mapping[str, str], body: bytes
    ) -> Reply:
        """The handler of the server."""
        params = {name: values[0] for name, values in query.items()}
        self.asked.append((path, params))
        given = self.replies.pop(0) if self.replies else None
        if given is not None:
            return given
        if path == FEED:
            if params["actor"] not in (DID, "jo.example.com"):
                return reply(400, {"error": "InvalidRequest", "message": "Profile not found"})
            return reply(200, self._page("feed", self.feed, params))
        if path == LOGIN:
            return self._login(method, json.loads(body))
        if headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return reply(400, {"error": "ExpiredToken", "message": "Token has expired"})
        return reply(200, self._page("posts", self.finds.get(params["q"], []), params))

    def _login(self, method: str, given: dict[str, str]) -> Reply:
        self.logins.append(given)
        if method != "POST" or given["password"] != KEYS["BLUESKY_APP_PASSWORD"]:
            return reply(401, {"error": "AuthenticationRequired", "message": "Invalid identifier or password"})
        self.tokens = [f"token-{len(self.logins)}"]
        return reply(200, {"did": OTHER, "handle": given["identifier"], "accessJwt": self.tokens[0], "active": True})

    def _page(self, name: str, listing: list[Any], params: dict[str, str]) -> dict[str, Any]:
        start, limit = int(params.get("cursor", "0")), int(params["limit"])
        cursor = {"cursor": str(start + limit)} if start + limit < len(listing) else {}
        return {name: listing[start : start + limit]} | cursor


@contextmanager
def bluesky(feed: list[Any] | None = None, finds: dict[str, list[Any]] | None = None) -> Iterator[tuple[Network, str]]:
    """The network with one creator's feed and the finds of some queries; and its address."""
    network = Network(feed or [], finds or {})
    with platform_server(network.answer) as url:
        yield network, url


def reply(code: int, body: object, headers: Mapping[str, str] | None = None) -> Reply:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    limits = {"RateLimit-Limit": "3000", "RateLimit-Remaining": "2997", "RateLimit-Policy": "3000;w=300"}
    return code, {"Content-Type": "application/json; charset=utf-8"} | limits | dict(headers or {}), content
