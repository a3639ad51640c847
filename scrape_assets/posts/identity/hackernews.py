"""Hacker News's addresses: which are users, who, and what the others are. Nothing about posts."""

import re

from scrape_assets.posts.identity.names import read_name
from scrape_assets.posts.identity.pasted import tidy
from scrape_assets.posts.identity.profile import NotAProfile, Profile, ProfileKind
from scrape_assets.posts.identity.site import Site, is_bare, query_value, read_on
from scrape_assets.posts.platforms import Platform

_SITE = Site(
    "Hacker News",
    "https://news.ycombinator.com/",
    re.compile(r"(?:www\.)?news\.ycombinator\.com"),
    {"hn.algolia.com": "is a search, not a profile"},
)
_NAME = re.compile(r"[A-Za-z0-9_-]{2,15}")
_RULE = "names on Hacker News have 2 to 15 letters, digits, _ and -"
_PAGES_OF_A_USER = frozenset({"user", "submitted", "threads", "favorites"})
_NO_PROFILE = {
    "item": "is a story or a comment, not a profile; paste the address of its author",
    "from": "is a listing of a website's stories, not a profile",
    "login": "is a login page, not a profile",
}


def read_profile(text: str) -> Profile:
    """The user behind an address of Hacker News in any shape people paste, a bare name included.

    The key is the name as written: on Hacker News "pg" and "PG" are two people.

    Raises:
        NotAProfile: with the reason in plain words.
    """
    pasted = tidy(text)
    if pasted and pasted[0] != "#" and "?" not in pasted and is_bare(_SITE, pasted):
        return _named(pasted.strip("/"))  # not as a path: "news" may be somebody's name
    url = read_on(_SITE, pasted)
    section = url.path[0].lower() if url.path else ""
    if section in _PAGES_OF_A_USER:
        return _named(query_value(url.query, "id") or "")
    raise NotAProfile(_NO_PROFILE.get(section, "has no user's name: no user?id=… follows the host"))


def _named(segment: str) -> Profile:
    name = read_name(segment, _NAME, _RULE)
    return Profile(Platform.HACKERNEWS, name, f"https://news.ycombinator.com/user?id={name}", name, ProfileKind.ACCOUNT)
