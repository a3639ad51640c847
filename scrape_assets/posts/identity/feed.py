"""Feeds (RSS, Atom, JSON Feed): the address itself is the profile. Nothing about what a feed holds."""

import re

from scrape_assets.posts.identity.address import read_address
from scrape_assets.posts.identity.pasted import tidy
from scrape_assets.posts.identity.profile import Profile, ProfileKind
from scrape_assets.posts.platforms import Platform

_WEB_SCHEME = re.compile(r"https?:", re.IGNORECASE)


def read_profile(text: str) -> Profile:
    """The feed at a pasted address. The key is the address without its scheme; there is no handle.

    Feeds of YouTube channels, subreddits and the like are feeds like any other here.

    Raises:
        NotAProfile: with the reason in plain words.
    """
    pasted = tidy(text)
    # "feed://host/…" and "feed:https://host/…" are what browsers hand to feed readers.
    if pasted[:5].lower() == "feed:":
        pasted = pasted[5:].lstrip("/")
        if not _WEB_SCHEME.match(pasted):
            pasted = "https://" + pasted
    address = read_address(pasted)
    return Profile(Platform.FEED, address.key, address.url, None, ProfileKind.FEED)
