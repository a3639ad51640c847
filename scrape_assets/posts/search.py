"""What is looked for around an event, and the key under which its finds are attributed. No source's query language."""

from dataclasses import dataclass

PREFIX = "search:"


@dataclass(frozen=True, slots=True)
class Place:
    """A circle on the earth."""

    latitude: float  # degrees, WGS 84
    longitude: float
    radius_km: float


@dataclass(frozen=True, slots=True)
class Search:
    """Posts that hold any of the keywords, or were written at the place."""

    keywords: tuple[str, ...] = ()  # phrases as people write them, hashtags with or without '#'
    place: Place | None = None


def search_key(words: str) -> str:
    """The key of a search in the place of a profile's: two spellings of one search have the same.

    Args:
        words: a keyword or hashtag, or `event:<id>` for all that is asked for one event at once.
    """
    return PREFIX + " ".join(words.casefold().lstrip("#").split())
