"""X through its API v2: an account's posts, or those around an event. Each post read costs money. No mapping."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import msgspec

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.posts.identity import Profile
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.search import Search
from scrape_assets.posts.times import X_LAUNCH, parse_time
from scrape_assets.sources.abilities import Abilities, How
from scrape_assets.sources.answer import Answer
from scrape_assets.sources.datasets.vendor_row import Text, identifier
from scrape_assets.sources.direct.api import Api, PauseAfter
from scrape_assets.sources.direct.circles import Circle
from scrape_assets.sources.direct.frontier import Seen, far_enough
from scrape_assets.sources.direct.limits import until_unix_time
from scrape_assets.sources.direct.pieces import objects, read_answer
from scrape_assets.sources.direct.source import Known, Page, Target, cut_circle, noted
from scrape_assets.sources.direct.x_answer import ANSWERS, XAnswer, XItems, judge_x, problems, referring
from scrape_assets.sources.direct.x_posts import MAPPING
from scrape_assets.sources.direct.x_query import ARCHIVE_LENGTH, RECENT_LENGTH, WIDEST_KM, queries, x_time
from scrape_assets.sources.errors import SourceError
from scrape_assets.sources.mapping import Mapping, TimeWindow

# From August 2026 the specification calls posts "posts" and no longer "tweets"; guides, and what answers, do not yet.
# So the old names are sent, and both are read. note_tweet holds the whole of a text beyond 280 characters.
_FIELDS = {
    "tweet.fields": "created_at,author_id,public_metrics,lang,entities,geo,referenced_tweets,conversation_id,"
    "attachments,possibly_sensitive,in_reply_to_user_id,note_tweet",
    # The authors of referenced posts are left out: X charges a user twice as much as a post.
    "expansions": "author_id,attachments.media_keys,geo.place_id,referenced_tweets.id",
    "user.fields": "id,name,username",
    "media.fields": "url,preview_image_url,type,variants,width,height,alt_text,duration_ms",
    "place.fields": "geo,full_name,country_code,place_type",
}
_RECENT = timedelta(days=7)
_MARGIN = timedelta(hours=1)  # the start must lie within the seven days still when the last page is asked for
_SETTLING = timedelta(seconds=30)  # X answers nothing about the last seconds
_TIMELINE_FROM = datetime(2010, 11, 6, 0, 0, 1, tzinfo=UTC)  # the earliest start that X takes for an account
_ONE_A_SECOND = timedelta(seconds=1)
_EMPTY_PAGES = 10  # in a search of years, pages without a find and with a way on are no error of X's

_ABILITIES = Abilities(
    creators=True,
    events=True,
    creator_time=How.AT_SOURCE,
    event_time=How.AT_SOURCE,
    keywords=How.AT_SOURCE,
    place=How.AT_SOURCE,
    remark=f"An account's newest 3,200 posts; places as circles of {WIDEST_KM} km at most, and few posts name a place.",
)
_until_reset = until_unix_time("x-rate-limit-remaining", "x-rate-limit-reset")


def pause_after(answer: Answer, now: datetime) -> timedelta | None:
    """Until the counter starts anew when it is spent; a second where X allows one call a second, beside 300 in all."""
    pause = _until_reset(answer, now)
    if pause is None and answer.headers.get("x-rate-limit-limit") in ("1", "300"):
        return _ONE_A_SECOND
    return pause


@dataclass(frozen=True, slots=True)
class XApi:
    """Posts of an account, or around an event; see `DirectSource`."""

    name: str = "x"
    platform: Platform = Platform.X
    abilities: Abilities = _ABILITIES
    mapping: Mapping = MAPPING
    base_url: str | None = "https://api.x.com"
    keys: tuple[str, ...] = ("X_BEARER_TOKEN",)
    optional_keys: tuple[str, ...] = ()
    pause_after: PauseAfter = pause_after

    def pages(self, api: Api, target: Target, cursor: str | None, known: Known) -> Iterator[Page]:
        """Page through a timeline, or through each query of a search; see `DirectSource`."""
        place = _read_cursor(cursor)
        window = _Window.of(target.window, api.now())
        if target.profile:
            if target.profile.platform is not self.platform:
                raise ValueError(f"{target.profile.url} is a profile on {target.profile.platform}, not on X")
            return _timeline(api, target.profile, window, place, known) if window else iter(())
        if target.search:
            found = _search(api, target.search, window, place) if window else iter(())
            return noted(found, cut_circle(target.search, WIDEST_KM))
        raise ValueError("neither a profile nor a search was given")


SOURCE = XApi()
"""X, as `registry.py` lists it."""


class _Cursor(msgspec.Struct, frozen=True, omit_defaults=True):
    """What to ask next. As JSON it is the cursor of a page."""

    user_id: str | None = None  # of the account, once looked up: a look-up costs
    archive: bool = False  # which of the two searches the token belongs to
    query: int = 0  # which of the search's queries
    token: str | None = None

    def __str__(self) -> str:
        return msgspec.json.encode(self).decode()


def _read_cursor(cursor: str | None) -> _Cursor:
    try:
        return msgspec.json.decode(cursor or "{}", type=_Cursor)
    except ValueError:
        return _Cursor()  # of another version of this file: from the start


@dataclass(frozen=True, slots=True)
class _Window:
    """The window as X can be asked for it."""

    start: datetime
    end: datetime | None  # None: up to the present, as X sees it
    archive: bool  # it reaches back beyond what the cheaper search knows

    @classmethod
    def of(cls, window: TimeWindow, now: datetime) -> "_Window | None":
        """None when X has nothing to say of that time yet."""
        newest = now - _SETTLING
        if window.start >= min(window.end, newest):
            return None
        start = max(window.start, X_LAUNCH)
        whole_end = window.end + timedelta(microseconds=999_999)
        return cls(start, whole_end if whole_end < newest else None, start < now - _RECENT + _MARGIN)

    def params(self, earliest: datetime = X_LAUNCH) -> dict[str, str]:
        params = {"start_time": x_time(self.start)} if self.start >= earliest else {}
        if self.end:
            params["end_time"] = x_time(self.end)
        return params


def _timeline(api: Api, profile: Profile, window: _Window, place: _Cursor, known: Known) -> Iterator[Page]:
    user_id = place.user_id or profile.platform_user_id or _user_id(api, profile)
    path = f"/2/users/{quote(user_id, safe='')}/tweets"
    params = {"max_results": "100", **window.params(_TIMELINE_FROM)}
    circle = Circle("x", _EMPTY_PAGES)
    token = place.token
    while True:
        answer = _ask(api, path, params | ({"pagination_token": token} if token else {}))
        items, seen = _items(answer)
        following = answer.meta.next_token if answer.meta else None
        if not items and not answer.meta:
            raise _no_page(answer, f"the account {profile.key}")
        if following and (
            far_enough(seen, window.start, known) or circle.closed(token, following, [one.post_id for one in seen])
        ):
            following = None
        yield Page(items, str(_Cursor(user_id=user_id, token=following)) if following else None)
        if not following:
            return
        token = following


def _user_id(api: Api, profile: Profile) -> str:
    handle = profile.handle or profile.key
    path = f"/2/users/by/username/{quote(handle, safe='')}"
    answer = read_answer(ANSWERS, api.get(path, headers=_headers(api), operation="profile", judge=judge_x))
    user_id = identifier(_id_of(answer.data))
    if not user_id:
        raise _no_page(answer, f"the account {handle}")
    return user_id


class _User(msgspec.Struct):
    id: Text = None


def _id_of(user: msgspec.Raw) -> Text:
    try:
        return msgspec.json.decode(user, type=_User).id
    except (ValueError, RecursionError):
        return None


def _search(api: Api, search: Search, window: _Window, place: _Cursor) -> Iterator[Page]:
    asked = queries(search, ARCHIVE_LENGTH if window.archive else RECENT_LENGTH)
    if place.archive != window.archive or place.query >= len(asked):
        # The week has passed since the last page, so its token belongs to the other search.
        place = _Cursor(archive=window.archive)
    path = f"/2/tweets/search/{'all' if window.archive else 'recent'}"
    size = "500" if window.archive else "100"
    return _queries(api, path, {"max_results": size, **window.params()}, asked, place)


def _queries(api: Api, path: str, params: dict[str, str], asked: Sequence[str], place: _Cursor) -> Iterator[Page]:
    number, token = place.query, place.token
    circle = Circle("x", _EMPTY_PAGES)
    while number < len(asked):
        params = {**params, "query": asked[number]}
        answer = _ask(api, path, params | ({"next_token": token} if token else {}))
        items, seen = _items(answer)
        following = answer.meta.next_token if answer.meta else None
        if not items and not answer.meta:
            raise _no_page(answer, "the search")
        if following and circle.closed(token, following, [one.post_id for one in seen]):
            following = None
        if not following:
            number += 1
            circle = Circle("x", _EMPTY_PAGES)
        token = following
        more = number < len(asked)
        yield Page(items, str(_Cursor(archive=place.archive, query=number, token=token)) if more else None)


def _headers(api: Api) -> dict[str, str]:
    return {"authorization": f"Bearer {api.needed_key('X_BEARER_TOKEN')}"}


def _ask(api: Api, path: str, params: dict[str, str]) -> XAnswer:
    return read_answer(ANSWERS, api.get(path, {**params, **_FIELDS}, headers=_headers(api), judge=judge_x))


def _items(answer: XAnswer) -> tuple[list[bytes], list[Seen]]:
    pieces = objects(answer.data)
    made = XItems(answer)
    items, seen = [], []
    for piece in pieces:
        refers = referring(piece)
        items.append(made.item(piece, refers))
        post_id = identifier(refers.id)
        if post_id:
            seen.append(Seen(post_id, parse_time(refers.created_at)))
    return items, seen


def _no_page(answer: XAnswer, what: str) -> SourceError:
    """An answer of 200 without a page: X says why, or nobody does."""
    said = problems(answer.errors)
    if said:
        # Suspended, protected, renamed or gone: another attempt would not help, and our key is not at fault.
        return SourceError(ErrorClass.NOT_FOUND, f"X gives nothing for {what}: {said}", status_code=200)
    return SourceError(ErrorClass.BAD_DATA, f"X answered neither posts nor their number for {what}", status_code=200)
