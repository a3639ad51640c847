"""An invented Hacker News search: pages, filters and refuses as the real one does. No tests."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from scrape_assets.posts.identity import Profile, ProfileKind
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.search import Search as Wanted
from scrape_assets.posts.search import search_key
from scrape_assets.sources.direct.source import Target
from scrape_assets.sources.mapping import TimeWindow
from scrape_assets_tests.sources.direct.platform_server import Reply, platform_server

SECOND = 1_790_000_000  # 2026-09-21T14:13:20Z
REACH = 1000
WINDOW = TimeWindow(
    datetime.fromtimestamp(SECOND - 1_000_000, UTC), datetime.fromtimestamp(SECOND, UTC) + timedelta(seconds=1)
)


def user(name: str = "ada") -> Profile:
    url = f"https://news.ycombinator.com/user?id={name}"
    return Profile(Platform.HACKERNEWS, name, url, name, ProfileKind.ACCOUNT)


def by(name: str = "ada", window: TimeWindow = WINDOW) -> Target:
    return Target(name, window, profile=user(name))


def about(*keywords: str, window: TimeWindow = WINDOW) -> Target:
    return Target(search_key(keywords[0] if keywords else ""), window, search=Wanted(keywords))


def story(number: int, second: int, author: str = "ada", **changes: object) -> dict[str, Any]:
    """A story with all the fields that nobody needs."""
    return {
        "_highlightResult": {"title": {"matchLevel": "none", "matchedWords": [], "value": f"Tea {number}"}},
        "_tags": ["story", f"author_{author}", f"story_{number}"],
        "author": author,
        "children": [number + 1],
        "created_at": "2026-09-21T14:13:20Z",
        "created_at_i": second,
        "num_comments": 3,
        "objectID": str(number),
        "points": 12,
        "story_id": number,
        "title": f"Tea {number}",
        "updated_at": "2026-09-22T00:00:00Z",
        "url": f"https://example.com/tea/{number}",
    } | changes


def comment(number: int, second: int, author: str = "ada", **changes: object) -> dict[str, Any]:
    """A comment, as older answers give it: with nulls."""
    return {
        "_tags": ["comment", f"author_{author}", "story_7"],
        "author": author,
        "comment_text": f"I&#x27;d rather have tea {number}.",
        "created_at": "2026-09-21T14:13:20.000Z",
        "created_at_i": second,
        "num_comments": None,
        "objectID": str(number),
        "parent_id": 8,
        "points": None,
        "story_id": 7,
        "story_text": None,
        "story_title": "On tea",
        "story_url": "https://example.com/tea",
        "title": None,
        "url": None,
    } | changes


class Search:
    """The index and its API."""

    def __init__(self, *hits: dict[str, Any], users: tuple[str, ...] = ()) -> None:
        self.hits = list(hits)
        self.users = users
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.first: list[Reply] = []  # given in turn before the index is asked
        self.changes: dict[str, object] = {}  # what each page says instead

    def answer(
        self, _method: str, path: str, query: dict[str, list[str]], _headers: Mapping[str, str], _body: bytes
    ) -> Reply:
        """The handler of the server."""
        params = {name: values[0] for name, values in query.items()}
        self.asked.append((path, params))
        if self.first:
            return self.first.pop(0)
        if path.startswith("/api/v1/users/"):
            name = path.rsplit("/", 1)[1]
            if name in self.users:
                return _json(200, {"username": name, "karma": 7})
            return _json(404, {"status": 404, "error": "Not Found"})
        return _json(200, self.page(params) | self.changes)

    def page(self, params: dict[str, str]) -> dict[str, object]:
        """The answer to a query, before it is changed."""
        size, page = int(params["hitsPerPage"]), int(params["page"])
        found = sorted((hit for hit in self.hits if _matches(hit, params)), key=lambda hit: -hit["created_at_i"])
        base: dict[str, object] = {"hitsPerPage": size, "page": page, "exhaustiveNbHits": True, "processingTimeMS": 1}
        if page * size >= REACH:
            message = "you can only fetch the 1000 hits for this query."
            return base | {"hits": [], "nbHits": 0, "nbPages": 0, "message": message}
        reachable = found[:REACH]
        return base | {
            "hits": reachable[page * size : (page + 1) * size],
            "nbHits": len(found),
            "nbPages": -(-len(reachable) // size),
        }


@contextmanager
def hackernews(*hits: dict[str, Any], users: tuple[str, ...] = ()) -> Iterator[tuple[Search, str]]:
    """A search over these hits, and its address."""
    search = Search(*hits, users=users)
    with platform_server(search.answer) as url:
        yield search, url


def _matches(hit: dict[str, Any], params: dict[str, str]) -> bool:
    bounds = re.fullmatch(r"created_at_i>=(\d+),created_at_i<=(\d+)", params["numericFilters"])
    assert bounds, params
    tags = re.fullmatch(r"(?:(author_[\w-]+),)?\(([a-z_,]+)\)", params["tags"])
    assert tags, params
    words = params.get("query", "")
    text = f"{hit.get('title')} {hit.get('comment_text')}".casefold()
    own = [tag.casefold() for tag in hit["_tags"]]
    return (
        int(bounds[1]) <= hit["created_at_i"] <= int(bounds[2])
        and (tags[1] is None or tags[1].casefold() in own)  # loosely, as a search may
        and any(kind in own for kind in tags[2].split(","))
        and words.strip('"').casefold() in text
    )


def _json(status: int, body: object) -> Reply:
    return status, {"Content-Type": "application/json; charset=utf-8"}, json.dumps(body).encode()
