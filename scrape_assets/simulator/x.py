"""The dataset "X posts": which posts each input finds, and what may be sent. Shapes: `x_rows`.

Observed behaviour: a date window is honoured as a rule; a timeline holds posts of others; rows are unsorted;
limit_per_input is honoured exactly.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from urllib.parse import urlsplit

from scrape_assets.simulator.clock import iso, unix_ms
from scrape_assets.simulator.dice import dice, roll
from scrape_assets.simulator.feeds import DAY_MS, DenseFeed, PostRef, feed, find_post, invented_post, posts_of_day
from scrape_assets.simulator.jobs import JobInput, SimulatedJob
from scrape_assets.simulator.linkedin import DeadInput
from scrape_assets.simulator.people import Author
from scrape_assets.simulator.x_rows import EPOCH_MS, Row, account, discovered_url, somebody, x_row

POSTS_DATASET = "gd_lwxkxvnf1cynvib9co"
DISCOVERS = ("profile_url", "profiles_array")

_URL_PATTERN = re.compile(r"https://(?:www\.|mobile\.)?(?:x|twitter)\.com/\S+", re.IGNORECASE)
_PATTERN_SAID = "Value should match pattern ^https://(www\\.)?(x|twitter)\\.com/.+$"
_DENSE_DAYS = 365
_MOST = 100  # a timeline ends there, however old the account is


@dataclass(frozen=True)
class XRows:
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
        ref = self.refs[position]
        seen_ms = _seen_ms(self.job, self.index, position)
        if position < self.posts:
            row = x_row(ref, seen_ms=seen_ms)
        else:
            failed = "Collection failed after multiple attempts"
            row = {"timestamp": iso(seen_ms), "input": None, "error": failed, "error_code": self.failure_code}
        given = self.job.order.inputs[self.index]
        if self.job.order.discover_by is None:
            row["input"] = given
        else:
            row["input"] = {"url": discovered_url(ref)}
            row["discovery_input"] = {**dict.fromkeys(("start_date", "end_date"), ""), **given}
        return row


def check_input(given: JobInput, discover_by: str | None) -> list[tuple[str, str]]:
    """What the vendor has against an input: pairs of field and reason; empty when it accepts it."""
    if discover_by == "profiles_array":
        urls = given.get("urls")
        return _against("urls", urls[0]) if isinstance(urls, list) and urls else [("urls", "Required field")]
    refused = _against("url", given.get("url"))
    if refused or discover_by is None:
        return refused
    return [
        (name, "This field must be a valid date")
        for name in ("start_date", "end_date")
        if given.get(name) and _moment(given[name]) is None
    ]


def find_rows(job: SimulatedJob, index: int, limit: int | None) -> XRows | DeadInput:
    """What one input of a job yields, at most `limit` rows."""
    given = job.order.inputs[index]
    urls = given["urls"] if job.order.discover_by == "profiles_array" else [given["url"]]
    if any("missing" in url for url in urls):
        return DeadInput(job, index, "warning", "Invalid input.url")
    if job.order.discover_by is None:
        return XRows(job, index, [_post_at(job.seed, urls[0])], 1)
    refs = [ref for url in urls for ref in _find(job, given, account(job.seed, _name_in(url)), limit)][:limit]
    if not refs:
        return DeadInput(job, index, "error", "No public posts were found in the profile.")
    chance = dice(job.seed, job.snapshot_id, index)
    failed = int(len(refs) * job.content.error_rate + chance.below(1000) / 1000)
    return XRows(job, index, refs, len(refs) - min(failed, len(refs) - 1))


def _against(field: str, url: object) -> list[tuple[str, str]]:
    if not url:
        return [(field, "Required field")]
    if not isinstance(url, str) or not urlsplit(url).scheme or not urlsplit(url).netloc:
        return [(field, "This field must be a valid url")]
    return [] if _URL_PATTERN.fullmatch(url) else [(field, _PATTERN_SAID)]


def _find(job: SimulatedJob, given: JobInput, writer: Author, limit: int | None) -> Sequence[PostRef]:
    start, end = _moment(given.get("start_date")), _moment(given.get("end_date"), end_of_day=True)
    now_ms = unix_ms(job.created - timedelta(minutes=1))
    from_ms = unix_ms(start) if start else 0
    until_ms = min(unix_ms(end), now_ms) if end else now_ms
    if (count := job.content.rows_per_input) is not None:
        if end is None:  # whole days, so that a later job of the same day finds the same posts
            until_ms -= until_ms % DAY_MS
        from_ms = from_ms or until_ms - _DENSE_DAYS * DAY_MS
        count = count if limit is None else min(count, limit)
        return DenseFeed(writer, count, from_ms=from_ms, until_ms=max(until_ms, from_ms))
    return list(islice(_timeline(writer, from_ms, until_ms), min(limit or _MOST, _MOST)))


def _timeline(writer: Author, from_ms: int, until_ms: int) -> Iterator[PostRef]:
    """The account's own posts, and now and then one of somebody else that it reposted."""
    for ref in feed(writer, from_ms=from_ms, until_ms=until_ms, with_liked=False):
        yield ref
        luck = roll(writer.key, "reposted", ref.activity_id)
        if luck % 8 == 0:
            other = somebody(writer.seed, luck >> 8)
            theirs = posts_of_day(other, ref.posted_ms // DAY_MS) if other.key != writer.key else []
            yield from (post for post in theirs[:1] if from_ms <= post.posted_ms <= until_ms)


def _name_in(url: str) -> str:
    path = [part for part in urlsplit(url).path.split("/") if part]
    return f"id_{path[2]}" if path[:2] == ["i", "user"] and len(path) > 2 else path[0] if path else "somebody"


def _post_at(seed: int, url: str) -> PostRef:
    """The post behind its address: one that its author wrote, or one made to fit the number."""
    writer = account(seed, _name_in(url))
    found = re.search(r"/status/(\d{15,19})", url)
    number = (int(found[1]) if found else roll(seed, url) % 10**18) + (EPOCH_MS << 22)
    return find_post(writer, number) or invented_post(writer, number)


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


def _seen_ms(job: SimulatedJob, index: int, position: int) -> int:
    """When the vendor looked: some time between the trigger and the end of the job."""
    created, ready = unix_ms(job.created), unix_ms(job.ready_at)
    return ready - (index * 7919 + position * 104729) % (max(ready - created, 0) + 1)
