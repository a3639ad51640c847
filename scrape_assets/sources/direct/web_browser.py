"""The browser, seen from outside: a process that is given documents and says what they show. Fetches nothing.

Apart, because a page may hold or kill whatever looks at it, and because Playwright leaves an event loop running in the
thread that uses it.
"""

import contextlib
import importlib.util
import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import IO, Protocol

import msgspec

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.sources.direct.web_orders import Order, Reply, View
from scrape_assets.sources.errors import NotConfigured, SourceError
from scrape_assets.sources.redaction import excerpt

EXECUTABLE = "SCRAPE_ASSETS_CHROMIUM"
"""The environment variable that names a Chromium."""
START_SECONDS = 75.0
GRACE_SECONDS = 15.0
"""How long a page may hold the browser beyond the time in which it should have come to rest."""
POLITE_SECONDS = 5.0
_INSTALL = "pip install 'scrape_assets[web]', and `playwright install chromium` unless a Chromium is installed"
_REPLIES = msgspec.json.Decoder(Reply)


class BadSelector(NotConfigured):
    """A rule has a selector that is none; the message names its field."""

    def __init__(self, field: str) -> None:
        super().__init__(f"{field}: its selector is no CSS selector")


class Browser(Protocol):
    """Shows documents."""

    @property
    def user_agent(self) -> str:
        """What it calls itself, with our name."""

    def obey(self, order: Order) -> View:
        """Do something, and say what is to be seen then.

        Raises:
            NotConfigured: there is no browser any more.
            BadSelector: the rule has a selector that is none.
            SourceError: network when the page did not come, bad_data when it broke or held the browser.
        """


@contextlib.contextmanager
def open_browser(executable: str | None) -> Iterator["BrowserProcess"]:
    """A browser for as long as it is needed.

    Raises:
        NotConfigured: Playwright or a browser is missing.
    """
    browser = BrowserProcess(executable)
    try:
        yield browser
    finally:
        browser.close()


class BrowserProcess:
    """Starts the process, and starts it anew when it was lost.

    Args:
        executable: of a Chromium; Playwright's own or the system's by default.
    """

    def __init__(self, executable: str | None) -> None:
        self._executable = executable
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None
        self._unread = b""
        self.user_agent = ""
        self._start()

    def obey(self, order: Order) -> View:
        """Do something; see `Browser`."""
        if self._process is None:
            self._start()
        reply = self._ask(msgspec.json.encode(order) + b"\n", order.alarm + GRACE_SECONDS)
        if reply is None:
            self.close(politely=False)
            raise SourceError(ErrorClass.BAD_DATA, f"the page held its browser for more than {order.alarm} s")
        if reply.view is None:
            raise _error_of(reply)
        return reply.view

    def close(self, *, politely: bool = True) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin:
            with contextlib.suppress(OSError):  # it may be gone already
                process.stdin.close()
        try:
            process.wait(POLITE_SECONDS if politely else 0)
        except subprocess.TimeoutExpired:
            process.kill()  # Playwright's own process and Chromium end when they find themselves alone
            process.wait()
        for stream in (process.stdout, self._errors):
            if stream:
                stream.close()
        self._unread = b""

    def _start(self) -> None:
        if importlib.util.find_spec("playwright") is None:
            raise NotConfigured(f"web needs Playwright and a Chromium: {_INSTALL}")
        known = ("PATH", "HOME", "TMPDIR", "LANG", "PLAYWRIGHT_BROWSERS_PATH")
        # None of our secrets goes where strangers' scripts run.
        environment = {name: os.environ[name] for name in known if name in os.environ}
        environment["PYTHONPATH"] = os.pathsep.join(sys.path)
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the process
        self._process = subprocess.Popen(  # noqa: S603 - ourselves, with the path of a browser that an operator gave
            [sys.executable, "-m", "scrape_assets.sources.direct.web_worker", *filter(None, [self._executable])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=environment,
            start_new_session=True,  # Ctrl-C is for us to hear, not for it
        )
        reply = self._ask(b"", START_SECONDS)
        if reply and reply.user_agent:
            self.user_agent = reply.user_agent
            return
        self._errors.seek(0)
        last = self._errors.read().decode("utf-8", "replace").strip().rpartition("\n")[2]
        why = excerpt((reply.detail if reply else "") or last or "it did not answer", 200)
        self.close()
        raise NotConfigured(f"web has no browser that starts ({why}): {_INSTALL}, or name one in {EXECUTABLE}")

    def _ask(self, order: bytes, seconds: float) -> Reply | None:
        """The reply to an order; None when there was none in that time."""
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            return None
        deadline = time.monotonic() + seconds
        try:
            process.stdin.write(order)
            process.stdin.flush()
        except OSError:
            return None
        with selectors.DefaultSelector() as waiting:
            waiting.register(process.stdout, selectors.EVENT_READ)
            pieces = [self._unread]
            while b"\n" not in pieces[-1]:
                if not waiting.select(max(deadline - time.monotonic(), 0)):
                    return None
                piece = os.read(process.stdout.fileno(), 1 << 20)
                if not piece:
                    return None
                pieces.append(piece)
        line, _, self._unread = b"".join(pieces).partition(b"\n")
        return _REPLIES.decode(line)


def _error_of(reply: Reply) -> SourceError:
    said = excerpt(reply.detail, 200)
    match reply.fault:
        case "selector":
            return BadSelector(said)
        case "too_slow":
            return SourceError(ErrorClass.NETWORK, f"the page did not come to an end: {said}")
    return SourceError(ErrorClass.BAD_DATA, f"the page cannot be read: {said}")
