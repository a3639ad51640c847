"""Host names in one spelling, and the hosts of sites that are no servers of the fediverse."""

import re

from scrape_assets.posts.identity.profile import NotAProfile

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"(?:{_LABEL}\.)*{_LABEL}")
_LONGEST = 253
# Python reads them by the rules of 2003, browsers by those of 2008, and each would open another host.
_READ_DIFFERENTLY = frozenset("ß\u03c2")
# Sites whose addresses look like those of Mastodon (/@name) or Lemmy (/u/name, /c/name).
_OTHER_SITES = frozenset(
    {"bsky.app", "facebook.com", "instagram.com", "linkedin.com", "medium.com", "news.ycombinator.com", "reddit.com"}
    | {"substack.com", "threads.com", "threads.net", "tiktok.com", "twitter.com", "x.com", "youtube.com"}
)


def host_name(host: str) -> str:
    """A host name as the network knows it: lower case, letters beyond ASCII in their xn-- form.

    Raises:
        NotAProfile: when it is no host name.
    """
    name = host.rstrip(".").lower()
    if len(name) > _LONGEST:
        raise NotAProfile(f"has a host name of {len(name)} letters; the longest allowed is {_LONGEST}")
    if not name.isascii():
        if not _READ_DIFFERENTLY.isdisjoint(name):
            raise NotAProfile(f"has the host {name[:100]!r}, which programs read differently; write its xn-- form")
        try:
            name = name.encode("idna").decode("ascii").rstrip(".")
        except UnicodeError:
            raise NotAProfile(f"has {host[:100]!r} where the host stands, which is none") from None
    if len(name) > _LONGEST or not _HOST.fullmatch(name):
        raise NotAProfile(f"has {host[:100]!r} where the host stands, which is none")
    return name


def home_server(host: str, software: str) -> str:
    """The host name of a server of the fediverse, in one spelling; `www.` in front only leads to the same server.

    Raises:
        NotAProfile: when it is no public host name, or the host of a site known to be something else.
    """
    name = host_name(host)
    while name.startswith("www.") and name.count(".") > 1:
        name = name[4:]
    if "." not in name:
        raise NotAProfile(f"has {host[:100]!r} where the host of a {software} server stands")
    if name in _OTHER_SITES or name.partition(".")[2] in _OTHER_SITES:
        raise NotAProfile(f"host {name} is no {software} server")
    return name
