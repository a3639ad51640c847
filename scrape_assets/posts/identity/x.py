"""X's addresses, Twitter's included: which are profiles, whose, and what the others are. Nothing about posts."""

import re

from scrape_assets.posts.identity.names import read_name
from scrape_assets.posts.identity.pasted import PastedUrl, tidy
from scrape_assets.posts.identity.profile import NotAProfile, Profile, ProfileKind
from scrape_assets.posts.identity.site import Site, query_value, read_on, short_link
from scrape_assets.posts.platforms import Platform

_SITE = Site(
    "X",
    "https://x.com/",
    re.compile(r"(?:(?:www|m|mobile)\.)?(?:x|twitter)\.com"),
    {"t.co": short_link("t.co"), "pic.twitter.com": short_link("pic.twitter.com")},
)
_NAME = re.compile(r"[A-Za-z0-9_]{1,15}")
_RULE = "names on X have 1 to 15 letters, digits and underscores"
_USER_ID = re.compile(r"[1-9][0-9]{0,19}")
_LONGEST_NAME = 15
_NO_PROFILE = {
    "search": "is a search, not a profile",
    "hashtag": "is a hashtag page, not a profile",
    "explore": "is the explore page, not a profile",
    "home": "is a reader's own timeline, not a profile",
    "share": "is a form for writing a post, not a profile",
    "intent": "is a button's address that names no profile",
    "login": "is a login page, not a profile",
}
_OWN_PAGES = frozenset(
    {"account", "bookmarks", "compose", "download", "i", "jobs", "logout", "messages", "notifications", "oauth"}
    | {"privacy", "settings", "signup", "tos", "who_to_follow", "widgets"}
)


def read_profile(text: str) -> Profile:
    """The profile behind an X or Twitter address in any shape people paste, a bare name included.

    Keys are the name in lower case, or `id/<number>` where the address holds the user's id.

    Raises:
        NotAProfile: with the reason in plain words.
    """
    # Twitter's addresses of 2010 to 2012, which old lists still hold, have the name behind "#!/".
    return _read(tidy(text).replace("/#!/", "/"), redirects_left=1)


def _read(text: str, redirects_left: int) -> Profile:
    url = read_on(_SITE, text)
    path = url.path
    if not path:
        raise NotAProfile("has no profile name")
    section, rest = path[0].lower(), [segment.lower() for segment in path[1:3]]
    if section == "login" or (section == "i" and rest == ["flow", "login"]):
        target = query_value(url.query, "redirect_after_login")
        if target is None or not redirects_left:
            raise NotAProfile(_NO_PROFILE["login"])
        return _read(target, redirects_left - 1)
    if section == "intent":
        return _behind_button(url)
    if section == "i" and len(rest) == 2 and rest[0] == "user":
        return _by_id(rest[1])
    if section == "i" and rest and (rest[0] == "status" or rest == ["web", "status"]):
        raise NotAProfile("is a post whose address does not say whose it is; paste the address of the profile")
    # "12345" alone is a legal name. Before a post it is an id: X ignores what stands there, and the vendor's rows
    # have the user's number. Who is called 12345 and pastes a post of theirs is the price.
    if section.isdecimal() and (len(section) > _LONGEST_NAME or rest[:1] in (["status"], ["statuses"])):
        return _by_id(section)
    return _named(path[0])


def _behind_button(url: PastedUrl) -> Profile:
    name, user_id = query_value(url.query, "screen_name"), query_value(url.query, "user_id")
    if name is not None:
        return _named(name)
    if user_id is not None:
        return _by_id(user_id)
    raise NotAProfile(_NO_PROFILE["intent"])


def _by_id(user_id: str) -> Profile:
    if not _USER_ID.fullmatch(user_id):
        raise NotAProfile(f"has {user_id[:50]!r} where a user's number stands")
    url = f"https://x.com/i/user/{user_id}"
    return Profile(Platform.X, f"id/{user_id}", url, None, ProfileKind.ACCOUNT, user_id)


def _named(segment: str) -> Profile:
    name = read_name(segment, _NAME, _RULE).lower()
    if name in _NO_PROFILE:
        raise NotAProfile(_NO_PROFILE[name])
    if name in _OWN_PAGES:
        raise NotAProfile("is a page of X's own, not a profile")
    return Profile(Platform.X, name, f"https://x.com/{name}", name, ProfileKind.ACCOUNT)
