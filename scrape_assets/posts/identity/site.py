"""An address on one site: its host checked, a name without a host put behind it. No rules of any platform."""

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote_plus

from scrape_assets.posts.identity.pasted import PastedUrl, read_url
from scrape_assets.posts.identity.profile import NotAProfile

_SCHEMES = ("https://", "http://")
# A bare "acme.com" is more likely a website than a name with a dot; "@acme.com" is always a name.
_WEBSITE_ENDINGS = (".com", ".org", ".net")


class Site(NamedTuple):
    """What tells an address on a site from one elsewhere."""

    name: str  # as people call it
    home: str  # with the final slash
    hosts: re.Pattern[str]  # all hosts on which profiles lie, lower case
    elsewhere: Mapping[str, str] = {}  # hosts near the site without profiles, each with the reason
    dotted_names: bool = False  # whether a bare "jane.doe" can be a name


def short_link(host: str) -> str:
    """The reason why an address on a host of short links is refused: only the network knows where it leads."""
    return f"is a short link ({host}); open it and paste the long address it leads to"


def read_on(site: Site, text: str) -> PastedUrl:
    """Take a tidied address on the site apart; host and scheme may be missing, and it may be a bare name.

    Raises:
        NotAProfile: when it is no web address or lies elsewhere.
    """
    url = read_url(_with_host(site, text))
    if not site.hosts.fullmatch(url.host):
        raise NotAProfile(site.elsewhere.get(url.host) or f"host {url.host[:100]} is not {site.name}")
    return url


def is_bare(site: Site, text: str) -> bool:
    """Whether a tidied text is a name alone, with or without the @ before it."""
    if text.startswith(_SCHEMES):
        return False
    name = text.strip("/").partition("?")[0]
    if "/" in name or ":" in name:
        return False
    if "." not in name or name[0] == "@":
        return True
    folded = name.lower()
    return (
        site.dotted_names
        and "@" not in name
        and not folded.endswith(_WEBSITE_ENDINGS)
        and not site.hosts.fullmatch(folded)
    )


def _with_host(site: Site, text: str) -> str:
    if text.startswith(_SCHEMES):
        return text
    if not text:
        raise NotAProfile("is empty")
    if text[0] == "#":
        raise NotAProfile("is a hashtag, not a profile")
    path = text.lstrip("/")
    head = path.partition("/")[0]
    # No host is without a dot, so whatever begins without one is a path on the site.
    if text[0] == "@" or ("." not in head and ":" not in head) or is_bare(site, text):
        return site.home + path
    if "@" in head and ":" not in head:
        raise NotAProfile(f"is an e-mail address; paste the address of the profile on {site.name}")
    return text


def query_value(query: str, name: str) -> str | None:
    """The first value with that name in the query of an address, decoded; None when it is not there or empty."""
    for pair in query.split("&"):
        key, _, value = pair.partition("=")
        if key == name and value:
            return unquote_plus(value)
    return None
