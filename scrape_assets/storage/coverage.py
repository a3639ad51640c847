"""How the posts of a snapshot fill their fields, and which keys its records had: what a silent change shows in."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import msgspec

LOOK_AT_EVERY = 64
"""Every so many rows one is read whole, for its keys: a key that comes or goes does so in all of them."""
CLOSELY_AT_FIRST = 64
"""So many rows are looked at more closely: of a single feed there are not more. A look costs half a mapping."""
LOOK_AT_FIRST_EVERY = 8
MOST_KEYS = 300


@dataclass
class Coverage:
    """Counts, of one snapshot or of several."""

    posts: int = 0
    filled: Counter[str] = field(default_factory=Counter)  # posts that give a field
    looked_at: int = 0
    keys: Counter[str] = field(default_factory=Counter)  # records looked at that have a key, known to us or not
    given: Counter[str] | None = field(default_factory=Counter)  # … and a value for it; None: noted by an older version

    def add(self, posts: int, filled: Mapping[str, int]) -> None:
        """Count further posts."""
        self.posts += posts
        for name, count in filled.items():
            self.filled[name] += count

    def add_keys(self, looked_at: int, keys: Mapping[str, int], given: Mapping[str, int] | None) -> None:
        """Count the keys of further records."""
        self.looked_at += looked_at
        for name, count in keys.items():
            if name in self.keys or len(self.keys) < MOST_KEYS:
                self.keys[name] += count
        if given is None or self.given is None:
            self.given = None
            return
        for name, count in given.items():
            if name in self.keys:
                self.given[name] += count

    @property
    def shares(self) -> dict[str, float]:
        """The share of posts that give each field; empty when there are none."""
        return {name: count / self.posts for name, count in self.filled.items()} if self.posts else {}

    def as_json(self) -> dict[str, object]:
        """As the ledger keeps it."""
        filled = {name: count for name, count in self.filled.items() if count}
        written = {"posts": self.posts, "filled": filled, "looked_at": self.looked_at, "keys": dict(self.keys)}
        return written if self.given is None else {**written, "given": dict(self.given)}

    @classmethod
    def of_json(cls, given: Mapping[str, Any]) -> Self:
        """Read what `as_json` wrote."""
        values = given.get("given")
        return cls(
            given["posts"],
            Counter(given["filled"]),
            given["looked_at"],
            Counter(given["keys"]),
            None if values is None else Counter(values),
        )


def is_looked_at(row_number: int) -> bool:
    """Whether this row of a payload is read whole; `row_number` counts from 1."""
    return row_number % (LOOK_AT_FIRST_EVERY if row_number <= CLOSELY_AT_FIRST else LOOK_AT_EVERY) == 1


def record_keys(line: bytes) -> Mapping[str, bool]:
    """The keys of a record, or of the item that a direct source's line holds, and whether each has a value.

    A key whose value is null is another thing than a key that is absent. None for what is no object.
    """
    try:
        record = msgspec.json.decode(line)
    except (ValueError, RecursionError):
        return {}
    if isinstance(record, dict) and isinstance(record.get("item"), dict):
        record = record["item"]
    if not isinstance(record, dict):
        return {}
    return {key.replace("\0", "")[:100]: value is not None for key, value in record.items()}
