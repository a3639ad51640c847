"""The dataset "TikTok posts": which posts each input finds, and what may be sent. Shapes: `tiktok_rows`.

Observed behaviour: pinned posts come whatever the window; unused inputs come back as "". Documented: dates month
first, and a search by words or hashtags that knows no window. That it finds loosely is assumed.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial
from itertools import islice
from urllib.parse import unquote, urlsplit

from scrape_assets.simulator.clock import unix_ms
from scrape_assets.simulator.dice import dice, roll
from scrape_assets.simulator.feeds import DAY_MS, PostRef, feed, posts_of_day
from scrape_assets.simulator.instagram import dense, echoed, wanted, window_of
from scrape_assets.simulator.jobs import JobInput, SimulatedJob
from scrape_assets.simulator.linkedin import DeadInput
from scrape_assets.simulator.people import Author
from scrape_assets.simulator.searched import FeedRows, Window, american_day, feed_rows, find_everywhere
from scrape_assets.simulator.tiktok_rows import account, crowd, post_id, post_of_id, post_url, somebody, tiktok_row

POSTS_DATASET = "gd_lu702nij2f790tmv9h"
DISCOVERS = ("profile_url", "keyword", "url")

_URL_PATTERN = re.compile(r"https://(?:[a-z]+\.)?tiktok\.com/\S+", re.IGNORECASE)
_PROFILE_UNUSED = dict.fromkeys(("start_date", "end_date", "what_to_collect", "post_type", "country", "sort_by"), "")
_SEARCH_UNUSED = {"what_to_collect": "", "country": ""}
_PINNED_DAYS_AGO = 200
_SEARCHED_DAYS = 400
_FOUND = 30


def check_input(given: JobInput, discover_by: str | None) -> list[tuple[str, str]]:
    """What the vendor has against an input: pairs of field and reason; empty when it accepts it."""
    if discover_by == "keyword":
        words = given.get("search_keyword")
        return [] if isinstance(words, str) and words.strip() else [("search_keyword", "Required field")]
    field = "URL" if discover_by == "url" and "URL" in given else "url"
    url = given.get(field)
    if not url:
        return [(field, "Required field")]
    if not isinstance(url, str) or not urlsplit(url).scheme or not urlsplit(url).netloc:
        return [(field, "This field must be a valid url")]
    if not _URL_PATTERN.fullmatch(url):
        return [(field, "Value should match pattern ^https://.*tiktok\\.com/.+$")]
    return []


def find_rows(job: SimulatedJob, index: int, limit: int | None) -> FeedRows | DeadInput:
    """What one input of a job yields, at most `limit` rows."""
    given = job.order.inputs[index]
    if job.order.discover_by in ("keyword", "url"):
        return _search(job, index, wanted(given, limit))
    if "missing" in given["url"]:
        return DeadInput(job, index, "error", "There are no public posts in the profile.")
    if job.order.discover_by is None:
        return feed_rows(job, index, [_post_at(job.seed, given["url"])], _row, post_url)
    if any(given.get(name) and american_day(given[name]) is None for name in ("start_date", "end_date")):
        return DeadInput(job, index, "warning", "Wrong posted date.")
    refs = _find(job, given, account(job.seed, _name_in(given["url"])), wanted(given, limit))
    if not refs:
        return DeadInput(job, index, "error", "no posts found, please check pinned posts detection")
    return echoed(feed_rows(job, index, refs, _row, post_url), _PROFILE_UNUSED)


def _search(job: SimulatedJob, index: int, limit: int | None) -> FeedRows | DeadInput:
    given = job.order.inputs[index]
    url = given.get("URL") or given.get("url") or ""
    words = given.get("search_keyword") or unquote(urlsplit(url).path).rstrip("/").rpartition("/")[2]
    if "missing" in words:
        return DeadInput(job, index, "warning", "No data found in discovery")
    until_ms = unix_ms(job.created - timedelta(minutes=1))
    window = Window(until_ms - _SEARCHED_DAYS * DAY_MS, until_ms)
    refs: Sequence[PostRef]
    if (count := job.content.rows_per_input) is not None:
        refs = dense(somebody(job.seed, roll(words)), count, {}, window, limit)
    else:
        refs = list(islice(find_everywhere(crowd(job.seed), words.casefold(), window), limit or _FOUND))
    found = feed_rows(job, index, refs, partial(_row, words=words), post_url)
    return echoed(found, _SEARCH_UNUSED)


def _find(job: SimulatedJob, given: JobInput, owner: Author, limit: int | None) -> Sequence[PostRef]:
    window = window_of(job, given)
    if (count := job.content.rows_per_input) is not None:
        return dense(owner, count, given, window, limit)
    if limit is None and not window.from_ms:
        limit = 10 + dice(owner.seed, owner.key).below(16)
    left_out = given.get("posts_to_not_include") or ()
    with_reposts = "repost" in str(given.get("what_to_collect")).casefold()
    found = (ref for ref in _feed(owner, window, with_reposts) if post_id(ref) not in left_out)
    return list(islice(found, limit))


def _feed(owner: Author, window: Window, with_reposts: bool) -> Iterator[PostRef]:
    """What stands on a profile: a pinned post, then its own, and, when asked for, what it reposted."""
    if window.from_ms:
        pinned = posts_of_day(owner, window.from_ms // DAY_MS - _PINNED_DAYS_AGO)
        yield from (post for post in pinned[:1] if post.posted_ms < window.until_ms)
    for ref in feed(owner, from_ms=window.from_ms, until_ms=window.until_ms, with_liked=False):
        yield ref
        luck = roll(owner.key, "reposted", ref.activity_id)
        if with_reposts and luck % 4 == 0:
            yield from posts_of_day(somebody(owner.seed, luck >> 8), ref.posted_ms // DAY_MS)[:1]


def _row(ref: PostRef, moment: int, words: str | None = None) -> dict[str, object]:
    return tiktok_row(ref, seen_ms=moment, words=words)


def _name_in(url: str) -> str:
    path = [part for part in urlsplit(url).path.split("/") if part]
    return unquote(path[0]).lstrip("@") if path else "somebody"


def _post_at(seed: int, url: str) -> PostRef:
    """The post behind its address: one that its author wrote, or one made to fit the number."""
    writer = account(seed, _name_in(url))
    found = re.search(r"/(?:video|photo)/(\d{18,19})", url)
    number = int(found[1]) if found else 7_000_000_000_000_000_000 + roll(seed, url) % 10**17
    for days in (0, 1, 3, 4):  # from the upload to the post
        for ref in posts_of_day(writer, (number >> 32) // 86_400 + days):
            if post_id(ref) == str(number):
                return ref
    return post_of_id(writer, number)
