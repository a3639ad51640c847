"""Lemmy's addresses: which are users and communities, and on which server. Nothing about posts."""

import re
from unicodedata import normalize
from urllib.parse import quote

from scrape_assets.posts.identity.hosts import home_server
from scrape_assets.posts.identity.names import read_name
from scrape_assets.posts.identity.pasted import decode, read_url, tidy
from scrape_assets.posts.identity.profile import NotAProfile, Profile, ProfileKind
from scrape_assets.posts.platforms import Platform

# Servers allow Latin, Arabic and Cyrillic names; users of other software have dots and hyphens as well.
_NAME = re.compile(r"\w(?:[\w.-]{0,98}\w)?")
_RULE = "names on Lemmy have letters, digits and underscores"
_SECTIONS = {"u": "u", "user": "u", "c": "c", "community": "c"}
_MARKS = {"@": "u", "!": "c"}
_NO_PROFILE = {
    "post": "is a post, not a profile; paste the address of its author (/u/…) or community (/c/…)",
    "comment": "is a comment, not a profile; paste the address of its author (/u/…) or community (/c/…)",
    "search": "is a search, not a profile",
    "communities": "is the list of communities, not a profile",
    "modlog": "is the moderators' log, not a profile",
    "login": "is a login page, not a profile",
}


def read_profile(text: str) -> Profile:
    """The user or community behind a Lemmy address or account name in any shape people paste.

    Keys are `u/<name>@<host>` and `c/<community>@<host>` in lower case, with the host where it is at home.

    Raises:
        NotAProfile: with the reason in plain words.
    """
    pasted = tidy(text)
    if not pasted:
        raise NotAProfile("is empty")
    if pasted[0] in _MARKS and "/" not in pasted:
        return _account(_MARKS[pasted[0]], decode(pasted[1:]), "")
    head, slash, rest = pasted.lstrip("/").partition("/")
    if slash and "." not in head and ":" not in head:  # "c/cats@lemmy.world": no host is without a dot
        section = _SECTIONS.get(head.lower())
        if section is not None:
            return _account(section, decode(rest.partition("/")[0]), "")
    if not slash and "@" in head:
        raise NotAProfile("may be a user or a community; write @name@host or !community@host")
    if not slash and "." not in head and ":" not in head:
        raise NotAProfile("has no server; write the whole name, such as @name@lemmy.world or !community@lemmy.world")
    url = read_url(pasted)
    first = url.path[0].lower() if url.path else ""
    if first in _SECTIONS and len(url.path) > 1:
        return _account(_SECTIONS[first], decode(url.path[1]), url.host)
    home_server(url.host, "Lemmy")  # another site's host is the better reason
    raise NotAProfile(_NO_PROFILE.get(first, "has no profile name: no /u/… and no /c/… follows the host"))


def _account(section: str, account: str, host: str) -> Profile:
    """A name as one server shows it: of its own people plain, of others' with their server behind it."""
    name, _, other_host = normalize("NFC", account.lower()).lstrip("@!").partition("@")
    name = read_name(name, _NAME, _RULE)
    if not other_host and not host:
        raise NotAProfile(f"has no server; write {section}/{name[:50]}@ and the server's host")
    home = home_server(other_host or host, "Lemmy")
    handle = f"{name}@{home}"
    kind = ProfileKind.COMMUNITY if section == "c" else ProfileKind.ACCOUNT
    return Profile(Platform.LEMMY, f"{section}/{handle}", f"https://{home}/{section}/{quote(name)}", handle, kind)
