"""Dead letters by what they died of: one line for what a thousand of them have in common. Changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from scrape_assets.ledger.dead_letters import DeadLetter, LetterFilter, LetterKind, find
from scrape_assets.ledger.errors import MAX_MESSAGE_LENGTH, ErrorClass

NEWEST = 5_000  # so many dead letters are looked at, where nobody asks for all
ANY = LetterFilter()
_LONGEST = 300
_URL = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s\"'<>)\]]+", re.IGNORECASE)
# What holds digits and is long enough for an id: snapshots, jobs, runs, processes, dates, hashes.
_ID = re.compile(r"(?<![\w<])(?=[\w:.@+-]*\d)(?=[\w:.@+-]*[a-z_-])[\w:.@+-]{6,}(?<![.:-])", re.IGNORECASE)
_NUMBER = re.compile(r"(?<!HTTP )(?<![\w<])\d+(?:[.,:]\d+)*")


@dataclass
class Cause:
    """What some dead letters have died of."""

    kind: LetterKind
    error_class: ErrorClass | None
    message: str  # with what differs between them blanked out
    count: int = 0
    platforms: dict[str, int] = field(default_factory=dict)
    newest: datetime | None = None  # aware; when the last of them died
    example: str = ""  # the id of the newest


def blanked(message: str) -> str:
    """A message without what differs between two of its kind: URLs, ids and numbers. An HTTP status stays."""
    tidy = " ".join(message[:MAX_MESSAGE_LENGTH].split())
    for pattern, blank in ((_URL, "<url>"), (_ID, "<id>"), (_NUMBER, "<n>")):
        tidy = pattern.sub(blank, tidy)
    return tidy if len(tidy) <= _LONGEST else tidy[: _LONGEST - 1] + "…"


def by_cause(letters: Iterable[DeadLetter]) -> list[Cause]:
    """The causes of dead letters, which come newest first; the most frequent cause first."""
    causes: dict[tuple[LetterKind, ErrorClass | None, str], Cause] = {}
    for letter in letters:
        key = _key(letter)
        cause = causes.get(key)
        if cause is None:
            cause = causes[key] = Cause(*key, newest=letter.died_at, example=letter.id)
        cause.count += 1
        cause.platforms[letter.platform] = cause.platforms.get(letter.platform, 0) + 1
    return sorted(causes.values(), key=lambda cause: (-cause.count, cause.kind, cause.message))


def newest_by_cause(conn: Connection, which: LetterFilter = ANY, limit: int = NEWEST) -> list[Cause]:
    """The causes of the newest dead letters; the most frequent cause first."""
    return by_cause(find(conn, which, limit))


def is_of(letter: DeadLetter, cause: Cause) -> bool:
    """Whether a dead letter has died of this cause."""
    return _key(letter) == (cause.kind, cause.error_class, cause.message)


def _key(letter: DeadLetter) -> tuple[LetterKind, ErrorClass | None, str]:
    return letter.kind, letter.error_class, blanked(letter.error or "no reason was noted")
