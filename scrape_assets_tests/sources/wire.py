"""A network that answers from a script, and what was asked of it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import httpx

from scrape_assets.ledger.attempts import Call
from scrape_assets.sources.brightdata.client import BrightDataClient
from scrape_assets.sources.http import HttpTransport

KEY = "b1946ac9-invented-key"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
Step = httpx.Response | Exception


class Body(httpx.SyncByteStream):
    """A body in pieces, which may end in an error."""

    def __init__(self, *pieces: bytes | Exception) -> None:
        self.pieces = pieces
        self.given = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self.pieces:
            if isinstance(piece, Exception):
                raise piece
            self.given += 1
            yield piece


def reply(status: int, body: bytes | str | Body = b"", **headers: str) -> httpx.Response:
    """An answer; header names have underscores. The length is announced unless the body is a `Body`."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if isinstance(body, str):
        body = body.encode()
    if isinstance(body, bytes):
        sent.setdefault("content-length", str(len(body)))
        body = Body(body)
    return httpx.Response(status, headers=sent, stream=body)


class Wire:
    """Gives the steps of its script in turn, and the last one again and again."""

    def __init__(self, *script: Step | Callable[[httpx.Request], httpx.Response]) -> None:
        self.script = list(script)
        self.requests: list[httpx.Request] = []
        self.calls: list[Call] = []
        self.slept: list[float] = []
        self.seconds = 0.0

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(step, Exception):
            raise step
        if isinstance(step, httpx.Response):
            # A copy, because a response can be read but once and a step may be given again.
            return httpx.Response(step.status_code, headers=step.headers, stream=step.stream)
        return step(request)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds

    def transport(self, audit: Callable[[Call], None] | None = None) -> HttpTransport:
        return HttpTransport(
            "brightdata",
            audit or self.calls.append,
            backend=httpx.MockTransport(self.answer),
            sleep=self.sleep,
            now=lambda: NOON,
            monotonic=lambda: self.seconds,
        )

    def client(self, api_key: str | None = KEY) -> BrightDataClient:
        return BrightDataClient(self.transport(), "https://vendor.test/", api_key)
