"""Repeatable chance: the same words always throw the same numbers, on every machine and in every order."""

import hashlib


class Dice:
    """A stream of numbers drawn from a hash of the given words; cheap enough for one per row."""

    __slots__ = ("_pool",)

    def __init__(self, pool: int) -> None:
        self._pool = pool

    def below(self, limit: int) -> int:
        """A number from 0 to limit - 1. About 500 bits are there to be drawn; after that it throws zeros."""
        self._pool, drawn = divmod(self._pool, limit)
        return drawn

    def chance(self, percent: int) -> bool:
        """True in so many of a hundred cases."""
        self._pool, drawn = divmod(self._pool, 100)
        return drawn < percent


def roll(*words: object) -> int:
    """A 512-bit number that belongs to these words alone."""
    text = "|".join(map(str, words))
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass")).digest(), "little")


def dice(*words: object) -> Dice:
    """Dice that belong to these words alone."""
    return Dice(roll(*words))
