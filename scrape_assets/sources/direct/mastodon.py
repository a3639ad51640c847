"""Mastodon, asked at each creator's own server and without a key: what is asked, and how its listings are paged."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import msgspec
import structlog

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.posts.identity import Profile
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.search import Search
from scrape_assets.posts.times import parse_time
from scrape_assets.sources.abilities import Abilities, How
from scrape_assets.sources.answer import Answer
from scrape_assets.sources.direct.api import Api, PauseAfter, judge_status
from scrape_assets.sources.direct.circles import Circle
from scrape_assets.sources.direct.frontier import Seen, far_enough
from scrape_assets.sources.direct.limits import until_iso_time
from scrape_assets.sources.direct.mastodon_posts import MAPPING
from scrape_assets.sources.direct.source import Known, Page, Target
from scrape_assets.sources.errors import SourceError
from scrape_assets.sources.mapping import Mapping
from scrape_assets.sources.redaction import excerpt

log = structlog.get_logger(__name__)

SEARCH_HOST = "https://mastodon.social"
"""Whose tag timelines are read for events: no server sees all of the network, and the largest sees most of it."""

_PAGE = "limit=40"  # the most a server gives
_ONE_WORD = re.compile(r"\w{1,100}")
_LINK = re.compile(r"<([^<>]*)>([^<>]*)")
_NEXT = re.compile(r"""\brel\s*=\s*"?[^",;]*\bnext\b""", re.IGNORECASE)

_ABILITIES = Abilities(
    creators=True,
    events=True,
    creator_time=How.AFTER,
    event_time=How.AFTER,
    keywords=How.AT_SOURCE,
    place=How.NOT,
    remark=(
        "Keywords are looked for as hashtags, as far as mastodon.social knows them; keywords of several words are not "
        "looked for. A server may close its listings to strangers."
    ),
)
# First pages and later ones have counters of their own (300 in 5 and in 15 minutes), under the same header names.
_PAUSE_AFTER = until_iso_time("X-RateLimit-Remaining", "X-RateLimit-Reset")


class _Account(msgspec.Struct):
    id: str | int


class _Glance(msgspec.Struct, gc=False):
    """What paging needs of a status."""

    uri: str
    created_at: str | None = None
    pinned: bool | None = None


_ACCOUNT = msgspec.json.Decoder(_Account)
_GLANCE = msgspec.json.Decoder(_Glance)
_STATUSES = msgspec.json.Decoder(list[msgspec.Raw])


@dataclass(frozen=True, slots=True)
class Mastodon:
    """The public listings of Mastodon and its kin; see `DirectSource`."""

    name: str = "mastodon"
    platform: Platform = Platform.MASTODON
    abilities: Abilities = _ABILITIES
    mapping: Mapping = MAPPING
    base_url: str | None = None
    keys: tuple[str, ...] = ()
    optional_keys: tuple[str, ...] = ()
    pause_after: PauseAfter = _PAUSE_AFTER

    def pages(self, api: Api, target: Target, cursor: str | None, known: Known) -> Iterator[Page]:
        """Page through a creator's statuses, or one tag timeline after the other; see `DirectSource`."""
        if target.profile is not None:
            tags: list[str] = []
            notice = None
            host = _server(target.profile)
        elif target.search is not None:
            tags, notice = _tags(target.search)
            host = SEARCH_HOST
            known = _nothing  # a post known from its creator's feed has not been found for this event yet
        else:
            raise ValueError("neither a profile nor a search was given")

        step, path = _resumed(cursor)
        circle = Circle(self.name)
        while True:
            if path is None:
                path = _timeline(tags[step]) if target.profile is None else _listing(api, host, target.profile)
            asked, answer = path, api.get(path, host=host, judge=judge)
            items = _statuses(answer)
            seen = [glance for glance in map(_seen, items) if glance]
            path = _way_on(answer) if items else None
            if path and (
                far_enough(seen, target.window.start, known)
                or circle.closed(asked, path, [one.post_id for one in seen])
            ):
                path = None
            if path is None and step + 1 < len(tags):
                step, circle = step + 1, Circle(self.name)
                path = _timeline(tags[step])
            yield Page(items, f"{step} {path}" if path else None, notice=notice)
            if path is None:
                return


SOURCE = Mastodon()


def judge(answer: Answer) -> SourceError:
    """What a server's refusal means: some show their listings to their own people only, some have moved."""
    status = answer.status_code
    error = judge_status(answer)
    if status in (401, 403, 422):
        return SourceError(
            ErrorClass.REFUSED, f"the server does not show this to strangers ({error.message})", status_code=status
        )
    if 300 <= status < 400:
        to = excerpt(answer.headers.get("location", "elsewhere"), 200)
        return SourceError(
            ErrorClass.NOT_FOUND,
            f"the server sends on to {to}; give the profile's address there (HTTP {status})",
            status_code=status,
        )
    return error


def _nothing(post_ids: Collection[str]) -> frozenset[str]:  # noqa: ARG001
    return frozenset()


def _server(profile: Profile) -> str:
    if profile.platform is not Platform.MASTODON:
        raise ValueError(f"{profile.url} is a profile on {profile.platform}, not on {Platform.MASTODON}")
    return f"https://{urlsplit(profile.url).netloc}"


def _tags(search: Search) -> tuple[list[str], str | None]:
    """The keywords that can be hashtags, one word of letters, digits and underscores; and a word on the others."""
    words = [keyword.strip().lstrip("#\uff03") for keyword in search.keywords]
    tags = [word for word in words if _ONE_WORD.fullmatch(word) and not word.replace("_", "").isdecimal()]
    if not tags:
        raise ValueError("Mastodon is searched by hashtag only: none of the keywords is a single word")
    left_out = [word for word in words if word not in tags]
    once: dict[str, str] = {}
    for tag in tags:
        once.setdefault(tag.casefold(), tag)
    notice = f"not looked for on Mastodon, which knows hashtags only: {', '.join(left_out)}" if left_out else None
    return list(once.values()), notice


def _timeline(tag: str) -> str:
    return f"/api/v1/timelines/tag/{quote(tag, safe='')}?{_PAGE}"


def _listing(api: Api, host: str, profile: Profile) -> str:
    """Where the creator's statuses are listed. A server knows its own people by their plain name."""
    name = profile.key.partition("@")[0]
    answer = api.get("/api/v1/accounts/lookup", {"acct": name}, host=host, operation="profile", judge=judge)
    try:
        account = _ACCOUNT.decode(answer.body)
    except (ValueError, RecursionError) as error:
        raise _unreadable(answer, error) from None
    return f"/api/v1/accounts/{quote(str(account.id), safe='')}/statuses?{_PAGE}"


def _resumed(cursor: str | None) -> tuple[int, str | None]:
    """Which of several listings to go on with, and where; the beginning for a cursor that is none of ours."""
    step, _, path = (cursor or "").partition(" ")
    return (int(step), path) if step.isdecimal() and path.startswith("/") else (0, None)


def _statuses(answer: Answer) -> list[bytes]:
    try:
        return [bytes(status) for status in _STATUSES.decode(answer.body)]
    except (ValueError, RecursionError) as error:
        raise _unreadable(answer, error) from None


def _unreadable(answer: Answer, error: Exception) -> SourceError:
    said = excerpt(answer.body[:500].decode("utf-8", "replace"), 100)
    return SourceError(ErrorClass.BAD_DATA, f"the answer cannot be read ({error or 'nested too deeply'}): {said}")


def _seen(status: bytes) -> Seen | None:
    try:
        glance = _GLANCE.decode(status)
    except (ValueError, RecursionError):
        return None
    # A boost's own time is that of the boost, so boosts stand in order; pinned statuses stand first on some servers.
    return Seen(glance.uri, parse_time(glance.created_at), not glance.pinned)


def _way_on(answer: Answer) -> str | None:
    """The next page's path, from the Link header.

    Its host is left out: a server answers for itself, and must not send us to any other.
    """
    for address, attributes in _LINK.findall(answer.headers.get("link") or ""):
        if _NEXT.search(attributes):
            _, api_path, rest = address.partition("/api/")
            return f"{api_path}{rest}" if api_path and not any(letter.isspace() for letter in rest) else None
    return None
