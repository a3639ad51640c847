"""The platforms, by the names that everything outside relies on. Nothing about how any of them works."""

import difflib
from enum import StrEnum


class Platform(StrEnum):
    """Where a post was published."""

    LINKEDIN = "linkedin"
    INSTAGRAM = "instagram"
    TIKTOK = "tiktok"
    X = "x"
    FACEBOOK = "facebook"
    YOUTUBE = "youtube"
    REDDIT = "reddit"
    BLUESKY = "bluesky"
    MASTODON = "mastodon"
    HACKERNEWS = "hackernews"
    LEMMY = "lemmy"
    FEED = "feed"
    WEB = "web"


_ALIASES = {"twitter": Platform.X}


class UnknownPlatform(ValueError):
    """A name that is no platform; the message names the nearest one and all that are known."""


def parse_platform(text: str) -> Platform:
    """The platform of that name; case and surrounding space do not matter, `twitter` is `x`.

    Raises:
        UnknownPlatform: for any other name.
    """
    name = text.strip().casefold()
    if name in _ALIASES:
        return _ALIASES[name]
    try:
        return Platform(name)
    except ValueError:
        raise UnknownPlatform(_unknown(text.strip(), name)) from None


def _unknown(given: str, name: str) -> str:
    known = [*Platform]
    nearest = difflib.get_close_matches(name, [*known, *_ALIASES], n=1)
    guess = f" Did you mean {nearest[0]}?" if nearest else ""
    return f"unknown platform {given[:50]!r}.{guess} Known: {', '.join(known)}"
