"""Facebook's addresses: which are profiles, whose, and what the others are. Nothing about posts."""

import re

from scrape_assets.posts.identity.names import clean, read_name
from scrape_assets.posts.identity.pasted import tidy
from scrape_assets.posts.identity.profile import NotAProfile, Profile, ProfileKind
from scrape_assets.posts.identity.site import Site, query_value, read_on, short_link
from scrape_assets.posts.platforms import Platform

# Besides the phone versions there is one host a language ("de-de").
_SITE = Site(
    "Facebook",
    "https://www.facebook.com/",
    re.compile(r"(?:(?:www|m|mbasic|web|touch|mobile|free|business|[a-z]{2}-[a-z]{2})\.)*(?:facebook|fb)\.com"),
    {
        "fb.me": short_link("fb.me"),
        "fb.watch": "is a video whose address does not say whose it is; paste the address of the profile",
        "l.facebook.com": "is a redirect to another site, not a profile",
        "lm.facebook.com": "is a redirect to another site, not a profile",
    },
    dotted_names=True,
)
_NAME = re.compile(r"[A-Za-z0-9.]{0,79}[A-Za-z0-9]")
_RULE = "names on Facebook have up to 50 letters, digits and dots"
_ID = re.compile(r"[1-9][0-9]{0,19}")
_ID_AFTER_NAME = re.compile(r"[1-9][0-9]{5,19}")
_VIDEO = "is a video whose address does not say whose it is; paste the address of the profile"
_POST = "is a post, not a profile; paste the address of the profile"
_PHOTO = "is a photo whose address does not say whose it is; paste the address of the profile"
_NO_PROFILE = {
    "groups": "is a group, not a profile",
    "events": "is an event, not a profile",
    "watch": _VIDEO,
    "reel": _VIDEO,
    "reels": _VIDEO,
    "video": _VIDEO,
    "videos": _VIDEO,
    "video.php": _VIDEO,
    "story.php": _POST,
    "permalink.php": _POST,
    "posts": _POST,
    "stories": "is a story, not a profile",
    "photo": _PHOTO,
    "photos": _PHOTO,
    "photo.php": _PHOTO,
    "share": "is a share link; open it and paste the address it leads to",
    "hashtag": "is a hashtag page, not a profile",
    "search": "is a search, not a profile",
    "public": "is a search for people, not a profile",
    "marketplace": "is the marketplace, not a profile",
    "login": "is a login page, not a profile",
    "login.php": "is a login page, not a profile",
}
_OWN_PAGES = frozenset(
    {"about", "ads", "ajax", "bookmarks", "business", "checkpoint", "dialog", "directory", "flx", "friends"}
    | {"fundraisers", "games", "gaming", "help", "home", "jobs", "l", "legal", "live", "media", "memories", "messages"}
    | {
        "notes",
        "notifications",
        "offers",
        "pages",
        "people",
        "places",
        "plugins",
        "policies",
        "policy",
        "privacy",
        "questions",
        "recover",
    }
    | {"reg", "saved", "settings", "sharer", "signup", "terms", "tr", "v"}
)


def read_profile(text: str) -> Profile:
    """The profile or page behind a Facebook address in any shape people paste, a bare name included.

    Keys are the name in lower case and without dots, which do not matter on Facebook, or `id/<number>`. The
    address keeps its dots, so that it opens without a redirect. A login page that would lead on to a profile
    counts as that profile.

    Raises:
        NotAProfile: with the reason in plain words.
    """
    return _read(tidy(text), redirects_left=1)


def _read(text: str, redirects_left: int) -> Profile:
    url = read_on(_SITE, text)
    path = url.path
    if not path:
        raise NotAProfile("has no profile name")
    section = path[0].lower()
    if section in ("login", "login.php") and redirects_left:
        target = query_value(url.query, "next")
        if target is not None:
            return _read(target, redirects_left - 1)
    if section == "profile.php":
        return _by_id(query_value(url.query, "id") or "")
    if section in ("pages", "people"):
        return _listed(path[1:])
    if section in ("pg", "p") and len(path) > 1:
        return _named(path[1])
    return _named(path[0])


def _listed(path: list[str]) -> Profile:
    """After /pages/ and /people/ stands "Name/ID" or "category/Some-Category/Name-ID"."""
    if len(path) > 2 and path[0].lower() == "category":
        return _named(path[2])
    if len(path) > 1:
        return _by_id(clean(path[1]))
    raise NotAProfile("has no profile: a name and a number follow /pages/ and /people/")


def _by_id(user_id: str) -> Profile:
    if not user_id:
        raise NotAProfile("has no profile number")
    if user_id.startswith("pfbid"):
        # Facebook makes such an id anew for each reader, so no two spellings would come together.
        raise NotAProfile("has a number that Facebook veils (pfbid…); log in, open it and paste the address then shown")
    if not _ID.fullmatch(user_id):
        raise NotAProfile(f"has {user_id[:50]!r} where a profile's number stands")
    url = f"https://www.facebook.com/profile.php?id={user_id}"
    return Profile(Platform.FACEBOOK, f"id/{user_id}", url, None, ProfileKind.ACCOUNT, user_id)


def _named(segment: str) -> Profile:
    name = clean(segment)
    if _ID.fullmatch(name):
        return _by_id(name)
    _, hyphen, number = name.rpartition("-")  # no name has a hyphen
    if hyphen and _ID_AFTER_NAME.fullmatch(number):
        return _by_id(number)
    name = read_name(name, _NAME, _RULE).lower()
    key = name.replace(".", "")
    if name in _NO_PROFILE:
        raise NotAProfile(_NO_PROFILE[name])
    if name in _OWN_PAGES or name.endswith(".php"):
        raise NotAProfile("is a page of Facebook's own, not a profile")
    return Profile(Platform.FACEBOOK, key, f"https://www.facebook.com/{name}", key, ProfileKind.ACCOUNT)
