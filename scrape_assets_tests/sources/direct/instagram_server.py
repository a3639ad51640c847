"""An invented Instagram API: pages, withholds and refuses as the real one does. No tests."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from scrape_assets_tests.sources.direct.collecting import NOON
from scrape_assets_tests.sources.direct.keyed_collecting import Script
from scrape_assets_tests.sources.direct.platform_server import Reply, platform_server

TOKEN = "EAABinventedTokenOfNobody"
USER = "17841400000000001"
KEYS = {"INSTAGRAM_ACCESS_TOKEN": TOKEN, "INSTAGRAM_USER_ID": USER}
PAGE = 50
_DISCOVERY = re.compile(
    r"business_discovery\.username\(([a-z0-9._]+)\)"
    r"\{id,username,name,media\.limit\(50\)(?:\.after\(([^()]+)\))?\{([\w,]+,children\{media_type,media_url\}[\w,]*)\}\}"
)


def stamp(moment: datetime) -> str:
    """A time as Instagram writes it: the zone without a colon."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S+0000")


def picture(number: int, hours_ago: float = 1, **changes: object) -> dict[str, Any]:
    """A picture whose code is "C" and its number."""
    return {
        "id": str(17_900_000_000_000_000 + number),
        "caption": f"Tea {number} #tea",
        "media_type": "IMAGE",
        "media_url": f"https://cdn.example.com/{number}.jpg?oh=1",
        "permalink": f"https://www.instagram.com/p/C{number}/",
        "timestamp": stamp(NOON - timedelta(hours=hours_ago)),
        "like_count": 10 + number,
        "comments_count": 3,
    } | changes


def failure(code: int, message: str = "no", status: int = 400, **more: object) -> Reply:
    """An error as Instagram gives it."""
    error = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "Ainvented"} | more
    return _json(status, {"error": error})


class Instagram:
    """Accounts, hashtags, and what the API says of them."""

    def __init__(self) -> None:
        self.script = Script()
        self.accounts: dict[str, list[dict[str, Any]]] = {}
        self.hashtags: dict[str, list[dict[str, Any]]] = {}
        self.usage: Mapping[str, str] = {"X-App-Usage": '{"call_count":12,"total_cputime":0,"total_time":3}'}
        self.fields: list[str] = []  # those asked for, by call
        self.unknown_fields: frozenset[str] = frozenset()
        self.different_hashtags = 30
        self._searched: set[str] = set()
        self._reached: dict[str, int] = {}

    def answer(
        self, _method: str, path: str, query: dict[str, list[str]], headers: Mapping[str, str], _body: bytes
    ) -> Reply:
        """The handler of the server."""
        said = self.script.note(path, query, headers)
        if said:
            return said
        if headers.get("authorization") != f"Bearer {TOKEN}":
            return failure(190, "Invalid OAuth access token - Cannot parse access token", 401)
        params = {name: values[0] for name, values in query.items()}
        if path == f"/v25.0/{USER}":
            return self._discover(params["fields"])
        assert params["user_id"] == USER
        if path == "/v25.0/ig_hashtag_search":
            return self._look_up(params["q"])
        found = re.fullmatch(r"/v25\.0/(\d+)/recent_media", path)
        assert found, path
        assert params["limit"] == str(PAGE)
        return self._recent(found[1], params.get("after"))

    def _discover(self, fields: str) -> Reply:
        asked = _DISCOVERY.fullmatch(fields)
        assert asked, fields
        name, after, wanted = asked.groups()
        self.fields.append(wanted)
        unknown = self.unknown_fields & set(wanted.split(","))
        if unknown:
            return failure(100, f"(#100) Tried accessing nonexisting field ({min(unknown)}) on node type (Media)")
        if name not in self.accounts:
            return failure(110, "Invalid user id", error_subcode=2207013)
        media = self.accounts[name]
        start = int(after.removeprefix("QVFI")) if after else 0
        page = media[start : start + PAGE]
        more = start + PAGE < len(media)
        owner: dict[str, Any] = {"id": "17841400000000777", "username": name, "name": "Ada's Kettle"}
        if media:
            cursors = {"before": f"QVFB{start}"} | ({"after": f"QVFI{start + PAGE}"} if more else {})
            owner["media"] = {"data": page, "paging": {"cursors": cursors}}
        return _json(200, {"business_discovery": owner, "id": USER}, self.usage)

    def _look_up(self, tag: str) -> Reply:
        if tag not in self.hashtags:
            return failure(24, "The requested resource does not exist", error_user_msg="The hashtag is not there.")
        if tag not in self._searched and len(self._searched) >= self.different_hashtags:
            return failure(18, "Application request limit reached", error_user_title="Exceeded hashtags")
        self._searched.add(tag)
        return _json(200, {"data": [{"id": self.number_of(tag)}]}, self.usage)

    def number_of(self, tag: str) -> str:
        """The number of a hashtag."""
        return str(17_843_000_000_000_000 + sorted(self.hashtags).index(tag))

    def _recent(self, number: str, after: str | None) -> Reply:
        tag = next(tag for tag in self.hashtags if self.number_of(tag) == number)
        start = self._reached[tag] if after else 0
        page = self.hashtags[tag][start : start + PAGE]
        self._reached[tag] = start + PAGE
        body: dict[str, Any] = {"data": page}
        if start + PAGE < len(self.hashtags[tag]):
            # The same cursor on each page; and an address that holds the token.
            address = f"https://graph.facebook.com/v25.0/{number}/recent_media?access_token={TOKEN}&after=QVFsame"
            body["paging"] = {"cursors": {"after": "QVFsame"}, "next": address}
        return _json(200, body, self.usage)


@contextmanager
def instagram() -> Iterator[tuple[Instagram, str]]:
    """An empty Instagram, and its address."""
    api = Instagram()
    with platform_server(api.answer) as url:
        yield api, url


def _json(status: int, body: object, headers: Mapping[str, str] | None = None) -> Reply:
    return status, {"Content-Type": "application/json; charset=UTF-8"} | dict(headers or {}), json.dumps(body).encode()
