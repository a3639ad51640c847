"""The datasets "Instagram posts" and "reels": which posts each input finds, and what may be sent.

Shapes are in `instagram_rows`. Observed behaviour: a feed holds posts that others wrote together with its owner;
unused inputs come back as ""; pinned posts come whatever the window; dates in another form than the documented one
(month first) find nothing. Documented: the window.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from urllib.parse import urlsplit

from scrape_assets.simulator.clock import unix_ms
from scrape_assets.simulator.dice import dice, roll
from scrape_assets.simulator.feeds import DAY_MS, DenseFeed, PostRef, feed, posts_of_day
from scrape_assets.simulator.instagram_rows import (
    Row,
    account,
    code,
    is_reel,
    post_of_code,
    post_row,
    post_url,
    reel_row,
    reel_url,
    somebody,
)
from scrape_assets.simulator.jobs import JobInput, SimulatedJob
from scrape_assets.simulator.linkedin import DeadInput
from scrape_assets.simulator.people import Author
from scrape_assets.simulator.searched import FeedRows, Window, american_day, feed_rows

POSTS_DATASET = "gd_lk5ns7kz21pck8jpis"
REELS_DATASET = "gd_lyclm20il4r5helnj"
DISCOVERS = ("url",)
REELS_DISCOVERS = ("url", "url_all_reels")

DENSE_DAYS = 365
_URL_PATTERN = re.compile(r"https://(?:www\.)?instagram\.com/\S+", re.IGNORECASE)
_UNUSED = {"num_of_posts": "", "posts_to_not_include": "", "start_date": "", "end_date": ""}
_PINNED_DAYS_AGO = 200

_MakeRow = Callable[..., Row]


@dataclass(frozen=True)
class EchoedRows(FeedRows):
    """The rows of one input, with the inputs that the client left out echoed as ""."""

    unused: tuple[tuple[str, object], ...] = ()

    def row(self, position: int) -> Row:
        """Make one row."""
        row = super().row(position)
        if self.job.order.discover_by is not None:
            row["discovery_input"] = dict(self.unused) | self.job.order.inputs[self.index]
        return row


def echoed(found: FeedRows, unused: dict[str, str]) -> EchoedRows:
    """These rows with the inputs that the client left out."""
    return EchoedRows(
        found.job, found.index, found.refs, found.posts, found.make_row, found.address, unused=(*unused.items(),)
    )


def check_input(given: JobInput, discover_by: str | None) -> list[tuple[str, str]]:  # noqa: ARG001
    """What the vendor has against an input: pairs of field and reason; empty when it accepts it."""
    url = given.get("url")
    if not url:
        return [("url", "Required field")]
    if not isinstance(url, str) or not urlsplit(url).scheme or not urlsplit(url).netloc:
        return [("url", "This field must be a valid url")]
    if not _URL_PATTERN.fullmatch(url):
        return [("url", "Value should match pattern ^https://(www\\.)?instagram\\.com/.+$")]
    return []


def find_rows(job: SimulatedJob, index: int, limit: int | None) -> FeedRows | DeadInput:
    """What one input of a job yields, at most `limit` rows."""
    given = job.order.inputs[index]
    reels = job.order.dataset_id == REELS_DATASET
    make_row, address = (reel_row, reel_url) if reels else (post_row, post_url)
    if "missing" in given["url"]:
        return DeadInput(job, index, "error", "4XX page - dead page.")
    if job.order.discover_by is None:
        collected = [_post_at(job.seed, given["url"])]
        return feed_rows(job, index, collected, _looking(make_row, None), address)
    if any(given.get(name) and american_day(given[name]) is None for name in ("start_date", "end_date")):
        return DeadInput(job, index, "warning", "Wrong posted date.")
    owner = account(job.seed, _name_in(given["url"]))
    refs = _find(job, given, owner, reels, wanted(given, limit))
    if not refs:
        said = "Seems page have not reels" if reels else "no posts found, please check pinned posts detection"
        return DeadInput(job, index, "warning", said)
    unused = _UNUSED if reels else _UNUSED | {"post_type": ""}
    return echoed(feed_rows(job, index, refs, _looking(make_row, owner), address), unused)


def window_of(job: SimulatedJob, given: JobInput) -> Window:
    """The time that an input asks for: whole days, as long as the vendor looks."""
    start, end = american_day(given.get("start_date")), american_day(given.get("end_date"), end_of_day=True)
    now_ms = unix_ms(job.created - timedelta(minutes=1))
    return Window(unix_ms(start) if start else 0, min(unix_ms(end), now_ms) if end else now_ms)


def wanted(given: JobInput, limit: int | None) -> int | None:
    """The lesser of the two limits that a client can set."""
    return min((int(one) for one in (given.get("num_of_posts"), limit) if one), default=None)


def dense(writer: Author, count: int, given: JobInput, window: Window, limit: int | None) -> DenseFeed:
    """So many posts within the window, for load."""
    from_ms, until_ms = window
    if not given.get("end_date"):  # whole days, so that a later job of the same day finds the same posts
        until_ms -= until_ms % DAY_MS
    from_ms = from_ms or until_ms - DENSE_DAYS * DAY_MS
    count = count if limit is None else min(count, limit)
    return DenseFeed(writer, count, from_ms=from_ms, until_ms=max(until_ms, from_ms))


def _find(job: SimulatedJob, given: JobInput, owner: Author, reels: bool, limit: int | None) -> Sequence[PostRef]:
    window = window_of(job, given)
    if (count := job.content.rows_per_input) is not None:
        return dense(owner, count, given, window, limit)
    if limit is None and not window.from_ms:
        limit = 10 + dice(owner.seed, owner.key).below(16)
    left_out = given.get("posts_to_not_include") or ()
    found = (ref for ref in _feed(owner, window) if (is_reel(ref) or not reels) and code(ref) not in left_out)
    return list(islice(found, limit))


def _feed(owner: Author, window: Window) -> Iterator[PostRef]:
    """What stands in a feed: a pinned post, the owner's own, and now and then one of a co-author."""
    if window.from_ms:
        pinned = posts_of_day(owner, window.from_ms // DAY_MS - _PINNED_DAYS_AGO)
        yield from (post for post in pinned[:1] if post.posted_ms < window.until_ms)
    for ref in feed(owner, from_ms=window.from_ms, until_ms=window.until_ms, with_liked=False):
        yield ref
        luck = roll(owner.key, "together", ref.activity_id)
        if luck % 8 == 0:
            other = somebody(owner.seed, luck >> 8)
            theirs = posts_of_day(other, ref.posted_ms // DAY_MS) if other.key != owner.key else []
            yield from (post for post in theirs[:1] if window.from_ms <= post.posted_ms <= window.until_ms)


def _looking(make_row: _MakeRow, owner: Author | None) -> Callable[[PostRef, int], Row]:
    return lambda ref, moment: make_row(ref, seen_ms=moment, owner=owner)


def _name_in(url: str) -> str:
    path = [part for part in urlsplit(url).path.split("/") if part]
    return path[0] if path else "somebody"


def _post_at(seed: int, url: str) -> PostRef:
    """A post made to fit its address, which does not tell the author."""
    path = [part for part in urlsplit(url).path.split("/") if part]
    given = path[-1] if path else "somebody"
    return post_of_code(somebody(seed, roll(seed, given)), given)
