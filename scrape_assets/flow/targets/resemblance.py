"""How much two accounts look like one person's: names and handles, folded and compared. No SQL, and no decision.

A score is for a person who decides; nothing is ever matched by it. What weighs how much was tried on a labelled set:
benchmarks/suggestions.py.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from rapidfuzz.distance import Indel

# What people add to a name that is taken, or to say that it is really they.
_BEFORE = re.compile(r"^(?:the|real|its|iam|im|official)(?=.{4})")
_AFTER = re.compile(r"(?<=.{4})(?:official|real|hq|tv|app|\d+)$")
_SERVER = re.compile(r"(?:@.*|\.bsky\.social)$")
_NUMBER = re.compile(r"\d+$")
_WORDS = re.compile(r"[^\W_]+")
_DECORATION = frozenset({"official", "real", "the", "inc", "ltd", "llc", "gmbh", "ag", "as", "dr", "phd", "mba"})

ALIKE_FROM = 0.8  # less alike is not alike at all: half of all names share half of their letters
CONTRADICTS = 0.5  # names that are less alike than this speak against
NAME_WEIGHT = 0.76
HANDLE_WEIGHT = 0.78
LINK_WEIGHT = 0.8
ONE_WORD = 0.55  # of a name's weight: there are many of the name Alex
SHORT_HANDLE = 5  # letters; shorter ones are often free by chance
MADE_OF_NAME = 0.35  # of a handle's weight: whoever bears the name may well choose jane.doe, too
OTHER_NUMBER = 0.92  # how alike jane11 and jane68 are
INITIAL = 0.85  # how alike J. and Jane are
MORE_WORDS = 0.9  # how alike Jane Doe and Jane Maria Doe are; or Jane Doe Fans
CHANCE = 2  # how much it counts against a name that somebody else bears it by chance

SHORTEST_WORD = 4  # letters, to look somebody up by
BEGINNING = 6
MOST_OF_A_KEY = 40  # a key that leads to more creators says nothing of any


def folded(name: str | None) -> tuple[str, ...]:
    """The words of a name as they are compared: without accents, case and decoration."""
    if not name:
        return ()
    plain = unicodedata.normalize("NFKD", name).casefold()
    words = _WORDS.findall("".join(letter for letter in plain if not unicodedata.combining(letter)))
    return tuple(word for word in words if word not in _DECORATION) or tuple(words)


def compact(handle: str | None) -> str:
    """A handle as it is compared: letters and digits, without server, decoration and appended digits."""
    if not handle:
        return ""
    plain = "".join(folded(_SERVER.sub("", handle.rsplit("/", 1)[-1].lstrip("@"))))
    return _AFTER.sub("", _BEFORE.sub("", plain))


@dataclass(frozen=True, slots=True)
class Account:
    """What is compared of an account, or of all accounts of a creator."""

    name: tuple[str, ...]
    handles: tuple[str, ...]
    numbers: frozenset[str] = frozenset()  # that stand behind the handles

    @classmethod
    def of(cls, name: str | None, handles: Iterable[str | None]) -> Account:
        """As it is written."""
        written = [one for one in handles if one]
        kept = dict.fromkeys(handle for one in written if (handle := compact(one)))
        return cls(folded(name), tuple(kept), frozenset(found[0] for one in written if (found := _NUMBER.search(one))))

    def leads(self) -> set[str]:
        """By what others who look like this are looked up: whoever shares none is not compared."""
        words = self.name
        whole = {*self.handles, "".join(words), "".join(reversed(words))}
        if len(words) > 1:
            whole.add(words[0][0] + words[-1])
        pairs = {" ".join(sorted(pair)) for pair in combinations(words[:4], 2)}
        single = {f"{word} " for word in words if len(word) >= SHORTEST_WORD}
        beginnings = {f"{one[:BEGINNING]}…" for one in whole if len(one) >= BEGINNING}
        return {key for key in whole | pairs | single | beginnings if len(key) >= SHORTEST_WORD}


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two accounts are, from 0 to 1 each."""

    name: float
    handle: float
    same_handle: str  # the creator's handle that is the likest, folded
    one_word: bool  # whether one of the names is a single word
    contradicts: bool  # whether both have names, and quite different ones
    made_of_name: bool  # whether the handle is but the name

    def score(self, *, namesakes: int = 1, by_chance: float = 0.0, handles: int = 1, linked: bool = False) -> float:
        """How worth a person's look it is, from 0 to 1. Not a probability.

        Args:
            namesakes: how many accounts on that platform bear the name.
            by_chance: how many would, from how frequent its words are.
            handles: how many accounts on that platform, or creators, have the handle.
            linked: whether one of the two names the other's address.
        """
        rare = (1 + math.log2(max(1, namesakes))) * (1 + CHANCE * by_chance)
        name = _above(self.name) * (ONE_WORD if self.one_word else 1) / rare
        short = min(1, len(self.same_handle) / SHORT_HANDLE) ** 2
        own = (MADE_OF_NAME if self.made_of_name else 1) * (0.6 if self.contradicts else 1)
        handle = _above(self.handle) * short * own / max(1, handles)
        unlike = (1 - NAME_WEIGHT * name) * (1 - HANDLE_WEIGHT * handle) * (1 - LINK_WEIGHT * linked)
        return round(1 - unlike, 3)


def compare(one: Account, other: Account) -> Likeness:
    """How alike two accounts are."""
    name = _names_alike(one.name, other.name)
    likest, handle = "", 0.0
    for mine in one.handles:
        for theirs in other.handles:
            alike = Indel.normalized_similarity(mine, theirs)
            if alike == 1 and one.numbers != other.numbers and one.numbers and other.numbers:
                alike = OTHER_NUMBER
            if alike > handle:
                likest, handle = mine, alike
    named = bool(one.name and other.name)
    return Likeness(
        name,
        handle,
        likest,
        min(len(one.name), len(other.name)) < 2,
        named and name < CONTRADICTS,
        likest in _handles_of(one.name),
    )


def _names_alike(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    """As alike as the least alike of their words, in whatever order: a family has one name in common."""
    if not one or not other:
        return 0.0
    if one == other or sorted(one) == sorted(other):
        return 1.0
    short, long = sorted((one, other), key=len)
    left, least = list(long), 1.0
    for word in short:
        alike, likest = max((_words_alike(word, theirs), theirs) for theirs in left)
        left.remove(likest)
        least = min(least, alike)
    return least * (MORE_WORDS if left else 1)


def _words_alike(one: str, other: str) -> float:
    if one != other and min(len(one), len(other)) == 1 and one[0] == other[0]:
        return INITIAL
    return Indel.normalized_similarity(one, other)


def _handles_of(name: tuple[str, ...]) -> frozenset[str]:
    """What people make of their name."""
    if not name:
        return frozenset()
    first, last = name[0], name[-1]
    whole, turned = "".join(name), "".join(reversed(name))
    short = (first + last, last + first, first[0] + last, first + last[0], last + first[0])
    return frozenset((whole, turned, first, last, *short))


@dataclass
class Lookup:
    """Accounts by what leads to them. To compare each with each would take hours."""

    accounts: Sequence[Account]
    _by_key: dict[str, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Sort them in, and leave out what leads to too many."""
        for number, account in enumerate(self.accounts):
            for key in account.leads():
                self._by_key.setdefault(key, []).append(number)
        for key in [key for key, numbers in self._by_key.items() if len(numbers) > MOST_OF_A_KEY]:
            del self._by_key[key]

    def near(self, account: Account) -> Iterator[int]:
        """The numbers of those that may look like it, each once."""
        found: set[int] = set()
        for key in account.leads():
            found.update(self._by_key.get(key, ()))
        yield from found


def _above(alike: float) -> float:
    """0 at ALIKE_FROM, 1 where they are equal."""
    return max(0.0, (alike - ALIKE_FROM) / (1 - ALIKE_FROM))
