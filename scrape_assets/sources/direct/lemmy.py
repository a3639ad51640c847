"""Lemmy through the API of each server: a user's posts and comments, a community's posts, and a search. No mapping.

Servers of 0.19 speak version 3 of the API. Those of 1.0 speak version 4, and of version 3 just enough to mislead: they
know no users, give one page of a community without a word of the next, and the same page of a search again and again.
So version 3 is asked first, and version 4 where the answer looks like that.
"""

from collections.abc import Collection, Iterator, Set
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.posts.identity import Profile
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.times import parse_time
from scrape_assets.sources.abilities import Abilities, How
from scrape_assets.sources.answer import Answer
from scrape_assets.sources.direct.api import Api, PauseAfter, judge_status
from scrape_assets.sources.direct.frontier import Seen, far_enough
from scrape_assets.sources.direct.lemmy_posts import MAPPING
from scrape_assets.sources.direct.limits import for_seconds
from scrape_assets.sources.direct.pieces import ABSENT, objects, read_answer
from scrape_assets.sources.direct.source import Known, Page, Target
from scrape_assets.sources.errors import SourceError, Throttled
from scrape_assets.sources.mapping import Mapping

PAGE_SIZE = 50  # the most that servers allow
SEARCH_HOST = "https://lemmy.world"
"""The server that is searched: the largest, which has heard of most of what the others hold."""

_THROTTLED = frozenset({"rate_limit_error", "too_many_requests"})
_REFUSED = frozenset({"instance_is_private", "not_logged_in"})
_PAUSE_AFTER = for_seconds("x-ratelimit-remaining", "x-ratelimit-reset")  # of 1.0; 0.19 announces nothing

_ABILITIES = Abilities(
    creators=True,
    events=True,
    creator_time=How.AFTER,
    event_time=How.AFTER,
    keywords=How.CHECKED,
    place=How.NOT,
    remark="A search sees what one large server has heard of. Which comment a comment answers is not said.",
)


@dataclass(frozen=True, slots=True)
class Lemmy:
    """Posts and comments of a user, posts in a community, or both around a keyword; see `DirectSource`."""

    name: str = "lemmy"
    platform: Platform = Platform.LEMMY
    abilities: Abilities = _ABILITIES
    mapping: Mapping = MAPPING
    base_url: str | None = None
    keys: tuple[str, ...] = ()
    optional_keys: tuple[str, ...] = ()
    pause_after: PauseAfter = _PAUSE_AFTER

    def pages(self, api: Api, target: Target, cursor: str | None, known: Known) -> Iterator[Page]:
        """Page through a profile, or through what holds each keyword in turn; see `DirectSource`."""
        listings = _listings(target)
        return _pages(api, target, listings, _Step() if cursor is None else _step(cursor), known)


class _Kind(StrEnum):
    PERSON = "u"
    COMMUNITY = "c"
    SEARCH = "search"


@dataclass(frozen=True, slots=True)
class _Listing:
    kind: _Kind
    words: str  # the account, `name@host`, or the keyword
    host: str


class _Step(msgspec.Struct, frozen=True):
    """What to ask next. As JSON it is the cursor."""

    listing: int = 0
    version: int = 3  # of the API
    page: int = 1  # where version 3 counts pages
    token: str | None = None  # where pages are linked


class _NoSuchCall(SourceError):
    """A 404 without a word of Lemmy's: not the profile is missing, but this version of the API, or Lemmy itself."""


class _Answer(msgspec.Struct):
    """A page: of version 3 the first two lists, of version 4 the third."""

    posts: msgspec.Raw = ABSENT
    comments: msgspec.Raw = ABSENT
    items: msgspec.Raw = ABSENT
    next_page: object = None


class _Stamp(msgspec.Struct):
    """What paging needs to know of a post or a comment."""

    ap_id: object = None
    published: object = None
    published_at: object = None
    featured_community: object = None
    featured_local: object = None


class _Stamped(msgspec.Struct):
    post: _Stamp | None = None
    comment: _Stamp | None = None


class _Fault(msgspec.Struct):
    error: object = None


_ANSWER = msgspec.json.Decoder(_Answer)
_STAMPED = msgspec.json.Decoder(_Stamped)
_STEP = msgspec.json.Decoder(_Step)
_FAULT = msgspec.json.Decoder(_Fault)


def _listings(target: Target) -> list[_Listing]:
    if target.profile is not None:
        return [_listing_of(target.profile)]
    words = [" ".join(keyword.lstrip("#").split()) for keyword in target.search.keywords] if target.search else []
    if not any(words):
        raise ValueError("Lemmy can be searched by keyword alone, and none is given")
    return [_Listing(_Kind.SEARCH, keyword, SEARCH_HOST) for keyword in dict.fromkeys(words) if keyword]


def _listing_of(profile: Profile) -> _Listing:
    section, _, account = profile.key.partition("/")
    name, _, host = account.rpartition("@")
    if profile.platform is not Platform.LEMMY or section not in ("u", "c") or not name or not host:
        raise ValueError(f"{profile.url} is no user and no community on Lemmy")
    return _Listing(_Kind(section), account, f"https://{host}")


def _step(cursor: str) -> _Step:
    try:
        return _STEP.decode(cursor)
    except ValueError as error:
        raise ValueError(f"no cursor of Lemmy: {cursor[:100]!r}") from error


def _pages(api: Api, target: Target, listings: list[_Listing], first: _Step, known: Known) -> Iterator[Page]:
    step: _Step | None = first
    asked: set[_Step] = set()
    previous: tuple[int, list[bytes]] | None = None
    while step is not None and step.listing < len(listings):
        listing = listings[step.listing]
        if step in asked:
            raise SourceError(ErrorClass.BAD_DATA, f"{listing.host} links its pages in a circle")
        asked.add(step)
        try:
            answer = _ask(api, listing, step)
        except _NoSuchCall:
            if step != _Step(step.listing):
                raise
            step = _Step(step.listing, version=4)
            continue
        items = _items(answer)
        this = (step.listing, items)
        if items and this == previous:
            if step.version == 3 and listing.kind is _Kind.SEARCH:
                step = _Step(step.listing, version=4)
                continue
            raise SourceError(ErrorClass.BAD_DATA, f"{listing.host} gives the same page again and again")
        previous = this
        following = _next(listing, step, answer, items)
        # A search is read to the start of its window, whatever of it is known: it is made of many people's posts.
        if far_enough(_seen(items), target.window.start, known if target.profile else _nothing):
            following = None
        if following is None and step.listing + 1 < len(listings):
            following = _Step(step.listing + 1)
        yield Page(items, msgspec.json.encode(following).decode() if following else None)
        step = following


def _nothing(post_ids: Collection[str]) -> Set[str]:  # noqa: ARG001
    return frozenset()


def _next(listing: _Listing, step: _Step, answer: _Answer, items: list[bytes]) -> _Step | None:
    """What follows a page within its listing; None after the last, which is empty."""
    if not items:
        return None
    if step.version == 3 and listing.kind is not _Kind.COMMUNITY:
        return _Step(step.listing, page=step.page + 1)
    if isinstance(answer.next_page, str) and answer.next_page:
        return _Step(step.listing, step.version, token=answer.next_page)
    # A server of 0.19 gives the next page's token with every page that holds a post.
    return _Step(step.listing, version=4) if step.version == 3 else None


def _ask(api: Api, listing: _Listing, step: _Step) -> _Answer:
    path, params = _request(listing, step)
    params |= {"limit": str(PAGE_SIZE)} | ({"page_cursor": step.token} if step.token else {})
    answer = read_answer(_ANSWER, api.get(path, params, host=listing.host, judge=_judge))
    if not any(bytes(given).startswith(b"[") for given in (answer.posts, answer.comments, answer.items)):
        raise SourceError(ErrorClass.BAD_DATA, f"{listing.host} gave no list of posts")
    return answer


def _request(listing: _Listing, step: _Step) -> tuple[str, dict[str, str]]:
    match listing.kind, step.version:
        case _Kind.PERSON, 3:
            return "/api/v3/user", {"username": listing.words, "sort": "New", "page": str(step.page)}
        case _Kind.PERSON, _:
            return "/api/v4/person/content", {"username": listing.words}
        case _Kind.COMMUNITY, 3:
            return "/api/v3/post/list", {"community_name": listing.words, "type_": "All", "sort": "New"}
        case _Kind.COMMUNITY, _:
            return "/api/v4/post/list", {"community_name": listing.words, "type_": "all", "sort": "new"}
        case _, 3:
            words = {"q": listing.words, "type_": "All", "listing_type": "All", "sort": "New", "page": str(step.page)}
            return "/api/v3/search", words
    return "/api/v4/post/list", {"search_term": listing.words, "type_": "all", "sort": "new"}


def _items(answer: _Answer) -> list[bytes]:
    return [*objects(answer.posts), *objects(answer.comments), *objects(answer.items)]


def _seen(items: list[bytes]) -> list[Seen]:
    seen = []
    for item in items:
        try:
            found = _STAMPED.decode(item)
        except (ValueError, RecursionError):
            continue  # the mapping will say what is wrong with it
        stamp = found.comment or found.post
        if stamp and isinstance(stamp.ap_id, str):
            published = stamp.published or stamp.published_at
            posted_at = parse_time(published) if isinstance(published, str) else None
            pinned = bool(stamp.featured_community or stamp.featured_local)
            seen.append(Seen(stamp.ap_id, posted_at, in_order=not pinned))
    return seen


def _judge(answer: Answer) -> SourceError:
    """What a refusal means by the word that Lemmy gives: 0.19 says 400 to nearly everything."""
    status = answer.status_code
    try:
        said = _FAULT.decode(answer.body).error
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, str):
        if status == 404:
            return _NoSuchCall(ErrorClass.BAD_DATA, "the server has no such call of Lemmy's API", status_code=status)
        return judge_status(answer)
    message = f"HTTP {status}: {said[:100]}"
    if said in _THROTTLED:
        return Throttled(message, status_code=status, retry_after=answer.retry_after)
    if said == "not_found" or said.startswith("couldnt_find_"):
        return SourceError(ErrorClass.NOT_FOUND, message, status_code=status)
    if said in _REFUSED:
        return SourceError(ErrorClass.REFUSED, message, status_code=status)
    return judge_status(answer)


SOURCE = Lemmy()
