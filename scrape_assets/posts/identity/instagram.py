"""Instagram's addresses: which are profiles, whose, and what the others are. Nothing about posts but their code."""

import re
from itertools import pairwise

from scrape_assets.posts.identity.names import read_name
from scrape_assets.posts.identity.pasted import tidy
from scrape_assets.posts.identity.profile import NotAProfile, Profile, ProfileKind
from scrape_assets.posts.identity.site import Site, query_value, read_on, short_link
from scrape_assets.posts.platforms import Platform

_SITE = Site(
    "Instagram",
    "https://www.instagram.com/",
    re.compile(r"(?:(?:www|m)\.)?(?:instagram\.com|instagr\.am)"),
    {"ig.me": short_link("ig.me"), "l.instagram.com": "is a redirect to another site, not a profile"},
    dotted_names=True,
)
_NAME = re.compile(r"[A-Za-z0-9._]{0,29}[A-Za-z0-9_]")
_RULE = "names on Instagram have 1 to 30 letters, digits, dots and underscores"
_POSTS = frozenset({"p", "reel", "reels", "tv"})
_CODE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NO_CODE = frozenset({"audio"})  # /reels/audio/123 is a sound
_NO_PROFILE = {
    "p": "is a post whose address does not say whose it is; paste the address of the profile",
    "reel": "is a reel whose address does not say whose it is; paste the address of the profile",
    "reels": "is a page of reels, not a profile",
    "tv": "is a video whose address does not say whose it is; paste the address of the profile",
    "stories": "is a story whose address does not say whose it is; paste the address of the profile",
    "s": "is a shared story highlight, whose address does not say whose it is",
    "share": "is a share link; open it and paste the address it leads to",
    "explore": "is an explore page (hashtag, place or search), not a profile",
    "popular": "is a search, not a profile",
    "direct": "is a message, not a profile",
    "accounts": "is a login or settings page, not a profile",
}
_OWN_PAGES = frozenset(
    {"about", "api", "ar", "audio", "challenge", "developer", "directory", "emails", "graphql", "legal", "locations"}
    | {"oauth", "press", "privacy", "session", "tags", "terms", "web"}
)


def read_profile(text: str) -> Profile:
    """The profile behind an Instagram address in any shape people paste, a bare name included.

    The key is the name in lower case. A login page that would lead on to a profile counts as that profile: its
    address is what a browser without an account shows.

    Raises:
        NotAProfile: with the reason in plain words.
    """
    return _read(tidy(text), redirects_left=1)


def post_code(url: str) -> str | None:
    """The shortcode in the address of a post or reel, with or without its author; None where there is none.

    The shortcode is the only mark of a post that all datasets and forms of address share. Its case matters.
    """
    try:
        path = read_on(_SITE, tidy(url)).path
    except NotAProfile:
        return None
    if path and path[0].lower() in _NO_PROFILE.keys() - _POSTS:
        return None
    for section, code in pairwise(path[:3]):
        if section.lower() in _POSTS and code not in _NO_CODE and _CODE.fullmatch(code):
            return code
    return None


def _read(text: str, redirects_left: int) -> Profile:
    url = read_on(_SITE, text)
    path = url.path
    if not path:
        raise NotAProfile("has no profile name")
    if len(path) > 1 and path[0].lower() == "_u":  # what the app is opened with
        path = path[1:]
    section = path[0].lower()
    if section == "accounts" and redirects_left:
        target = query_value(url.query, "next")
        if target is not None:
            return _read(target, redirects_left - 1)
    if section == "stories" and len(path) > 1 and path[1].lower() != "highlights":
        return _named(path[1])
    return _named(path[0])


def _named(segment: str) -> Profile:
    name = read_name(segment, _NAME, _RULE).lower()
    if name in _NO_PROFILE:
        raise NotAProfile(_NO_PROFILE[name])
    if name in _OWN_PAGES:
        raise NotAProfile("is a page of Instagram's own, not a profile")
    return Profile(Platform.INSTAGRAM, name, f"https://www.instagram.com/{name}", name, ProfileKind.ACCOUNT)
