"""How the posts of a snapshot fill their fields, and which keys its records had: what a silent change shows in."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import msgspec

LOOK_AT_EVERY = 64
"""Every so many rows one is read whole, for its keys: a key that comes or goes does so in all of them."""
MOST_KEYS = 300


@dataclass
class Coverage:
    """Counts, of one snapshot or of several."""

    posts: int = 0
    filled: Counter[str] = field(default_factory=Counter)  # posts that give a field
    looked_at: int = 0
    keys: Counter[str] = field(default_factory=Counter)  # records looked at that have a key, known to us or not

    def add(self, posts: int, filled: Mapping[str, int]) -> None:
        """Count further posts."""
        self.posts += posts
        for name, count in filled.items():
            self.filled[name] += count

    def add_keys(self, looked_at: int, keys: Mapping[str, int]) -> None:
        """Count the keys of further records."""
        self.looked_at += looked_at
        for name, count in keys.items():
            if name in self.keys or len(self.keys) < MOST_KEYS:
                self.keys[name] += count

    @property
    def shares(self) -> dict[str, float]:
        """The share of posts that give each field; empty when there are none."""
        return {name: count / self.posts for name, count in self.filled.items()} if self.posts else {}

    def as_json(self) -> dict[str, object]:
        """As the ledger keeps it."""
        filled = {name: count for name, count in self.filled.items() if count}
        return {"posts": self.posts, "filled": filled, "looked_at": self.looked_at, "keys": dict(self.keys)}

    @classmethod
    def of_json(cls, given: Mapping[str, Any]) -> Self:
        """Read what `as_json` wrote."""
        return cls(given["posts"], Counter(given["filled"]), given["looked_at"], Counter(given["keys"]))


def record_keys(line: bytes) -> Iterable[str]:
    """The keys of a record, or of the item that a direct source's line holds. None for what is no object."""
    try:
        record = msgspec.json.decode(line)
    except (ValueError, RecursionError):
        return ()
    if isinstance(record, dict) and isinstance(record.get("item"), dict):
        record = record["item"]
    return [key.replace("\0", "")[:100] for key in record] if isinstance(record, dict) else ()
