"""YouTube's Data API on loopback, as its documentation and recorded answers have it; all is invented. No tests."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from scrape_assets_tests.sources.direct.collecting import NOON
from scrape_assets_tests.sources.direct.keyed_collecting import Script
from scrape_assets_tests.sources.direct.platform_server import Reply, platform_server

KEY = "AIza-invented-key"
KEYS = {"YOUTUBE_API_KEY": KEY}
CHANNEL = "UCinvented0123456789abcd"
UPLOADS = "UUinvented0123456789abcd"


def hours_ago(hours: float) -> datetime:
    return NOON - timedelta(hours=hours)


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def video(video_id: str, published: datetime, **parts: Any) -> dict[str, Any]:
    """A resource as `videos.list` gives it, with the parts that are asked for."""
    return {
        "kind": "youtube#video",
        "etag": "invented",
        "id": video_id,
        "snippet": {
            "publishedAt": stamp(published),
            "channelId": CHANNEL,
            "title": f"Video {video_id} #Tea",
            "description": "About tea.\n\n#tea #Kettle https://example.com/#top C# #1\nwith @bo_b\nInstagram: @nobody",
            "thumbnails": {
                "default": {"url": f"https://example.com/{video_id}/default.jpg", "width": 120, "height": 90},
                "high": {"url": f"https://example.com/{video_id}/high.jpg", "width": 480, "height": 360},
            },
            "channelTitle": "Ada's Kettle",
            "tags": ["tea", "how to"],
            "categoryId": "28",
            "liveBroadcastContent": "none",
            "defaultLanguage": "en",
            "localized": {"title": "t", "description": "d"},
            "defaultAudioLanguage": "en-GB",
        },
        "contentDetails": {"duration": "PT1H2M3S", "dimension": "2d", "definition": "hd", "caption": "false"},
        "statistics": {"viewCount": "1200", "likeCount": "34", "favoriteCount": "0", "commentCount": "5"},
        "recordingDetails": {"location": {"latitude": 52.5, "longitude": 13.4, "altitude": 0.0}},
    } | parts


def error(code: int, reason: str, message: str = "Something is wrong.", domain: str = "youtube.quota") -> Reply:
    errors = [{"domain": domain, "reason": reason, "message": message}]
    body = {"error": {"code": code, "message": message, "errors": errors, "status": "PERMISSION_DENIED"}}
    return reply(code, body)


def reply(status: int, body: Any) -> Reply:
    content = body if isinstance(body, bytes) else json.dumps(body, indent=2).encode()
    return status, {"content-type": "application/json; charset=UTF-8"}, content


NO_KEY = {
    "error": {
        "code": 400,
        "message": "API key not valid. Please pass a valid API key.",
        "errors": [{"message": "API key not valid.", "domain": "global", "reason": "badRequest"}],
        "status": "INVALID_ARGUMENT",
        "details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}],
    }
}


@dataclass
class YouTubeServer(Script):
    """One channel and its videos, which are found by any search."""

    videos: list[dict[str, Any]] = field(default_factory=list)
    size: int = 2
    private: tuple[str, ...] = ()  # listed, but given to nobody
    overlap: int = 0  # so many finds of a page stand on the next one as well

    def answer(
        self, _method: str, path: str, query: dict[str, list[str]], headers: Mapping[str, str], _body: bytes
    ) -> Reply:
        scripted = self.note(path, query, headers)
        if scripted is not None:
            return scripted
        if headers.get("x-goog-api-key") != KEY:
            return reply(400, NO_KEY)
        asked = {name: values[0] for name, values in query.items()}
        return reply(200, getattr(self, "_" + path.removeprefix("/"))(asked))

    def _channels(self, asked: dict[str, str]) -> dict[str, Any]:
        known = (asked.get("id"), asked.get("forHandle"), asked.get("forUsername"))
        if not {CHANNEL, "@AdasKettle", "AdaOld"} & set(known):
            return {"kind": "youtube#channelListResponse", "pageInfo": {"totalResults": 0, "resultsPerPage": 5}}
        playlists = {"likes": "", "uploads": UPLOADS}
        return {"items": [{"id": CHANNEL, "contentDetails": {"relatedPlaylists": playlists}}]}

    def _listed(self, asked: dict[str, str], item: Any, overlap: int = 0) -> dict[str, Any]:
        at = int(asked.get("pageToken", "at0").removeprefix("at"))
        shown = self.videos[max(at - overlap, 0) : at + self.size]
        following = {"nextPageToken": f"at{at + self.size}"} if at + self.size < len(self.videos) else {}
        return {"items": [item(one) for one in shown], "pageInfo": {"totalResults": 1_000_000}} | following

    def _playlistItems(self, asked: dict[str, str]) -> dict[str, Any]:  # noqa: N802
        def item(one: dict[str, Any]) -> dict[str, Any]:
            published = {} if one["id"] in self.private else {"videoPublishedAt": one["snippet"]["publishedAt"]}
            return {"kind": "youtube#playlistItem", "contentDetails": {"videoId": one["id"], **published}}

        return self._listed(asked, item)

    def _search(self, asked: dict[str, str]) -> dict[str, Any]:
        def item(one: dict[str, Any]) -> dict[str, Any]:
            return {"id": {"kind": "youtube#video", "videoId": one["id"]}, "snippet": {"title": "cut …"}}

        return self._listed(asked, item, self.overlap)

    def _videos(self, asked: dict[str, str]) -> dict[str, Any]:
        wanted = asked["id"].split(",")
        return {"items": [one for one in self.videos if one["id"] in wanted and one["id"] not in self.private]}


@contextmanager
def youtube_server(*videos: dict[str, Any], **fields: Any) -> Iterator[tuple[YouTubeServer, str]]:
    server = YouTubeServer(videos=list(videos), **fields)
    with platform_server(server.answer) as url:
        yield server, url
