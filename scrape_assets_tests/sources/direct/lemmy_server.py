"""An invented Lemmy server of either generation: pages, searches and refuses as the real ones do. No tests."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from scrape_assets_tests.sources.direct.platform_server import Reply, platform_server

HOST = "https://lemmy.example.com"
NEWEST = datetime(2026, 11, 20, 9, 30, 1, 123456, tzinfo=UTC)


def moment(minutes_ago: int) -> str:
    return (NEWEST - timedelta(minutes=minutes_ago)).isoformat().replace("+00:00", "Z")


def person(name: str = "ada", host: str = HOST) -> dict[str, Any]:
    return {"id": 34, "name": name, "actor_id": f"{host}/u/{name}", "local": True, "banned": False, "instance_id": 1}


def post(number: int, minutes_ago: int, author: str = "ada", **changes: object) -> dict[str, Any]:
    """A post as version 3 gives it."""
    written = {
        "id": number,
        "name": f"Tea {number}",
        "body": "We **love** tea.",
        "creator_id": 34,
        "community_id": 5,
        "removed": False,
        "locked": False,
        "published": moment(minutes_ago),
        "deleted": False,
        "nsfw": False,
        "ap_id": f"{HOST}/post/{number}",
        "local": True,
        "language_id": 37,
        "featured_community": False,
        "featured_local": False,
    }
    return {
        "post": written | changes,
        "creator": person(author),
        "community": {"id": 5, "name": "tea", "title": "Tea", "actor_id": f"{HOST}/c/tea", "published": moment(9_999)},
        "creator_banned_from_community": False,
        "counts": {"post_id": number, "comments": 3, "score": -1, "upvotes": 4, "downvotes": 5},
        "subscribed": "NotSubscribed",
        "saved": False,
    }


def comment(number: int, minutes_ago: int, author: str = "ada", **changes: object) -> dict[str, Any]:
    """A comment as version 3 gives it."""
    written = {
        "id": number,
        "creator_id": 34,
        "post_id": 7,
        "content": f"So do I {number}.",
        "removed": False,
        "published": moment(minutes_ago),
        "ap_id": f"{HOST}/comment/{number}",
        "path": f"0.{number}",
    }
    under = post(7, 9_000, "bob")
    counts = {"comment_id": number, "score": 2, "upvotes": 2, "downvotes": 0, "child_count": 1}
    return under | {"comment": written | changes, "creator": person(author), "counts": counts}


def of_version_4(view: dict[str, Any]) -> dict[str, Any]:
    """The same as version 4 gives it."""
    kind = "comment" if "comment" in view else "post"
    written = {name: value for name, value in view[kind].items() if name != "published"}
    written |= {"published_at": view[kind]["published"]} | view["counts"]
    creator = {name: value for name, value in view["creator"].items() if name != "actor_id"}
    creator |= {"ap_id": view["creator"]["actor_id"], "display_name": "Ada L."}
    rest = {name: value for name, value in view.items() if name not in ("counts", "creator", kind)}
    return {"type_": kind, kind: written, "creator": creator} | rest


class Server:
    """What one server holds, and its API."""

    def __init__(self, *views: dict[str, Any], version: str = "0.19") -> None:
        self.views = sorted(views, key=_published, reverse=True)
        self.version = version
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.first: list[Reply] = []  # given in turn before anything is looked up

    def answer(
        self, _method: str, path: str, query: dict[str, list[str]], _headers: Mapping[str, str], _body: bytes
    ) -> Reply:
        """The handler of the server."""
        params = {name: values[0] for name, values in query.items()}
        self.asked.append((path, params))
        if self.first:
            return self.first.pop(0)
        for name, values in (("username", ("ada@",)), ("community_name", ("tea@",))):
            if name in params and not params[name].startswith(values):
                return fault(404, "not_found")
        modern = self.version != "0.19"
        match path:
            case "/api/v3/user" if not modern:
                return self._numbered(params, [view for view in self.views if view["creator"]["name"] == "ada"])
            case "/api/v3/search":
                found = [view for view in self.views if params["q"].casefold() in json.dumps(view).casefold()]
                return self._numbered(params | ({"page": "1"} if modern else {}), found)
            case "/api/v3/post/list":
                return self._linked(params, "v3", ends=modern)
            case "/api/v4/post/list" | "/api/v4/person/content" if modern:
                return self._linked(params, "v4", ends=False)
        return 404, {}, b""

    def _numbered(self, params: dict[str, str], views: list[dict[str, Any]]) -> Reply:
        size, page = int(params["limit"]), int(params["page"])
        posts = [view for view in views if "comment" not in view][(page - 1) * size : page * size]
        comments = [view for view in views if "comment" in view][(page - 1) * size : page * size]
        return ok({"posts": posts, "comments": comments, "communities": [{"community": {}}], "users": []})

    def _linked(self, params: dict[str, str], version: str, ends: bool) -> Reply:
        views = self.views if "username" in params else [view for view in self.views if "comment" not in view]
        if "search_term" in params:
            views = [view for view in views if params["search_term"].casefold() in json.dumps(view).casefold()]
        pinned = [view for view in views if view["post"].get("featured_community") and "community_name" in params]
        views = [*pinned, *(view for view in views if view not in pinned)]
        begin = 0 if ends else int(params.get("page_cursor", "P0")[1:])
        page = views[begin : begin + int(params["limit"])]
        more = {"next_page": f"P{begin + len(page)}"} if page and not ends else {}
        listed: dict[str, object] = {"posts": page} if version == "v3" else {"items": [of_version_4(v) for v in page]}
        return ok(listed | more)


def ok(body: object) -> Reply:
    return 200, {"Content-Type": "application/json"}, json.dumps(body).encode()


def fault(status: int, word: str) -> Reply:
    return status, {"Content-Type": "application/json"}, json.dumps({"error": word}).encode()


@contextmanager
def lemmy(*views: dict[str, Any], version: str = "0.19") -> Iterator[tuple[Server, str]]:
    """A server that holds these posts and comments, and its address."""
    server = Server(*views, version=version)
    with platform_server(server.answer) as url:
        yield server, url


def _published(view: dict[str, Any]) -> str:
    published = view.get("comment", view["post"])["published"]
    assert isinstance(published, str)
    return published
