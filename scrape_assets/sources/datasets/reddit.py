"""Reddit posts through the vendor: what to ask for a community or a search, and how a row becomes a post. No HTTP."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from scrape_assets.posts.counts import count
from scrape_assets.posts.identity import Profile
from scrape_assets.posts.media import media_json, medium
from scrape_assets.posts.model import Post, PostKind, Rejected, RejectReason, new_post
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.search import Search, search_key
from scrape_assets.posts.text import clean_text
from scrape_assets.posts.times import parse_time, posting_time
from scrape_assets.sources.abilities import Abilities, How
from scrape_assets.sources.datasets.dataset import VendorDataset
from scrape_assets.sources.datasets.reddit_record import Attachment, Attachments, Record
from scrape_assets.sources.datasets.reddit_text import NOBODY, SITE, mentions, profile_at
from scrape_assets.sources.datasets.vendor_row import (
    Text,
    collected,
    discovered_by,
    feed_key_of,
    identifier,
    refusal_of,
    untimed,
)
from scrape_assets.sources.mapping import RequestInput, TimeWindow
from scrape_assets.sources.rows import RowReader, rejected

LAUNCH = datetime(2005, 6, 23, tzinfo=UTC)
"""The day on which Reddit opened."""

_READER = RowReader(Record, required=frozenset({"post_id", "timestamp"}))
_POST_PREFIX = "t3_"  # of Reddit's "full names" of posts
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


@dataclass(frozen=True, kw_only=True)
class RedditPosts(VendorDataset):
    """The vendor's dataset of Reddit posts, discovered by community or keyword; see `Dataset`."""

    now: Callable[[], datetime] = _utc_now  # the vendor counts time ranges back from the present

    def profile_input(self, profile: Profile, window: TimeWindow) -> RequestInput:  # noqa: ARG002
        """What to ask for a community; see `Dataset`."""
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
    collected_at = collected(record)
    if isinstance(collected_at, Rejected):
        return collected_at
    stated = parse_time(record.date_posted)
    posted_at, _ = posting_time(stated, None, collected_at, LAUNCH)
    if posted_at is None:
        return untimed(record, collected_at, "date_posted", record.date_posted, stated)

    author = _author(record)
    title, text = _text(record.title), _text(record.description) or _text(record.description_markdown)
    if text in NOBODY:  # what Reddit shows in place of a text that is gone
        repairs.append(f"text: {text} by Reddit")
        text = None
    likes, likes_note = count(record.num_upvotes, "like_count")
    comments, comments_note = count(record.num_comments, "comment_count")
    repairs.extend(filter(None, (likes_note, comments_note)))
    return new_post(
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
        mentions=mentions(title, text, author.key, record.community_name),
        media=_media(record),
        like_count=likes,
        comment_count=comments,
        share_count=None,
        view_count=None,
        save_count=None,
        reposted_from=None,
        feed_key=clean_text(feed_key_of(discovered_by(record), profile_at)),
        repairs=repairs or None,
    )


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
    if not name or name in NOBODY:
        return _Author(None, None, user_id, None, None)
    profile = profile_at(f"{SITE}user/{name}")
    if profile is None:
        return _Author(None, name, user_id, name, None)
    return _Author(profile.key, profile.handle, user_id, name, profile.url)


def _text(given: str | None) -> str | None:
    """A text without the escapes that Reddit puts for exactly these three characters."""
    if given and "&" in given:
        given = given.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return clean_text(given)


def _media(record: Record) -> bytes | None:
    kinds = (("image", record.photos), ("video", record.videos), ("link", record.embedded_links))
    return media_json(medium(kind, _text(url)) for kind, given in kinds if given for url in _addresses(given))


def _addresses(given: Attachments) -> Iterator[str]:
    for one in [given] if isinstance(given, str) else given or ():
        url = one.url or one.link if isinstance(one, Attachment) else one
        if url:
            yield url


DATASETS: tuple[RedditPosts, ...] = (
    RedditPosts(
        name="posts",
        platform=Platform.REDDIT,
        dataset_id="gd_lvz8ah06191smkebj4",
        abilities=_ABILITIES,
        map_line=map_line,
    ),
)
"""What the vendor offers for Reddit; the default first."""
