"""The address of a page or feed, in one spelling. No rules of any platform: any host and any path may be meant."""

import re
from typing import NamedTuple
from urllib.parse import SplitResult, quote

from scrape_assets.posts.identity.hosts import host_name
from scrape_assets.posts.identity.pasted import split_url, tidy
from scrape_assets.posts.identity.profile import NotAProfile

_DEFAULT_PORTS = {"http": 80, "https": 443}
# All that may stand in a path or query as it is, the % of what is encoded already included.
_UNTOUCHED = "%/:?=&;,+$!*'()@[]~|"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_ENCODED = re.compile(r"%[0-9A-Fa-f]{2}")
_LONGEST = 2000  # an index entry of PostgreSQL ends at 2,704 bytes


class Address(NamedTuple):
    """A web address in one spelling."""

    key: str  # host, path and query; http and https are the same
    url: str  # with the scheme it was given, because some servers know only one


def read_address(text: str) -> Address:
    """The address in a pasted text; the scheme may be missing.

    Host and scheme do not mind letter case, a default port and the part behind # do not count. Path and query are
    kept as they are: servers may tell "/Feed/" from "/feed".

    Raises:
        NotAProfile: when it is no web address.
    """
    # Tidied again after the cut, or "/feed.#top" would end in a dot, and read again it would not.
    pasted = tidy(tidy(text).partition("#")[0])
    if not pasted:
        raise NotAProfile("is empty")
    if _CONTROL.search(pasted):
        raise NotAProfile("has a character in it that no address has")
    start = pasted[:6].lower()
    scheme = "http" if start.startswith("http:") else "https"
    host, parts = split_url(pasted)
    host = host_name(host)
    if "." not in host and not start.startswith(("http:", "https:")):
        raise NotAProfile("is a bare word, not an address; paste the whole address, such as https://example.com/news")
    place = host + _port(parts, scheme) + quote(parts.path or "/", safe=_UNTOUCHED)
    if parts.query:
        place += "?" + quote(parts.query, safe=_UNTOUCHED)
    if len(place) > _LONGEST:
        raise NotAProfile(f"has {len(place)} letters; the longest address allowed has {_LONGEST}")
    key = _ENCODED.sub(lambda found: found.group().upper(), place) if "%" in place else place
    return Address(key, f"{scheme}://{place}")


def _port(parts: SplitResult, scheme: str) -> str:
    try:
        port = parts.port
    except ValueError:
        raise NotAProfile("has a port that is none") from None
    return "" if port is None or port == _DEFAULT_PORTS[scheme] else f":{port}"
