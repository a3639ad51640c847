"""Reddit's addresses: which are users and communities, and what the others are. Nothing about posts."""

import re

from scrape_assets.posts.identity.names import read_name
from scrape_assets.posts.identity.pasted import tidy
from scrape_assets.posts.identity.profile import NotAProfile, Profile, ProfileKind
from scrape_assets.posts.identity.site import Site, is_bare, query_value, read_on
from scrape_assets.posts.platforms import Platform

_POST = "is a post; paste the address of its author (/user/…) or community (/r/…)"
# Besides versions of the site there is one host a language ("de").
_SITE = Site(
    "Reddit",
    "https://www.reddit.com/",
    re.compile(r"(?:(?:www|old|new|np|amp|pay|[a-z]{1,2})\.)*reddit\.com"),
    {"redd.it": _POST, "i.redd.it": "is a picture, not a profile", "v.redd.it": "is a video, not a profile"},
)
_USER = re.compile(r"[A-Za-z0-9_-]{1,20}")
_USER_RULE = "names of users have up to 20 letters, digits, _ and -"
_COMMUNITY = re.compile(r"[A-Za-z0-9_]{1,24}|[Rr]eddit\.[Cc]om")  # the oldest one is called reddit.com
_COMMUNITY_RULE = "names of communities have up to 21 letters, digits and _"
_LISTINGS = frozenset({"all", "popular", "friends", "mod", "random", "randnsfw", "home"})
_FEED_ENDINGS = (".rss", ".json")
_NO_PROFILE = {
    "comments": _POST,
    "gallery": _POST,
    "tb": _POST,
    "search": "is a search, not a profile",
    "t": "is a topic, not a profile",
    "topics": "is a topic, not a profile",
    "domain": "is a listing of a website's posts, not a profile",
    "login": "is a login page, not a profile",
    "message": "is a message, not a profile",
    "submit": "is a form for writing a post, not a profile",
}


def read_profile(text: str) -> Profile:
    """The user or community behind a Reddit address in any shape people paste.

    Keys are `user/<name>` and `r/<community>` in lower case. A post leads to its author where the address names
    the author, on the author's own page; a post in a community leads nowhere, because it is not the community's.

    Raises:
        NotAProfile: with the reason in plain words.
    """
    pasted = tidy(text)
    if pasted and pasted[0] != "#" and is_bare(_SITE, pasted):
        raise NotAProfile("is a bare name, and a user and a community may share it; write u/name or r/name")
    return _read(pasted, redirects_left=1)


def _read(text: str, redirects_left: int) -> Profile:
    url = read_on(_SITE, text)
    path = url.path
    section = path[0].lower() if path else ""
    if section in ("user", "u") and len(path) > 1:
        return _user(path[1])
    if section == "r" and len(path) > 1:
        return _community(path[1:])
    if section == "login" and redirects_left:
        target = query_value(url.query, "dest")
        if target is not None:
            return _read(target, redirects_left - 1)
    raise NotAProfile(_NO_PROFILE.get(section, "has no profile: no /user/… and no /r/… follows the host"))


def _user(segment: str) -> Profile:
    name = read_name(_without_ending(segment), _USER, _USER_RULE).lower()
    if name == "me":
        raise NotAProfile("is /user/me, which is whoever is logged in; paste the address with the name")
    url = f"https://www.reddit.com/user/{name}"
    return Profile(Platform.REDDIT, f"user/{name}", url, name, ProfileKind.ACCOUNT)


def _community(path: list[str]) -> Profile:
    if path[0][:2].lower() == "u_":  # the page of a user, in the form of a community
        return _user(path[0][2:])
    inside = path[1].lower() if len(path) > 1 else ""
    if inside == "comments":
        raise NotAProfile(_POST)
    if inside == "s":
        raise NotAProfile("is a share link; open it and paste the address it leads to")
    name = read_name(_without_ending(path[0]), _COMMUNITY, _COMMUNITY_RULE).lower()
    if name in _LISTINGS:
        raise NotAProfile(f"is r/{name}, a listing of posts of many communities")
    if name.startswith("u_"):
        return _user(name[2:])
    url = f"https://www.reddit.com/r/{name}"
    return Profile(Platform.REDDIT, f"r/{name}", url, name, ProfileKind.COMMUNITY)


def _without_ending(segment: str) -> str:
    return segment.rpartition(".")[0] if segment.lower().endswith(_FEED_ENDINGS) else segment
