"""TikTok through its Research API: videos of a user, or with a keyword, newest first. No mapping.

A search covers 30 whole days at most, so a longer window is cut into slices. Its pages are numbers within a result
that TikTok keeps for a while; when it has forgotten it, the rest is searched for anew.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Self, TypeVar

import msgspec

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.posts.identity import Profile
from scrape_assets.posts.model import Rejected
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.search import Search
from scrape_assets.sources.abilities import Abilities, How
from scrape_assets.sources.answer import Answer
from scrape_assets.sources.datasets.tiktok import LAUNCH
from scrape_assets.sources.datasets.vendor_row import Text, identifier
from scrape_assets.sources.direct.api import Api, PauseAfter
from scrape_assets.sources.direct.circles import Circle
from scrape_assets.sources.direct.frontier import Seen, far_enough
from scrape_assets.sources.direct.limits import no_headers
from scrape_assets.sources.direct.pieces import objects
from scrape_assets.sources.direct.source import Known, Page, Target
from scrape_assets.sources.direct.tiktok_answer import SearchLost, Videos, judge_tiktok, read_videos
from scrape_assets.sources.direct.tiktok_posts import MAPPING, video_id_of, video_time
from scrape_assets.sources.direct.tiktok_token import KEYS, forget, secrets_of, token_for
from scrape_assets.sources.errors import KeyRefused, SourceError
from scrape_assets.sources.mapping import Mapping, TimeWindow
from scrape_assets.sources.rows import RowReader

T = TypeVar("T")

_FIELDS = (
    "id,video_description,create_time,region_code,share_count,view_count,like_count,comment_count,music_id,"
    "hashtag_names,username,effect_ids,playlist_id,voice_to_text,is_stem_verified,favorites_count,video_duration,"
    "hashtag_info_list,video_mention_list,video_label,video_tag"
)
_PAGE_SIZE = 100
_SLICE = timedelta(days=29)  # from its first day to its last; TikTok takes 30
# Of the day's 1,000 calls each counts, also one that fails; and they fail often: in passing.
_PAUSES = (timedelta(seconds=2), timedelta(seconds=8))
_IDLE_PAGES = 10  # a page without the videos that were deleted may be empty

_ABILITIES = Abilities(
    creators=True,
    events=True,
    creator_time=How.CHECKED,
    event_time=How.CHECKED,
    keywords=How.CHECKED,
    place=How.NOT,
    remark="For approved researchers alone: 1,000 calls and 100,000 videos a day, of adults outside Canada; time is "
    "asked for in whole days, and no address of a video's file or picture is given.",
)


@dataclass(frozen=True, slots=True)
class TikTokApi:
    """Videos of a user, or with a keyword or hashtag; see `DirectSource`."""

    name: str = "tiktok"
    platform: Platform = Platform.TIKTOK
    abilities: Abilities = _ABILITIES
    mapping: Mapping = MAPPING
    base_url: str | None = "https://open.tiktokapis.com"
    keys: tuple[str, ...] = KEYS
    optional_keys: tuple[str, ...] = ()
    pause_after: PauseAfter = no_headers  # what is left of the day's allowance is announced nowhere

    def pages(self, api: Api, target: Target, cursor: str | None, known: Known) -> Iterator[Page]:
        """Page through the window's slices, the newest first; see `DirectSource`."""
        query = _query(target)
        days = _Days.of(target.window, api.now())
        if days is None:
            return iter(())
        step = _read_cursor(cursor)
        if step is None or step.end < days.first:
            step = _Step(end=days.last)
        return _Listing(api, query, days).pages(step, target, known, fresh=cursor is None)


SOURCE = TikTokApi()
"""TikTok, as `registry.py` lists it."""


class _Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """What to ask next. As JSON it is the cursor of a page."""

    end: date  # the last day of the slice
    place: int = 0  # within what was found in it
    search_id: str | None = None
    oldest: date | None = None  # the day of the last video; the rest is not newer

    def __str__(self) -> str:
        return msgspec.json.encode(self).decode()


def _read_cursor(cursor: str | None) -> _Step | None:
    try:
        return msgspec.json.decode(cursor, type=_Step) if cursor else None
    except ValueError:
        return None  # of another version of this file: from the start


class _Days(msgspec.Struct, frozen=True):
    """The days of a window, in UTC."""

    first: date
    last: date

    @classmethod
    def of(cls, window: TimeWindow, now: datetime) -> Self | None:
        """None when nothing can have been posted in them."""
        start = max(window.start, LAUNCH)
        end = min(window.end - timedelta(microseconds=1), now)
        return cls(start.astimezone(UTC).date(), end.astimezone(UTC).date()) if start <= end else None


def _query(target: Target) -> dict[str, object]:
    """What is asked for, in TikTok's words.

    Raises:
        ValueError: it cannot be asked for that.
    """
    if target.profile:
        return {"and": [_condition("username", _name(target.profile))]}
    if target.search:
        return {"or": _conditions(target.search)}
    raise ValueError("neither a profile nor a search was given")


def _name(profile: Profile) -> str:
    if profile.platform is not Platform.TIKTOK:
        raise ValueError(f"{profile.url} is a profile on {profile.platform}, not on TikTok")
    return profile.key


def _conditions(search: Search) -> list[dict[str, object]]:
    """A keyword in the description, or as a hashtag, in which there are no spaces."""
    wanted: dict[tuple[str, str], None] = {}
    for keyword in search.keywords:
        words = " ".join(keyword.split())
        if not words.strip("#"):
            continue
        if not words.startswith("#"):
            wanted["keyword", words] = None
        hashtag = words.lstrip("#").replace(" ", "").lower()
        wanted["hashtag_name", hashtag] = None
    if not wanted:
        raise ValueError("TikTok can be searched by keyword alone, and none is given")
    return [_condition(*one) for one in wanted]


def _condition(field: str, value: str) -> dict[str, object]:
    return {"operation": "EQ", "field_name": field, "field_values": [value]}


class _Glance(msgspec.Struct, gc=False):
    id: Text = None
    video_id: Text = None
    create_time: Text = None


_GLANCES = RowReader(_Glance)


def _seen(video: bytes) -> Seen | None:
    row = _GLANCES.read(video, False)
    if isinstance(row, Rejected):
        return None
    video_id = video_id_of(row.record.id, row.record.video_id)
    return Seen(video_id, video_time(row.record.create_time)) if video_id else None


class _Listing:
    """All that a query finds in a window."""

    def __init__(self, api: Api, query: dict[str, object], days: _Days) -> None:
        self._api = api
        self._query = query
        self._days = days
        self._circle = Circle("tiktok", _IDLE_PAGES)
        self._begun_anew: set[date] = set()

    def pages(self, step: _Step, target: Target, known: Known, *, fresh: bool) -> Iterator[Page]:
        following: _Step | None = step
        while following is not None:
            step, answer = self._ask(following)
            videos = objects(answer.videos)
            seen = [glance for one in videos if (glance := _seen(one))]
            following = self._next(step, answer, seen)
            if target.profile:
                if fresh and not videos and (following is None or following.end != step.end):
                    self._look_up(target.profile)
                if far_enough(seen, target.window.start, known):
                    following = None
            fresh = False
            yield Page(videos, str(following) if following else None)

    def _next(self, step: _Step, answer: Videos, seen: Sequence[Seen]) -> _Step | None:
        """The next page of the slice; after its last the slice before; None after the first slice."""
        if answer.has_more:
            place = answer.cursor if isinstance(answer.cursor, int) else step.place + _PAGE_SIZE
            days = [one.posted_at.date() for one in seen if one.posted_at]
            search_id = identifier(answer.search_id) or step.search_id
            oldest = min([*days, *([step.oldest] if step.oldest else [])], default=None)
            if not self._circle.closed(str(step.place), str(place), [one.post_id for one in seen]):
                return _Step(step.end, place, search_id, oldest)
        self._circle = Circle("tiktok", _IDLE_PAGES)
        before = self._start(step) - timedelta(days=1)
        return _Step(before) if before >= self._days.first else None

    def _start(self, step: _Step) -> date:
        return max(self._days.first, step.end - _SLICE)

    def _ask(self, step: _Step) -> tuple[_Step, Videos]:
        """A page, and where it lies: when the search is lost, it is the first page of a new one."""
        try:
            return step, self._page(step)
        except SearchLost:
            # Newest first: what is left is of the day of the last video that came, or older.
            anew = _Step(min(step.oldest or step.end, step.end))
            if step.search_id is None or anew.end in self._begun_anew or anew.end < self._days.first:
                raise
            self._begun_anew.add(anew.end)
            self._circle = Circle("tiktok", _IDLE_PAGES)
            return anew, self._page(anew)

    def _page(self, step: _Step) -> Videos:
        body: dict[str, object] = {
            "query": self._query,
            "start_date": f"{self._start(step):%Y%m%d}",
            "end_date": f"{step.end:%Y%m%d}",
            "max_count": _PAGE_SIZE,
            "cursor": step.place,
            "is_random": False,
        }
        if step.search_id:
            body["search_id"] = step.search_id

        def read() -> Videos:
            answer = _post(self._api, "/v2/research/video/query/", body, _FIELDS, "page")
            return read_videos(answer, self._api.now(), secrets_of(self._api))

        return _patiently(self._api, read)

    def _look_up(self, profile: Profile) -> None:
        """Tell a user who posted nothing from one who is not there: a search finds nothing of either."""
        body: dict[str, object] = {"username": profile.key}
        try:
            _patiently(self._api, lambda: _post(self._api, "/v2/research/user/info/", body, "display_name", "profile"))
        except SourceError as error:
            if error.error_class is ErrorClass.NOT_FOUND:
                why = f"TikTok's research API knows no user {profile.key}: {error.message}"
                raise SourceError(ErrorClass.NOT_FOUND, why, status_code=error.status_code) from error
            if error.error_class not in (ErrorClass.BAD_REQUEST, ErrorClass.REFUSED):
                raise
            # We may search and not look up: then nobody knows, and nothing was found.


def _post(api: Api, path: str, body: dict[str, object], fields: str, operation: str) -> Answer:
    def judge(answer: Answer) -> SourceError:
        return judge_tiktok(answer, api.now(), secrets_of(api))

    def send(token: str) -> Answer:
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        content = msgspec.json.encode(body)
        return api.post(path, content, {"fields": fields}, headers=headers, operation=operation, judge=judge)

    token = token_for(api)
    try:
        return send(token)
    except KeyRefused:
        forget(api)  # a token may be withdrawn before its time; the next one tells if it was that
        return send(token_for(api))


def _patiently(api: Api, call: Callable[[], T]) -> T:
    """Make a call that changes nothing, again when it fails in passing: what is posted is not repeated by itself."""
    for pause in _PAUSES:
        try:
            return call()
        except SourceError as error:
            passing = error.error_class in (ErrorClass.SERVER, ErrorClass.NETWORK)
            if not passing or error.retry_after is not None:
                raise
        api.wait(pause)
    return call()
