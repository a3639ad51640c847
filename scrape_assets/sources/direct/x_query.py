"""X's query language: a search as queries that X takes, and times as it writes them. No calls."""

import math
import re
from datetime import UTC, datetime

from scrape_assets.posts.search import Place, Search

RECENT_LENGTH, ARCHIVE_LENGTH = 512, 1024
"""Characters that X takes in a query of the last seven days, and of the whole archive."""

WIDEST_KM = 40
"""X takes 25 miles at most."""

_OR = " OR "
_BARE = re.compile(r"#?\w+")
_OPERATORS = frozenset({"and", "or", "not"})


def queries(search: Search, length: int) -> list[str]:
    """Queries that together find what holds any of the keywords or was written at the place, as few as can be.

    Raises:
        ValueError: a keyword alone is longer than X takes, or there is nothing to look for.
    """
    clauses = list(dict.fromkeys(clause for word in search.keywords if (clause := _phrase(word))))
    if search.place:
        clauses.append(point_radius(search.place))
    if not clauses:
        raise ValueError("a search on X needs a keyword or a place")
    packed: list[str] = []
    for clause in clauses:
        if len(clause) > length:
            raise ValueError(f"the keyword {clause[:40]}… has {len(clause)} characters; X takes {length}")
        if packed and len(packed[-1]) + len(_OR) + len(clause) <= length:
            packed[-1] += _OR + clause
        else:
            packed.append(clause)
    return packed


def _phrase(keyword: str) -> str | None:
    """A keyword that X reads as words, whatever is in it: nobody's keyword is meant as an operator."""
    words = " ".join(keyword.replace('"', " ").split())
    if _BARE.fullmatch(words) and words.casefold() not in _OPERATORS:
        return words
    words = words.lstrip("#").strip()  # a hashtag has no spaces and no signs
    return f'"{words}"' if any(letter.isalnum() for letter in words) else None


def point_radius(place: Place) -> str:
    """The operator for posts written in a circle; X wants the longitude first."""
    radius = min(max(math.ceil(place.radius_km), 1), WIDEST_KM)
    return f"point_radius:[{_degrees(place.longitude)} {_degrees(place.latitude)} {radius}km]"


def _degrees(angle: float) -> str:
    return f"{angle:.6f}".rstrip("0").rstrip(".")


def x_time(moment: datetime) -> str:
    """The form X wants: UTC, whole seconds; a part of one is left out."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
