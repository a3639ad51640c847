"""The one way out: HTTP over a connection pool, explicit timeouts, short retries of safe calls, a gate, an audit.

What an answer means is the source's business: it hands in a `Judge`. Every try passes the gate, which says when.
Whether to send a paid request again is decided elsewhere.
"""

import logging
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from types import TracebackType
from typing import Self, TypeAlias, TypeVar
from urllib.parse import urlencode

import httpx
import structlog

from scrape_assets.ledger.attempts import Call
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.sources.answer import BODY_SECONDS, Answer, Judge, OpenAnswer, describe, parse_retry_after
from scrape_assets.sources.errors import NotConfigured, NotReady, SourceError, Unreachable
from scrape_assets.sources.gate import OPEN, Gate
from scrape_assets.sources.redaction import redacted_url
from scrape_assets.sources.retrying import retried

# httpx logs whole addresses, and with them whatever secret a query holds. The audit tells the same, redacted.
logging.getLogger("httpx").setLevel(logging.WARNING)
log = structlog.get_logger(__name__)

TIMEOUT = httpx.Timeout(60.0, connect=10.0)  # seconds; read and write: between two pieces, not in all
POOL = httpx.Limits(max_connections=32, max_keepalive_connections=16)
ERROR_BODY_LIMIT = 64 << 10  # bytes read of an answer that says no
MAX_TRIES = 3
RETRY_SECONDS = 10.0  # no further try of a safe call after this long

# The request did not leave, whatever else happened.
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)

T = TypeVar("T")
Audit: TypeAlias = Callable[[Call], None]
"""Takes note of a call, each try being one. Called from whatever thread made the call."""


@dataclass(frozen=True)
class _Outgoing:
    operation: str
    method: str
    url: str
    judge: Judge
    snapshot_id: str | None
    headers: Mapping[str, str]
    content: bytes | None
    timeout: httpx.Timeout
    platform: str
    streamed: bool

    @property
    def hold(self) -> timedelta:
        """How long a try is under way at most, until its answer is known."""
        phases = (self.timeout.connect, self.timeout.pool, self.timeout.write, self.timeout.read)
        return timedelta(seconds=sum(seconds or 0 for seconds in phases) + BODY_SECONDS)


@cache
def _trusted() -> ssl.SSLContext:
    """The certificates that are trusted. Read once: it takes 30 ms, and there is a transport for each source."""
    return httpx.create_ssl_context()


class HttpTransport:
    """Makes the calls of one source. May be shared by threads.

    Args:
        source: the name the calls are recorded under.
        audit: takes note of every try. What it raises is logged and goes no further.
        gate: lets every try through, or not.
        backend: stands in for the network in tests.
        sleep, now, monotonic: the clocks; `now` must be aware.
    """

    def __init__(
        self,
        source: str,
        audit: Audit,
        *,
        gate: Gate = OPEN,
        backend: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.source = source
        self._audit = audit
        self._gate = gate
        self._sleep = sleep
        self._now = now
        self._monotonic = monotonic
        # gzip alone: what else httpx offers depends on what happens to be installed. Redirects are never
        # followed: an address that moves is a wrong setting, and a paid request must not wander.
        self._client = httpx.Client(
            transport=backend,
            verify=_trusted(),
            timeout=TIMEOUT,
            limits=POOL,
            headers={"accept-encoding": "gzip", "user-agent": "scrape-assets"},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def request(
        self,
        operation: str,
        method: str,
        url: str,
        *,
        judge: Judge,
        snapshot_id: str | None = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        timeout: httpx.Timeout = TIMEOUT,
        platform: str = "",
    ) -> Answer:
        """Send, and read the whole answer of 2xx. A GET is tried up to three times in seconds; a POST once.

        Args:
            operation: what it is for, in the audit's words.
            judge: names the error of any other status.
            snapshot_id: our snapshot that the call serves, for the audit.
            platform: that it serves, where the source limits platforms apart.

        Raises:
            Shut: it was not sent, because the gate is shut.
            Unreachable: it was not sent.
            SourceError: network when no whole answer came, else what the judge says.
        """
        address = _with_query(url, params)
        outgoing = _Outgoing(
            operation, method, address, judge, snapshot_id, headers or {}, content, timeout, platform, streamed=False
        )
        return self._retried(method, lambda: self._read(outgoing))

    @contextmanager
    def stream(
        self,
        operation: str,
        method: str,
        url: str,
        *,
        judge: Judge,
        snapshot_id: str | None = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: httpx.Timeout = TIMEOUT,
        platform: str = "",
    ) -> Iterator[OpenAnswer]:
        """As `request`, but the caller reads the body, inside the context. Only the opening is retried."""
        address = _with_query(url, params)
        outgoing = _Outgoing(
            operation, method, address, judge, snapshot_id, headers or {}, None, timeout, platform, streamed=True
        )
        with ExitStack() as stack:
            yield self._retried(method, lambda: stack.enter_context(self._exchange(outgoing)))

    def pause(self, url: str, pause: timedelta, why: str, *, platform: str = "") -> None:
        """Make no call before the end of a pause that a source asks for although it answered: nobody, nowhere."""
        self._gate.pause(url, platform, pause, why)

    def _read(self, outgoing: _Outgoing) -> Answer:
        with self._exchange(outgoing) as opened:
            return Answer(opened.status_code, opened.headers, opened.read(), opened.retry_after)

    @contextmanager
    def _exchange(self, outgoing: _Outgoing) -> Iterator[OpenAnswer]:
        """One try, noted at the gate and in the audit when it is over, be it with an error of the caller's reading."""
        given = self._gate.enter(outgoing.operation, outgoing.url, outgoing.platform, outgoing.hold)
        started_at, begun = self._now(), self._monotonic()
        opened: OpenAnswer | None = None
        failure: SourceError | None = None
        is_told = False
        try:
            response = self._send(outgoing)
            try:
                retry_after = parse_retry_after(response.headers.get("retry-after"), self._now())
                opened = OpenAnswer(response, retry_after=retry_after, monotonic=self._monotonic)
                if not response.is_success:
                    raise outgoing.judge(_refusal(opened))
                is_told = True
                if outgoing.streamed:
                    self._gate.answered(given)
                yield opened
            finally:
                response.close()
        except SourceError as error:
            failure, is_told = error, True
            raise
        finally:
            seconds = self._monotonic() - begun
            if is_told:  # else nobody knows what came of it, and it counts until it cannot be under way any more
                self._gate.leave(given, failure)
            self._note(outgoing, opened, failure, started_at, seconds)

    def _send(self, outgoing: _Outgoing) -> httpx.Response:
        try:
            request = self._client.build_request(
                outgoing.method,
                outgoing.url,
                headers=dict(outgoing.headers),
                content=outgoing.content,
                timeout=outgoing.timeout,
            )
            return self._client.send(request, stream=True)
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise NotConfigured(f"{redacted_url(outgoing.url)} is no address ({describe(error)})") from error
        except NEVER_SENT as error:
            raise Unreachable(f"{request.url.host} could not be reached ({describe(error)})") from error
        except httpx.HTTPError as error:
            why = f"{request.url.host} gave no answer ({describe(error)})"
            raise SourceError(ErrorClass.NETWORK, why) from error

    def _note(
        self,
        outgoing: _Outgoing,
        opened: OpenAnswer | None,
        failure: SourceError | None,
        started_at: datetime,
        seconds: float,
    ) -> None:
        fault = failure is not None and not isinstance(failure, NotReady)
        call = Call(
            source=self.source,
            operation=outgoing.operation,
            snapshot_id=outgoing.snapshot_id,
            method=outgoing.method,
            url=redacted_url(outgoing.url),
            status_code=opened.status_code if opened else None,
            error_class=failure.error_class if failure and fault else None,
            error=failure.message if failure else None,
            bytes_received=opened.bytes_received if opened else None,
            started_at=started_at,
            duration_ms=round(seconds * 1000),
        )
        try:
            self._audit(call)
        except Exception:
            log.exception(
                "call_not_recorded",
                source=call.source,
                operation=call.operation,
                snapshot_id=call.snapshot_id,
                url=call.url,
                status_code=call.status_code,
            )

    def _retried(self, method: str, one_try: Callable[[], T]) -> T:
        tries = MAX_TRIES if method == "GET" else 1
        return retried(one_try, tries=tries, seconds=RETRY_SECONDS, sleep=self._sleep, monotonic=self._monotonic)


def _refusal(opened: OpenAnswer) -> Answer:
    try:
        body = opened.read(limit=ERROR_BODY_LIMIT, cut=True)
    except SourceError:
        if opened.status_code == httpx.codes.BAD_REQUEST:
            raise  # which of many things a 400 means, only its body tells
        body = b""
    return Answer(opened.status_code, opened.headers, body, opened.retry_after)


def _with_query(url: str, params: Mapping[str, str] | None) -> str:
    return f"{url}?{urlencode(params)}" if params else url
