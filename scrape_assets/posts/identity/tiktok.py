"""TikTok's addresses: which are profiles, whose, and what the others are. Nothing about posts."""

import re

from scrape_assets.posts.identity.names import read_name
from scrape_assets.posts.identity.pasted import decode, tidy
from scrape_assets.posts.identity.profile import NotAProfile, Profile, ProfileKind
from scrape_assets.posts.identity.site import Site, is_bare, query_value, read_on, short_link
from scrape_assets.posts.platforms import Platform

_SITE = Site(
    "TikTok",
    "https://www.tiktok.com/",
    re.compile(r"(?:(?:www|m|us|lite)\.)?tiktok\.com"),
    {"vm.tiktok.com": short_link("vm.tiktok.com"), "vt.tiktok.com": short_link("vt.tiktok.com")},
    dotted_names=True,
)
_NAME = re.compile(r"[A-Za-z0-9._]{0,31}[A-Za-z0-9_]")
_RULE = "names on TikTok have up to 24 letters, digits, dots and underscores"
_NO_PROFILE = {
    "t": short_link("tiktok.com/t/"),
    "v": "is a video whose address does not say whose it is; paste the address of the profile",
    "embed": "is a video whose address does not say whose it is; paste the address of the profile",
    "tag": "is a hashtag page, not a profile",
    "music": "is a sound, not a profile",
    "sticker": "is an effect, not a profile",
    "effect": "is an effect, not a profile",
    "discover": "is a search, not a profile",
    "search": "is a search, not a profile",
    "place": "is a place, not a profile",
    "login": "is a login page, not a profile",
}


def read_profile(text: str) -> Profile:
    """The profile behind a TikTok address in any shape people paste, a bare name included.

    The key is the name in lower case, without the @.

    Raises:
        NotAProfile: with the reason in plain words.
    """
    pasted = tidy(text)
    if pasted and pasted[0] != "#" and is_bare(_SITE, pasted):
        pasted = "@" + pasted.strip("/@")
    return _read(pasted, redirects_left=1)


def _read(text: str, redirects_left: int) -> Profile:
    url = read_on(_SITE, text)
    first = decode(url.path[0]) if url.path else ""
    if first.startswith("@"):
        name = read_name(first[1:], _NAME, _RULE).lower()
        return Profile(Platform.TIKTOK, name, f"https://www.tiktok.com/@{name}", name, ProfileKind.ACCOUNT)
    section = first.lower()
    if section == "login" and redirects_left:
        target = query_value(url.query, "redirect_url")
        if target is not None:
            return _read(target, redirects_left - 1)
    raise NotAProfile(_NO_PROFILE.get(section, "has no profile name: no /@name follows the host"))
