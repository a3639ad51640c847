"""Reading one feed from its newest document to the oldest that is wanted, and remembering it for the next time."""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.posts.model import Post
from scrape_assets.sources.answer import Answer, Judge
from scrape_assets.sources.direct.api import Api
from scrape_assets.sources.direct.envelope import item_line
from scrape_assets.sources.direct.feed_document import Document, read_document
from scrape_assets.sources.direct.feed_http import Fetched, fetch, judge_feed, may_lead
from scrape_assets.sources.direct.feed_memory import Memory, memory_of, recalled
from scrape_assets.sources.direct.frontier import Seen, far_enough
from scrape_assets.sources.direct.source import Known, Page, Target
from scrape_assets.sources.errors import SourceError
from scrape_assets.sources.mapping import Mapping

MOST_DOCUMENTS = 500  # of one feed: a server that makes up a next page for every page must not keep us


@dataclass(frozen=True, slots=True)
class FeedAddress:
    """Where a feed is, and whose it is."""

    address: str
    key: str  # the identity key of the profile
    url: str  # its canonical address


class _Place(msgspec.Struct, frozen=True):
    """Where to go on: what a cursor holds."""

    next: str  # address of the next document
    read: int  # documents so far
    remember: str | None  # kept until the last document is: before that, "not changed" would hide what is missing


def feed_pages(
    api: Api,
    target: Target,
    cursor: str | None,
    known: Known,
    *,
    feed: FeedAddress,
    mapping: Mapping,
    judge: Judge = judge_feed,
) -> Iterator[Page]:
    """The documents of one feed; see `DirectSource.pages` for the rest."""
    seen_ids: set[str] = set()
    resumed = _resumed(cursor)
    if resumed is None:
        memory, fetched = _newest(api, target, feed, judge)
        if fetched.answer is None:
            yield Page((), None, remember=memory.text())
            return
        place = _Place(fetched.address, 0, None)
    else:
        place = resumed
        memory = recalled(place.remember)
        fetched = Fetched(None, place.next, None)
    visited: set[str] = set()
    while True:
        if fetched.answer is None:
            try:
                fetched = fetch(api, place.next, {}, None, judge=judge)
            except SourceError as error:
                if error.error_class is not ErrorClass.NOT_FOUND:
                    raise
                # The feed is there, its chain of pages ends in nothing.
                yield Page((), None, remember=place.remember)
                return
        answer = _answer_of(fetched)
        document = read_document(answer, feed.key, feed.url, fetched.address)
        seen = seen_in(document.items, api, target, mapping)
        if place.read == 0:
            newest = max((one.posted_at for one in seen if one.posted_at), default=None)
            memory = memory_of(answer, fetched.address, memory.address, target.window, newest)
        fresh = {one.post_id for one in seen} - seen_ids
        seen_ids |= fresh
        visited.add(place.next)
        aim = document.next
        more = bool(fresh) and place.read + 1 < MOST_DOCUMENTS and not far_enough(seen, target.window.start, known)
        if not (aim and more and aim not in visited and may_lead(fetched.address, aim)):
            yield _page(document, None, memory.text())
            return
        place = _Place(aim, place.read + 1, memory.text())
        yield _page(document, msgspec.json.encode(place).decode(), None)
        fetched = Fetched(None, aim, None)


def _resumed(cursor: str | None) -> _Place | None:
    try:
        return msgspec.json.decode(cursor, type=_Place) if cursor else None
    except ValueError:
        return None  # of another version of this file: from the start


def _newest(api: Api, target: Target, feed: FeedAddress, judge: Judge) -> tuple[Memory, Fetched]:
    """The feed's newest document, if it has changed; and what is remembered, with the address it has moved to."""
    memory = recalled(target.remembered)
    conditions = memory.conditions(target.window)
    try:
        fetched = fetch(api, memory.address or feed.address, conditions, memory.asked_at, judge=judge)
    except SourceError as error:
        if memory.address is None or error.error_class is not ErrorClass.NOT_FOUND:
            raise
        # It moved there "for good" once; perhaps that was a mistake.
        memory = Memory()
        fetched = fetch(api, feed.address, {}, None, judge=judge)
    if fetched.moved_to:
        memory = msgspec.structs.replace(memory, address=fetched.moved_to)
    return memory, fetched


def _answer_of(fetched: Fetched) -> Answer:
    if fetched.answer is None:  # `fetch` gives None for an unchanged document only, and raises when that was not asked
        raise SourceError(ErrorClass.SERVER, "no answer")
    return fetched.answer


def _page(document: Document, cursor: str | None, remember: str | None) -> Page:
    return Page(document.items, cursor, (document.text,) if document.text else (), remember)


def seen_in(items: list[bytes], api: Api, target: Target, mapping: Mapping) -> list[Seen]:
    """What a page says of its posts, by the mapping's own reading: so the ids are those that were loaded."""
    now = api.now()
    lines = (item_line(target.key, now, item).rstrip(b"\n") for item in items)
    posts = (mapping.map_line(line, False) for line in lines)
    return [Seen(post.post_id, post.posted_at) for post in posts if isinstance(post, Post)]
