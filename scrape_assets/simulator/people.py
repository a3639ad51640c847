"""Invented people and companies on LinkedIn: the bundled creators, a crowd around them, and anybody else.

An author follows from the seed and the profile's path alone. What they write is in `feeds` and `linkedin`.
"""

import csv
from functools import lru_cache
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from scrape_assets.simulator.dice import Dice, dice
from scrape_assets.simulator.names import FIRST_NAMES, LAST_NAMES, TRADES

_PLACES = ("www", "www", "www", "www", "uk", "it", "fr", "de", "nl", "es")
_LANGUAGE_OF_HOST = {"it": "it", "fr": "fr", "de": "de", "es": "es", "il": "he", "ae": "ar", "jp": "ja"}
CROWD_SIZE = 80


class Author(NamedTuple):
    """A profile that writes posts."""

    seed: int
    key: str  # section and slug: names the author among all others
    is_person: bool
    user_id: str  # the slug as it stands in a URL
    url: str  # the profile's URL as the vendor writes it
    name: str
    host: str  # the country part of the host name that the vendor shows
    language: str
    followers: int


class Creator(NamedTuple):
    """A line of the bundled creators.csv."""

    creator_id: str
    name: str
    platform: str
    profile_url: str


def creators_csv() -> Path:
    """Where the bundled file of invented creators lies: columns creator_id, name, platform, profile_url."""
    return Path(str(resources.files("scrape_assets.simulator") / "creators.csv"))


@lru_cache(maxsize=1)
def creators() -> tuple[Creator, ...]:
    """The bundled creators."""
    with creators_csv().open(encoding="utf-8", newline="") as lines:
        return tuple(Creator(**row) for row in csv.DictReader(lines))


def profile_path(url: str) -> tuple[str, str] | None:
    """Section and slug of a profile URL, e.g. ("in", "mira-okafor-7b2a91"); None when it is none."""
    if "://" not in url:
        url = "https://" + url
    segments = [segment for segment in urlsplit(url).path.split("/") if segment]
    for section, slug in pairwise(segments):
        if section in ("in", "company", "school"):
            return section, unquote(slug).lower()
        if section == "author":  # /today/author/<slug>: the list of somebody's articles
            return "in", unquote(slug).lower()
    return None


@lru_cache(maxsize=100_000)
def author(seed: int, section: str, slug: str) -> Author:
    """The invented person or organisation behind a profile path."""
    chance = dice(seed, section, slug)
    name, host = _known().get((section, slug), (None, None))
    place = host or _PLACES[chance.below(len(_PLACES))]
    shown = "www" if place in ("ae", "jp") else place
    user_id = quote(slug)
    return Author(
        seed=seed,
        key=f"{section}/{slug}",
        is_person=section == "in",
        user_id=user_id,
        url=f"https://{shown}.linkedin.com/{section}/{user_id}",
        name=name or _spoken(slug) or _invented(chance, is_person=section == "in"),
        host=shown,
        language=_LANGUAGE_OF_HOST.get(place, "en"),
        followers=10 ** (2 + chance.below(4)) + chance.below(9000),
    )


def author_of(seed: int, url: str) -> Author:
    """The author whose profile URL this is; a URL that names no profile still gets somebody."""
    section, slug = profile_path(url) or ("in", f"unnamed-{dice(url).below(10**6)}")
    return author(seed, section, slug)


@lru_cache(maxsize=64)
def crowd(seed: int) -> tuple[Author, ...]:
    """Those who are reposted, tagged and liked: the bundled creators (about half of the seats) and others."""
    known = [author(seed, section, slug) for section, slug in _known()]
    others = []
    for number in range(CROWD_SIZE - 3 * len(known)):
        chance = dice(seed, "crowd", number)
        section = "company" if chance.chance(30) else "in"
        name = _invented(chance, is_person=section == "in")
        slug = f"{name.lower().replace(' ', '-')}-{chance.below(16**4):04x}"
        others.append(author(seed, section, slug))
    return tuple(known * 3 + others)


@lru_cache(maxsize=1)
def _known() -> dict[tuple[str, str], tuple[str, str]]:
    """Name and host of the bundled creators by path; two write in a script their host does not tell."""
    scripts = {"karim-haddad-urban": "ae", "yuki-tanabe-design": "jp"}
    found = {}
    for creator in creators():
        path = profile_path(creator.profile_url)
        if path is not None:
            host = urlsplit(creator.profile_url).netloc.lower().partition(".linkedin.com")[0]
            host = scripts.get(path[1], host if len(host) == 2 else "www")
            found[path] = (creator.name, host)
    return found


def _spoken(slug: str) -> str | None:
    words = [word.capitalize() for word in slug.split("-") if word.isalpha()]
    return " ".join(words[:3]) if len(words) > 1 else None


def _invented(chance: Dice, *, is_person: bool) -> str:
    last = LAST_NAMES[chance.below(len(LAST_NAMES))]
    if is_person:
        return f"{FIRST_NAMES[chance.below(len(FIRST_NAMES))]} {last}"
    return f"{last} {TRADES[chance.below(len(TRADES))]}"
