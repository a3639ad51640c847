"""Getting a feed: conditional requests, and redirects followed by hand. Nothing about what a feed holds."""

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.sources.answer import Answer, Judge
from scrape_assets.sources.direct.api import Api, judge_status
from scrape_assets.sources.errors import NotReady, SourceError
from scrape_assets.sources.redaction import excerpt, redacted_url

MOST_HOPS = 5
_PERMANENT = frozenset({301, 308})
_REDIRECTS = _PERMANENT | {302, 303, 307}
_WHOLE = re.compile(r"https?://[^\s/?#@:\[\]\\]+(?:[/?#]\S*)?")
_ACCEPT = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of asking for a feed."""

    answer: Answer | None  # None: it has not changed
    address: str  # that answered
    moved_to: str | None  # where it is from now on, when the server said so


class _NoFault(NotReady):
    """An answer outside 2xx that is none of an error: the audit knows only NotReady as such."""


class _Unchanged(_NoFault):
    pass


class _Moved(_NoFault):
    def __init__(self, message: str, address: str, status_code: int) -> None:
        super().__init__(message, status_code=status_code)
        self.address = address


def fetch(
    api: Api,
    address: str,
    conditions: Mapping[str, str],
    asked_at: str | None,
    *,
    operation: str = "page",
    judge: Judge | None = None,
    no_hop: Callable[[str], SourceError | None] = lambda _aim: None,
) -> Fetched:
    """Get a document, wherever it moved.

    Args:
        api: makes the calls.
        address: the whole address.
        conditions: If-None-Match and If-Modified-Since.
        asked_at: the address of the document that they are of; no other is sent them.
        operation: in the audit's words.
        judge: names the error of an answer that is neither 2xx, 304 nor a redirect; `judge_feed` by default.
        no_hop: why not to follow a redirect to an address, where the source knows better; None to follow.

    Raises:
        SourceError: as the judge says; refused when a redirect leads where it must not.
    """
    begun_at, moved_to, for_good = address, None, True
    for _hop in range(MOST_HOPS + 1):
        try:
            answer: Answer | None = api.get(
                address,
                headers={"accept": _ACCEPT, **(conditions if address == asked_at else {})},
                operation=operation,
                judge=_judge(address, judge or judge_feed, no_hop),
            )
        except _Unchanged:
            if address != asked_at or not conditions:
                message = f"{redacted_url(address)} says that nothing has changed (HTTP 304), which was not asked"
                raise SourceError(ErrorClass.SERVER, message, status_code=304) from None
            answer = None
        except _Moved as move:
            for_good = for_good and move.status_code in _PERMANENT
            address = move.address
            moved_to = address if for_good else moved_to
            continue
        return Fetched(answer, address, moved_to)
    message = f"{redacted_url(begun_at)} was redirected more than {MOST_HOPS} times"
    raise SourceError(ErrorClass.REFUSED, message)


def judge_feed(answer: Answer) -> SourceError:
    """What an answer outside 2xx means for a feed."""
    if answer.status_code == 410:
        message = "the feed is gone for good (HTTP 410): its owner has taken it down"
        return SourceError(ErrorClass.NOT_FOUND, message, status_code=410)
    return judge_status(answer)


def _judge(address: str, of_source: Judge, no_hop: Callable[[str], SourceError | None]) -> Judge:
    def judged(answer: Answer) -> SourceError:
        status = answer.status_code
        if status == 304:
            return _Unchanged("not changed since the last collection", status_code=status)
        if status not in _REDIRECTS:
            return of_source(answer)
        location = answer.headers.get("location", "").strip()
        if not location:
            return SourceError(ErrorClass.BAD_DATA, "a redirect to nowhere", status_code=status)
        aim = joined(address, location)
        if not aim or not may_lead(address, aim):
            message = f"a redirect to {redacted_url(aim or excerpt(location, 100))} is not followed"
            return SourceError(ErrorClass.REFUSED, message, status_code=status)
        return no_hop(aim) or _Moved(f"moved to {redacted_url(aim)}", aim, status)

    return judged


def joined(base: str, reference: str) -> str | None:
    """An address to ask for, as a document at `base` gives it; None when it is none."""
    aim = resolved(base, reference)
    return aim.partition("#")[0] if aim else None


def resolved(base: str, reference: str) -> str | None:
    """A link as a document at `base` gives it, with its fragment: entries of one page differ in nothing else."""
    reference = reference.strip()
    if _WHOLE.fullmatch(reference):
        return reference
    try:
        aim = urljoin(base, reference)
        parts = urlsplit(aim)
        return aim if parts.scheme in ("http", "https") and parts.hostname else None
    except ValueError:
        return None


def may_lead(here: str, there: str) -> bool:
    """Whether a stranger's server at `here` may send us to `there`: not into networks that are not the public's."""
    return _is_public(there) or not _is_public(here)


def _is_public(address: str) -> bool:
    host = (urlsplit(address).hostname or "").rstrip(".")
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        # No public name ends in a digit's label; "0x7f.1" is another spelling of 127.0.0.1.
        named = "." in host and not host.rpartition(".")[2][:1].isdecimal()
        return named and not host.endswith((".local", ".localhost", ".internal", ".home.arpa"))
