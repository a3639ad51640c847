"""Bluesky: feeds of creators without a key, and a search that needs one. What is asked, and how it is paged."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from weakref import WeakKeyDictionary

import msgspec

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.posts.identity import Profile
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.search import Search
from scrape_assets.posts.times import parse_time
from scrape_assets.sources.abilities import Abilities, How
from scrape_assets.sources.answer import Answer
from scrape_assets.sources.direct.api import Api, PauseAfter, judge_status
from scrape_assets.sources.direct.bluesky_posts import MAPPING, post_id_of, posted_at_of
from scrape_assets.sources.direct.bluesky_record import Reason
from scrape_assets.sources.direct.circles import Circle
from scrape_assets.sources.direct.frontier import Seen, far_enough
from scrape_assets.sources.direct.limits import until_unix_time
from scrape_assets.sources.direct.source import Known, Page, Target
from scrape_assets.sources.errors import KeyRefused, SourceError
from scrape_assets.sources.mapping import Mapping
from scrape_assets.sources.redaction import excerpt

HANDLE = "BLUESKY_HANDLE"
APP_PASSWORD = "BLUESKY_APP_PASSWORD"  # noqa: S105
_SIGNED_IN = "https://bsky.social/xrpc/"  # the public host refuses searches even with a token
_PAGE = "100"  # the most a call gives
_NO_SUCH_PROFILE = frozenset({"AccountTakedown", "AccountDeactivated", "AccountSuspended", "RepoNotFound"})
_TOKEN_IS_OVER = frozenset({"ExpiredToken", "InvalidToken"})

_ABILITIES = Abilities(
    creators=True,
    events=True,
    creator_time=How.AFTER,
    event_time=How.CHECKED,
    keywords=How.AT_SOURCE,
    place=How.NOT,
    remark="The search may end before the whole window has been read.",
    event_keys=(HANDLE, APP_PASSWORD),
)
_PAUSE_AFTER = until_unix_time("RateLimit-Remaining", "RateLimit-Reset")


class _Listing(msgspec.Struct):
    feed: list[msgspec.Raw] | None = None
    posts: list[msgspec.Raw] | None = None
    cursor: str | int | None = None


class _Said(msgspec.Struct):
    """The body of a refusal."""

    error: str | None = None
    message: str | None = None


class _Session(msgspec.Struct):
    token: str = msgspec.field(name="accessJwt")


class _WrittenAt(msgspec.Struct, gc=False):
    created_at: Any = msgspec.field(default=None, name="createdAt")


class _PostGlance(msgspec.Struct, gc=False):
    uri: str
    indexed_at: str | None = msgspec.field(default=None, name="indexedAt")
    record: _WrittenAt | None = None


class _Glance(msgspec.Struct, gc=False):
    """What paging needs of an entry."""

    post: _PostGlance
    reason: Reason | None = None


_LISTING = msgspec.json.Decoder(_Listing)
_SAID = msgspec.json.Decoder(_Said)
_SESSION = msgspec.json.Decoder(_Session)
_GLANCE = msgspec.json.Decoder(_Glance)

# A day allows 300 sessions, so each collection opens one and keeps it; it is gone with the collection's calls.
_TOKENS: WeakKeyDictionary[Api, str] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Bluesky:
    """The public network's view of Bluesky; see `DirectSource`."""

    name: str = "bluesky"
    platform: Platform = Platform.BLUESKY
    abilities: Abilities = _ABILITIES
    mapping: Mapping = MAPPING
    base_url: str | None = "https://public.api.bsky.app"
    keys: tuple[str, ...] = ()
    optional_keys: tuple[str, ...] = (HANDLE, APP_PASSWORD)
    pause_after: PauseAfter = _PAUSE_AFTER

    def pages(self, api: Api, target: Target, cursor: str | None, known: Known) -> Iterator[Page]:
        """Page through a creator's feed, or the finds of one keyword after the other; see `DirectSource`."""
        if target.profile is not None:
            questions = [{"actor": _actor(target.profile), "filter": "posts_with_replies", "limit": _PAGE}]
        elif target.search is not None:
            questions = [_question(words, target.window.start, target.window.end) for words in _words(target.search)]
            known = _nothing  # a post known from its creator's feed has not been found for this event yet
            _needed_keys(api)
        else:
            raise ValueError("neither a profile nor a search was given")

        step, at = _resumed(cursor, len(questions))
        circle = Circle(self.name)
        while True:
            asked = questions[step] | ({"cursor": at} if at else {})
            items, way_on = _read(_feed(api, asked) if target.profile else _search(api, asked))
            seen = [glance for glance in map(_seen, items) if glance]
            if way_on and (
                far_enough(seen, target.window.start, known)
                or circle.closed(at or None, way_on, [one.post_id for one in seen])
            ):
                way_on = None
            if way_on is None and step + 1 < len(questions):
                step, way_on, circle = step + 1, "", Circle(self.name)
            yield Page(items, None if way_on is None else f"{step} {way_on}")
            if way_on is None:
                return
            at = way_on


SOURCE = Bluesky()


def judge(answer: Answer) -> SourceError:
    """What a refusal means. The status is 400 for nearly all of them; the body says which it is."""
    status = answer.status_code
    error = judge_status(answer)
    try:
        said = _SAID.decode(answer.body)
    except (ValueError, RecursionError):
        return error
    words = excerpt(f"HTTP {status}: {said.error or 'no reason'}: {said.message or 'no message'}")
    if status == 401 or said.error in _TOKEN_IS_OVER:
        return KeyRefused(words, status_code=status)
    if status == 400 and (said.error in _NO_SUCH_PROFILE or "not found" in (said.message or "").lower()):
        return SourceError(ErrorClass.NOT_FOUND, words, status_code=status)
    return error


def judge_login(answer: Answer) -> SourceError:
    """What a refused login means: the handle or the app password is wrong, whatever the exact words."""
    error = judge_status(answer)
    if error.error_class in (ErrorClass.REFUSED, ErrorClass.BAD_REQUEST, ErrorClass.NOT_FOUND):
        why = f"the login with {HANDLE} and {APP_PASSWORD} is refused ({error.message})"
        return KeyRefused(why, status_code=answer.status_code)
    return error


def _nothing(post_ids: Collection[str]) -> frozenset[str]:  # noqa: ARG001
    return frozenset()


def _actor(profile: Profile) -> str:
    if profile.platform is not Platform.BLUESKY:
        raise ValueError(f"{profile.url} is a profile on {profile.platform}, not on {Platform.BLUESKY}")
    return profile.platform_user_id or profile.key


def _words(search: Search) -> list[str]:
    words = {" ".join(keyword.replace('"', " ").split()): None for keyword in search.keywords}
    words.pop("", None)
    if not words:
        raise ValueError("Bluesky is searched by keyword only, and none was given")
    return list(words)


def _question(words: str, start: datetime, end: datetime) -> dict[str, str]:
    phrase = f'"{words}"' if " " in words else words
    return {"q": phrase, "sort": "latest", "since": _moment(start), "until": _moment(end), "limit": _PAGE}


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def _resumed(cursor: str | None, questions: int) -> tuple[int, str]:
    """Which question to go on with, and where, "" being its first page; the beginning for a cursor not of ours."""
    step, found, way_on = (cursor or "").partition(" ")
    return (int(step), way_on) if found and step.isdecimal() and int(step) < questions else (0, "")


def _feed(api: Api, asked: dict[str, str]) -> Answer:
    return api.get("/xrpc/app.bsky.feed.getAuthorFeed", asked, judge=judge)


def _search(api: Api, asked: dict[str, str]) -> Answer:
    fresh = api not in _TOKENS
    if fresh:
        _log_in(api)
    try:
        return _signed(api, asked)
    except KeyRefused:
        if fresh:
            raise
    _log_in(api)  # a token lives for some two hours, a long collection longer
    return _signed(api, asked)


def _signed(api: Api, asked: dict[str, str]) -> Answer:
    headers = {"authorization": f"Bearer {_TOKENS[api]}"}
    return api.get(f"{_SIGNED_IN}app.bsky.feed.searchPosts", asked, headers=headers, judge=judge)


def _needed_keys(api: Api) -> dict[str, str]:
    return {"identifier": api.needed_key(HANDLE), "password": api.needed_key(APP_PASSWORD)}


def _log_in(api: Api) -> None:
    _TOKENS.pop(api, None)
    answer = api.post(
        f"{_SIGNED_IN}com.atproto.server.createSession",
        msgspec.json.encode(_needed_keys(api)),
        headers={"content-type": "application/json"},
        operation="token",
        judge=judge_login,
    )
    try:
        _TOKENS[api] = _SESSION.decode(answer.body).token
    except (ValueError, RecursionError):
        # The body is not quoted: it may hold a token all the same.
        raise SourceError(ErrorClass.BAD_DATA, "the answer to the login holds no token") from None


def _read(answer: Answer) -> tuple[list[bytes], str | None]:
    """The entries of a page, all in the form of a feed's, and the cursor of the next."""
    try:
        listing = _LISTING.decode(answer.body)
    except (ValueError, RecursionError) as error:
        raise _unreadable(answer, str(error) or "nested too deeply") from None
    if listing.feed is None and listing.posts is None and listing.cursor is None:
        raise _unreadable(answer, "neither posts nor cursor")
    items = [bytes(entry) for entry in listing.feed or ()]
    items += [b'{"post":%b}' % bytes(view) for view in listing.posts or ()]
    return items, str(listing.cursor) if listing.cursor not in (None, "") else None


def _unreadable(answer: Answer, why: str) -> SourceError:
    said = excerpt(answer.body[:500].decode("utf-8", "replace"), 100)
    return SourceError(ErrorClass.BAD_DATA, f"the answer cannot be read ({why}): {said}")


def _seen(entry: bytes) -> Seen | None:
    try:
        glance = _GLANCE.decode(entry)
    except (ValueError, RecursionError):
        return None
    post, reason = glance.post, glance.reason
    post_id = post_id_of(post.uri, reason)
    if post_id is None:
        return None
    if reason and reason.is_repost:  # stands where its reposting puts it
        at = parse_time(reason.indexed_at)
        return Seen(post_id, at, in_order=at is not None)
    created_at = post.record.created_at if post.record else None
    at = posted_at_of(created_at if isinstance(created_at, str) else None, post.indexed_at)
    return Seen(post_id, at, in_order=not (reason and reason.is_pin))
