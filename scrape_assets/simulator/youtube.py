"""The dataset "YouTube videos": which videos each input finds, and what may be sent. Shapes: `youtube_rows`.

A channel yields its own videos, a keyword or a hashtag those of many channels; dates are days, month first.
"""

import re
from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from itertools import islice
from urllib.parse import unquote, urlsplit

from scrape_assets.simulator.clock import unix_ms
from scrape_assets.simulator.dice import dice, roll
from scrape_assets.simulator.feeds import DAY_MS, DenseFeed, PostRef, feed
from scrape_assets.simulator.jobs import JobInput, SimulatedJob
from scrape_assets.simulator.linkedin import DeadInput
from scrape_assets.simulator.people import Author, author, crowd
from scrape_assets.simulator.searched import FeedRows, Window, american_day, feed_rows, find_everywhere
from scrape_assets.simulator.youtube_rows import Row, is_channel_id, video_url, youtube_row

VIDEOS_DATASET = "gd_lk56epmy2i5g7lzu0k"
DISCOVERS = ("keyword", "url", "hashtag", "search_filters", "explore", "podcast_url")

_URL_PATTERN = re.compile(r"https://(www\.|m\.)?(youtube\.com|youtu\.be)/\S+", re.IGNORECASE)
_REQUIRED = {"keyword": "keyword", "hashtag": "hashtag", "search_filters": "keyword_search"}
_UNASKED_DAYS = 365
_LONG_AGO_MS = 1_600_000_000_000


def check_input(given: JobInput, discover_by: str | None) -> list[tuple[str, str]]:
    """What the vendor has against an input: pairs of field and reason; empty when it accepts it."""
    name = _REQUIRED.get(discover_by or "", "url")
    value = given.get(name)
    if not value:
        return [(name, "Required field")]
    if not isinstance(value, str):
        return [(name, "This field must be a string")]
    if name == "url":
        if not urlsplit(value).scheme or not urlsplit(value).netloc:
            return [("url", "This field must be a valid url")]
        if not _URL_PATTERN.fullmatch(value):
            return [("url", "Value should match pattern ^https://(www\\.|m\\.)?(youtube\\.com|youtu\\.be)/.+$")]
    return [
        (date, "This field must be a valid date in format MM-DD-YYYY")
        for date in ("start_date", "end_date")
        if given.get(date) and american_day(given[date]) is None
    ]


def find_rows(job: SimulatedJob, index: int, limit: int | None) -> FeedRows | DeadInput:
    """What one input of a job yields, at most `limit` rows."""
    given = job.order.inputs[index]
    asked = str(given.get("url") or given.get("keyword") or given.get("hashtag") or given.get("keyword_search"))
    if "missing" in asked:
        return DeadInput(job, index, "warning", "This channel does not exist.")
    words, tag = given.get("keyword") or given.get("keyword_search"), given.get("hashtag")

    def make_row(ref: PostRef, seen_ms: int) -> Row:
        row = youtube_row(ref, seen_ms, fat=job.content.fat, words=words, tag=tag)
        if job.order.discover_by is None:
            row["url"] = asked
            row["video_id"] = row["shortcode"] = _asked_video(asked)
        return row

    if job.order.discover_by is None:
        luck = roll(job.seed, asked)
        somebody = _channels(job.seed)[luck % len(_channels(job.seed))]
        return feed_rows(
            job, index, [PostRef(somebody, _LONG_AGO_MS + luck % 1000 * DAY_MS, luck)], make_row, video_url
        )
    if isinstance(given.get("num_of_posts"), int):
        limit = min(given["num_of_posts"], limit or given["num_of_posts"])
    refs = _find(job, given, limit)
    if not refs:
        return DeadInput(job, index, "error", "No posts found in the requested period")
    return feed_rows(job, index, refs, make_row, video_url)


def _find(job: SimulatedJob, given: JobInput, limit: int | None) -> Sequence[PostRef]:
    words = given.get("keyword") or given.get("hashtag") or given.get("keyword_search")
    writer = author(job.seed, "youtube", words) if words else channel_at(job.seed, given["url"])
    window = _window(job, given)
    if (count := job.content.rows_per_input) is not None:
        count = min(count, limit) if limit is not None else count
        until_ms = window.until_ms
        if not given.get("end_date"):  # whole days, so that a later job of the same day finds the same videos
            until_ms -= until_ms % DAY_MS
        return DenseFeed(writer, count, from_ms=window.from_ms, until_ms=max(until_ms, window.from_ms))
    if words:
        found = find_everywhere(_channels(job.seed), words.casefold(), window)
    else:
        found = feed(writer, from_ms=window.from_ms, until_ms=window.until_ms, with_liked=False)
    if limit is None and not given.get("start_date"):
        limit = 10 + dice(job.seed, writer.key).below(16)
    return list(islice(found, limit))


def channel_at(seed: int, url: str) -> Author:
    """The author of the channel at an address, by its handle or its id."""
    for segment in urlsplit(url).path.split("/"):
        name = unquote(segment)
        if name.startswith("@"):
            return author(seed, "youtube", name[1:].lower())
        if is_channel_id(name):
            return author(seed, "youtube", name)
    return author(seed, "youtube", f"unnamed-{dice(url).below(10**6)}")


@lru_cache(maxsize=64)
def _channels(seed: int) -> tuple[Author, ...]:
    """The channels among which a search finds something: those of the same people as elsewhere."""
    slugs = (other.key.partition("/")[2] for other in crowd(seed))
    handles = dict.fromkeys("".join(c for c in slug if c.isascii() and c.isalnum())[:30] for slug in slugs)
    return tuple(author(seed, "youtube", handle) for handle in handles)


def _window(job: SimulatedJob, given: JobInput) -> Window:
    start, end = american_day(given.get("start_date")), american_day(given.get("end_date"), end_of_day=True)
    now_ms = unix_ms(job.created - timedelta(minutes=1))
    until_ms = min(unix_ms(end), now_ms) if end else now_ms
    unasked_ms = until_ms - until_ms % DAY_MS - _UNASKED_DAYS * DAY_MS
    return Window(unix_ms(start) if start else unasked_ms, until_ms)


def _asked_video(url: str) -> str:
    found = re.search(r"(?:v=|shorts/|youtu\.be/)([\w-]{11})", url)
    return found[1] if found else url.rstrip("/").rpartition("/")[2]
