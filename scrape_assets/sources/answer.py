"""What comes back over HTTP: whole answers, and open ones with the body still to be read. Makes no call."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TypeAlias

import httpx

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.sources.bodies import gunzipped, whole
from scrape_assets.sources.errors import SourceError
from scrape_assets.sources.redaction import excerpt

BODY_LIMIT = 64 << 20  # bytes of an answer that is held in memory
BODY_SECONDS = 120.0  # in which such an answer must have come; a source that drips must not hold a sensor
MAX_RETRY_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class Answer:
    """A whole answer. `headers` may be asked in any case; `body` is decompressed."""

    status_code: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    retry_after: timedelta | None = None


Judge: TypeAlias = Callable[[Answer], SourceError]
"""Says what an answer outside 2xx means. The body it is shown may be cut."""


class OpenAnswer:
    """An answer of 2xx whose body has not been read yet. Read it once, through `chunks` or `read`."""

    def __init__(
        self, response: httpx.Response, *, retry_after: timedelta | None, monotonic: Callable[[], float]
    ) -> None:
        self.status_code = response.status_code
        self.headers: Mapping[str, str] = response.headers
        self.retry_after = retry_after
        length = response.headers.get("content-length", "")
        self.expected_bytes = int(length) if length.isdecimal() else None  # over the wire
        self._response = response
        self._monotonic = monotonic

    @property
    def bytes_received(self) -> int:
        """Bytes of the body that came over the wire so far, as compressed as they came."""
        return self._response.num_bytes_downloaded

    def chunks(self) -> Iterator[bytes]:
        """The body in pieces, decompressed, in bounded memory.

        Raises:
            SourceError: network when the body breaks off or is too short, bad_data when it is damaged.
        """
        wire = whole(self._wire(), self.expected_bytes)
        encoding = self.headers.get("content-encoding", "identity").strip().lower()
        if encoding in ("gzip", "x-gzip"):
            return gunzipped(wire)
        if encoding in ("", "identity"):
            return wire
        raise SourceError(ErrorClass.BAD_DATA, f"the body is encoded as {excerpt(encoding, 40)}, unasked")

    def read(self, *, limit: int = BODY_LIMIT, cut: bool = False) -> bytes:
        """The whole body. If it exceeds `limit` bytes: the first of them if `cut`, else a bad_data error."""
        deadline = self._monotonic() + BODY_SECONDS
        body = bytearray()
        for chunk in self.chunks():
            body += chunk
            if len(body) > limit:
                if cut:
                    return bytes(body[:limit])
                raise SourceError(ErrorClass.BAD_DATA, f"the answer is longer than {limit:,} bytes")
            if self._monotonic() > deadline:
                raise SourceError(ErrorClass.NETWORK, f"the answer took longer than {BODY_SECONDS:.0f} s")
        return bytes(body)

    def _wire(self) -> Iterator[bytes]:
        try:
            yield from self._response.iter_raw()
        except httpx.HTTPError as error:
            raise SourceError(ErrorClass.NETWORK, f"the answer broke off ({describe(error)})") from error


def parse_retry_after(value: str | None, now: datetime) -> timedelta | None:
    """Read a Retry-After header, seconds or an HTTP date; nonsense is None. From zero to a day."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            moment = parsedate_to_datetime(value)
        except (ValueError, OverflowError):
            return None
        seconds = ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now).total_seconds()
    if math.isnan(seconds):
        return None
    return timedelta(seconds=min(max(seconds, 0.0), MAX_RETRY_AFTER.total_seconds()))


def describe(error: Exception) -> str:
    """The kind of error and, where it says something, what it says."""
    said = excerpt(str(error), 200)
    name = type(error).__name__
    return f"{name}: {said}" if said else name
