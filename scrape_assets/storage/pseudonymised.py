"""Rows as they may leave the house without names: whose they are is a keyed hash, what points to people is left out.

Texts stay, but for mentions, addresses and links in them. That is pseudonymised, not anonymous: a text can be searched
for. What each column becomes is told in docs/reading.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from scrape_assets.posts.identity import NotAProfile, profile_key
from scrape_assets.storage.pseudonyms import Pseudonyms
from scrape_assets.storage.views import View

Row = Sequence[object]

_LINK = re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_MENTION = re.compile(r"(?<![\w@])@(\w[\w.-]*(?:@[\w.-]+\w)?)")

# Of the author, beside what becomes a hash: each alone would say who it is.
_LEFT_OUT = frozenset(
    {"url", "creator_name", "author_name", "author_handle", "author_id", "author_url", "latitude", "longitude",
     "snapshot_id"}
)  # fmt: skip
_POST_IDS = frozenset({"post_id", "reposted_from", "reply_to", "quote_of"})


class Pseudonymiser:
    """Changes the rows of a view."""

    def __init__(self, view: View, pseudonyms: Pseudonyms) -> None:
        names = list(view.columns)
        self._names = names
        self._platform = names.index("platform")
        self._pseudonyms = pseudonyms
        self._changes = {place: change for place, name in enumerate(names) if (change := self._change_of(name))}
        self._author = lru_cache(100_000)(self._author_of)

    def __call__(self, row: Row) -> list[object]:
        """The row without names."""
        platform = str(row[self._platform])
        changed = list(row)
        if "author_key" in self._names:
            changed[self._names.index("author_key")] = self._whose(platform, row)
        for place, change in self._changes.items():
            if row[place] is not None:
                changed[place] = change(platform, row[place])
        return changed

    def _change_of(self, name: str) -> Callable[[str, object], object] | None:
        if name in _LEFT_OUT:
            return lambda _platform, _value: None
        if name in _POST_IDS:
            return lambda platform, value: self._pseudonyms.short("post", platform, str(value))
        match name:
            case "creator_id":
                return lambda _platform, value: self._creator(value)
            case "creator_ids":
                return lambda _platform, value: [self._creator(one) for one in _listed(value)]
            case "mentions" | "tagged":
                return lambda platform, value: [self._author(platform, str(one)) for one in _listed(value)]
            case "title" | "text":
                return self._text
            case "media":
                return lambda _platform, value: [{"type": one.get("type")} for one in _listed(value)]
        return None

    def _whose(self, platform: str, row: Row) -> str | None:
        """By their key, or by what else the source said of them."""
        for name in ("author_key", "author_id", "author_handle"):
            if name in self._names and (value := row[self._names.index(name)]) is not None:
                return self._author(platform, str(value))
        return None

    def _author_of(self, platform: str, key: str) -> str:
        return self._pseudonyms.short("author", platform, key)

    def _creator(self, creator_id: object) -> str:
        return self._pseudonyms.short("creator", str(creator_id))

    def _text(self, platform: str, text: object) -> str:
        without_links = _LINK.sub("<link>", str(text))
        if "@" not in without_links:
            return without_links
        named = _MENTION.sub(lambda found: f"@{self._mentioned(platform, found[1])}", without_links)
        return _EMAIL.sub("<email>", named)

    def _mentioned(self, platform: str, handle: str) -> str:
        """The same hash as the author's own, where the handle leads to a profile."""
        try:
            key = profile_key(platform, f"@{handle.rstrip('.-')}").key
        except NotAProfile:
            key = handle.rstrip(".-").casefold()
        return self._author(platform, key)


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
