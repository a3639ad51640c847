"""Getting the document of a page: over our own transport, so that every hop is allowed, counted and kept in pace.

The browser is handed what came. It fetches no document itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.sources.answer import Answer
from scrape_assets.sources.direct.api import Api, judge_status
from scrape_assets.sources.direct.feed_http import MOST_HOPS, fetch
from scrape_assets.sources.direct.web_robots import Robots
from scrape_assets.sources.errors import NotReady, SourceError
from scrape_assets.sources.redaction import redacted_url

LONGEST_DOCUMENT = 16 << 20  # bytes
_KEPT = ("content-type", "content-language", "content-security-policy", "refresh")
"""The headers that say something to whoever shows the document; the others are about the way it came."""
_ACCEPT = "text/html, application/xhtml+xml, */*;q=0.1"


@dataclass(frozen=True, slots=True)
class Document:
    """A page as its server gives it, before any script has run."""

    address: str  # that answered
    headers: Mapping[str, str]
    body: bytes


class _Hop(NotReady):
    """A redirect. No fault: the audit knows only NotReady as such."""

    def __init__(self, aim: str) -> None:
        super().__init__(f"moved to {redacted_url(aim)}")
        self.aim = aim


def fetch_document(api: Api, robots: Robots, address: str, user_agent: str) -> Document:
    """Get the document at an address, wherever it moved.

    Raises:
        SourceError: refused when robots.txt forbids it or a redirect leads where it must not, bad_data when it is no
            page, not_found and the others as the site says.
    """
    begun_at = address
    for _hop in range(MOST_HOPS + 1):
        robots.check(address)
        headers = {"accept": _ACCEPT, "user-agent": user_agent}
        try:
            answer = fetch(api, address, headers, address, judge=judge_status, no_hop=_Hop).answer
        except _Hop as hop:
            address = hop.aim
            continue
        if answer is None:
            raise SourceError(ErrorClass.SERVER, f"{redacted_url(address)} says that nothing has changed (HTTP 304)")
        _check(answer, address)
        return Document(address, _kept(answer.headers), answer.body)
    raise SourceError(ErrorClass.REFUSED, f"{redacted_url(begun_at)} was redirected more than {MOST_HOPS} times")


def _check(answer: Answer, address: str) -> None:
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    download = answer.headers.get("content-disposition", "").strip().lower().startswith("attachment")
    if download or kind not in ("", "text/html", "application/xhtml+xml"):
        raise SourceError(ErrorClass.BAD_DATA, f"{redacted_url(address)} is a download ({kind[:50]}), not a page")
    if len(answer.body) > LONGEST_DOCUMENT:
        raise SourceError(ErrorClass.BAD_DATA, f"{redacted_url(address)} is longer than {LONGEST_DOCUMENT >> 20} MB")


def _kept(given: Mapping[str, str]) -> dict[str, str]:
    kept = {name: given[name] for name in _KEPT if name in given}
    kept.setdefault("content-type", "text/html")
    cookies = given.get_list("set-cookie") if isinstance(given, httpx.Headers) else []
    if cookies:
        kept["set-cookie"] = "\n".join(cookies)  # in the browser's own form of several
    return kept
