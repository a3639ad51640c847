"""Pages of the web: the address itself is the profile. Nothing about what a page holds."""

from scrape_assets.posts.identity.address import read_address
from scrape_assets.posts.identity.profile import Profile, ProfileKind
from scrape_assets.posts.platforms import Platform


def read_profile(text: str) -> Profile:
    """The page at a pasted address. The key is the address without its scheme; there is no handle.

    Raises:
        NotAProfile: with the reason in plain words.
    """
    address = read_address(text)
    return Profile(Platform.WEB, address.key, address.url, None, ProfileKind.FEED)
