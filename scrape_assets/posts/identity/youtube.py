"""YouTube's addresses: which are channels, whose, and what the others are. Nothing about videos."""

import re
from urllib.parse import quote

from scrape_assets.posts.identity.names import clean, fold, read_name_of_any_script
from scrape_assets.posts.identity.pasted import PastedUrl, decode, tidy
from scrape_assets.posts.identity.profile import NotAProfile, Profile, ProfileKind
from scrape_assets.posts.identity.site import Site, is_bare, query_value, read_on
from scrape_assets.posts.platforms import Platform

_VIDEO = "is a video, not a channel; paste the address of the channel"
# Readers in Europe are sent over the consent host first, and copy its address.
_SITE = Site(
    "YouTube",
    "https://www.youtube.com/",
    re.compile(r"(?:(?:www|m|music|consent)\.)?youtube\.com"),
    {
        "youtu.be": _VIDEO,
        "www.youtube-nocookie.com": _VIDEO,
        "studio.youtube.com": "is a page of YouTube Studio, open to the channel's owner only",
    },
)
_CHANNEL_ID = re.compile(r"UC[A-Za-z0-9_-]{22}")
_OLD_NAMES = frozenset({"c", "user"})
_NO_PROFILE = {
    "watch": _VIDEO,
    "shorts": _VIDEO,
    "live": _VIDEO,
    "embed": _VIDEO,
    "v": _VIDEO,
    "clip": _VIDEO,
    "attribution_link": _VIDEO,
    "playlist": "is a playlist, not a channel; paste the address of the channel",
    "post": "is a post, not a channel; paste the address of the channel",
    "hashtag": "is a hashtag page, not a channel",
    "results": "is a search, not a channel",
    "feed": "is a reader's own page, not a channel",
    "redirect": "is a redirect to another site, not a channel",
}
_OWN_PAGES = frozenset(
    {"about", "account", "ads", "channel", "channels", "creators", "feeds", "gaming", "howyoutubeworks", "jobs", "kids"}
    | {"logout", "m", "movies", "music", "new", "podcasts", "premium", "signin", "sports", "t", "trending", "tv", "yt"}
    | _OLD_NAMES
)


def read_profile(text: str) -> Profile:
    """The channel behind a YouTube address in any shape people paste.

    Keys are `channel/<id>`, `@<handle>`, `c/<name>` and `user/<name>`. One channel may have all four, and only the
    network knows which belong together. Only the @handle is a handle: an old name of /c/ or /user/ may meanwhile be
    the handle of another channel.

    Raises:
        NotAProfile: with the reason in plain words.
    """
    pasted = tidy(text)
    if _CHANNEL_ID.fullmatch(pasted):
        return _by_id(pasted)
    if pasted and pasted[0] not in "@#" and is_bare(_SITE, pasted):
        raise NotAProfile("is a bare name, and several channels may share it; write @name or paste the whole address")
    return _read(pasted, redirects_left=1)


def _read(text: str, redirects_left: int) -> Profile:
    url = read_on(_SITE, text)
    if url.host.startswith("consent."):
        target = query_value(url.query, "continue")
        if target is None or not redirects_left:
            raise NotAProfile("is a consent page, not a channel")
        return _read(target, redirects_left - 1)
    if not url.path:
        raise NotAProfile("has no channel name")
    first = decode(url.path[0])
    if first.startswith("@"):
        return _handle(first[1:])
    section = first.lower()
    if section == "feeds":
        return _feed(url)
    if section == "channel" and len(url.path) > 1:
        return _by_id(clean(url.path[1]))
    if section in _OLD_NAMES and len(url.path) > 1:
        return _old_name(section, url.path[1])
    if section in _NO_PROFILE:
        raise NotAProfile(_NO_PROFILE[section])
    if section in _OWN_PAGES:
        raise NotAProfile("is a page of YouTube's own, not a channel")
    return _old_name("c", first)  # youtube.com/name is the short form of /c/name


def _feed(url: PastedUrl) -> Profile:
    channel_id, user = query_value(url.query, "channel_id"), query_value(url.query, "user")
    if channel_id is not None:
        return _by_id(channel_id)
    if user is not None:
        return _old_name("user", user)
    raise NotAProfile("is a feed of no channel: it has no channel_id=")


def _by_id(channel_id: str) -> Profile:
    # Two ids may differ in nothing but letter case, so a wrong case cannot be put right.
    if not _CHANNEL_ID.fullmatch(channel_id):
        raise NotAProfile(f"has {channel_id[:50]!r} where a channel's id stands: UC and 22 letters and digits")
    url = f"https://www.youtube.com/channel/{channel_id}"
    return Profile(Platform.YOUTUBE, f"channel/{channel_id}", url, None, ProfileKind.ACCOUNT, channel_id)


def _handle(segment: str) -> Profile:
    name = read_name_of_any_script(segment)
    handle = fold(name)
    url = f"https://www.youtube.com/@{quote(name, safe='')}"
    return Profile(Platform.YOUTUBE, f"@{handle}", url, handle, ProfileKind.ACCOUNT)


def _old_name(section: str, segment: str) -> Profile:
    name = read_name_of_any_script(segment)
    url = f"https://www.youtube.com/{section}/{quote(name, safe='')}"
    return Profile(Platform.YOUTUBE, f"{section}/{fold(name)}", url, None, ProfileKind.ACCOUNT)
