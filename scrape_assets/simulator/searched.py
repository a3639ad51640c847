"""What a search turns up among the posts of many authors, and in which time. No platform's rows."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from scrape_assets.simulator.clock import iso, unix_ms
from scrape_assets.simulator.dice import dice
from scrape_assets.simulator.feeds import DAY_MS, PostRef, posts_of_day
from scrape_assets.simulator.jobs import SimulatedJob
from scrape_assets.simulator.people import Author

_FOUND_PERCENT = 12  # of a post to be found by given words


class Window(NamedTuple):
    """A span of Unix milliseconds, both ends included."""

    from_ms: int
    until_ms: int


@dataclass(frozen=True)
class FeedRows:
    """The rows of one input: posts first, then those that were found and could not be collected."""

    job: SimulatedJob
    index: int
    refs: Sequence[PostRef]
    posts: int  # so many of the refs could be collected
    make_row: Callable[[PostRef, int], dict[str, object]]
    """Makes the row of a post seen at a moment, without what was asked for."""
    address: Callable[[PostRef], str]
    """The address under which the discovery found a post."""
    failure_code: str = "crawl_failed"

    @property
    def failures(self) -> int:
        """Number of posts that were found, but not collected."""
        return len(self.refs) - self.posts

    def row(self, position: int) -> dict[str, object]:
        """Make one row."""
        ref = self.refs[position]
        moment = seen_ms(self.job, self.index, position)
        if position < self.posts:
            row = self.make_row(ref, moment)
        else:
            row = {"error": "Collection failed after multiple attempts", "error_code": self.failure_code}
        row["timestamp"] = iso(moment)
        given = self.job.order.inputs[self.index]
        if self.job.order.discover_by is None:
            return row | {"input": given}
        return row | {"input": {"url": self.address(ref)}, "discovery_input": given}


def feed_rows(
    job: SimulatedJob,
    index: int,
    refs: Sequence[PostRef],
    make_row: Callable[[PostRef, int], dict[str, object]],
    address: Callable[[PostRef], str],
) -> FeedRows:
    """The rows of an input that found these posts; by the job's settings some of them cannot be collected.

    Such a one takes the place of one that could: the limit stays exact.
    """
    chance = dice(job.seed, job.snapshot_id, index)
    failed = int(len(refs) * job.content.error_rate + chance.below(1000) / 1000)
    kept = len(refs) - min(failed, len(refs) - 1)
    return FeedRows(job, index, refs, kept, make_row, address)


def find_everywhere(authors: Sequence[Author], words: str, window: Window) -> Iterator[PostRef]:
    """The posts that a search finds, newest day first; the same words find the same posts every time."""
    for day in range(window.until_ms // DAY_MS, window.from_ms // DAY_MS - 1, -1):
        for author in authors:
            if dice(author.seed, "search", words, author.key, day).chance(_FOUND_PERCENT):
                yield from (
                    ref for ref in posts_of_day(author, day) if window.from_ms <= ref.posted_ms <= window.until_ms
                )


def american_day(value: object, *, end_of_day: bool = False) -> datetime | None:
    """The first or last moment of a day written month first, `03-17-2026`; None when it is none."""
    if not isinstance(value, str):
        return None
    try:
        day = datetime.strptime(value, "%m-%d-%Y").replace(tzinfo=UTC)
    except ValueError:
        return None
    return day + timedelta(days=1, milliseconds=-1) if end_of_day else day


def seen_ms(job: SimulatedJob, index: int, position: int) -> int:
    """When the vendor looked: some time between the trigger and the end of the job."""
    created, ready = unix_ms(job.created), unix_ms(job.ready_at)
    return ready - (index * 7919 + position * 104729) % (max(ready - created, 0) + 1)
