"""Reddit through its API with an application's key: a user's posts, a community's, or those with a keyword. No mapping.

Every listing ends near its thousandth post, and knows no dates: it is read newest first, until it is old enough.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

import msgspec

from scrape_assets.posts.identity import Profile
from scrape_assets.posts.model import Rejected
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.search import Search
from scrape_assets.sources.abilities import Abilities, How
from scrape_assets.sources.answer import Answer
from scrape_assets.sources.datasets.vendor_row import Text
from scrape_assets.sources.direct.api import Api, PauseAfter
from scrape_assets.sources.direct.circles import Circle
from scrape_assets.sources.direct.frontier import Seen, far_enough
from scrape_assets.sources.direct.limits import for_seconds
from scrape_assets.sources.direct.pieces import ABSENT, objects, read_answer
from scrape_assets.sources.direct.reddit_answer import judge_reddit
from scrape_assets.sources.direct.reddit_posts import MAPPING, post_id_of, reddit_time
from scrape_assets.sources.direct.reddit_token import KEYS, USER_AGENT, forget, token_for
from scrape_assets.sources.direct.source import Known, Page, Target
from scrape_assets.sources.errors import KeyRefused, SourceError
from scrape_assets.sources.mapping import Mapping
from scrape_assets.sources.rows import RowReader

_LISTING = {"limit": "100", "raw_json": "1"}  # raw_json: texts without HTML's escapes
_LONGEST_QUERY = 512
_POST = "t3"
# The age of what a search looks at. Above each lies a margin: the search goes by its own clock.
_AGES = (
    ("hour", timedelta(minutes=55)),
    ("day", timedelta(hours=23)),
    ("week", timedelta(days=6, hours=23)),
    ("month", timedelta(days=29)),
    ("year", timedelta(days=364)),
)

_ABILITIES = Abilities(
    creators=True,
    events=True,
    creator_time=How.AFTER,
    event_time=How.CHECKED,
    keywords=How.CHECKED,
    place=How.NOT,
    remark="Users and communities; each listing and each keyword's search ends near its newest 1,000 posts.",
)
_PAUSE = for_seconds("x-ratelimit-remaining", "x-ratelimit-reset")


@dataclass(frozen=True, slots=True)
class RedditApi:
    """Posts of a user, of a community, or with a keyword; see `DirectSource`."""

    name: str = "reddit"
    platform: Platform = Platform.REDDIT
    abilities: Abilities = _ABILITIES
    mapping: Mapping = MAPPING
    base_url: str | None = "https://oauth.reddit.com"
    keys: tuple[str, ...] = KEYS
    optional_keys: tuple[str, ...] = ()
    pause_after: PauseAfter = _PAUSE

    def pages(self, api: Api, target: Target, cursor: str | None, known: Known) -> Iterator[Page]:
        """Page through one listing, or through that of each keyword in turn; see `DirectSource`."""
        step = _read_cursor(cursor)
        start = target.window.start
        if target.profile:
            return _pages(api, [_profile_listing(target.profile)], start, step, known, target.profile)
        if target.search:
            return _pages(api, _searches(target.search, start, api.now()), start, step, _nothing_known, None)
        raise ValueError("neither a profile nor a search was given")


SOURCE = RedditApi()
"""Reddit, as `registry.py` lists it."""


class _Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """What to ask next. As JSON it is the cursor of a page."""

    listing: int = 0  # which of the searches
    after: str | None = None  # the full name of the last post

    def __str__(self) -> str:
        return msgspec.json.encode(self).decode()


def _read_cursor(cursor: str | None) -> _Step:
    try:
        return msgspec.json.decode(cursor or "{}", type=_Step)
    except ValueError:
        return _Step()  # of another version of this file: from the start


class _Listing(msgspec.Struct, frozen=True):
    path: str
    params: dict[str, str]


def _profile_listing(profile: Profile) -> _Listing:
    if profile.platform is not Platform.REDDIT:
        raise ValueError(f"{profile.url} is a profile on {profile.platform}, not on Reddit")
    section, _, name = profile.key.partition("/")
    if section == "r":
        return _Listing(f"/r/{quote(name, safe='')}/new", _LISTING)
    return _Listing(f"/user/{quote(name, safe='')}/submitted", {**_LISTING, "sort": "new"})


def _searches(search: Search, start: datetime, now: datetime) -> list[_Listing]:
    """One search a keyword: each ends near its thousandth find, so that together they reach further back."""
    age = now - start
    params = {**_LISTING, "sort": "new", "type": "link"}
    params["t"] = next((name for name, most in _AGES if age <= most), "all")
    phrases = dict.fromkeys(filter(None, map(_phrase, search.keywords)))
    if not phrases:
        raise ValueError("a search on Reddit needs a keyword: its posts name no place")
    for phrase in phrases:
        if len(phrase) > _LONGEST_QUERY:
            raise ValueError(f"the keyword {phrase[:40]}… has {len(phrase)} characters; Reddit takes {_LONGEST_QUERY}")
    return [_Listing("/search", {**params, "q": phrase}) for phrase in phrases]


def _phrase(keyword: str) -> str | None:
    """A keyword as a phrase, so that none of its words and signs is an operator. Reddit has no hashtags."""
    words = " ".join(keyword.replace('"', " ").replace("\\", " ").split()).lstrip("#").strip()
    return f'"{words}"' if any(letter.isalnum() for letter in words) else None


def _nothing_known(ids: object) -> frozenset[str]:  # noqa: ARG001
    """A search is read to its end: that a post is known from elsewhere says nothing of those after it."""
    return frozenset()


class _Children(msgspec.Struct):
    children: msgspec.Raw = ABSENT
    after: str | None = None


class _Answer(msgspec.Struct):
    data: _Children


class _Child(msgspec.Struct):
    kind: str | None = None
    data: msgspec.Raw = ABSENT


class _Glance(msgspec.Struct, gc=False):
    id: Text = None
    name: Text = None
    created_utc: float | str | None = None
    stickied: bool | None = None
    pinned: bool | None = None


_ANSWERS = msgspec.json.Decoder(_Answer)
_CHILDREN = msgspec.json.Decoder(_Child)
_GLANCES = RowReader(_Glance)


def _pages(
    api: Api, listings: Sequence[_Listing], start: datetime, step: _Step, known: Known, profile: Profile | None
) -> Iterator[Page]:
    number, after = step.listing, step.after
    circle = Circle("reddit")
    while number < len(listings):
        answer = _ask(api, listings[number], after, profile)
        posts = _posts(answer)
        seen = [glance for post in posts if (glance := _seen(post))]
        following = answer.after or None
        if following and (
            far_enough(seen, start, known) or circle.closed(after, following, [one.post_id for one in seen])
        ):
            following = None
        if not following:
            number += 1
            circle = Circle("reddit")
        after = following
        cursor = str(_Step(number, after)) if number < len(listings) else None
        yield Page(posts, cursor)


def _ask(api: Api, listing: _Listing, after: str | None, profile: Profile | None) -> _Children:
    def judge(answer: Answer) -> SourceError:
        return judge_reddit(answer, profile.key if profile else None)

    params = listing.params | ({"after": after} if after else {})

    def page(token: str) -> Answer:
        headers = {"authorization": f"Bearer {token}", "user-agent": USER_AGENT}
        return api.get(listing.path, params, headers=headers, judge=judge)

    token = token_for(api)
    try:
        answer = page(token)
    except KeyRefused:
        forget(api)  # a token may be withdrawn before its time; the next one tells if it was that
        answer = page(token_for(api))
    return read_answer(_ANSWERS, answer).data


def _posts(answer: _Children) -> list[bytes]:
    posts = []
    for piece in objects(answer.children):
        try:
            child = _CHILDREN.decode(piece)
        except (ValueError, RecursionError):
            continue
        post = bytes(child.data)
        if child.kind in (_POST, None) and post.startswith(b"{"):
            posts.append(post)
    return posts


def _seen(post: bytes) -> Seen | None:
    row = _GLANCES.read(post, False)
    if isinstance(row, Rejected):
        return None
    glance = row.record
    post_id = post_id_of(glance.id) or post_id_of(glance.name)
    if not post_id:
        return None
    in_order = not (glance.stickied or glance.pinned)
    return Seen(post_id, reddit_time(glance.created_utc), in_order)
