"""The dataset "Reddit posts": which posts each input finds, and what may be sent. Shapes: `reddit_rows`.

Observed behaviour: a community is walked through from its newest post to its first unless a limit is given, an
`end_date` refuses the job, and `sort_by` wants a capital letter. A post pinned by the moderators comes first.
"""

import re
from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from itertools import chain, islice
from urllib.parse import unquote, urlsplit

from scrape_assets.simulator.clock import unix_ms
from scrape_assets.simulator.dice import dice, roll
from scrape_assets.simulator.feeds import DAY_MS, DenseFeed, PostRef, feed
from scrape_assets.simulator.jobs import JobInput, SimulatedJob
from scrape_assets.simulator.linkedin import DeadInput
from scrape_assets.simulator.people import Author, author
from scrape_assets.simulator.reddit_rows import COMMUNITIES, Row, post_url, reddit_row
from scrape_assets.simulator.searched import FeedRows, Window, feed_rows, find_everywhere

POSTS_DATASET = "gd_lvz8ah06191smkebj4"
DISCOVERS = ("keyword", "subreddit_url")

_URL_PATTERN = re.compile(r"https://(www\.|old\.|new\.)?reddit\.com/\S+", re.IGNORECASE)
_RANGES = {"Past hour": 1 / 24, "Past day": 1, "Past week": 7, "Past month": 30, "Past year": 365, "All time": 4000}
_SORTS = frozenset({"New", "Top", "Hot", "Relevance"})
_PINNED_DAYS = 400


def check_input(given: JobInput, discover_by: str | None) -> list[tuple[str, str]]:
    """What the vendor has against an input: pairs of field and reason; empty when it accepts it."""
    errors = [(name, f"This input should not contain a {name} field") for name in ("end_date",) if name in given]
    if given.get("sort_by") and given["sort_by"] not in _SORTS:
        errors.append(("sort_by", "This value is not allowed"))
    if discover_by == "keyword":
        if not given.get("keyword") or not isinstance(given["keyword"], str):
            errors.append(("keyword", "Required field"))
        if given.get("date") and given["date"] not in _RANGES:
            errors.append(("date", "This value is not allowed"))
        return errors
    url = given.get("url")
    if not url:
        return [*errors, ("url", "Required field")]
    if not isinstance(url, str) or not urlsplit(url).scheme or not urlsplit(url).netloc:
        return [*errors, ("url", "This field must be a valid url")]
    if not _URL_PATTERN.fullmatch(url):
        errors.append(("url", "Value should match pattern ^https://(www\\.|old\\.|new\\.)?reddit\\.com/.+$"))
    return errors


def find_rows(job: SimulatedJob, index: int, limit: int | None) -> FeedRows | DeadInput:
    """What one input of a job yields, at most `limit` rows."""
    given = job.order.inputs[index]
    asked, words = str(given.get("url") or given.get("keyword")), given.get("keyword")
    if "missing" in asked:
        return DeadInput(job, index, "warning", "Page not found")

    def make_row(ref: PostRef, seen_ms: int) -> Row:
        row = reddit_row(ref, seen_ms, fat=job.content.fat, words=words)
        if job.order.discover_by is None:
            row["url"] = asked
            row["post_id"] = f"t3_{_asked_post(asked) or asked}"
        return row

    if job.order.discover_by is None:
        luck = roll(job.seed, asked)
        posted_ms = unix_ms(job.created) // DAY_MS * DAY_MS - luck % 1000 * DAY_MS
        return feed_rows(job, index, [PostRef(community_at(job.seed, asked), posted_ms, luck)], make_row, post_url)
    if isinstance(given.get("num_of_posts"), int):
        limit = min(given["num_of_posts"], limit or given["num_of_posts"])
    refs = _find(job, given, limit)
    if not refs:
        return DeadInput(job, index, "error", "No posts found in the requested period")
    return feed_rows(job, index, refs, make_row, post_url)


def _find(job: SimulatedJob, given: JobInput, limit: int | None) -> Sequence[PostRef]:
    words = given.get("keyword")
    community = author(job.seed, "reddit", words) if words else community_at(job.seed, given["url"])
    window = _window(job, given)
    if (count := job.content.rows_per_input) is not None:
        count = min(count, limit) if limit is not None else count
        until_ms = window.until_ms - window.until_ms % DAY_MS  # a later job of the same day finds the same posts
        return DenseFeed(community, count, from_ms=until_ms - (window.until_ms - window.from_ms), until_ms=until_ms)
    if words:
        found = find_everywhere(_communities(job.seed), words.casefold(), window)
    else:
        newest = feed(community, from_ms=window.from_ms, until_ms=window.until_ms, with_liked=False)
        found = chain(_pinned(community, window), newest)
    return list(islice(found, limit or 25))


def _pinned(community: Author, window: Window) -> list[PostRef]:
    """A post that the moderators keep on top, if they do; it is older than all that follow."""
    chance = dice(community.seed, "pinned", community.key)
    if not chance.chance(50):
        return []
    posted_ms = window.until_ms // DAY_MS * DAY_MS - window.until_ms // DAY_MS % 30 * DAY_MS - _PINNED_DAYS * DAY_MS
    return [PostRef(community, posted_ms, roll(community.seed, "pinned", community.key, posted_ms))]


def community_at(seed: int, url: str) -> Author:
    """The community at an address, as the author of what is written there."""
    path = [unquote(segment) for segment in urlsplit(url).path.split("/") if segment]
    name = path[1] if len(path) > 1 and path[0].lower() == "r" else f"unnamed{dice(url).below(10**6)}"
    return author(seed, "reddit", name.lower())


@lru_cache(maxsize=64)
def _communities(seed: int) -> tuple[Author, ...]:
    return tuple(author(seed, "reddit", name.lower()) for name in COMMUNITIES)


def _window(job: SimulatedJob, given: JobInput) -> Window:
    until_ms = unix_ms(job.created - timedelta(minutes=1))
    days = _RANGES.get(given.get("date") or "", 365)
    return Window(until_ms - int(days * DAY_MS), until_ms)


def _asked_post(url: str) -> str | None:
    found = re.search(r"/comments/(\w+)", url)
    return found[1] if found else None
