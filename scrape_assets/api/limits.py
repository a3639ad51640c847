"""How much one caller may send: bytes a request, requests a second. Plain ASGI, before anything is parsed."""

from __future__ import annotations

import hashlib
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scrape_assets.api.problems import problem_response

BODY_BYTES = 1 << 20
UNLIMITED_BODY = "/api/webhooks/"  # a delivery may be a gigabyte; it is streamed to the archive, not held
CALLERS_KNOWN = 10_000  # buckets kept; the one unused longest goes first, and would be full again by then


class BodyLimit:
    """Refuses a body of more than a megabyte, said or streamed, with 413."""

    def __init__(self, app: ASGIApp, limit: int = BODY_BYTES) -> None:
        self._app = app
        self._limit = limit
        self._why = f"the body is larger than {limit:,} bytes"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it."""
        if scope["type"] != "http" or scope["path"].startswith(UNLIMITED_BODY):
            await self._app(scope, receive, send)
            return
        said = dict(scope["headers"]).get(b"content-length", b"0")
        if said.isdigit() and int(said) > self._limit:
            await self._refuse(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._limit:
                # Of this type, because whoever reads the body lets only this one through.
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, self._why)
            return message

        await self._app(scope, counted, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = problem_response(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            self._why,
            headers={"connection": "close"},
        )
        await answer(scope, receive, send)


@dataclass
class _Bucket:
    tokens: float
    at: float


class CallerPace:
    """So many requests a second for each token (or address), with a burst; more are refused with 429.

    Kept in this process: it protects the process. What sources may be asked is paced in the database.
    """

    def __init__(
        self,
        app: ASGIApp,
        per_second: float,
        burst: int,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._per_second = per_second
        self._burst = burst
        self._monotonic = monotonic
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it."""
        wait = self._take(_caller(scope)) if scope["type"] == "http" else 0.0
        if wait:
            answer = problem_response(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"more than {self._per_second:g} requests a second",
                headers={"retry-after": str(math.ceil(wait))},
            )
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _take(self, caller: str) -> float:
        """Seconds to wait; 0 when the request may go on."""
        now = self._monotonic()
        bucket = self._buckets.pop(caller, None) or _Bucket(self._burst, now)
        bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.at) * self._per_second)
        bucket.at = now
        self._buckets[caller] = bucket
        if len(self._buckets) > CALLERS_KNOWN:
            self._buckets.popitem(last=False)
        if bucket.tokens < 1:
            return (1 - bucket.tokens) / self._per_second
        bucket.tokens -= 1
        return 0.0


def _caller(scope: Scope) -> str:
    """Who calls: a hash of the token, so that none lies about in memory; without one the address."""
    shown = dict(scope["headers"]).get(b"authorization")
    if shown:
        return hashlib.sha256(shown).hexdigest()[:16]
    client = scope.get("client")
    return client[0] if client else ""
