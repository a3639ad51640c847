"""Mastodon's addresses: which are profiles, whose, and on which server. Nothing about posts."""

import re

from scrape_assets.posts.identity.hosts import home_server
from scrape_assets.posts.identity.names import read_name
from scrape_assets.posts.identity.pasted import decode, read_url, tidy
from scrape_assets.posts.identity.profile import NotAProfile, Profile, ProfileKind
from scrape_assets.posts.platforms import Platform

_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,98}[A-Za-z0-9_])?")
_RULE = "names on Mastodon have letters, digits and underscores, and dots and hyphens between them"
_FRONT_ENDS = frozenset({"web", "deck"})
_FEED_ENDINGS = (".rss", ".atom", ".json")
_NO_PROFILE = {
    "tags": "is a hashtag page, not a profile",
    "explore": "is the explore page, not a profile",
    "public": "is a timeline of many people, not a profile",
    "search": "is a search, not a profile",
    "about": "is a page about the server, not a profile",
    "statuses": "is a post whose address does not say whose it is",
    "notice": "is a post whose address does not say whose it is",
}


def read_profile(text: str) -> Profile:
    """The profile behind a Mastodon address or an account name in any shape people paste.

    The key is `name@host` in lower case. A server may lie on another host than its account names say; only the
    network knows, so the two are two keys.

    Raises:
        NotAProfile: with the reason in plain words.
    """
    pasted = tidy(text)
    if pasted[:5].lower() == "acct:":
        pasted = pasted[5:]
    if not pasted:
        raise NotAProfile("is empty")
    account = pasted.strip("/")
    if account and "/" not in account and ":" not in account:
        return _from_account(decode(account))
    url = read_url(pasted)
    path = url.path[1:] if url.path and url.path[0].lower() in _FRONT_ENDS else url.path
    first = decode(path[0]) if path else ""
    if first.startswith("@"):
        return _account(first, url.host)
    if first.lower() == "users" and len(path) > 1:
        return _account(decode(path[1]), url.host)
    home_server(url.host, "Mastodon")  # another site's host is the better reason
    raise NotAProfile(_NO_PROFILE.get(first.lower(), "has no profile name: no /@name follows the host"))


def _from_account(account: str) -> Profile:
    if account[0] == "#":
        raise NotAProfile("is a hashtag, not a profile")
    name, at, host = account.lstrip("@").partition("@")
    if not at and "." in name:
        raise NotAProfile("has no profile name: no /@name follows the host")
    if not at:
        raise NotAProfile("has no server; write the whole account name, such as @name@mastodon.social")
    return _account(name, host)


def _account(name: str, host: str) -> Profile:
    """A name as one server shows it: of its own people plain, of others' with their server behind it."""
    name, _, other_host = name.lower().lstrip("@").partition("@")
    while name.endswith(_FEED_ENDINGS):
        name = name.rpartition(".")[0]
    user = read_name(name, _NAME, _RULE)
    home = home_server(other_host or host, "Mastodon")
    account = f"{user}@{home}"
    return Profile(Platform.MASTODON, account, f"https://{home}/@{user}", account, ProfileKind.ACCOUNT)
