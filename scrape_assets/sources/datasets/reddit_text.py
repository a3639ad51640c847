"""What Reddit's texts name: the same for the vendor's rows and for Reddit's own API. No rows."""

import re

from scrape_assets.posts.identity.cached import cached_profiles
from scrape_assets.posts.platforms import Platform
from scrape_assets.posts.tags import once

NOBODY = frozenset({"[deleted]", "[removed]"})
"""What Reddit shows in place of a name or a text that is gone."""

SITE = "https://www.reddit.com/"
"""Its addresses begin with this."""

# "u/jane", "/r/tea" and their addresses; not the middle of another path.
_NAMED = re.compile(r"(?:(?<![\w/.-])/?|reddit\.com/)(u|user|r)/([\w-]{2,30})", re.ASCII)

profile_at = cached_profiles(Platform.REDDIT)
"""The user or community behind an address, or None."""


def mentions(title: str | None, text: str | None, author_key: str | None, community: str | None) -> list[str] | None:
    """Users and communities named in the title or the text, but for the author and the community it stands in."""
    named = [
        profile_at(f"{SITE}{'r' if section == 'r' else 'user'}/{name}")
        for given in (title, text)
        if given and "/" in given
        for section, name in _NAMED.findall(given)
    ]
    if not named:
        return None
    here = profile_at(f"{SITE}r/{community}") if community else None
    own = {author_key, here.key if here else None}
    return once(profile.key for profile in named if profile and profile.key not in own)
