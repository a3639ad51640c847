"""The one way out: HTTP over a connection pool, explicit timeouts, short retries of safe calls, an audit.

What an answer means is the source's business: it hands in a `Judge`. When to ask, at what pace, and whether
to send a paid request again is decided elsewhere.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Self, TypeAlias
from urllib.parse import urlencode

import httpx
import structlog
from tenacity import RetryCallState, Retrying, retry_if_exception, wait_random_exponential

from scrape_assets.ledger.attempts import Call
from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.sources.answer import Answer, Judge, OpenAnswer, describe, parse_retry_after
from scrape_assets.sources.errors import NotConfigured, NotReady, SourceError, Unreachable
from scrape_assets.sources.redaction import redacted_url

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


class HttpTransport:
    """Makes the calls of one source. May be shared by threads.

    Args:
        source: the name the calls are recorded under.
        audit: takes note of every try. What it raises is logged and goes no further.
        backend: stands in for the network in tests.
        sleep, now, monotonic: the clocks; `now` must be aware.
    """

    def __init__(
        self,
        source: str,
        audit: Audit,
        *,
        backend: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.source = source
        self._audit = audit
        self._sleep = sleep
        self._now = now
        self._monotonic = monotonic
        # gzip alone: what else httpx offers depends on what happens to be installed. Redirects are never
        # followed: an address that moves is a wrong setting, and a paid request must not wander.
        self._client = httpx.Client(
            transport=backend,
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
    ) -> Answer:
        """Send, and read the whole answer of 2xx. A GET is tried up to three times in seconds; a POST once.

        Args:
            operation: what it is for, in the audit's words.
            judge: names the error of any other status.
            snapshot_id: our snapshot that the call serves, for the audit.

        Raises:
            Unreachable: it was not sent.
            SourceError: network when no whole answer came, else what the judge says.
        """
        address = _with_query(url, params)
        outgoing = _Outgoing(operation, method, address, judge, snapshot_id, headers or {}, content, timeout)
        return self._retrying(method)(self._read, outgoing)

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
    ) -> Iterator[OpenAnswer]:
        """As `request`, but the caller reads the body, inside the context. Only the opening is retried."""
        address = _with_query(url, params)
        outgoing = _Outgoing(operation, method, address, judge, snapshot_id, headers or {}, None, timeout)
        with ExitStack() as stack:
            yield self._retrying(method)(lambda: stack.enter_context(self._exchange(outgoing)))

    def _read(self, outgoing: _Outgoing) -> Answer:
        with self._exchange(outgoing) as opened:
            return Answer(opened.status_code, opened.headers, opened.read(), opened.retry_after)

    @contextmanager
    def _exchange(self, outgoing: _Outgoing) -> Iterator[OpenAnswer]:
        """One try, noted in the audit when it is over, be it with an error of the caller's reading."""
        started_at, begun = self._now(), self._monotonic()
        opened: OpenAnswer | None = None
        failure: SourceError | None = None
        try:
            response = self._send(outgoing)
            try:
                retry_after = parse_retry_after(response.headers.get("retry-after"), self._now())
                opened = OpenAnswer(response, retry_after=retry_after, monotonic=self._monotonic)
                if not response.is_success:
                    raise outgoing.judge(_refusal(opened))
                yield opened
            finally:
                response.close()
        except SourceError as error:
            failure = error
            raise
        finally:
            seconds = self._monotonic() - begun
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

    def _retrying(self, method: str) -> Retrying:
        tries = MAX_TRIES if method == "GET" else 1
        begun = self._monotonic()

        def enough(state: RetryCallState) -> bool:
            return state.attempt_number >= tries or self._monotonic() - begun >= RETRY_SECONDS

        return Retrying(
            retry=retry_if_exception(_may_pass_quickly),
            stop=enough,
            wait=wait_random_exponential(multiplier=0.5, max=4),  # full jitter
            sleep=self._sleep,
            reraise=True,
        )


def _refusal(opened: OpenAnswer) -> Answer:
    try:
        body = opened.read(limit=ERROR_BODY_LIMIT, cut=True)
    except SourceError:
        if opened.status_code == httpx.codes.BAD_REQUEST:
            raise  # which of many things a 400 means, only its body tells
        body = b""
    return Answer(opened.status_code, opened.headers, body, opened.retry_after)


def _may_pass_quickly(error: BaseException) -> bool:
    """A fault of the network or the server, unless the source says itself how long to wait."""
    return (
        isinstance(error, SourceError)
        and error.retry_after is None
        and (error.error_class is ErrorClass.NETWORK or (error.status_code or 0) >= 500)
    )


def _with_query(url: str, params: Mapping[str, str] | None) -> str:
    return f"{url}?{urlencode(params)}" if params else url
