"""An address as people paste it, taken apart into host, path and query. No rules of any platform."""

import re
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from scrape_assets.posts.identity.profile import NotAProfile

# Spaces that do not show and marks of writing direction come along with text copied from office programs.
_INVISIBLE = dict.fromkeys(
    map(ord, "\u00ad\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff")
)
_OPENING = "<\"'`([{\u201c\u201e\u2018\u201a«\u2039"  # before an address in running text
_CLOSING = ".,;:!?>]}\"'`\u2019\u201c\u201d»\u203a…"  # after it
_BROKEN = "\ufffd"
_WEB_SCHEME = re.compile(r"https?:/*", re.IGNORECASE)
_OTHER_SCHEME = re.compile(r"[a-z][a-z+-]*:(?!\d)", re.IGNORECASE)  # digits after the colon are a port


class PastedUrl(NamedTuple):
    """The parts of an address that can say whose profile it is."""

    host: str  # lower case, without port and final dot
    path: list[str]  # segments as written (see `decode`), empty ones left out
    query: str


def tidy(text: str) -> str:
    """The text without what clings to a copied address: space, quotes, brackets, the sentence's last dot."""
    return trim_end(visible(text).lstrip(_OPENING).strip())


def visible(text: str) -> str:
    """The text without characters that do not show, and without space around it."""
    return text.translate(_INVISIBLE).strip()


def trim_end(text: str) -> str:
    """The text without punctuation at its end; a closing parenthesis stays when it was opened in the text."""
    while text and (text[-1] in _CLOSING or (text[-1] == ")" and text.count(")") > text.count("("))):
        text = text[:-1].rstrip()
    return text


def read_url(text: str) -> PastedUrl:
    """Take a tidied web address apart; the scheme may be missing.

    Raises:
        NotAProfile: when it is no web address.
    """
    host, parts = split_url(text)
    return PastedUrl(host, [segment for segment in parts.path.split("/") if segment], parts.query)


def split_url(text: str) -> tuple[str, SplitResult]:
    """The host of a tidied web address, lower case, without port and final dot, and all its parts as written.

    A scheme that is missing or is http comes back as https.

    Raises:
        NotAProfile: when it is no web address.
    """
    if len(text.split(maxsplit=1)) > 1:
        raise NotAProfile("has a space in the middle; give one address only")
    if "\\" in text:
        raise NotAProfile("has a backslash, which no web address has")
    try:
        parts = urlsplit(_with_scheme(text))
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        raise NotAProfile("is no web address") from None
    if parts.scheme not in ("http", "https"):
        raise NotAProfile(f"is no web address: it begins with {parts.scheme}:")
    if not host:
        raise NotAProfile("has no host")
    if not host.isprintable():  # said without showing it: no NUL may come into a message that is stored
        raise NotAProfile("has a character in its host that no host has")
    if "@" in parts.netloc:
        raise NotAProfile("has a user name before its host")
    return host, parts


def _with_scheme(text: str) -> str:
    scheme = _WEB_SCHEME.match(text)
    if scheme:  # "https:/host" and "http:host" are slips of the hand
        return "https://" + text[scheme.end() :]
    return text if _OTHER_SCHEME.match(text) else "https://" + text.lstrip("/")


def decode(segment: str) -> str:
    """A path segment without percent-encoding, be it encoded once or, as some programs do, twice.

    Raises:
        NotAProfile: when the encoded bytes are no UTF-8.
    """
    for _ in range(2):
        if "%" not in segment:
            break
        segment = unquote(segment)
    if _BROKEN in segment:
        raise NotAProfile("has percent-encoding that is no readable text")
    return segment
