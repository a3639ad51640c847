"""Public pages of any site, rendered in a browser and read by rules that are data. It searches nothing.

What a page fetches while it is shown is the browser's affair, and goes only to http(s); every document is fetched by
us, when robots.txt allows it, one page at a time a host within this process.
"""

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

import msgspec
import structlog

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.posts.platforms import Platform
from scrape_assets.sources.abilities import NO_EVENTS, Abilities
from scrape_assets.sources.direct.api import Api, PauseAfter
from scrape_assets.sources.direct.feed_http import MOST_HOPS, may_lead
from scrape_assets.sources.direct.feed_pages import seen_in
from scrape_assets.sources.direct.frontier import far_enough
from scrape_assets.sources.direct.limits import no_headers
from scrape_assets.sources.direct.source import Known, Page, Target
from scrape_assets.sources.direct.web_browser import EXECUTABLE, BadSelector, Browser, open_browser
from scrape_assets.sources.direct.web_document import fetch_document
from scrape_assets.sources.direct.web_fields import item_of, reading_of
from scrape_assets.sources.direct.web_orders import Order, View
from scrape_assets.sources.direct.web_posts import MAPPING, WebMapping, identity_of
from scrape_assets.sources.direct.web_robots import Robots
from scrape_assets.sources.direct.web_rules import OWN_RULES, NamedRule, read_rules, rule_for
from scrape_assets.sources.errors import NotConfigured, SourceError, Throttled

log = structlog.get_logger(__name__)

MOST_BARREN = 2
"""Steps in a row that bring nothing new: then that was all."""
GRACE_SECONDS = 10  # beyond twice the time in which a page should come to rest; then its browser is ended
LOCK_SECONDS = 900.0

_locks: dict[str, threading.Lock] = {}


class _Place(msgspec.Struct, frozen=True):
    """Where to go on: what a cursor holds."""

    steps: int  # scrolls, clicks or further pages so far
    next: str | None = None  # the address of the next page, where pages follow one another


@dataclass(frozen=True, slots=True)
class WebSource:
    """The pages of all sites that have no source of their own; see `DirectSource`."""

    name: str = "web"
    platform: Platform = Platform.WEB
    abilities: Abilities = NO_EVENTS
    mapping: WebMapping = MAPPING
    base_url: str | None = None
    keys: tuple[str, ...] = ()
    optional_keys: tuple[str, ...] = (EXECUTABLE, OWN_RULES)
    pause_after: PauseAfter = no_headers  # a site says Retry-After, which every source honours
    browser: Callable[[str | None], AbstractContextManager[Browser]] = open_browser

    def pages(self, api: Api, target: Target, cursor: str | None, known: Known) -> Iterator[Page]:
        """Read a page, and what it shows when one scrolls, clicks or goes on; see `DirectSource.pages`."""
        profile = target.profile
        if profile is None:
            raise ValueError("pages of the web cannot be searched: name the pages, and their posts are looked through")
        if profile.platform is not self.platform:
            raise ValueError(f"{profile.url} is a profile on {profile.platform}, not a page of the web")
        named = rule_for(profile.url, read_rules(api.key(OWN_RULES)))
        place = msgspec.json.decode(cursor, type=_Place) if cursor else _Place(0)
        with _alone(profile.url), self.browser(api.key(EXECUTABLE)) as browser:
            yield from _Visit(api, browser, target, named, known).pages(profile.url, place)


class _Visit:
    """One page being read, to the end of what it has."""

    def __init__(self, api: Api, browser: Browser, target: Target, named: NamedRule, known: Known) -> None:
        self._api = api
        self._browser = browser
        self._target = target
        self._named = named
        self._known = known
        self._robots = Robots(api)
        self._reading = reading_of(named.rule)
        self._alarm = math.ceil(2 * self._reading.seconds) + GRACE_SECONDS
        self._given: set[str] = set()
        self._visited: set[str] = set()
        self._documents = 0

    def pages(self, address: str, place: _Place) -> Iterator[Page]:
        view = self._open(place.next or address)
        if place.next is None:
            for _ in range(place.steps):  # what was scrolled through before has to be again
                self._fresh(view)
                view = self._step(view)
        barren, resumed = 0, place.steps > 0
        while True:
            fresh = self._fresh(view)
            barren = 0 if fresh or place.steps == 0 else barren + 1
            seen = seen_in(fresh, self._api, self._target, MAPPING)
            html = () if view.html is None else (view.html,)
            if (
                not self._goes_on(view, place.steps)
                or barren >= MOST_BARREN
                or far_enough(seen, self._target.window.start, self._known)
            ):
                yield Page(fresh, None, documents=html)
                self._check_for_posts(view, resumed)
                return
            place = _Place(place.steps + 1, view.next)
            yield Page(fresh, msgspec.json.encode(place).decode(), documents=html)
            view = self._open(view.next) if view.next else self._step(view)

    def _open(self, address: str) -> View:
        """Show a page. One that at once goes elsewhere, and has no posts, is followed there."""
        for _hop in range(MOST_HOPS + 1):
            self._visited.add(address)
            if self._documents:
                self._pause(address)
            document = fetch_document(self._api, self._robots, address, self._browser.user_agent)
            self._visited.add(document.address)
            origin = _origin(document.address)
            instead = self._api.address(f"{origin}/").removesuffix("/")
            view = self._obey(
                Order(
                    do="open",
                    reading=self._reading,
                    alarm=self._alarm,
                    url=document.address,
                    headers=dict(document.headers),
                    body=document.body,
                    afresh=self._documents == 0,
                    instead=None if instead == origin else instead,
                )
            )
            self._documents += 1
            wish = view.wish
            if view.posts or wish is None or wish in self._visited or not may_lead(document.address, wish):
                return view
            address = wish
        raise SourceError(ErrorClass.REFUSED, f"the page at {self._target.key} goes elsewhere again and again")

    def _step(self, view: View) -> View:
        self._pause(view.address)
        seen = self._obey(Order(do="step", reading=self._reading, alarm=self._alarm))
        # A button that leads to another page was a link after all.
        leads_on = seen.wish and self._reading.by == "click" and self._may_follow(view, seen.wish)
        return self._open(seen.wish) if leads_on and seen.wish else seen

    def _obey(self, order: Order) -> View:
        try:
            return self._browser.obey(order)
        except BadSelector as error:
            raise NotConfigured(f"the rule {self._named.name}.toml cannot be used: {error}") from None

    def _fresh(self, view: View) -> list[bytes]:
        """The posts that were not there before."""
        fresh: list[bytes] = []
        for sighting in view.posts:
            item = item_of(sighting, self._named, view.address)
            post_id = identity_of(item, self._target.key)
            if post_id is not None and post_id not in self._given:
                self._given.add(post_id)
                fresh.append(item)
        return fresh

    def _goes_on(self, view: View, steps: int) -> bool:
        match self._reading.by:
            case "next":
                possible = view.next is not None and self._may_follow(view, view.next)
            case "click":
                possible = view.more
            case "scroll":
                possible = True
            case _:
                possible = False
        if possible and (steps >= self._named.rule.limits.steps or view.html is None):
            log.warning("page_not_read_to_its_end", page=self._target.key, rule=self._named.name, steps=steps)
            return False
        return possible

    def _may_follow(self, view: View, aim: str) -> bool:
        """Whether a link leads to more of the same: to a page of the same site, not seen yet."""
        return aim not in self._visited and _origin(aim) == _origin(view.address)

    def _check_for_posts(self, view: View, resumed: bool) -> None:
        """An empty page is a result. A page on which the rule finds nothing that it should find is a fault."""
        if self._given or resumed or view.nothing:
            return
        rule = self._named
        message = f"no post at {self._target.key}: the rule {rule.name}.toml looks for {rule.rule.posts[:200]!r}"
        raise SourceError(ErrorClass.BAD_DATA, message)

    def _pause(self, address: str) -> None:
        pause = max(timedelta(seconds=self._named.rule.limits.pause), self._robots.delay(address))
        if pause:
            self._api.wait(pause)


@contextmanager
def _alone(address: str) -> Iterator[None]:
    """Whoever is in here reads the host alone: within this process, for now."""
    host = (urlsplit(address).hostname or "").removeprefix("www.")
    lock = _locks.setdefault(host, threading.Lock())
    if not lock.acquire(timeout=LOCK_SECONDS):
        raise Throttled(f"another page of {host} is being read", retry_after=timedelta(seconds=LOCK_SECONDS))
    try:
        yield
    finally:
        lock.release()


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


SOURCE = WebSource()
"""The one there is."""
