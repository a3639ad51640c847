"""Whose profile an address of a row is, asked again and again."""

from collections.abc import Callable
from functools import lru_cache

from scrape_assets.posts.identity import NotAProfile, Profile, profile_key
from scrape_assets.posts.platforms import Platform


def cached_profiles(platform: Platform) -> Callable[[str | None], Profile | None]:
    """A reader of a platform's addresses: the profile behind one, or None for none and for what is no profile.

    Cached, because the rows of one feed repeat the same few. Each reader has a cache of its own.
    """

    @lru_cache(maxsize=16_384)
    def profile(address: str | None) -> Profile | None:
        if not address:
            return None
        try:
            return profile_key(platform, address)
        except NotAProfile:
            return None

    return profile
