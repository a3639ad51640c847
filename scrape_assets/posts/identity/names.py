"""A name in an address: decoded, cleaned and checked. No rules of any platform."""

import re
from unicodedata import normalize

from scrape_assets.posts.identity.pasted import decode, trim_end, visible
from scrape_assets.posts.identity.profile import NotAProfile

_PLAIN = re.compile(r"[a-z0-9_-]{1,30}")
_JOINERS = "\u200c\u200d"  # do not show, yet Persian writing and emoji need them
_LONGEST = 100  # far more than any platform allows, far less than an index entry holds
_SHOWN = 50


def read_name(segment: str, allowed: re.Pattern[str], rule: str) -> str:
    """The name in a path segment, its letters as written, without @ before and punctuation after it.

    Args:
        segment: as it stands in the address, maybe percent-encoded.
        allowed: what a name may look like; must allow no punctuation at the end.
        rule: the same in words, for whoever pasted another.

    Raises:
        NotAProfile: when it is no such name.
    """
    if allowed.fullmatch(segment):
        return segment
    name = clean(segment)
    if not name:
        raise NotAProfile("has no profile name")
    if not allowed.fullmatch(name):
        raise NotAProfile(f"has the name {name[:_SHOWN]!r}, which no profile has: {rule}")
    return name


def read_name_of_any_script(segment: str) -> str:
    """The name in a path segment, in lower case and composed form, for platforms with names of all scripts.

    Raises:
        NotAProfile: when it is too long or has characters which no name has.
    """
    if _PLAIN.fullmatch(segment):
        return segment
    # Composed a second time: a letter may be lower-cased to one that composes with its neighbour.
    name = normalize("NFC", normalize("NFC", clean(segment)).lower())
    if not name:
        raise NotAProfile("has no profile name")
    if len(name) > _LONGEST:
        raise NotAProfile(f"has a profile name of {len(name)} letters; the longest allowed is {_LONGEST}")
    strange = next((c for c in name if c in '/\\?#%<>"@&=+' or not (c.isprintable() or c in _JOINERS)), None)
    if strange is not None or any(c.isspace() for c in name):
        raise NotAProfile(f"has a profile name with {strange or ' '!a} in it, which none has")
    return name


def fold(name: str) -> str:
    """The name as it is compared where letter case does not matter, whatever the script."""
    return name if name.isascii() and name.islower() else normalize("NFC", name.casefold())


def clean(segment: str) -> str:
    """A path segment decoded, without @ before and punctuation after it.

    Raises:
        NotAProfile: when its percent-encoding is no readable text.
    """
    return trim_end(visible(decode(segment))).lstrip("@")
