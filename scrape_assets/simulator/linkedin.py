"""The dataset "LinkedIn posts": which posts each input finds, and what may be sent. Shapes: `linkedin_rows`.

Observed behaviour: company_url honours a date window, profile_url with dates answers a `dead_page` warning;
profile_url is an activity feed with posts of other people; limit_per_input is honoured exactly.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from urllib.parse import unquote, urlsplit

from scrape_assets.simulator.clock import iso, unix_ms
from scrape_assets.simulator.dice import dice, roll
from scrape_assets.simulator.feeds import DAY_MS, DenseFeed, PostRef, feed, find_post, invented_post
from scrape_assets.simulator.jobs import JobInput, SimulatedJob
from scrape_assets.simulator.linkedin_rows import Row, linkedin_row
from scrape_assets.simulator.linkedin_urls import discovered_url, is_article
from scrape_assets.simulator.people import Author, author, author_of

POSTS_DATASET = "gd_lyy3tktm25m4avu764"
DISCOVERS = ("url", "profile_url", "company_url")

_URL_PATTERN = re.compile(r"https://([a-z]{2,3}\.)?linkedin\.com/\S+", re.IGNORECASE)
_DENSE_DAYS = 365
_LONG_AGO_MS = 1_600_000_000_000


@dataclass(frozen=True)
class _Window:
    from_ms: int
    until_ms: int
    asked: bool


@dataclass(frozen=True)
class LinkedInRows:
    """The rows of one input: posts first, then those that could not be collected."""

    job: SimulatedJob
    index: int
    refs: Sequence[PostRef]
    posts: int  # so many of the refs could be collected
    articles: bool | None  # every one is an article, none is, or (None) as each post has it
    failure_code: str = "crawl_failed"

    @property
    def failures(self) -> int:
        """Number of posts that were found, but not collected."""
        return len(self.refs) - self.posts

    def row(self, position: int) -> Row:
        """Make one row."""
        ref = self.refs[position]
        article = is_article(ref) if self.articles is None else self.articles
        seen_ms = _seen_ms(self.job, self.index, position)
        given = self.job.order.inputs[self.index]
        if position < self.posts:
            row = linkedin_row(ref, seen_ms=seen_ms, article=article, fat=self.job.content.fat)
        else:
            row = {
                "timestamp": iso(seen_ms),
                "input": None,
                "error": "Collection failed after multiple attempts",
                "error_code": self.failure_code,
            }
        if self.job.order.discover_by is None:
            row["input"] = given
            if article:
                row["url"] = given["url"].partition("?")[0]
                row["id"] = row["url"].rstrip("/").rpartition("/")[2]
        else:
            row["input"] = {"url": discovered_url(ref, row, article=article)}
            row["discovery_input"] = given
        return row


@dataclass(frozen=True)
class DeadInput:
    """An input that led nowhere: one warning or error row with the client's own input, no discovery_input."""

    job: SimulatedJob
    index: int
    kind: str  # "warning" or "error": the vendor does both
    text: str
    posts: int = 0
    failures: int = 1
    failure_code: str = "dead_page"

    def row(self, position: int) -> Row:
        """Make the row."""
        return {
            "timestamp": iso(_seen_ms(self.job, self.index, position)),
            "input": self.job.order.inputs[self.index],
            self.kind: self.text,
            f"{self.kind}_code": self.failure_code,
        }


def check_input(given: JobInput, discover_by: str | None) -> list[tuple[str, str]]:
    """What the vendor has against an input: pairs of field and reason; empty when it accepts it."""
    url = given.get("url")
    if not url:
        return [("url", "Required field")]
    if not isinstance(url, str) or not urlsplit(url).scheme or not urlsplit(url).netloc:
        return [("url", "This field must be a valid url")]
    if not _URL_PATTERN.fullmatch(url):
        return [("url", "Value should match pattern ^https://([a-z]{2,3}\\.)?linkedin\\.com/.+$")]
    dates = ("start_date", "end_date") if discover_by in ("profile_url", "company_url") else ()
    return [
        (name, "This field must be a valid date") for name in dates if given.get(name) and _moment(given[name]) is None
    ]


def find_rows(job: SimulatedJob, index: int, limit: int | None) -> LinkedInRows | DeadInput:
    """What one input of a job yields, at most `limit` rows."""
    given = job.order.inputs[index]
    url = given["url"]
    if "missing" in url:
        return DeadInput(job, index, "warning", "Invalid input.url")
    if job.order.discover_by is None:
        return LinkedInRows(job, index, [_post_at(job.seed, url)], 1, articles="/pulse/" in url)
    writer = author_of(job.seed, url)
    window = _window(given, job.created - timedelta(minutes=1))
    if window.asked and job.order.discover_by == "profile_url" and not job.content.profile_dates_honoured:
        return DeadInput(job, index, "warning", "No posts found in the requested period")
    if isinstance(given.get("limit"), int):
        limit = min(given["limit"], limit or given["limit"])
    refs = _find(job, given, writer, window, limit)
    if not refs:
        return DeadInput(job, index, "error", "No posts found in the requested period")
    # A post that could not be collected takes the place of one that could: the limit stays exact.
    chance = dice(job.seed, job.snapshot_id, index)
    failed = int(len(refs) * job.content.error_rate + chance.below(1000) / 1000)
    kept = len(refs) - min(failed, len(refs) - 1)
    return LinkedInRows(job, index, refs, kept, articles=True if job.order.discover_by == "url" else None)


def _find(job: SimulatedJob, given: JobInput, writer: Author, window: _Window, limit: int | None) -> Sequence[PostRef]:
    if (count := job.content.rows_per_input) is not None:
        count = min(count, limit) if limit is not None else count
        return _dense(writer, count, window)
    with_liked = job.order.discover_by == "profile_url" and not given.get("only_authored_posts")
    found = feed(writer, from_ms=window.from_ms, until_ms=window.until_ms, with_liked=with_liked)
    if limit is None and not window.asked:
        limit = 10 + dice(writer.seed, writer.key).below(16)
    return list(islice(found, limit))


def _dense(writer: Author, count: int, window: _Window) -> DenseFeed:
    until_ms = window.until_ms
    if not window.asked:  # whole days, so that a later job of the same day finds the same posts
        until_ms -= until_ms % DAY_MS
    from_ms = window.from_ms or until_ms - _DENSE_DAYS * DAY_MS
    return DenseFeed(writer, count, from_ms=from_ms, until_ms=max(until_ms, from_ms))


def _window(given: JobInput, seen: datetime) -> _Window:
    start, end = _moment(given.get("start_date")), _moment(given.get("end_date"), end_of_day=True)
    now_ms = unix_ms(seen)
    return _Window(
        from_ms=0 if start is None else unix_ms(start),
        until_ms=now_ms if end is None else min(unix_ms(end), now_ms),
        asked=start is not None or end is not None,
    )


def _moment(value: object, *, end_of_day: bool = False) -> datetime | None:
    """An ISO time as it stands; a bare date is its first moment, or its last."""
    if not isinstance(value, str) or not value:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    if end_of_day and len(value) <= 10:
        moment += timedelta(days=1, milliseconds=-1)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _post_at(seed: int, url: str) -> PostRef:
    """The post behind a post's or article's URL: one that its author wrote, or one made to fit the URL."""
    path = unquote(urlsplit(url).path).strip("/")
    kind, _, rest = path.partition("/")
    number = re.search(r"\d{18,19}", rest)
    if number is None or kind != "posts":
        luck = roll(seed, path)
        return PostRef(author(seed, "in", rest or "somebody"), _LONG_AGO_MS + luck % 1000 * DAY_MS, luck)
    slug = rest.partition("_")[0].lower()
    writers = [author(seed, section, slug) for section in ("in", "company", "school")]
    found = [find_post(writer, int(number[0])) for writer in writers]
    return next((post for post in found if post is not None), invented_post(writers[0], int(number[0])))


def _seen_ms(job: SimulatedJob, index: int, position: int) -> int:
    """When the vendor looked: some time between the trigger and the end of the job."""
    created, ready = unix_ms(job.created), unix_ms(job.ready_at)
    return ready - (index * 7919 + position * 104729) % (max(ready - created, 0) + 1)
