"""The dataset "Facebook page posts": which posts each input finds, and what may be sent. Shapes: `facebook_rows`.

Observed behaviour: there is no discovery stage, so a row's `input` is the client's; the date window is honoured;
dates are written month first.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from urllib.parse import parse_qs, urlsplit

from scrape_assets.simulator.clock import iso, unix_ms
from scrape_assets.simulator.dice import dice, roll
from scrape_assets.simulator.facebook_rows import SITE, Row, facebook_row, page, post_id, somebody
from scrape_assets.simulator.feeds import DAY_MS, DenseFeed, PostRef, feed, posts_of_day
from scrape_assets.simulator.jobs import JobInput, SimulatedJob
from scrape_assets.simulator.linkedin import DeadInput
from scrape_assets.simulator.people import Author

POSTS_DATASET = "gd_lkaxegm826bjpoo9m5"
DISCOVERS: tuple[str, ...] = ()

_URL_PATTERN = re.compile(r"https://(?:[\w-]+\.)?facebook\.com/\S+", re.IGNORECASE)
_DENSE_DAYS = 365
_UNUSED = {"num_of_posts": "", "posts_to_not_include": "", "start_date": "", "end_date": ""}


@dataclass(frozen=True)
class FacebookRows:
    """The rows of one input: posts first, then those that could not be collected."""

    job: SimulatedJob
    index: int
    refs: Sequence[PostRef]
    posts: int  # so many of the refs could be collected
    failure_code: str = "crawl_failed"

    @property
    def failures(self) -> int:
        """Number of posts that were found, but not collected."""
        return len(self.refs) - self.posts

    def row(self, position: int) -> Row:
        """Make one row."""
        seen_ms = _seen_ms(self.job, self.index, position)
        if position < self.posts:
            row = facebook_row(self.refs[position], seen_ms=seen_ms, fat=self.job.content.fat)
        else:
            failed = "Collection failed after multiple attempts"
            row = {"timestamp": iso(seen_ms), "error": failed, "error_code": self.failure_code}
        row["input"] = {**_UNUSED, **self.job.order.inputs[self.index]}
        return row


def check_input(given: JobInput, discover_by: str | None) -> list[tuple[str, str]]:  # noqa: ARG001
    """What the vendor has against an input: pairs of field and reason; empty when it accepts it."""
    url = given.get("url")
    if not url:
        return [] if given.get("user_name") else [("url", "Required field")]
    if not isinstance(url, str) or not urlsplit(url).scheme or not urlsplit(url).netloc:
        return [("url", "This field must be a valid url")]
    if not _URL_PATTERN.fullmatch(url):
        return [("url", "Value should match pattern ^https://.*facebook\\.com/.+$")]
    refused = []
    number = given.get("num_of_posts")
    if number and not str(number).isdecimal():
        refused.append(("num_of_posts", "This field must be a number"))
    return refused


def find_rows(job: SimulatedJob, index: int, limit: int | None) -> FacebookRows | DeadInput:
    """What one input of a job yields, at most `limit` rows."""
    given = job.order.inputs[index]
    url = given.get("url") or f"{SITE}/{given['user_name']}"
    if "missing" in url:
        return DeadInput(job, index, "error", "This page does not exist or is private")
    days = [_day(given.get(name)) for name in ("start_date", "end_date")]
    # Another form than the documented one is not refused: it finds nothing.
    if any(given.get(name) and day is None for name, day in zip(("start_date", "end_date"), days, strict=True)):
        return DeadInput(job, index, "warning", "Wrong posted date.")
    wanted = [int(number) for number in (given.get("num_of_posts"), limit) if number]
    refs = _find(job, page(job.seed, _name_in(url)), days[0], days[1], min(wanted, default=None))
    if left_out := given.get("posts_to_not_include"):
        refs = [ref for ref in refs if post_id(ref) not in left_out]
    if not refs:
        return DeadInput(job, index, "warning", "no posts found, please check pinned posts detection")
    chance = dice(job.seed, job.snapshot_id, index)
    failed = int(len(refs) * job.content.error_rate + chance.below(1000) / 1000)
    return FacebookRows(job, index, refs, len(refs) - min(failed, len(refs) - 1))


def _find(
    job: SimulatedJob, writer: Author, start: datetime | None, end: datetime | None, limit: int | None
) -> Sequence[PostRef]:
    now_ms = unix_ms(job.created - timedelta(minutes=1))
    from_ms = unix_ms(start) if start else 0
    until_ms = min(unix_ms(end + timedelta(days=1)) - 1, now_ms) if end else now_ms
    if (count := job.content.rows_per_input) is not None:
        if end is None:  # whole days, so that a later job of the same day finds the same posts
            until_ms -= until_ms % DAY_MS
        from_ms = from_ms or until_ms - _DENSE_DAYS * DAY_MS
        count = count if limit is None else min(count, limit)
        return DenseFeed(writer, count, from_ms=from_ms, until_ms=max(until_ms, from_ms))
    if limit is None and start is None:
        limit = 10 + dice(writer.seed, writer.key).below(16)
    return list(islice(_wall(writer, from_ms, until_ms), limit))


def _wall(writer: Author, from_ms: int, until_ms: int) -> Iterator[PostRef]:
    """What stands on a page: its own posts, and now and then one that somebody else wrote there."""
    for ref in feed(writer, from_ms=from_ms, until_ms=until_ms, with_liked=False):
        yield ref
        luck = roll(writer.key, "visited", ref.activity_id)
        if luck % 12 == 0:
            other = somebody(writer.seed, luck >> 8)
            theirs = posts_of_day(other, ref.posted_ms // DAY_MS) if other.key != writer.key else []
            yield from (post for post in theirs[:1] if from_ms <= post.posted_ms <= until_ms)


def _name_in(url: str) -> str:
    parts = urlsplit(url)
    segments = [part for part in parts.path.split("/") if part]
    if segments[:1] == ["profile.php"]:
        return parse_qs(parts.query).get("id", ["somebody"])[0]
    return segments[0] if segments else "somebody"


def _day(value: object) -> datetime | None:
    try:
        return datetime.strptime(value, "%m-%d-%Y").replace(tzinfo=UTC) if isinstance(value, str) else None
    except ValueError:
        return None


def _seen_ms(job: SimulatedJob, index: int, position: int) -> int:
    """When the vendor looked: some time between the trigger and the end of the job."""
    created, ready = unix_ms(job.created), unix_ms(job.ready_at)
    return ready - (index * 7919 + position * 104729) % (max(ready - created, 0) + 1)
