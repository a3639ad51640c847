"""Reddit's Atom feeds, which need no account: users, communities, search. About one request a minute, no counts."""

import re
from collections.abc import Collection, Iterator, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

import msgspec

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.search import Search
from scrape_assets.sources.abilities import Abilities, How
from scrape_assets.sources.answer import Answer
from scrape_assets.sources.direct.api import Api, PauseAfter, judge_status
from scrape_assets.sources.direct.feed_document import read_document
from scrape_assets.sources.direct.feed_http import fetch
from scrape_assets.sources.direct.feed_pages import seen_in
from scrape_assets.sources.direct.frontier import far_enough
from scrape_assets.sources.direct.limits import for_seconds
from scrape_assets.sources.direct.reddit_feed_posts import MAPPING
from scrape_assets.sources.direct.source import Known, Page, Target
from scrape_assets.sources.errors import SourceError
from scrape_assets.sources.mapping import Mapping
from scrape_assets.sources.redaction import redacted_url

_SITE = "https://www.reddit.com"
_FULL_PAGE = 25  # entries; anonymous readers may get no more, whatever they ask for
_MOST_PAGES = 40  # of one listing: Reddit's end near 1000 posts
_LONGEST_QUERY = 500  # characters; Reddit takes 512
_MINUTE = timedelta(seconds=60)
_SPANS = (
    ("hour", timedelta(hours=1)),
    ("day", timedelta(days=1)),
    ("week", timedelta(days=7)),
    ("month", timedelta(days=30)),
    ("year", timedelta(days=365)),
)
_SPECIAL = re.compile(r'["\\()\[\]]+')
_by_headers = for_seconds("x-ratelimit-remaining", "x-ratelimit-reset")

_ABILITIES = Abilities(
    creators=True,
    events=True,
    creator_time=How.AFTER,
    event_time=How.CHECKED,
    keywords=How.CHECKED,
    place=How.NOT,
    remark="About one request a minute for all of an address's readers, no likes and no comments; it may end any day.",
)


def pause_after(answer: Answer, now: datetime) -> timedelta | None:
    """By Reddit's headers, the seconds until the next request; a minute for a 429 that has none."""
    pause = _by_headers(answer, now)
    return _MINUTE if pause is None and answer.status_code == 429 and answer.retry_after is None else pause


@dataclass(frozen=True, slots=True)
class RedditFeed:
    """The feeds of Reddit; see `DirectSource`."""

    name: str = "reddit_feed"
    platform: Platform = Platform.REDDIT
    abilities: Abilities = _ABILITIES
    mapping: Mapping = MAPPING
    base_url: str | None = _SITE
    keys: tuple[str, ...] = ()
    optional_keys: tuple[str, ...] = ()
    pause_after: PauseAfter = pause_after

    def pages(self, api: Api, target: Target, cursor: str | None, known: Known) -> Iterator[Page]:
        """Read a user's or a community's posts, or a search's finds; see `DirectSource.pages`."""
        listings = _listings(target, api.now())
        return _pages(api, target, cursor, known, listings, self.mapping)


SOURCE = RedditFeed()
"""The one there is."""


class _Place(msgspec.Struct, frozen=True):
    """Where to go on: what a cursor holds."""

    query: str  # of the listing: the words of a search, which do not change between two attempts as their number may
    after: str | None = None  # full name of the last post read
    page: int = 0


def _listings(target: Target, now: datetime) -> dict[str, str]:
    """What to read, one after the other: addresses without limit and place, by a name that stays the same.

    Raises:
        ValueError: Reddit's feeds cannot be asked for it.
    """
    if target.profile is not None:
        if target.profile.platform is not Platform.REDDIT:
            raise ValueError(f"{target.profile.url} is a profile on {target.profile.platform}, not on reddit")
        section, _, name = target.profile.key.partition("/")
        if section == "user":
            return {"": f"{_SITE}/user/{quote(name)}/submitted/.rss?sort=new"}
        if section == "r":
            return {"": f"{_SITE}/r/{quote(name)}/new/.rss?sort=new"}
        raise ValueError(f"{target.profile.key} is neither a user nor a community of Reddit")
    queries = _queries(target.search or Search())
    if not queries:
        raise ValueError("Reddit is searched by keywords; posts there have no place")
    asked = {"sort": "new", "t": _span(now - target.window.start), "type": "link"}
    return {query: f"{_SITE}/search.rss?{urlencode({'q': query, **asked})}" for query in queries}


def _queries(search: Search) -> list[str]:
    """The keywords as few queries: at one request a minute, each costs minutes."""
    queries: list[str] = []
    words = (_SPECIAL.sub(" ", keyword.strip().lstrip("#")).split() for keyword in search.keywords)
    for phrase in (f'"{" ".join(one)[: _LONGEST_QUERY - 2]}"' for one in words if one):
        if queries and len(queries[-1]) + len(phrase) + 4 <= _LONGEST_QUERY:
            queries[-1] += f" OR {phrase}"
        else:
            queries.append(phrase)
    return queries


def _span(age: timedelta) -> str:
    return next((name for name, length in _SPANS if age <= length), "all")


def _pages(
    api: Api, target: Target, cursor: str | None, known: Known, listings: dict[str, str], mapping: Mapping
) -> Iterator[Page]:
    names = list(listings)
    place = _resumed(cursor)
    if place is None or place.query not in listings:  # nothing yet, or the keywords have changed since
        place = _Place(names[0])
    seen_ids: set[str] = set()
    while True:
        address = f"{listings[place.query]}&limit=100" + (f"&after={quote(place.after)}" if place.after else "")
        fetched = fetch(api, address, {}, None, judge=_judge, no_hop=_no_hop)
        if fetched.answer is None:
            return
        profile = target.profile
        key, url = (profile.key, profile.url) if profile else (target.key, _SITE)
        document = read_document(fetched.answer, key, url, fetched.address)
        seen = seen_in(document.items, api, target, mapping)
        fresh = {one.post_id for one in seen} - seen_ids
        seen_ids |= fresh
        following = _following(place, names, seen[-1].post_id if seen else None)
        ended = (
            not fresh
            or len(document.items) < _FULL_PAGE
            or place.page + 1 >= _MOST_PAGES
            # What a search finds, others may have found long before.
            or far_enough(seen, target.window.start, known if profile else _nothing_known)
        )
        if ended:
            following = _following(place, names, None)
        text = (document.text,) if document.text else ()
        yield Page(document.items, msgspec.json.encode(following).decode() if following else None, text)
        if following is None:
            return
        if following.query != place.query:
            seen_ids.clear()
        place = following


def _resumed(cursor: str | None) -> _Place | None:
    try:
        return msgspec.json.decode(cursor, type=_Place) if cursor else None
    except ValueError:
        return None  # of another version of this file: from the start


def _nothing_known(post_ids: Collection[str]) -> Set[str]:  # noqa: ARG001
    return frozenset()


def _following(place: _Place, names: list[str], last_id: str | None) -> _Place | None:
    """The next page of the listing, or the first of the next one when there is no last post to go on from."""
    if last_id is not None:
        after = last_id if last_id.startswith("t1_") else f"t3_{last_id}"
        return _Place(place.query, after, place.page + 1)
    later = names[names.index(place.query) + 1 :]
    return _Place(later[0]) if later else None


def _judge(answer: Answer) -> SourceError:
    status = answer.status_code
    if status == 403 and b"<html" in answer.body[:2000].lower():
        message = "Reddit gives this address no feeds without an account (HTTP 403)"
        return SourceError(ErrorClass.REFUSED, message, status_code=status)
    return judge_status(answer)


def _no_hop(aim: str) -> SourceError:
    """No redirect is followed: each costs a minute, and the known ones are answers."""
    if "/subreddits/search" in aim:
        return SourceError(ErrorClass.NOT_FOUND, "Reddit has no such community and offers a search instead")
    if "/login" in aim:
        return SourceError(ErrorClass.REFUSED, "Reddit asks for a login")
    return SourceError(ErrorClass.SERVER, f"Reddit redirects to {redacted_url(aim)}")
