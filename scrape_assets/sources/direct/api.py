"""The calls of one direct source: its address, its keys, and the pauses that its headers ask for. No paging.

It is the transport's gate that waits: what one process is asked to leave alone concerns all of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.sources.answer import Answer, Judge
from scrape_assets.sources.errors import NotConfigured, Shut, SourceError, Throttled
from scrape_assets.sources.gate import PATIENCE
from scrape_assets.sources.http import HttpTransport
from scrape_assets.sources.redaction import excerpt

TRIES = 2
"""Calls that are made where the first is throttled for a time that is worth waiting for, which the gate does."""

PauseAfter: TypeAlias = Callable[[Answer, datetime], timedelta | None]
"""How long an answer asks us to wait before the next call, from its headers; None when it asks for nothing."""


class Api:
    """Makes the calls of one collection.

    Args:
        transport: of this source.
        base_url: of the API; None when each profile names its own host.
        override: an address to ask in the place of all others, from `<SOURCE>_API_URL`.
        keys: the source's secrets, by the name of their environment variable.
        pause_after: reads the platform's rate-limit headers.
        snapshot_id: ours, for the audit of calls.
        sleep, now: the clocks; `now` must be aware.
    """

    def __init__(
        self,
        transport: HttpTransport,
        *,
        base_url: str | None = None,
        override: str | None = None,
        keys: Mapping[str, str] | None = None,
        pause_after: PauseAfter = lambda _answer, _now: None,
        snapshot_id: str | None = None,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._transport = transport
        self._base_url = base_url
        self._override = override
        self._keys = keys or {}
        self._pause_after = pause_after
        self._snapshot_id = snapshot_id
        self._sleep = sleep
        self.now = now

    def key(self, name: str) -> str | None:
        """A secret by its environment variable's name; None when it is not set."""
        return self._keys.get(name)

    def needed_key(self, name: str) -> str:
        """A secret without which nothing can be asked.

        Raises:
            NotConfigured: it is not set.
        """
        value = self.key(name)
        if not value:
            raise NotConfigured(f"{self._transport.source} needs {name}, which is not set")
        return value

    def address(self, path: str, host: str | None = None) -> str:
        """The full address of a path, or of a whole address that the API itself gave (a Link header, a redirect).

        Args:
            path: "/api/…", or "https://host/api/…".
            host: "https://host" of the profile, for sources without a base URL of their own.
        """
        if path.startswith(("http://", "https://")):
            if self._override is None:
                return path
            path = "/" + path.split("/", 3)[3] if path.count("/") > 2 else "/"
        base = self._override or self._base_url or host
        if base is None:
            raise NotConfigured(f"{self._transport.source} has no address to ask")
        return base.rstrip("/") + path

    def get(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        host: str | None = None,
        headers: Mapping[str, str] | None = None,
        operation: str = "page",
        judge: Judge | None = None,
    ) -> Answer:
        """Get one answer of 2xx.

        Args:
            path: see `address`.
            params: of the query.
            host: see `address`.
            headers: to send.
            operation: what it is for, in the audit's words: page, profile, token…
            judge: names the error of any other status, where the platform's bodies say more than the status;
                by default `judge_status`.

        Raises:
            SourceError: as the judge says; `Shut`, which is throttled, when the gate is.
        """
        return self._call(
            "GET", path, params, host=host, headers=headers, content=None, operation=operation, judge=judge
        )

    def post(
        self,
        path: str,
        content: bytes,
        params: Mapping[str, str] | None = None,
        *,
        host: str | None = None,
        headers: Mapping[str, str] | None = None,
        operation: str = "page",
        judge: Judge | None = None,
    ) -> Answer:
        """Post a body, once; see `get`."""
        return self._call(
            "POST", path, params, host=host, headers=headers, content=content, operation=operation, judge=judge
        )

    def wait(self, pause: timedelta) -> None:
        """Wait before a call is made again that failed in passing. For seconds: a longer pause is the caller's."""
        self._sleep(pause.total_seconds())

    def _call(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        *,
        host: str | None,
        headers: Mapping[str, str] | None,
        content: bytes | None,
        operation: str,
        judge: Judge | None,
    ) -> Answer:
        address = self.address(path, host)

        def judged(answer: Answer) -> SourceError:
            error = (judge or judge_status)(answer)
            if isinstance(error, Throttled) and error.retry_after is None:
                error.retry_after = self._pause_after(answer, self.now())
            return error

        throttled: Throttled | None = None
        for _try in range(TRIES):
            try:
                answer = self._transport.request(
                    operation,
                    method,
                    address,
                    judge=judged,
                    snapshot_id=self._snapshot_id,
                    params=params,
                    headers=headers,
                    content=content,
                )
            except Shut as shut:
                raise throttled or shut from None
            except Throttled as error:
                # Nothing was done for a call that was throttled, so any may be made again.
                if error.retry_after is None or error.retry_after > PATIENCE:
                    raise
                throttled = error
                continue
            pause = answer.retry_after or self._pause_after(answer, self.now())
            if pause:
                server = address.split("/", 3)[2]
                self._transport.pause(address, pause, f"{server} asks for a pause of {pause.total_seconds():.0f} s")
            return answer
        raise throttled or TypeError("a call that was not tried")


def judge_status(answer: Answer) -> SourceError:
    """What an answer outside 2xx means by its status alone, with the beginning of what it says."""
    status = answer.status_code
    said = excerpt(answer.body.decode("utf-8", "replace"), 300)
    message = f"HTTP {status}{said and f': {said}'}"
    if status == 429:
        return Throttled(message, status_code=status, retry_after=answer.retry_after)
    return SourceError(_class_of(status), message, status_code=status, retry_after=answer.retry_after)


def _class_of(status: int) -> ErrorClass:
    match status:
        case 401 | 403 | 407:
            return ErrorClass.REFUSED
        case 402:
            return ErrorClass.PAYMENT
        case 404 | 410:
            return ErrorClass.NOT_FOUND
        case 408:
            return ErrorClass.NETWORK
        case _ if status >= 500:
            return ErrorClass.SERVER
    return ErrorClass.BAD_REQUEST
