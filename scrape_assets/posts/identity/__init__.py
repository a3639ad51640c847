"""Whose profile a pasted address is: one canonical key for every spelling of it.

To add a platform, write one file with a function from the pasted text to a `Profile`, and add one line to
`READERS`. Nothing here asks the network.
"""

from collections.abc import Callable

from scrape_assets.posts.identity import (
    bluesky,
    facebook,
    feed,
    hackernews,
    instagram,
    lemmy,
    linkedin,
    mastodon,
    reddit,
    tiktok,
    web,
    x,
    youtube,
)
from scrape_assets.posts.identity.profile import NotAProfile, Profile, ProfileKind
from scrape_assets.posts.platforms import Platform, UnknownPlatform, parse_platform

__all__ = ["READERS", "NotAProfile", "Profile", "ProfileKind", "profile_key"]

READERS: dict[Platform, Callable[[str], Profile]] = {
    Platform.LINKEDIN: linkedin.read_profile,
    Platform.INSTAGRAM: instagram.read_profile,
    Platform.TIKTOK: tiktok.read_profile,
    Platform.X: x.read_profile,
    Platform.FACEBOOK: facebook.read_profile,
    Platform.YOUTUBE: youtube.read_profile,
    Platform.REDDIT: reddit.read_profile,
    Platform.BLUESKY: bluesky.read_profile,
    Platform.MASTODON: mastodon.read_profile,
    Platform.HACKERNEWS: hackernews.read_profile,
    Platform.LEMMY: lemmy.read_profile,
    Platform.FEED: feed.read_profile,
    Platform.WEB: web.read_profile,
}
"""How each platform's addresses are read. Every platform has its reader."""


def profile_key(platform: str, url_or_handle: str) -> Profile:
    """The profile that an address, in any shape people paste, leads to on that platform.

    Args:
        platform: a platform's name, `twitter` included.
        url_or_handle: what a person pasted or a source gave.

    Raises:
        NotAProfile: with the reason in plain words.
    """
    try:
        known = parse_platform(platform)
    except UnknownPlatform as error:
        raise NotAProfile(str(error)) from None
    return READERS[known](url_or_handle)
