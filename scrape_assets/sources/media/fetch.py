"""Getting one file into a partial file on this machine's disk: streamed, bounded, gone on with where it was cut off.

What a file means and where it is kept is others' business; what may be contacted, guard.py says.
"""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import httpcore

from scrape_assets.posts.media_types import HEAD_BYTES, FileType, WrongType, file_type
from scrape_assets.sources.answer import parse_retry_after
from scrape_assets.sources.media.guard import PUBLIC, Deadlines, GuardedNetwork, Policy, Unsafe
from scrape_assets.sources.media.partial import Partial
from scrape_assets.sources.redaction import excerpt

MOST_HOPS = 5
CONNECT_SECONDS = 10.0
SILENCE_SECONDS = 30.0  # without a byte
FILE_SECONDS = 600.0  # for all of one try; what has come by then is kept, and the next try goes on
TOO_MANY_SECONDS = 60.0  # that a host which says "too many" and not for how long is left alone
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


class Refused(Exception):
    """The file is not taken, now or later; the message says why."""


class Gone(Exception):
    """The host does not give it (any more); the message says what it answered.

    Attributes:
        status_code: of the answer.
    """

    def __init__(self, status_code: int) -> None:
        super().__init__(f"the host answers {status_code}")
        self.status_code = status_code


class Cut(Exception):
    """It did not come, or not all of it; what has come is kept.

    Attributes:
        retry_after: seconds that the host asks to be left alone for.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


@dataclass(frozen=True)
class Limits:
    """What is taken."""

    max_bytes: int
    kinds: frozenset[str]  # of image, video, audio


@dataclass(frozen=True)
class Told:
    """One call, for the audit: the host, and never the rest of the address."""

    origin: str
    status_code: int | None
    error: str | None
    refused: bool  # the error is ours: it is not taken for what it is
    bytes_received: int
    started_at: datetime
    duration_ms: int


class MediaClient:
    """Fetches files; may be shared by threads.

    Args:
        policy: what may be contacted.
        secure: the certificates that are trusted.
        file_seconds: for one try.
        tell: takes note of every call.
    """

    def __init__(
        self,
        policy: Policy = PUBLIC,
        *,
        secure: ssl.SSLContext | None = None,
        file_seconds: float = FILE_SECONDS,
        tell: Callable[[Told], None] = lambda _told: None,
    ) -> None:
        self._policy = policy
        self._deadlines = Deadlines()
        self._file_seconds = file_seconds
        self._tell = tell
        # httpcore itself: it follows no redirect, reads no environment, and lets us say how a connection is made.
        self._pool = httpcore.ConnectionPool(
            ssl_context=secure or ssl.create_default_context(),
            max_connections=64,
            max_keepalive_connections=16,
            keepalive_expiry=15.0,
            network_backend=GuardedNetwork(policy, self._deadlines),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.close()

    def fetch(self, url: str, partial: Partial, limits: Limits, look: Callable[[], None] = lambda: None) -> FileType:
        """Get a file whole into `partial`, going on with what is there.

        Args:
            url: a stranger's.
            partial: held by this thread.
            limits: what is taken.
            look: called between pieces; whatever it raises ends the fetch, and what has come is kept.

        Raises:
            Refused: it is not to be had here, for what it is or where it lies.
            Gone: the host does not give it.
            Cut: later, perhaps.
            OSError: the partial file cannot be written.
        """
        self._deadlines.begin(self._file_seconds)
        try:
            return self._follow(url, partial, limits, look)
        except (Unsafe, WrongType) as error:
            partial.discard()
            raise Refused(str(error)) from None
        except Refused:
            partial.discard()
            raise
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
            raise Cut(excerpt(f"{type(error).__name__}: {error}", 200)) from error
        except UnicodeError:
            raise Refused("it is no address that can be asked for") from None

    def _follow(self, url: str, partial: Partial, limits: Limits, look: Callable[[], None]) -> FileType:
        address, base = url, None
        for _ in range(MOST_HOPS + 1):
            address = self._policy.checked_url(address, base)
            with self._asked(address, partial) as answer:
                if answer.status in _REDIRECTS:
                    address, base = _header(answer, b"location") or "", address
                    if not address:
                        raise Refused(f"it redirects to nowhere ({answer.status})")
                    continue
                if answer.status == 416 and partial.length:
                    partial.discard()  # not the file it was: from the beginning
                    base = None
                    continue
                return _taken(answer, partial, limits, look)
        raise Refused(f"more than {MOST_HOPS} redirects")

    @contextmanager
    def _asked(self, url: str, partial: Partial) -> Iterator[httpcore.Response]:
        headers = {"accept": "image/*, video/*, audio/*", "accept-encoding": "identity", "user-agent": "scrape-assets"}
        timeouts = {"connect": CONNECT_SECONDS, "read": SILENCE_SECONDS, "write": SILENCE_SECONDS, "pool": 60.0}
        target = httpcore.URL(url)
        default = {b"http": 80, b"https": 443}[target.scheme]
        host = target.host.decode("ascii")
        host = f"[{host}]" if ":" in host else host
        origin = f"{target.scheme.decode()}://{host}" + (
            f":{target.port}" if target.port not in (None, default) else ""
        )
        before, status, failed, refused = partial.length, None, None, False
        started_at, began = datetime.now(UTC), time.monotonic()
        try:
            with self._pool.stream(
                "GET",
                target,
                headers=list({**headers, **partial.conditions()}.items()),
                extensions={"timeout": timeouts},
            ) as answer:
                status = answer.status
                yield answer
        except Exception as error:
            failed = excerpt(f"{type(error).__name__}: {error}", 200)
            refused = isinstance(error, Refused | Unsafe | WrongType)
            raise
        finally:
            received, took = max(0, partial.length - before), round((time.monotonic() - began) * 1000)
            self._tell(Told(origin, status, failed, refused, received, started_at, took))


def _taken(answer: httpcore.Response, partial: Partial, limits: Limits, look: Callable[[], None]) -> FileType:
    """What an answer's body brings, appended to what was there."""
    _judge(answer)
    if _header(answer, b"content-encoding") not in ("", "identity"):
        raise Refused("it comes encoded, though the plain bytes were asked for")
    _begin(answer, partial)
    length = _header(answer, b"content-length")
    announced = partial.length + int(length) if length.isdecimal() else None
    if announced is not None and announced > limits.max_bytes:
        raise Refused(f"{announced:,} bytes are more than the {limits.max_bytes:,} that are taken")
    declared = _header(answer, b"content-type")
    found = _allowed(partial.head(), declared, limits) if partial.length >= HEAD_BYTES else None
    with partial.appending() as append:
        for piece in answer.iter_stream():
            append(piece)
            look()
            if partial.length > limits.max_bytes:
                raise Refused(f"more than the {limits.max_bytes:,} bytes that are taken")
            if found is None and partial.length >= HEAD_BYTES:
                found = _allowed(partial.head(), declared, limits)
    if announced is not None and partial.length != announced:
        raise Cut(f"{partial.length:,} of {announced:,} bytes came")
    return found or _allowed(partial.head(), declared, limits)


def _judge(answer: httpcore.Response) -> None:
    status = answer.status
    if status in (200, 206):
        return
    if status in (408, 425, 429) or status >= 500:
        after = parse_retry_after(_header(answer, b"retry-after") or None, datetime.now(UTC))
        patience = TOO_MANY_SECONDS if status == 429 else None
        raise Cut(f"the host answers {status}", after.total_seconds() if after else patience)
    if status in (401, 403, 404, 410, 451):
        raise Gone(status)
    raise Refused(f"the host answers {status}")


def _begin(answer: httpcore.Response, partial: Partial) -> None:
    """Put the partial file to where the answer begins, and note by what the file is known again."""
    if answer.status == 206:
        given = _CONTENT_RANGE.match(_header(answer, b"content-range"))
        if not given or int(given[1]) != partial.length:
            partial.discard()
            raise Cut("the host goes on at another place than was asked for; next time from the beginning")
        return
    partial.restart(_header(answer, b"etag"), _header(answer, b"last-modified"))


def _allowed(head: bytes, declared: str, limits: Limits) -> FileType:
    found = file_type(head, declared)
    if found.kind not in limits.kinds:
        raise WrongType(f"it is {found.mime_type}, and {found.kind} is not taken")
    return found


def _header(answer: httpcore.Response, name: bytes) -> str:
    return next((value.decode("latin-1").strip() for key, value in answer.headers if key.lower() == name), "")
