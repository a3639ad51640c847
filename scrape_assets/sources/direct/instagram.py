"""Instagram through the Graph API with a linked account's token: professional accounts, and hashtags. No mapping.

What a hashtag gives is of the last 24 hours and does not say who wrote it.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import msgspec

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.posts.identity import Profile
from scrape_assets.posts.model import Rejected
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.search import Search
from scrape_assets.posts.times import parse_time
from scrape_assets.sources.abilities import Abilities, How
from scrape_assets.sources.datasets.vendor_row import Text, identifier
from scrape_assets.sources.direct.api import Api, PauseAfter
from scrape_assets.sources.direct.circles import Circle
from scrape_assets.sources.direct.frontier import Seen, far_enough
from scrape_assets.sources.direct.instagram_answer import Listing, NotPermitted, pause_after
from scrape_assets.sources.direct.instagram_calls import TOKEN, USER, account_media, item, number_of, recent_media
from scrape_assets.sources.direct.instagram_posts import MAPPING, code_of
from scrape_assets.sources.direct.pieces import objects
from scrape_assets.sources.direct.source import Known, Page, Target
from scrape_assets.sources.errors import SourceError
from scrape_assets.sources.mapping import Mapping, TimeWindow
from scrape_assets.sources.redaction import excerpt
from scrape_assets.sources.rows import RowReader

_NAME = re.compile(r"[a-z0-9._]{1,30}")
_HASHTAG_AGE = timedelta(hours=24)

_ABILITIES = Abilities(
    creators=True,
    events=True,
    creator_time=How.AFTER,
    event_time=How.AFTER,
    keywords=How.AT_SOURCE,
    place=How.NOT,
    remark="Professional accounts only. A keyword is asked for as a hashtag, written without spaces: posts of the last "
    "24 hours, without their authors; 30 different hashtags in 7 days, a further one is refused.",
)


@dataclass(frozen=True, slots=True)
class InstagramApi:
    """Posts of a professional account, or with a hashtag; see `DirectSource`."""

    name: str = "instagram"
    platform: Platform = Platform.INSTAGRAM
    abilities: Abilities = _ABILITIES
    mapping: Mapping = MAPPING
    base_url: str | None = "https://graph.facebook.com"
    keys: tuple[str, ...] = (TOKEN, USER)
    optional_keys: tuple[str, ...] = ()
    pause_after: PauseAfter = pause_after

    def pages(self, api: Api, target: Target, cursor: str | None, known: Known) -> Iterator[Page]:
        """Page through an account's media, or through those of each hashtag in turn; see `DirectSource`."""
        step = _read_cursor(cursor)
        if target.profile:
            return _account(api, _name(target.profile), target.window, step, known)
        if target.search:
            hashtags = _hashtags(target.search)
            if target.window.end <= api.now() - _HASHTAG_AGE:
                raise ValueError(f"Instagram gives the last 24 hours of a hashtag, and {target.window.end} is before")
            return _search(api, hashtags, step)
        raise ValueError("neither a profile nor a search was given")


SOURCE = InstagramApi()
"""Instagram, as `registry.py` lists it."""


class _Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """What to ask next. As JSON it is the cursor of a page."""

    after: str | None = None
    hashtag: int = 0  # which of them
    number: str | None = None  # of the hashtag, once looked up
    refused: tuple[str, ...] = ()  # hashtags that Instagram would not search, with its reasons

    def __str__(self) -> str:
        return msgspec.json.encode(self).decode()


def _read_cursor(cursor: str | None) -> _Step:
    try:
        return msgspec.json.decode(cursor or "{}", type=_Step)
    except ValueError:
        return _Step()  # of another version of this file: from the start


def _name(profile: Profile) -> str:
    if profile.platform is not Platform.INSTAGRAM:
        raise ValueError(f"{profile.url} is a profile on {profile.platform}, not on Instagram")
    if not _NAME.fullmatch(profile.key):
        raise ValueError(f"no account on Instagram has the name {profile.key!r}")
    return profile.key


def _account(api: Api, name: str, window: TimeWindow, step: _Step, known: Known) -> Iterator[Page]:
    after = step.after
    circle = Circle("instagram")
    while True:
        owner, listing = account_media(api, name, after)
        media = objects(listing.data)
        seen = [glance for one in media if (glance := _seen(one))]
        following = listing.following
        if following and (
            far_enough(seen, window.start, known) or circle.closed(after, following, [one.post_id for one in seen])
        ):
            following = None
        author = owner.author(name)
        items = [item(api, one, author) for one in media]
        yield Page(items, str(_Step(after=following)) if following else None)
        if not following:
            return
        after = following


class _Glance(msgspec.Struct, gc=False):
    id: Text = None
    permalink: str | None = None
    timestamp: str | None = None


_GLANCES = RowReader(_Glance)


def _seen(media: bytes) -> Seen | None:
    row = _GLANCES.read(media, False)
    code = None if isinstance(row, Rejected) else code_of(row.record.permalink)
    return Seen(code, parse_time(row.record.timestamp)) if code and not isinstance(row, Rejected) else None


def _hashtags(search: Search) -> list[str]:
    found = list(dict.fromkeys(filter(None, map(_hashtag, search.keywords))))
    if not found:
        raise ValueError("Instagram can be searched by hashtag alone, and no keyword makes one")
    return found


def _hashtag(keyword: str) -> str:
    """A keyword as its hashtag: letters, marks, digits and underscores, and nothing between them."""
    kept = (letter for letter in keyword.lower() if letter == "_" or unicodedata.category(letter)[0] in "LMN")
    return "".join(kept)


def _search(api: Api, hashtags: Sequence[str], step: _Step) -> Iterator[Page]:
    refused = step.refused
    circle = Circle("instagram")
    while step.hashtag < len(hashtags):
        hashtag = hashtags[step.hashtag]
        next_hashtag = _Step(hashtag=step.hashtag + 1, refused=refused)
        try:
            number = step.number or number_of(api, hashtag)
            listing = recent_media(api, number, step.after) if number else Listing()
        except SourceError as error:
            if error.error_class is not ErrorClass.BAD_REQUEST or isinstance(error, NotPermitted):
                raise
            # One too many, or one that Instagram deems offensive: the others can still be had.
            refused = (*refused, f"#{hashtag}: {excerpt(error.message)}")
            step = msgspec.structs.replace(next_hashtag, refused=refused)
            continue
        media = objects(listing.data)
        following = listing.following if listing.way_on.next else None
        # Each page gives the same cursor, which leads on all the same: only the posts tell that it turns in circles.
        if following and circle.closed(None, following, [_named(one) for one in media]):
            following = None
        if following:
            step = _Step(following, step.hashtag, number, refused)
        else:
            step = next_hashtag
            circle = Circle("instagram")
        more = step.hashtag < len(hashtags)
        yield Page([item(api, one) for one in media], str(step) if more else None)
    if refused:
        raise SourceError(ErrorClass.BAD_REQUEST, f"Instagram does not search for {'; '.join(refused)}")


def _named(media: bytes) -> str:
    row = _GLANCES.read(media, False)
    return "" if isinstance(row, Rejected) else identifier(row.record.id) or row.record.permalink or ""
