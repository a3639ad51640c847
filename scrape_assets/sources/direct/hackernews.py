"""Hacker News through its search, hn.algolia.com: stories and comments by author or keyword, newest first. No mapping.

The search reaches 1,000 hits, whatever it finds. So it is paged by time and not by number: each call asks for what is
as old as the last hit, or older. That also loses no hit when others are added or deleted meanwhile.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

import msgspec

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.posts.identity import Profile
from scrape_assets.posts.platforms import Platform
from scrape_assets.sources.abilities import Abilities, How
from scrape_assets.sources.answer import Answer
from scrape_assets.sources.direct.api import Api, PauseAfter, judge_status
from scrape_assets.sources.direct.frontier import Seen, far_enough
from scrape_assets.sources.direct.hackernews_posts import MAPPING, hit_time
from scrape_assets.sources.direct.limits import no_headers
from scrape_assets.sources.direct.source import Known, Page, Target
from scrape_assets.sources.errors import SourceError
from scrape_assets.sources.mapping import Mapping, TimeWindow

PAGE_SIZE = 200
_TYPES = "(story,comment,poll,job)"  # all but the options of polls, which are no posts
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_LONGEST_QUERY = 500  # of 512 bytes, after which the search refuses

_ABILITIES = Abilities(
    creators=True,
    events=True,
    creator_time=How.AT_SOURCE,
    event_time=How.AT_SOURCE,
    keywords=How.CHECKED,
    place=How.NOT,
    remark="Votes on comments are not given; words are looked for in titles, texts, links and names.",
)


@dataclass(frozen=True, slots=True)
class HackerNews:
    """Stories and comments of a user, or around a keyword; see `DirectSource`."""

    name: str = "hackernews"
    platform: Platform = Platform.HACKERNEWS
    abilities: Abilities = _ABILITIES
    mapping: Mapping = MAPPING
    base_url: str | None = "https://hn.algolia.com"
    keys: tuple[str, ...] = ()
    optional_keys: tuple[str, ...] = ()
    pause_after: PauseAfter = no_headers  # 10,000 calls an hour from one address, and no word of how many are left

    def pages(self, api: Api, target: Target, cursor: str | None, known: Known) -> Iterator[Page]:
        """Page through a user's posts, or through what holds each keyword in turn; see `DirectSource`."""
        queries = _queries(target)
        seconds = _seconds(target.window)
        step = _Step(before=seconds.stop - 1) if cursor is None else _step(cursor)
        return _pages(api, target, queries, seconds, step, known) if seconds else iter(())


class _Step(msgspec.Struct, frozen=True):
    """What to ask next. As JSON it is the cursor."""

    before: int  # Unix seconds; nothing newer is asked for
    query: int = 0
    page: int = 0  # beyond 0 only within one second, when it fills a page


class _Answer(msgspec.Struct):
    """A page. Its numbers are looked at before they are believed."""

    hits: list[msgspec.Raw]
    nb_hits: object = msgspec.field(name="nbHits", default=None)
    nb_pages: object = msgspec.field(name="nbPages", default=None)


class _Hit(msgspec.Struct):
    """What paging needs to know of a hit."""

    object_id: str | int | None = msgspec.field(name="objectID", default=None)
    created_at_i: object = None
    author: object = None


_ANSWER = msgspec.json.Decoder(_Answer)
_HIT = msgspec.json.Decoder(_Hit)
_STEP = msgspec.json.Decoder(_Step)


def _queries(target: Target) -> list[dict[str, str]]:
    """The parameters of each query that a target comes to."""
    if target.profile is not None:
        name = target.profile.key
        if target.profile.platform is not Platform.HACKERNEWS or not _NAME.fullmatch(name):
            raise ValueError(f"{target.profile.url} is no profile on Hacker News")
        return [{"tags": f"author_{name},{_TYPES}"}]
    words = [_phrase(keyword) for keyword in target.search.keywords] if target.search else []
    if not any(words):
        raise ValueError("Hacker News can be searched by keyword alone, and none is given")
    return [{"query": phrase, "tags": _TYPES} for phrase in dict.fromkeys(words) if phrase]


def _phrase(keyword: str) -> str | None:
    """A keyword in quotes: within them the search corrects no spelling, and takes no beginning for a whole word."""
    words = " ".join(keyword.replace('"', " ").lstrip("#").split())
    cut = words.encode()[:_LONGEST_QUERY].decode(errors="ignore")
    return f'"{cut}"' if cut else None


def _seconds(window: TimeWindow) -> range:
    """The whole seconds of the window: times on Hacker News have no others."""
    return range(math.ceil(window.start.timestamp()), math.ceil(window.end.timestamp()))


def _step(cursor: str) -> _Step:
    try:
        return _STEP.decode(cursor)
    except ValueError as error:
        raise ValueError(f"no cursor of Hacker News: {cursor[:100]!r}") from error


def _pages(
    api: Api, target: Target, queries: list[dict[str, str]], seconds: range, first: _Step, known: Known
) -> Iterator[Page]:
    step: _Step | None = first
    previous: tuple[int, list[bytes]] | None = None
    while step is not None and step.query < len(queries):
        answer = _ask(api, queries[step.query], seconds.start, step)
        page = [(bytes(raw), _hit(raw)) for raw in answer.hits]
        this = (step.query, [raw for raw, _ in page])
        if page and this == previous:
            raise SourceError(ErrorClass.BAD_DATA, "Hacker News gives the same page again and again")
        previous = this
        following = _next(step, answer, [hit for _, hit in page if hit], seconds)
        if target.profile is not None:
            if not page and step.before == seconds.stop - 1:
                _look_up(api, target.profile)
            page = [(raw, hit) for raw, hit in page if _is_by(hit, target.profile)]
            if following and far_enough([_seen(hit) for _, hit in page if hit], target.window.start, known):
                following = None
        if following is None and step.query + 1 < len(queries):
            following = _Step(before=seconds.stop - 1, query=step.query + 1)
        yield Page([raw for raw, _ in page], msgspec.json.encode(following).decode() if following else None)
        step = following


def _ask(api: Api, query: dict[str, str], start: int, step: _Step) -> _Answer:
    params = query | {
        "numericFilters": f"created_at_i>={start},created_at_i<={step.before}",
        "hitsPerPage": str(PAGE_SIZE),
        "page": str(step.page),
    }
    answer = api.get("/api/v1/search_by_date", params)
    try:
        return _ANSWER.decode(answer.body)
    except (ValueError, RecursionError) as error:
        raise SourceError(ErrorClass.BAD_DATA, f"Hacker News gave no list of hits: {error}") from error


def _next(step: _Step, answer: _Answer, hits: list[_Hit], seconds: range) -> _Step | None:
    """What follows a page within its query; None after the last."""
    if not answer.hits and not step.page:
        return None
    more_pages = isinstance(answer.nb_pages, int) and step.page + 1 < answer.nb_pages
    more_hits = isinstance(answer.nb_hits, int) and step.page * PAGE_SIZE + len(answer.hits) < answer.nb_hits
    if answer.hits and _is_told(answer) and not (more_pages or more_hits):
        return None
    times = [hit.created_at_i for hit in hits if isinstance(hit.created_at_i, int)] or [step.before]
    oldest = min(times)
    if oldest > step.before:
        raise SourceError(ErrorClass.BAD_DATA, "Hacker News does not honour the time that it is asked for")
    if oldest < max(times):  # asked for once more, because the second may hold further hits
        following = _Step(oldest, step.query)
    elif more_pages:
        following = _Step(oldest, step.query, step.page + 1 if oldest == step.before else 1)
    else:  # what else this second holds lies beyond the search's reach
        following = _Step(oldest - 1, step.query)
    return following if following.before >= seconds.start else None


def _is_told(answer: _Answer) -> bool:
    return isinstance(answer.nb_pages, int) or isinstance(answer.nb_hits, int)


def _hit(raw: msgspec.Raw) -> _Hit | None:
    try:
        return _HIT.decode(raw)
    except (ValueError, RecursionError):
        return None  # the mapping will say what is wrong with it


def _seen(hit: _Hit) -> Seen:
    return Seen(str(hit.object_id), hit_time(None, hit.created_at_i), in_order=hit.object_id is not None)


def _is_by(hit: _Hit | None, profile: Profile) -> bool:
    """Names that differ in case are two people; the search is not known to keep them apart."""
    return hit is None or not isinstance(hit.author, str) or hit.author == profile.key


def _look_up(api: Api, profile: Profile) -> None:
    """Tell a quiet user from none: the search finds nothing of either."""

    def judge(answer: Answer) -> SourceError:
        if answer.status_code == 404:
            message = f"there is no user {profile.key} on Hacker News"
            return SourceError(ErrorClass.NOT_FOUND, message, status_code=404)
        return judge_status(answer)

    api.get(f"/api/v1/users/{quote(profile.key)}", operation="profile", judge=judge)


SOURCE = HackerNews()
