"""What a site's robots.txt allows (RFC 9309), and the pace it asks for. Nothing about pages."""

from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.sources.direct.api import Api
from scrape_assets.sources.direct.feed_http import fetch
from scrape_assets.sources.errors import NotConfigured, SourceError
from scrape_assets.sources.redaction import redacted_url

if TYPE_CHECKING:
    from protego import Protego

AGENT = "scrape-assets"
"""The name under which robots.txt may address us; every request carries it."""
LONGEST_DELAY = timedelta(minutes=2)
_LONGEST = 500 << 10  # bytes of a robots.txt that are read; the RFC asks for no more
# The site answers, and has no rules that one could read: then all is allowed.
_NO_RULES = (ErrorClass.NOT_FOUND, ErrorClass.REFUSED, ErrorClass.PAYMENT, ErrorClass.BAD_REQUEST, ErrorClass.BAD_DATA)


class Robots:
    """The rules of the sites that one collection comes to; each is asked once."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._rules: dict[str, Protego] = {}

    def check(self, address: str) -> None:
        """Make sure that an address may be asked for.

        Raises:
            SourceError: refused when it may not; network, server or throttled when the rules cannot be had, for
                then nothing is allowed.
        """
        if not self._of(address).can_fetch(address, AGENT):
            site = urlsplit(address).netloc
            message = f"the robots.txt of {site} does not allow {AGENT} to read {redacted_url(address)}"
            raise SourceError(ErrorClass.REFUSED, message)
        if self.delay(address) > LONGEST_DELAY:
            message = f"the robots.txt of {urlsplit(address).netloc} asks for {self.delay(address)} between requests"
            raise SourceError(ErrorClass.REFUSED, f"{message}; {LONGEST_DELAY} is the most that is waited")

    def delay(self, address: str) -> timedelta:
        """The pause that the site wants between two requests; none when it does not say."""
        seconds = self._of(address).crawl_delay(AGENT)
        return timedelta(seconds=min(max(seconds, 0.0), 1e6)) if seconds else timedelta()

    def _of(self, address: str) -> "Protego":
        parts = urlsplit(address)
        site = f"{parts.scheme}://{parts.netloc}"
        if site not in self._rules:
            self._rules[site] = _parsed(self._text(f"{site}/robots.txt"))
        return self._rules[site]

    def _text(self, address: str) -> str:
        try:
            answer = fetch(self._api, address, {}, None, operation="robots").answer
        except SourceError as error:
            if error.error_class in _NO_RULES:
                return ""
            raise
        return answer.body[:_LONGEST].decode("utf-8", "replace") if answer else ""


def _parsed(text: str) -> "Protego":
    try:
        from protego import Protego
    except ImportError:
        raise NotConfigured("web needs the package protego: pip install 'scrape_assets[web]'") from None
    return Protego.parse(text)
