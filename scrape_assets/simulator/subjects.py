"""Whom a call of the vendor's surface is about: what a fault rule may match, and what chance is drawn from."""

from typing import NamedTuple


class Subject(NamedTuple):
    """One job, or one call that has no job yet."""

    key: str  # the same for the same question, whenever it is asked: chance belongs to it
    texts: tuple[str, ...]  # a rule's `match` is looked for in these
    snapshot_id: str | None = None
