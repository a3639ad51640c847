"""Invented people for `benchmarks.suggestions`: creators on Instagram, and who writes on X, with the truth about them.

Three tenths of the creators write on X too, under the same, a similar or another handle and name. Nobody else there is
one of them: strangers whose names are drawn from the same lists, and accounts that call themselves after a creator.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from scrape_assets.simulator.names import FIRST_NAMES

FIRST, LAST = 400, 6_000  # how many names there are; the frequent ones are borne by many
SYLLABLES = (
    "an",
    "ber",
    "cas",
    "dor",
    "el",
    "far",
    "gun",
    "hol",
    "is",
    "jan",
    "kel",
    "lor",
    "mar",
    "nor",
    "os",
    "per",
    "quin",
    "ros",
    "sal",
    "tor",
    "ul",
    "ver",
    "wil",
    "xan",
    "yor",
    "zel",
)
ENDINGS = ("a", "e", "i", "o", "en", "er", "ik", "is", "son", "sen", "ov", "ini", "aux", "mann", "dottir", "berg")
SHARE_ON_X = 0.3
SHARE_NAMED_AFTER = 0.02  # of those who write: fans, parodies, a shop of the same name


@dataclass(frozen=True)
class Person:
    """One account."""

    handle: str
    name: str
    of: int | None = None  # which creator's it is in truth
    links: bool = False  # a post names the creator's address
    how: str = "stranger"  # how it resembles


class World:
    """Creators and authors of one seed."""

    def __init__(self, creators: int, authors: int, seed: int) -> None:
        self._dice = random.Random(seed)
        self._weights: dict[int, list[float]] = {}
        self._first = [*FIRST_NAMES, *(self._word(1) for _ in range(FIRST - len(FIRST_NAMES)))]
        self._last = [self._word(2) for _ in range(LAST)]
        self._taken: set[str] = set()
        self.creators = [self._stranger() for _ in range(creators)]
        self._taken = set()
        theirs = [self._elsewhere(n, one) for n, one in enumerate(self.creators) if self._dice.random() < SHARE_ON_X]
        self.authors = [*theirs, *self._others(authors - len(theirs))]
        self._dice.shuffle(self.authors)

    def _word(self, syllables: int) -> str:
        return ("".join(self._dice.choices(SYLLABLES, k=syllables)) + self._dice.choice(ENDINGS)).capitalize()

    def _draw(self, names: list[str]) -> str:
        """The first are the most frequent, as with real names: three in a hundred bear the first of 400."""
        if len(names) not in self._weights:
            self._weights[len(names)] = list(accumulate(1 / (n + 10) for n in range(len(names))))
        return self._dice.choices(names, cum_weights=self._weights[len(names)])[0]

    def _stranger(self) -> Person:
        first, last = self._draw(self._first), self._draw(self._last)
        return Person(self._free(self._handle(first, last)), f"{first} {last}")

    def _others(self, count: int) -> Iterator[Person]:
        for _ in range(count):
            if self._dice.random() < SHARE_NAMED_AFTER:
                one = self._dice.choice(self.creators)
                what = self._dice.choice(("fans", "news", "daily", "parody", "quotes", "shop"))
                yield Person(self._free(f"{one.handle}_{what}"), f"{one.name} {what.title()}", how="named after")
            else:
                yield self._stranger()

    def _elsewhere(self, number: int, one: Person) -> Person:
        """The same person on X."""
        first, last = one.name.split(" ", 1)
        dice = self._dice
        how = dice.choices(
            ("the same", "handle varied", "name varied", "other handle", "other, linked"), (35, 30, 15, 15, 5)
        )[0]
        handle, name = one.handle, one.name
        if how == "handle varied":
            bare = handle.replace(".", "").replace("_", "")
            handle = dice.choice(
                (f"{bare}_", f"real{bare}", f"{bare}{dice.randrange(1, 99)}", f"{bare}official", bare[:-1])
            )
        elif how == "name varied":
            name = dice.choice((f"{last}, {first}", f"{first[0]}. {last}", f"{first} {last} 🎣", first, f"Dr. {name}"))
        elif how == "other handle":
            handle = f"{self._word(2).lower()}{dice.randrange(100)}"
        elif how == "other, linked":
            handle, name = f"{self._word(2).lower()}{dice.randrange(100)}", f"{first} {self._word(2)}"
        return Person(self._free(handle), name, number, how == "other, linked", how)

    def _handle(self, first: str, last: str) -> str:
        first, last = first.lower(), last.lower()
        number = self._dice.randrange(1, 99)
        forms = (f"{first}{last}", f"{first}.{last}", f"{first}_{last}", f"{first[0]}{last}", f"{last}{first[0]}",
                 f"{first}{number}", f"{first}{last}{number}", f"{self._word(2).lower()}{number}")  # fmt: skip
        return self._dice.choice(forms)

    def _free(self, handle: str) -> str:
        """As a platform has it: what is taken gets a number."""
        tried = handle
        while tried in self._taken:
            tried = f"{handle}{self._dice.randrange(10_000)}"
        self._taken.add(tried)
        return tried
