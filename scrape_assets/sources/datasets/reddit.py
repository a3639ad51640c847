"""Reddit posts through the vendor: what to ask for a community or a search, and how a row becomes a post. No HTTP."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from scrape_assets.posts.counts import count
from scrape_assets.posts.identity import NotAProfile, Profile, profile_key
from scrape_assets.posts.media import media_json, medium
from scrape_assets.posts.model import Post, PostKind, Rejected, RejectReason
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.search import Search, search_key
from scrape_assets.posts.tags import once
from scrape_assets.posts.text import clean_text
from scrape_assets.posts.times import parse_time, posting_time
from scrape_assets.sources.abilities import Abilities, How
from scrape_assets.sources.datasets.reddit_record import Attachment, Attachments, Record
from scrape_assets.sources.datasets.vendor_row import (
    Text,
    discovered_by,
    feed_key_of,
    identifier,
    input_url,
    refusal_of,
    shown,
)
from scrape_assets.sources.mapping import RequestInput, TimeWindow
from scrape_assets.sources.rows import RowReader, rejected

LAUNCH = datetime(2005, 6, 23, tzinfo=UTC)
"""The day on which Reddit opened."""

_SITE = "https://www.reddit.com/"
_READER = RowReader(Record, required=frozenset({"post_id", "timestamp"}))
_POST_PREFIX = "t3_"  # of Reddit's "full names" of posts
_NOBODY = frozenset({"[deleted]", "[removed]"})
# "u/jane", "/r/tea" and their addresses; not the middle of another path.
_NAMED = re.compile(r"(?:(?<![\w/.-])/?|reddit\.com/)(u|user|r)/([\w-]{2,30})", re.ASCII)
# The time ranges of a search that documentation and working clients agree on; of "Past day" and "Today" each knows
# one, and a value that is not allowed refuses the whole job.
_RANGES = (("Past week", 7), ("Past month", 30), ("Past year", 365))

_ABILITIES = Abilities(
    creators=True,
    events=True,
    creator_time=How.AFTER,
    event_time=How.CHECKED,
    keywords=How.CHECKED,
    remark="Communities only, not users: their newest posts, limited by number; a search reaches back a week, "
    "a month, a year or for ever.",
)


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class RedditMapping:
    """How rows of the dataset are read; see `Mapping`."""

    platform: Platform = Platform.REDDIT
    version: int = 1

    def map_line(self, line: bytes, last: bool) -> Post | Rejected:
        """Map one line; see `Mapping`."""
        return map_line(line, last)


@dataclass(frozen=True, slots=True)
class RedditPosts:
    """The vendor's dataset of Reddit posts, discovered by community or keyword; see `Dataset`."""

    name: str = "posts"
    platform: Platform = Platform.REDDIT
    dataset_id: str = "gd_lvz8ah06191smkebj4"
    mapping: RedditMapping = RedditMapping()
    abilities: Abilities = _ABILITIES
    now: Callable[[], datetime] = _utc_now  # the vendor counts time ranges back from the present

    def request_input(self, profile: Profile, window: TimeWindow) -> RequestInput:  # noqa: ARG002
        """What to ask for a community; see `Dataset`."""
        if profile.platform is not self.platform:
            raise ValueError(f"{profile.url} is a profile on {profile.platform}, not on {self.platform}")
        if not profile.key.startswith("r/"):
            raise ValueError(
                f"{profile.url} is a Reddit user, and the vendor can be asked for the posts of communities (r/…) only"
            )
        # No dates: `end_date` refuses the job, `start_date` was answered with nothing. "New" with a capital letter:
        # the documented "new" was refused.
        return RequestInput("subreddit_url", {"url": profile.url, "sort_by": "New"})

    def search_inputs(self, search: Search, window: TimeWindow) -> list[tuple[str, RequestInput]]:
        """What to ask for each keyword; Reddit has no hashtags, so '#' is left out; see `Dataset`."""
        date = _range_since(window.start, self.now())
        inputs: dict[str, RequestInput] = {}  # each search once, however often it is spelled
        for keyword in search.keywords:
            words = " ".join(keyword.strip().lstrip("#").split())
            if words:
                inputs.setdefault(search_key(words), RequestInput("keyword", {"keyword": words, "date": date}))
        return list(inputs.items())

    def limit_per_input(self, discover_by: str | None, posts_per_profile: int) -> int | None:  # noqa: ARG002
        """Always a number: without one the vendor walks through a community's whole history; see `Dataset`."""
        return posts_per_profile


DATASETS: tuple[RedditPosts, ...] = (RedditPosts(),)
"""What the vendor offers for Reddit; the default first."""


def _range_since(start: datetime, now: datetime) -> str:
    """The shortest range that reaches back so far."""
    age = now - start
    return next((name for name, days in _RANGES if age <= timedelta(days=days)), "All time")


def map_line(line: bytes, last: bool) -> Post | Rejected:
    """One row of the dataset as a post, or the reason why it is none. Never raises; see `Mapping`."""
    row = _READER.read(line, last)
    if isinstance(row, Rejected):
        return row
    record, repairs = row
    post_id = _post_id(record.post_id)
    refusal = refusal_of(record, post_id, repairs)
    if refusal is not None or post_id is None:
        return refusal or rejected(RejectReason.NO_ID, "the row has no id")
    return _post(record, post_id, repairs)


def _post_id(given: Text) -> str | None:
    """The bare id, which also stands in the post's address: some rows, and Reddit's own API, put "t3_" before it."""
    name = identifier(given)
    return name.removeprefix(_POST_PREFIX) or None if name else None


def _post(record: Record, post_id: str, repairs: list[str]) -> Post | Rejected:
    collected_at = parse_time(record.timestamp)
    if collected_at is None:
        detail = f"timestamp: {shown(record.timestamp)}, so it is not known when the vendor looked"
        return rejected(RejectReason.NO_TIME, detail, input_url=input_url(record))
    stated = parse_time(record.date_posted)
    posted_at, _ = posting_time(stated, None, collected_at, LAUNCH)
    if posted_at is None:
        reason = RejectReason.IMPLAUSIBLE_TIME if stated else RejectReason.NO_TIME
        detail = f"date_posted: {shown(record.date_posted)}; collected {collected_at}"
        return rejected(reason, detail, input_url=input_url(record))

    author = _author(record)
    title, text = _text(record.title), _text(record.description) or _text(record.description_markdown)
    if text in _NOBODY:  # what Reddit shows in place of a text that is gone
        repairs.append(f"text: {text} by Reddit")
        text = None
    likes, likes_note = count(record.num_upvotes, "like_count")
    comments, comments_note = count(record.num_comments, "comment_count")
    repairs.extend(note for note in (likes_note, comments_note) if note)
    return Post(
        platform=Platform.REDDIT.value,
        post_id=post_id,
        url=clean_text(record.url),
        kind=PostKind.VIDEO.value if any(_addresses(record.videos)) else PostKind.POST.value,
        author_key=author.key,
        author_handle=author.handle,
        author_id=author.user_id,
        author_name=author.name,
        author_url=author.url,
        title=title,
        text=text,
        posted_at=posted_at,
        collected_at=collected_at,
        hashtags=None,  # the rows' `tag` is the community's own label, no hashtag
        mentions=_mentions(record, title, text, author.key),
        media=_media(record),
        like_count=likes,
        comment_count=comments,
        share_count=None,
        view_count=None,
        save_count=None,
        reposted_from=None,
        feed_key=clean_text(feed_key_of(discovered_by(record), _profile)),
        repairs=repairs or None,
    )


@lru_cache(maxsize=16_384)
def _profile(address: str | None) -> Profile | None:
    """The user or community behind an address, or None. Cached: the rows of one feed repeat the same few."""
    if not address:
        return None
    try:
        return profile_key(Platform.REDDIT, address)
    except NotAProfile:
        return None


class _Author(NamedTuple):
    key: str | None
    handle: str | None
    user_id: str | None
    name: str | None
    url: str | None


def _author(record: Record) -> _Author:
    """Who wrote the post; nobody when the account is gone, and never the community."""
    name = clean_text((record.user_posted or "").strip().removeprefix("u/"))
    user_id = identifier(record.user_id)
    if not name or name in _NOBODY:
        return _Author(None, None, user_id, None, None)
    profile = _profile(f"{_SITE}user/{name}")
    if profile is None:
        return _Author(None, name, user_id, name, None)
    return _Author(profile.key, profile.handle, user_id, name, profile.url)


def _text(given: str | None) -> str | None:
    """A text without the escapes that Reddit puts for exactly these three characters."""
    if given and "&" in given:
        given = given.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return clean_text(given)


def _mentions(record: Record, title: str | None, text: str | None, author_key: str | None) -> list[str] | None:
    """Users and communities named in the title or the text, but for the author and the community it stands in."""
    named = [
        _profile(f"{_SITE}{'r' if section == 'r' else 'user'}/{name}")
        for given in (title, text)
        if given and "/" in given
        for section, name in _NAMED.findall(given)
    ]
    if not named:
        return None
    here = _profile(f"{_SITE}r/{record.community_name}") if record.community_name else None
    own = {author_key, here.key if here else None}
    return once(profile.key for profile in named if profile and profile.key not in own)


def _media(record: Record) -> bytes | None:
    kinds = (("image", record.photos), ("video", record.videos), ("link", record.embedded_links))
    return media_json(medium(kind, _text(url)) for kind, given in kinds if given for url in _addresses(given))


def _addresses(given: Attachments) -> Iterator[str]:
    for one in [given] if isinstance(given, str) else given or ():
        url = one.url or one.link if isinstance(one, Attachment) else one
        if url:
            yield url
