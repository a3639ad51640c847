"""Runs the application on uvicorn until somebody asks it to stop."""

from __future__ import annotations

import os
import signal
import sys
import time
from types import FrameType

import uvicorn

from scrape_assets.api.app import build_app
from scrape_assets.flow.context import open_context
from scrape_assets.flow.stopping import Stop
from scrape_assets.importing import nothing_is_garbage
from scrape_assets.settings import Settings

GRACE_SECONDS = 6  # for requests that were begun; leaving.py refuses them before
SWITCH_SECONDS = 0.001  # the loop waits no longer for a thread: a tenth off the slowest answers under load
ECHO_SECONDS = 0.3  # a supervisor may say the same in two ways


class Serving(uvicorn.Server):
    """uvicorn, which takes only a second Ctrl-C seriously, ended by a second signal of any kind.

    Nor does it send itself the signal again when all is done: a server that was asked to stop and did has not failed.
    """

    def __init__(self, config: uvicorn.Config, stop: Stop) -> None:
        super().__init__(config)
        self._stop = stop
        self._asked_at: float | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 -- the signature of a handler
        """The first signal asks whatever runs here to stop; a second one ends the process where it is."""
        now = time.monotonic()
        if self._asked_at is None:
            self._asked_at = now
            self._stop.ask()
            self.should_exit = True
        elif now - self._asked_at > ECHO_SECONDS:
            os._exit(128 + sig)


def serve(settings: Settings, host: str, port: int) -> None:
    """Serve until SIGTERM, SIGHUP or Ctrl-C: what was begun has a few seconds more. A second signal ends it at once."""
    sys.setswitchinterval(SWITCH_SECONDS)
    with open_context(settings) as ctx:
        with nothing_is_garbage():  # to look through it took a tenth of a second, every second
            app = build_app(settings, ctx)
        config = uvicorn.Config(
            app,
            host=host,
            port=port,
            log_level="warning",
            access_log=False,  # an address may hold a webhook's token
            timeout_graceful_shutdown=GRACE_SECONDS,
            server_header=False,
        )
        server = Serving(config, ctx.stop)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # which uvicorn does not know
            signal.signal(signal.SIGHUP, server.handle_exit)
        server.run()
