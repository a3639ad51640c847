"""YouTube through its Data API v3: a channel's videos, or those around an event. No mapping.

The quota is by the day: 10,000 units, and 100 searches apart from them. A list of fifty costs one unit, so finds and
items of playlists are looked up fifty at a time, and all items are resources of `videos.list`.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

import msgspec

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.posts.identity import Profile
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.search import Place, Search
from scrape_assets.posts.times import parse_time
from scrape_assets.sources.abilities import Abilities, How
from scrape_assets.sources.answer import Answer
from scrape_assets.sources.direct.api import Api, PauseAfter
from scrape_assets.sources.direct.circles import Circle
from scrape_assets.sources.direct.frontier import Seen, far_enough
from scrape_assets.sources.direct.limits import no_headers
from scrape_assets.sources.direct.pieces import objects, read_answer
from scrape_assets.sources.direct.source import Known, Page, Target, cut_circle, noted
from scrape_assets.sources.direct.youtube_answer import LISTINGS, Listing, judge_youtube
from scrape_assets.sources.direct.youtube_posts import MAPPING
from scrape_assets.sources.errors import SourceError
from scrape_assets.sources.mapping import Mapping, TimeWindow

_KEY = "YOUTUBE_API_KEY"
_AT_ONCE = "50"
_PARTS = "snippet,statistics,contentDetails,recordingDetails"
_WIDEST_KM = 1000
_LONGEST_QUERY = 500  # characters; no limit is documented, and an address of thousands is refused
_BARE = re.compile(r"#?\w+")
_WINDOW_FORM = "%Y-%m-%dT%H:%M:%SZ"

_ABILITIES = Abilities(
    creators=True,
    events=True,
    creator_time=How.AFTER,
    event_time=How.AT_SOURCE,
    keywords=How.CHECKED,
    place=How.AT_SOURCE,
    remark=f"100 searches a day, each page counts; circles of {_WIDEST_KM:,} km at most, and few videos name a place.",
)


@dataclass(frozen=True, slots=True)
class YouTubeApi:
    """Videos of a channel, or around an event; see `DirectSource`."""

    name: str = "youtube"
    platform: Platform = Platform.YOUTUBE
    abilities: Abilities = _ABILITIES
    mapping: Mapping = MAPPING
    base_url: str | None = "https://www.googleapis.com/youtube/v3"
    keys: tuple[str, ...] = (_KEY,)
    optional_keys: tuple[str, ...] = ()
    pause_after: PauseAfter = no_headers  # what is left of the quota is announced nowhere

    def pages(self, api: Api, target: Target, cursor: str | None, known: Known) -> Iterator[Page]:
        """Page through a channel's uploads, or through each search in turn; see `DirectSource`."""
        step = _read_cursor(cursor)
        if target.profile:
            return _uploads(api, _channel_query(target.profile), target.window, step, known)
        if target.search:
            found = _search(api, _searches(target.search, target.window), step)
            return noted(found, cut_circle(target.search, _WIDEST_KM))
        raise ValueError("neither a profile nor a search was given")


SOURCE = YouTubeApi()
"""YouTube, as `registry.py` lists it."""


class _Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """What to ask next. As JSON it is the cursor of a page."""

    uploads: str | None = None  # the playlist of a channel's uploads, once looked up
    search: int = 0  # which of the searches
    token: str | None = None  # of the page

    def __str__(self) -> str:
        return msgspec.json.encode(self).decode()


def _read_cursor(cursor: str | None) -> _Step:
    try:
        return msgspec.json.decode(cursor or "{}", type=_Step)
    except ValueError:
        return _Step()  # of another version of this file: from the start


def _list(api: Api, what: str, params: dict[str, str], operation: str = "page") -> Listing:
    def judge(answer: Answer) -> SourceError:
        return judge_youtube(answer, api.now(), api.key(_KEY))

    # In a header, because addresses end up in logs.
    headers = {"x-goog-api-key": api.needed_key(_KEY)}
    return read_answer(LISTINGS, api.get(f"/{what}", params, headers=headers, operation=operation, judge=judge))


def _videos(api: Api, ids: Sequence[str]) -> list[bytes]:
    """The videos of these ids that are public, in no matter which order."""
    if not ids:
        return []
    return objects(_list(api, "videos", {"part": _PARTS, "id": ",".join(ids)}).items)


def _channel_query(profile: Profile) -> dict[str, str]:
    if profile.platform is not Platform.YOUTUBE:
        raise ValueError(f"{profile.url} is a profile on {profile.platform}, not on YouTube")
    if profile.platform_user_id:
        return {"id": profile.platform_user_id}
    name = unquote(profile.url.rsplit("/", 1)[-1])
    if profile.key.startswith("@"):
        return {"forHandle": name}
    if profile.key.startswith("user/"):
        return {"forUsername": name}
    raise ValueError(f"{profile.url} is an old form of address, which YouTube's API cannot look up; give the @handle")


class _Related(msgspec.Struct):
    uploads: str | None = None


class _ChannelDetails(msgspec.Struct):
    playlists: _Related | None = msgspec.field(name="relatedPlaylists", default=None)


class _Channel(msgspec.Struct):
    details: _ChannelDetails | None = msgspec.field(name="contentDetails", default=None)


class _Upload(msgspec.Struct):
    video_id: str | None = msgspec.field(name="videoId", default=None)
    published: str | None = msgspec.field(name="videoPublishedAt", default=None)


class _PlaylistItem(msgspec.Struct):
    details: _Upload | None = msgspec.field(name="contentDetails", default=None)


class _FindId(msgspec.Struct):
    video_id: str | None = msgspec.field(name="videoId", default=None)


class _Find(msgspec.Struct):
    id: _FindId | None = None


_CHANNELS = msgspec.json.Decoder(_Channel)
_PLAYLIST_ITEMS = msgspec.json.Decoder(_PlaylistItem)
_FINDS = msgspec.json.Decoder(_Find)


def _uploads(api: Api, channel: dict[str, str], window: TimeWindow, step: _Step, known: Known) -> Iterator[Page]:
    playlist = step.uploads or _uploads_of(api, channel)
    token = step.token
    circle = Circle("youtube")
    while True:
        params = {"part": "contentDetails", "playlistId": playlist, "maxResults": _AT_ONCE}
        try:
            listing = _list(api, "playlistItems", params | ({"pageToken": token} if token else {}))
        except SourceError as error:
            if error.error_class is not ErrorClass.NOT_FOUND or token:
                raise
            listing = Listing()  # so YouTube answers for a channel that has published nothing yet
        seen = _seen(listing)
        ids = list(dict.fromkeys(one.post_id for one in seen))
        following = listing.next_page
        if following and (far_enough(seen, window.start, known) or circle.closed(token, following, ids)):
            following = None
        yield Page(_videos(api, ids), str(_Step(uploads=playlist, token=following)) if following else None)
        if not following:
            return
        token = following


def _uploads_of(api: Api, channel: dict[str, str]) -> str:
    listing = _list(api, "channels", {"part": "contentDetails", **channel}, operation="profile")
    for piece in objects(listing.items):
        try:
            found = _CHANNELS.decode(piece)
        except (ValueError, RecursionError):
            continue
        if found.details and found.details.playlists and found.details.playlists.uploads:
            return found.details.playlists.uploads
    name = next(iter(channel.values()))
    raise SourceError(ErrorClass.NOT_FOUND, f"YouTube knows no channel {name}", status_code=200)


def _seen(listing: Listing) -> list[Seen]:
    seen = []
    for piece in objects(listing.items):
        try:
            upload = _PLAYLIST_ITEMS.decode(piece).details
        except (ValueError, RecursionError):
            continue
        if upload and upload.video_id:
            published = parse_time(upload.published)
            # A video that is deleted or private has no time, and says nothing of those after it.
            seen.append(Seen(upload.video_id, published, in_order=published is not None))
    return seen


def _searches(search: Search, window: TimeWindow) -> list[dict[str, str]]:
    """What to search for in turn: all keywords at once, as there are few searches in a day; then the place."""
    common = {
        "part": "snippet",
        "type": "video",
        "order": "date",
        "maxResults": _AT_ONCE,
        "publishedAfter": _whole_second(window.start),
        "publishedBefore": _whole_second(window.end + timedelta(microseconds=999_999)),
    }
    searches = [{**common, "q": query} for query in _queries(search.keywords)]
    if search.place:
        searches.append({**common, **_circle(search.place)})
    if not searches:
        raise ValueError("a search on YouTube needs a keyword or a place")
    return searches


def _queries(keywords: Sequence[str]) -> list[str]:
    queries: list[str] = []
    for phrase in dict.fromkeys(filter(None, map(_phrase, keywords))):
        if queries and len(queries[-1]) + 1 + len(phrase) <= _LONGEST_QUERY:
            queries[-1] += "|" + phrase
        else:
            queries.append(phrase)
    return queries


def _phrase(keyword: str) -> str | None:
    """A keyword without YouTube's signs for "or" and "not"."""
    words = " ".join(keyword.replace('"', " ").split())
    if _BARE.fullmatch(words):
        return words
    return f'"{words}"' if any(letter.isalnum() for letter in words) else None


def _circle(place: Place) -> dict[str, str]:
    radius = min(max(math.ceil(place.radius_km), 1), _WIDEST_KM)
    return {"location": f"{place.latitude:.6f},{place.longitude:.6f}", "locationRadius": f"{radius}km"}


def _whole_second(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime(_WINDOW_FORM)


def _search(api: Api, searches: Sequence[dict[str, str]], step: _Step) -> Iterator[Page]:
    number, token = step.search, step.token
    looked_up: set[str] = set()  # pages of one search share videos, and so do searches
    circle = Circle("youtube")
    while number < len(searches):
        listing = _list(api, "search", searches[number] | ({"pageToken": token} if token else {}))
        ids = _found(listing)
        following = listing.next_page
        if following and circle.closed(token, following, ids):
            following = None
        if not following:
            number += 1
            circle = Circle("youtube")
        token = following
        cursor = str(_Step(search=number, token=token)) if number < len(searches) else None
        fresh = [video_id for video_id in ids if video_id not in looked_up]
        looked_up.update(fresh)
        yield Page(_videos(api, fresh), cursor)


def _found(listing: Listing) -> list[str]:
    ids: dict[str, None] = {}
    for piece in objects(listing.items):
        try:
            find = _FINDS.decode(piece).id
        except (ValueError, RecursionError):
            continue
        if find and find.video_id:
            ids[find.video_id] = None
    return list(ids)
