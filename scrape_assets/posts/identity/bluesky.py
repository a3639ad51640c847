"""Bluesky's addresses: which are profiles, whose, and what the others are. Nothing about posts."""

import re

from scrape_assets.posts.identity.names import clean
from scrape_assets.posts.identity.pasted import tidy
from scrape_assets.posts.identity.profile import NotAProfile, Profile, ProfileKind
from scrape_assets.posts.identity.site import Site, read_on, short_link
from scrape_assets.posts.platforms import Platform

_SITE = Site(
    "Bluesky",
    "https://bsky.app/",
    re.compile(r"(?:(?:www|staging)\.)?bsky\.app|(?P<handle>[a-z0-9-]+\.bsky\.social)"),
    {"go.bsky.app": short_link("go.bsky.app")},
)
# The syntax of the AT Protocol's specification (atproto.com/specs/handle, /specs/did).
_HANDLE = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
_DID = re.compile(r"did:(?:plc:[a-z2-7]{24}|web:[A-Za-z0-9.-]{1,250}[A-Za-z0-9])")
_LONGEST_HANDLE = 253
_NO_PROFILE = {
    "starter-pack": "is a starter pack, not a profile",
    "starter-pack-short": "is a starter pack, not a profile",
    "hashtag": "is a hashtag page, not a profile",
    "search": "is a search, not a profile",
    "messages": "is a message, not a profile",
}


def read_profile(text: str) -> Profile:
    """The profile behind a Bluesky address, a handle or a DID in any shape people paste.

    The key is the handle in lower case, or the DID as it is. One profile has both, and only the network knows which
    belong together.

    Raises:
        NotAProfile: with the reason in plain words.
    """
    pasted = tidy(text)
    start = pasted[:5].lower()
    if start == "at://":
        return _profile(pasted[5:].partition("/")[0])
    if start.startswith("did:"):
        return _profile(pasted.partition("/")[0])
    if _is_bare_handle(pasted):
        return _profile(pasted.strip("/").partition("?")[0])
    url = read_on(_SITE, pasted)
    if url.host.endswith(".bsky.social"):
        return _profile(url.host)
    section = url.path[0].lower() if url.path else ""
    if section == "profile" and len(url.path) > 1:
        return _profile(url.path[1])
    raise NotAProfile(_NO_PROFILE.get(section, "has no profile name: no /profile/… follows the host"))


def _is_bare_handle(text: str) -> bool:
    name = text.strip("/")
    if not name or name[0] == "#" or "/" in name or ":" in name:
        return False
    # "bsky.app" alone is the site; "@bsky.app" is the handle of Bluesky's own account.
    return name[0] == "@" or name.lower() not in ("bsky.app", "www.bsky.app")


def _profile(segment: str) -> Profile:
    name = clean(segment)
    if name[:4].lower() == "did:":
        if not _DID.fullmatch(name):
            raise NotAProfile(
                f"has the DID {name[:50]!r}, which is none: did:plc: and 24 letters, or did:web: and a host"
            )
        return Profile(Platform.BLUESKY, name, f"https://bsky.app/profile/{name}", None, ProfileKind.ACCOUNT, name)
    handle = name.lower()
    if not handle:
        raise NotAProfile("has no profile name")
    if len(handle) > _LONGEST_HANDLE or not handle.isascii() or not _HANDLE.fullmatch(handle):
        raise NotAProfile(f"has the handle {name[:50]!r}, which is none: a whole one looks like name.bsky.social")
    if handle == "handle.invalid":
        # Bluesky shows it for everybody whose domain does not confirm the handle.
        raise NotAProfile("has handle.invalid, which stands for many profiles; paste the address with the DID")
    return Profile(Platform.BLUESKY, handle, f"https://bsky.app/profile/{handle}", handle, ProfileKind.ACCOUNT)
