"""An invented TikTok Research API: searches, keeps results for a while, and refuses as the real one does. No tests."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from scrape_assets_tests.sources.direct.collecting import NOON
from scrape_assets_tests.sources.direct.keyed_collecting import Script
from scrape_assets_tests.sources.direct.platform_server import Reply, platform_server

KEYS = {"TIKTOK_CLIENT_KEY": "awinvented", "TIKTOK_CLIENT_SECRET": "secretOfNobody"}
FINE = {"code": "ok", "message": "", "log_id": "202611211200000000000000000000"}


def video(number: int, days_ago: float = 1, **changes: object) -> dict[str, Any]:
    """A video; its id is drawn ten seconds before it appears, and does not fit a double."""
    posted = int((NOON - timedelta(days=days_ago)).timestamp())
    return {
        "id": ((posted - 10) << 32) + number,
        "username": "ada.kettle",
        "video_description": f"Tea {number} #Tea",
        "create_time": posted,
        "region_code": "US",
        "share_count": 1,
        "view_count": 1050,
        "like_count": 20,
        "comment_count": 2,
        "favorites_count": 4,
        "music_id": 7038475063498387901,
        "hashtag_names": ["tea"],
        "hashtag_info_list": [{"hashtag_id": 5500000000000000001, "hashtag_name": "tea", "hashtag_description": ""}],
        "effect_ids": ["0"],
        "video_duration": 14,
        "is_stem_verified": False,
    } | changes


def failure(status: int, code: str, message: str = "no") -> Reply:
    """An error as TikTok gives it."""
    return _json(status, {"data": {}, "error": {"code": code, "message": message, "log_id": "2026"}})


@dataclass
class TikTok:
    """Videos, users and the API over them."""

    videos: list[dict[str, Any]] = field(default_factory=list)
    users: tuple[str, ...] = ("ada.kettle",)
    script: Script = field(default_factory=Script)  # of searches; None: the server's own answer
    bodies: list[dict[str, Any]] = field(default_factory=list)  # of searches
    tokens: list[str] = field(default_factory=list)  # given
    token_replies: list[Reply] = field(default_factory=list)
    token_lasts: int = 7200
    lookups: list[str] = field(default_factory=list)
    lookup_reply: Reply | None = None
    forgets: bool = False  # whether a search is lost as soon as it was begun
    _searches: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def answer(
        self, method: str, path: str, query: dict[str, list[str]], headers: Mapping[str, str], body: bytes
    ) -> Reply:
        """The handler of the server."""
        assert method == "POST"
        if path == "/v2/oauth/token/":
            return self._token(headers, body)
        if headers.get("authorization") != f"Bearer {self.tokens[-1] if self.tokens else None}":
            return failure(401, "access_token_invalid", "The access token is invalid or not found in the request.")
        assert headers["content-type"] == "application/json"
        asked = json.loads(body)
        if path == "/v2/research/user/info/":
            return self._look_up(asked["username"])
        assert path == "/v2/research/video/query/"
        assert "id" in query["fields"][0].split(",")
        self.bodies.append(asked)
        return self.script.note(path, query, headers) or self._search(asked)

    def _token(self, headers: Mapping[str, str], body: bytes) -> Reply:
        assert headers["content-type"] == "application/x-www-form-urlencoded"
        if self.token_replies:
            return self.token_replies.pop(0)
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        assert form == {
            "client_key": KEYS["TIKTOK_CLIENT_KEY"],
            "client_secret": KEYS["TIKTOK_CLIENT_SECRET"],
            "grant_type": "client_credentials",
        }
        self.tokens.append(f"clt.invented{len(self.tokens)}")
        grant = {"access_token": self.tokens[-1], "expires_in": self.token_lasts, "token_type": "Bearer"}
        return _json(200, grant)

    def _look_up(self, name: str) -> Reply:
        self.lookups.append(name)
        if self.lookup_reply:
            return self.lookup_reply
        if name not in self.users:
            return failure(400, "invalid_params", f"username {name} is invalid: cannot find the user")
        return _json(200, {"data": {"display_name": "Ada"}, "error": FINE})

    def _search(self, asked: dict[str, Any]) -> Reply:
        search_id = asked.get("search_id")
        if search_id is None:
            search_id = str(7_201_388_525_814_961_198 + len(self._searches))
            self._searches[search_id] = self._found(asked)
        elif self.forgets or search_id not in self._searches:
            return failure(400, "invalid_params", f"Search Id {search_id} is invalid or expired")
        found = self._searches[search_id]
        place = asked["cursor"] + asked["max_count"]
        page = [one for one in found[asked["cursor"] : place] if not one.get("deleted")]
        data = {"videos": page, "cursor": place, "has_more": place < len(found), "search_id": search_id}
        return _json(200, {"data": data, "error": FINE})

    def forget(self) -> None:
        """Lose all results."""
        self._searches.clear()

    def _found(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        start, end = (
            datetime.strptime(asked[name], "%Y%m%d").replace(tzinfo=UTC) for name in ("start_date", "end_date")
        )
        assert timedelta() <= end - start <= timedelta(days=30), asked
        found = [
            one
            for one in self.videos
            if start.timestamp() <= one["create_time"] < (end + timedelta(days=1)).timestamp()
            and all(_meets(one, condition) for condition in asked["query"].get("and", []))
            and any(_meets(one, condition) for condition in asked["query"].get("or", [{}]))
        ]
        return sorted(found, key=lambda one: -one["id"])


@contextmanager
def tiktok(*videos: dict[str, Any]) -> Iterator[tuple[TikTok, str]]:
    """TikTok with these videos, and its address."""
    api = TikTok(list(videos))
    with platform_server(api.answer) as url:
        yield api, url


def _meets(one: dict[str, Any], condition: dict[str, Any]) -> bool:
    if not condition:
        return True
    assert condition["operation"] == "EQ"
    (value,) = condition["field_values"]
    match condition["field_name"]:
        case "username":
            return bool(one["username"] == value)
        case "keyword":
            return str(value).lower() in str(one["video_description"]).lower()
        case "hashtag_name":
            return value in one["hashtag_names"]
    raise AssertionError(condition)


def _day(written: str) -> datetime:
    return datetime.strptime(written, "%Y%m%d").replace(tzinfo=UTC)


def _json(status: int, body: object) -> Reply:
    return status, {"Content-Type": "application/json"}, json.dumps(body).encode()
