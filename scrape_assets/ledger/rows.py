"""From rows to records, fast: a sensor or a page of the API reads them by the thousand. No queries."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import Row

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


def reader(kind: type[T], read: Mapping[str, Callable[[Any], object]]) -> Callable[[Row[Any]], T]:
    """Make what turns a row into a frozen dataclass.

    Args:
        kind: a dataclass without slots or `__post_init__`; the row's columns are its fields, in their order.
        read: how some of them are read; the others are taken as they are.
    """
    names = [one.name for one in fields(kind)]  # type: ignore[arg-type] # there is no public type for "a dataclass"
    numbered = [(number, read[name]) for number, name in enumerate(names) if name in read]

    def one_of(row: Row[Any]) -> T:
        values: list[Any] = list(row)
        for number, how in numbered:
            values[number] = how(values[number])
        # Its own __init__ sets one attribute after the other past the lock that `frozen` is: ten times as long.
        made = object.__new__(kind)
        vars(made).update(zip(names, values, strict=True))
        return made

    return one_of


def member_or_none(kind: type[E]) -> Callable[[str | None], E | None]:
    """Make what turns a word into a member of an enumeration, and nothing into nothing.

    Raises (when called):
        KeyError: it is no member.
    """
    members: dict[str | None, E | None] = {None: None, **{str(one): one for one in kind}}
    return members.__getitem__
