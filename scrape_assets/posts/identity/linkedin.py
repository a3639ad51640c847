"""LinkedIn's addresses: which are profiles, whose, and what the others are. Nothing about posts."""

import re
from unicodedata import normalize
from urllib.parse import parse_qs, quote

from scrape_assets.posts.identity.pasted import PastedUrl, decode, read_url, tidy, trim_end, visible
from scrape_assets.posts.identity.profile import NotAProfile, Profile, ProfileKind
from scrape_assets.posts.platforms import Platform

# A profile lies on the site itself, on its phone versions and on one host a country ("it", "uk").
_HOST = re.compile(r"(?:(?:www|m|touch|mobile|[a-z]{2})\.)*linkedin\.com")
_PEOPLE = frozenset({"in"})
# Companies, schools and showcase pages share one space of names: LinkedIn redirects to the right form.
_ORGANIZATIONS = frozenset({"company", "school", "showcase", "company-beta"})
_PHONE_PREFIXES = frozenset({"mwlite", "m"})
_LOGIN = frozenset({"login", "authwall", "signup", "uas", "checkpoint", "start", "reg"})
_REDIRECTS = ("session_redirect", "sessionRedirect", "sessionredirect")
_NO_PROFILE = {
    "posts": "is a post, not a profile",
    "feed": "is a post or the feed, not a profile",
    "pulse": "is an article, not a profile",
    "jobs": "is a jobs page, not a profile",
    "groups": "is a group, not a profile",
    "sales": "is a Sales Navigator page, readable only for its subscriber; paste the public /in/ address",
    "talent": "is a Recruiter page, readable only for its subscriber; paste the public /in/ address",
    "recruiter": "is a Recruiter page, readable only for its subscriber; paste the public /in/ address",
    "search": "is a search, not a profile",
    "events": "is an event, not a profile",
    "learning": "is a course, not a profile",
    "newsletters": "is a newsletter, not a profile",
    "redir": "is a redirect to another site, not a profile",
    "pub": "is an old /pub/ address; open it and paste the /in/ address it leads to",
    "profile": "is an old /profile/ address; open it and paste the /in/ address it leads to",
}
# Member ids stand where a name could ("ACoAAB3x…"): base64, so their letter case carries meaning.
_MEMBER_ID = re.compile(r"AC[ow]AA[A-Za-z0-9_-]{4,}")
_NUMBER = re.compile(r"\d+", re.ASCII)
# An index entry of PostgreSQL ends at 2,704 bytes; LinkedIn itself allows 100 letters.
_LONGEST_NAME = 200
_JOINERS = "\u200c\u200d"  # do not show, yet Persian writing and emoji need them
_HINT = "paste the whole address, such as https://www.linkedin.com/in/"


def read_profile(text: str) -> Profile:
    """The profile behind a LinkedIn address in any shape people paste.

    Keys are `in/<name>` for people and `company/<name or number>` for companies, schools and showcase pages.
    A login page that would lead on to a profile counts as that profile: its address is what a browser without
    an account shows.

    Raises:
        NotAProfile: with the reason in plain words.
    """
    return _read(tidy(text), redirects_left=2)


def _read(text: str, redirects_left: int) -> Profile:
    url = read_url(_with_site(text))
    if url.host == "lnkd.in":
        raise NotAProfile("is a short link (lnkd.in); open it and paste the address it leads to")
    if not _HOST.fullmatch(url.host):
        raise NotAProfile(f"host {url.host[:100]} is not LinkedIn")
    path = url.path[1:] if url.path and url.path[0].casefold() in _PHONE_PREFIXES else url.path
    section = path[0].casefold() if path else ""
    if section in _LOGIN:
        return _behind_login(url, redirects_left)
    if section == "today" and len(path) > 1 and path[1].casefold() == "author":
        return _person(path[2:])
    if section in _PEOPLE:
        return _person(path[1:])
    if section in _ORGANIZATIONS:
        return _organization(path[1:])
    raise NotAProfile(_NO_PROFILE.get(section, "has no profile name: no /in/… and no /company/… follows the host"))


def _with_site(text: str) -> str:
    """The text as a web address; a bare path such as "in/jane-doe" can only be meant on this site."""
    if not text:
        raise NotAProfile("is empty")
    path = text.lstrip("/")
    section, slash, _ = path.partition("/")
    if slash and section.casefold() in _PEOPLE | _ORGANIZATIONS:
        return "https://www.linkedin.com/" + path
    if not slash and "@" in text.lstrip("@"):
        raise NotAProfile(f"is an e-mail address; {_HINT}jane-doe")
    if not slash and "." not in text:
        raise NotAProfile(f"is a bare name, and a person and a company may share it; {_HINT}jane-doe or /company/acme")
    return text


def _behind_login(url: PastedUrl, redirects_left: int) -> Profile:
    query = parse_qs(url.query)
    target = next((query[name][0] for name in _REDIRECTS if name in query), None)
    if target is None or not redirects_left:
        raise NotAProfile("is a login page, not a profile")
    on_site = target.startswith("/") and not target.startswith("//")
    return _read("https://www.linkedin.com" + target if on_site else target, redirects_left - 1)


def _person(path: list[str]) -> Profile:
    name = _name(path)
    if _MEMBER_ID.fullmatch(name):
        url = f"https://www.linkedin.com/in/{name}"
        return Profile(Platform.LINKEDIN, f"in/{name}", url, None, ProfileKind.PERSON, name)
    if name.casefold() == "me":
        raise NotAProfile("is /in/me, which is whoever is logged in; paste the address with the name")
    return _named("in", name, ProfileKind.PERSON)


def _organization(path: list[str]) -> Profile:
    name = _name(path)
    if len(path) > 1 and path[1].casefold() == "jobs":
        raise NotAProfile("is a company's jobs page, not its profile")
    if _NUMBER.fullmatch(name):
        url = f"https://www.linkedin.com/company/{name}"
        return Profile(Platform.LINKEDIN, f"company/{name}", url, None, ProfileKind.ORGANIZATION, name)
    return _named("company", name, ProfileKind.ORGANIZATION)


def _named(section: str, name: str, kind: ProfileKind) -> Profile:
    # The key folds "ß" to "ss"; the URL must not, or it would lead to somebody else.
    handle = normalize("NFC", name.casefold())
    slug = quote(normalize("NFC", name.lower()), safe="")
    return Profile(Platform.LINKEDIN, f"{section}/{handle}", f"https://www.linkedin.com/{section}/{slug}", handle, kind)


def _name(path: list[str]) -> str:
    """The profile name at the head of a path, decoded, in composed form.

    Punctuation at its end is taken for the pasting person's, so that one spelling stands for both.
    """
    name = trim_end(visible(normalize("NFC", decode(path[0])))) if path else ""
    if not name:
        raise NotAProfile("has no profile name")
    if len(name) > _LONGEST_NAME:
        raise NotAProfile(f"has a profile name of {len(name)} letters; the longest allowed is {_LONGEST_NAME}")
    strange = next((c for c in name if c in '/\\?#%<>"@' or not (c.isprintable() or c in _JOINERS)), None)
    if strange is not None or any(c.isspace() for c in name):
        raise NotAProfile(f"has a profile name with {strange or ' '!a} in it, which none has")
    return name
