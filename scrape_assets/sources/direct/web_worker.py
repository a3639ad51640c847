"""The process in which a browser runs. It takes orders from its standard input, and ends when that does.

A page that never lets go can hold whoever asks it something. It holds this process, which an alarm ends.
"""

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from scrape_assets.sources.direct.feed_http import may_lead
from scrape_assets.sources.direct.web_orders import Order, Reading, Reply
from scrape_assets.sources.direct.web_robots import AGENT
from scrape_assets.sources.direct.web_script import LOOK, READ, STEP

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, Playwright, Request, Route

START_SECONDS = 60
_ALLOWED = frozenset({"script", "stylesheet", "xhr", "fetch"})
_MOST_REQUESTS = 1000  # of one document
_SEEN_EVERY = 0.05  # seconds
_WORLD = "scrape_assets"
_SYSTEM = tuple(Path(f"/usr/bin/{name}") for name in ("chromium", "chromium-browser", "google-chrome"))


class _Fault(Exception):
    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.detail)
        self.reply = reply


class _Tab:
    """One page, and what it may do."""

    def __init__(self, context: "BrowserContext", order: Order) -> None:
        self._context = context
        self._order = order
        self._wish: str | None = None
        self._served = False
        self._parsed = False
        self._crashed = False
        self._asked = 0
        self._open: set[Request] = set()  # requests under way
        self._page: Page = context.new_page()
        self._page.on("crash", lambda _page: self._crash())
        self._page.on("domcontentloaded", lambda _page: self._done())
        self._page.on("dialog", lambda dialog: dialog.dismiss())
        self._page.on("popup", lambda popup: popup.close())
        self._page.on("request", lambda request: self._open.add(request))
        self._page.on("requestfinished", lambda request: self._open.discard(request))
        self._page.on("requestfailed", lambda request: self._open.discard(request))
        self._page.route("**/*", self._route)
        self._page.route_web_socket("**/*", lambda socket: socket.close())
        self._session: CDPSession = context.new_cdp_session(self._page)

    def show(self) -> None:
        """Load the document."""
        from playwright.sync_api import TimeoutError  # noqa: A004

        reading = self._order.reading
        begun = time.monotonic()
        try:
            self._page.goto(self._order.url, wait_until="commit", timeout=reading.seconds * 1000)
            # No question to the page yet: a script that never ends would never let it answer.
            while not self._parsed and time.monotonic() - begun < reading.seconds:
                self._page.wait_for_timeout(10)
        except TimeoutError:
            pass
        if not self._parsed:
            raise _Fault(Reply(fault="too_slow", detail=f"it was not loaded within {reading.seconds:g} s"))
        self._rest(reading, None)

    def step(self, reading: Reading) -> None:
        """Scroll or click."""
        before = self._evaluate(LOOK, reading)
        self._wish = None
        self._evaluate(STEP, reading)
        self._rest(reading, before)

    def read(self, reading: Reading) -> Reply:
        """What the page shows."""
        given = self._evaluate(READ, reading)
        if self._wish and isinstance(given.get("view"), dict):
            given["view"]["wish"] = self._wish
        return msgspec.convert(given, Reply)

    def close(self) -> None:
        """Leave the page."""
        self._page.close()

    def _rest(self, reading: Reading, before: object) -> None:
        """Wait until the page has come to rest.

        Args:
            reading: says what that means.
            before: how the page looked, when it is expected to change.
        """
        last: object = None
        begun = still_since = time.monotonic()
        while (now := time.monotonic()) - begun < reading.seconds and not self._wish:
            look = self._evaluate(LOOK, reading)
            if look != last or self._open:
                last, still_since = look, now
            expected = look[-1] if before is None else look != before
            # What does not come at once may still come: a page that sets timers asks for nothing meanwhile.
            if now - still_since >= reading.quiet * (1 if expected else 2):
                return
            self._page.wait_for_timeout(_SEEN_EVERY * 1000)

    def _evaluate(self, script: str, reading: Reading) -> Any:
        if self._crashed:
            raise _Fault(Reply(fault="crashed", detail="it crashed its browser"))
        frame = self._session.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
        world = self._session.send("Page.createIsolatedWorld", {"frameId": frame, "worldName": _WORLD})
        answer = self._session.send(
            "Runtime.evaluate",
            {
                "expression": f"({script})({msgspec.json.encode(reading).decode()})",
                "contextId": world["executionContextId"],
                "returnByValue": True,
                "timeout": reading.seconds * 1000,
            },
        )
        if "exceptionDetails" in answer:
            said = answer["exceptionDetails"].get("exception", {}).get("description", "it could not be read")
            raise _Fault(Reply(fault="crashed", detail=str(said)))
        return answer["result"].get("value")

    def _done(self) -> None:
        self._parsed = True

    def _crash(self) -> None:
        self._crashed = True

    def _route(self, route: "Route") -> None:
        request = route.request
        if request.resource_type == "document":
            self._navigate(route, request)
            return
        self._asked += 1
        url = request.url
        if (
            request.resource_type not in _ALLOWED
            or not url.startswith(("http://", "https://"))
            or not may_lead(self._order.url, url)
            or self._asked > _MOST_REQUESTS
        ):
            route.abort()
        elif self._order.instead is None:
            route.continue_()
        else:
            parts = urlsplit(url)
            aim = f"{self._order.instead.rstrip('/')}{parts.path}{parts.query and '?'}{parts.query}"
            route.fulfill(response=route.fetch(url=aim, timeout=self._order.reading.seconds * 1000))

    def _navigate(self, route: "Route", request: "Request") -> None:
        """Documents are not the browser's to fetch: what we have fetched is shown, where else it wants is told."""
        if request.frame != self._page.main_frame:
            route.abort("aborted")
        elif not self._served:
            self._served = True
            route.fulfill(status=200, headers=self._order.headers, body=self._order.body)
        else:
            if request.method == "GET" and self._wish is None and request.url != self._order.url:
                self._wish = request.url
            self._parsed = True  # as far as it will be: going elsewhere ends the reading of this document
            route.abort("aborted")  # of all the ways to fail, the one that leaves the page as it is


class _Worker:
    def __init__(self, browser: "Browser", user_agent: str) -> None:
        self._browser = browser
        self._user_agent = user_agent
        self._context: BrowserContext | None = None
        self._tab: _Tab | None = None

    def obey(self, order: Order) -> Reply:
        from playwright.sync_api import Error

        try:
            if order.do == "open":
                self._open(order)
            elif self._tab:
                self._tab.step(order.reading)
            return self._tab.read(order.reading) if self._tab else Reply(fault="crashed", detail="no page is open")
        except _Fault as fault:
            self._leave()
            return fault.reply
        except (Error, msgspec.ValidationError) as error:
            self._leave()
            return Reply(fault="crashed", detail=str(error))

    def _open(self, order: Order) -> None:
        if order.afresh:
            self._leave()
        if self._context is None:
            self._context = self._browser.new_context(
                user_agent=self._user_agent,
                service_workers="block",
                accept_downloads=False,
                viewport={"width": 1280, "height": 1600},
            )
        if self._tab:
            self._tab.close()
        self._tab = _Tab(self._context, order)
        self._tab.show()

    def _leave(self) -> None:
        context, self._context, self._tab = self._context, None, None
        if context:
            context.close()


@contextmanager
def _browser(playwright: "Playwright", executable: str | None) -> Iterator["Browser"]:
    """Playwright's own Chromium, or the system's; only the named one, when one is named."""
    from playwright.sync_api import Error

    places: list[Path | None] = [Path(executable)] if executable else [None, *filter(Path.exists, _SYSTEM)]
    problems: list[str] = []
    for place in places:
        try:
            browser = playwright.chromium.launch(
                executable_path=place,
                # As root Chromium has no sandbox and refuses to start in one.
                chromium_sandbox=os.geteuid() != 0,
                env={"PATH": os.environ.get("PATH", ""), "HOME": os.environ.get("HOME", "/tmp")},  # noqa: S108
                timeout=START_SECONDS * 1000,
            )
        except Error as error:
            problems.append(str(error).strip().partition("\n")[0])
            continue
        try:
            yield browser
        finally:
            browser.close()
        return
    raise _Fault(Reply(fault="no_browser", detail=problems[-1]))


def main(executable: str | None) -> None:
    """Obey until there are no more orders."""
    from playwright.sync_api import sync_playwright

    # Nobody else writes where the replies go.
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)

    def say(reply: Reply) -> None:
        replies.write(msgspec.json.encode(reply) + b"\n")
        replies.flush()

    signal.alarm(START_SECONDS)
    try:
        with sync_playwright() as playwright, _browser(playwright, executable) as browser:
            major = browser.version.partition(".")[0]
            user_agent = (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
                f"Chrome/{major}.0.0.0 Safari/537.36 {AGENT}"
            )
            worker = _Worker(browser, user_agent)
            say(Reply(user_agent=user_agent))
            signal.alarm(0)
            for line in sys.stdin.buffer:
                order = msgspec.json.decode(line, type=Order)
                signal.alarm(order.alarm)
                say(worker.obey(order))
                signal.alarm(0)
            signal.alarm(START_SECONDS)
    except _Fault as fault:
        say(fault.reply)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
