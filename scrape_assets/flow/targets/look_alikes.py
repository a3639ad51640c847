"""Who looks like whom: authors whom nobody follows where they write against creators known elsewhere, and creators.

What makes two names alike stands in `resemblance`; nothing is written here.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import Connection

from scrape_assets.flow.targets.resemblance import Account, Likeness, Lookup, compare
from scrape_assets.storage.suggestions import Author, Kind, KnownCreator, NewSuggestion, said_by

MOST_OF_ONE = 3  # accounts of a creator on one platform: who has more look-alikes has a common name
POSTS_READ = 20  # of a candidate, for addresses of the creator in them
ALIKE_AT_ALL = 0.2  # a score; below it posts are not read for addresses


@dataclass(frozen=True)
class _Pair:
    """A creator and somebody who looks alike."""

    creator: KnownCreator
    likeness: Likeness
    author: Author | None = None
    other: KnownCreator | None = None
    linked: bool = False

    def score(self, known: _Known) -> float:
        """With what is known of all others."""
        platform = self.author.platform if self.author else ""
        named = Account.of(self.creator.name, ()).name
        namesakes = known.names[f"{platform} {' '.join(named)}"]
        return self.likeness.score(
            namesakes=namesakes,
            by_chance=known.by_chance(named, namesakes),
            handles=max(
                known.handles[f"{platform} {self.likeness.same_handle}"], known.handles[f" {self.likeness.same_handle}"]
            ),
            linked=self.linked,
        )


class _Known:
    """How frequent names, their words and handles are: what many have says little."""

    def __init__(self, creators: Sequence[Account]) -> None:
        self.names = Counter(f" {' '.join(account.name)}" for account in creators)
        self.handles = Counter(f" {handle}" for account in creators for handle in account.handles)
        self._words: Counter[str] = Counter()
        self._authors = 0

    def add(self, platform: str, account: Account) -> None:
        """Count one who writes; of names and handles only those that creators have."""
        self._authors += 1
        self._words.update(account.name)
        name = " ".join(account.name)
        if f" {name}" in self.names:
            self.names[f"{platform} {name}"] += 1
        for handle in account.handles:
            if f" {handle}" in self.handles:
                self.handles[f"{platform} {handle}"] += 1

    def by_chance(self, name: tuple[str, ...], namesakes: int) -> float:
        """How many of those who write would bear a name if its words came together by chance, namesakes left out."""
        if len(name) < 2 or not self._authors:
            return 0.0
        shares = (max(0, self._words[word] - namesakes) / self._authors for word in name)
        return self._authors * math.prod(shares)


def find_alike(
    creators: Sequence[KnownCreator], authors: Iterable[Author], threshold: float, conn: Connection | None = None
) -> list[NewSuggestion]:
    """Everybody who looks like a creator, the likest first.

    Args:
        creators: with their names and profiles.
        authors: whom nobody follows; gone through once.
        threshold: the score from which on somebody is suggested.
        conn: to look into posts for addresses of the creators; without it nobody is known to link to anybody.
    """
    accounts = [Account.of(one.name, one.handles) for one in creators]
    lookup = Lookup(accounts)
    known = _Known(accounts)
    pairs: list[_Pair] = []
    for author in authors:
        account = Account.of(author.author_name, (author.author_handle or author.author_key,))
        known.add(author.platform, account)
        for number in lookup.near(account):
            creator = creators[number]
            if author.platform in creator.platforms:
                continue  # followed there already, by another account: this one only looks like them
            likeness = compare(accounts[number], account)
            if likeness.score() >= ALIKE_AT_ALL:
                pairs.append(_Pair(creator, likeness, author=author))
    pairs += _creators_alike(creators, accounts, lookup)
    pairs = [one for one in pairs if one.score(known) >= ALIKE_AT_ALL]
    if conn is not None:
        pairs = _with_links(conn, pairs)
    found = [_suggestion(one, score) for one in pairs if (score := one.score(known)) >= threshold]
    return _the_likest(found)


def _creators_alike(creators: Sequence[KnownCreator], accounts: Sequence[Account], lookup: Lookup) -> Iterator[_Pair]:
    for number, account in enumerate(accounts):
        for other in lookup.near(account):
            # Two accounts on one platform are rarely one person's.
            if other > number and not creators[number].platforms & creators[other].platforms:
                likeness = compare(account, accounts[other])
                if likeness.score() >= ALIKE_AT_ALL:
                    yield _Pair(creators[number], likeness, other=creators[other])


def _with_links(conn: Connection, pairs: Sequence[_Pair]) -> list[_Pair]:
    """The same, with what the authors' own posts link to."""
    authors = {one.author: None for one in pairs if one.author}
    said: dict[Author, str] = {}
    listed = list(authors)
    for first in range(0, len(listed), 2_000):
        some = listed[first : first + 2_000]
        said |= {some[place]: text.casefold() for place, text in said_by(conn, some, POSTS_READ).items()}
    return [
        _Pair(one.creator, one.likeness, one.author, one.other, linked=True)
        if one.author and any(address in said.get(one.author, "") for address in map(_bare, one.creator.addresses))
        else one
        for one in pairs
    ]


def _bare(address: str) -> str:
    """An address as people write it in a text."""
    parts = urlsplit(address.casefold())
    return f"{(parts.hostname or '').removeprefix('www.')}{parts.path.rstrip('/')}"


def _suggestion(pair: _Pair, score: float) -> NewSuggestion:
    kind = Kind.PROFILE if pair.author else Kind.SAME_PERSON
    other_id = pair.other.creator_id if pair.other else None
    return NewSuggestion(kind, pair.creator.creator_id, score, tuple(_reasons(pair)), other_id, pair.author)


def _reasons(pair: _Pair) -> Iterator[str]:
    theirs = pair.author.author_name if pair.author else pair.other and pair.other.name
    if theirs and pair.likeness.name >= 1:
        yield f"the same name: {theirs}"
    elif theirs and pair.likeness.name >= 0.8:
        yield f"a similar name: {theirs} and {pair.creator.name}"
    elif theirs and pair.likeness.contradicts:
        yield f"another name, though: {theirs}, not {pair.creator.name}"
    handles = pair.author.author_handle or pair.author.author_key if pair.author else ", ".join(pair.other.handles)  # type: ignore[union-attr]
    if pair.likeness.handle >= 1:
        yield f"the same handle but for decoration: {handles}, as {pair.likeness.same_handle}"
    elif pair.likeness.handle >= 0.8:
        yield f"a similar handle: {handles}, like {pair.likeness.same_handle}"
    if pair.linked:
        yield "a post of theirs names the address of a profile of this creator"
    yield f"followed on {', '.join(sorted(pair.creator.platforms))}"


def _the_likest(found: list[NewSuggestion]) -> list[NewSuggestion]:
    found.sort(key=lambda one: (-one.score, one.creator_id, one.author.author_key if one.author else ""))
    taken: Counter[tuple[str, str]] = Counter()
    chosen = []
    for one in found:
        place = one.creator_id, one.author.platform if one.author else ""
        taken[place] += 1
        if taken[place] <= MOST_OF_ONE:
            chosen.append(one)
    return chosen
