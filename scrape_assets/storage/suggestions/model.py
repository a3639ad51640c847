"""What a suggestion is, and what it is made from. No statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What is suggested."""

    PROFILE = "profile"  # somebody who writes on a platform may be a creator who is followed elsewhere
    SAME_PERSON = "same_person"  # two creators may be one


class Standing(StrEnum):
    """What a person has said of it."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True)
class KnownCreator:
    """A creator with all names and profiles."""

    creator_id: str
    name: str
    handles: tuple[str, ...]
    platforms: frozenset[str]  # of current profiles
    addresses: tuple[str, ...]  # of current profiles


@dataclass(frozen=True)
class Author:
    """Somebody who writes, and whom nobody follows there."""

    platform: str
    author_key: str
    author_id: str | None
    author_handle: str | None
    author_name: str | None
    author_url: str | None


@dataclass(frozen=True)
class NewSuggestion:
    """What may be so, and why."""

    kind: Kind
    creator_id: str
    score: float  # from 0 to 1
    reasons: tuple[str, ...]  # sentences
    other_creator_id: str | None = None  # same_person
    author: Author | None = None  # profile


@dataclass(frozen=True)
class Suggestion:
    """A suggestion as it is kept."""

    suggestion_id: int
    kind: Kind
    creator_id: str
    creator_name: str
    other_creator_id: str | None
    other_creator_name: str | None
    platform: str  # "" for same_person, as the next
    author_key: str
    author_id: str | None
    author_handle: str | None
    author_name: str | None
    author_url: str | None
    score: float
    reasons: tuple[str, ...]
    status: Standing
    suggested_at: datetime
    decided_at: datetime | None
    decided_by: str | None
