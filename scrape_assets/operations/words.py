"""How operations put things in words: moments, holders, attempts. No I/O."""

from collections.abc import Mapping
from datetime import UTC, datetime

from scrape_assets.ledger.errors import ErrorClass
from scrape_assets.ledger.retries import BUDGETS


def at(moment: datetime | None) -> str:
    """A moment, in UTC."""
    return "some time" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def holder(owner: str | None) -> str:
    """Who holds a lease: a run of Dagster, or a process (host, number)."""
    if not owner:
        return "a process"
    kind, _, name = owner.partition(":")
    return f"run {name}" if kind == "run" else f"the process {owner}"


def attempts_spent(
    error_class: ErrorClass | None, failures: Mapping[str, int], attempts: int, max_attempts: int
) -> str:
    """How many attempts are spent of how many, by the class of the last failure and in all."""
    in_all = f"{attempts} of {max_attempts} attempts are spent"
    if error_class is None or (tries := BUDGETS[error_class].tries) is None:
        return in_all
    if tries == 1:
        return f"{error_class} ends at once"
    return f"{in_all}, {failures.get(error_class, 0)} of {tries} for {error_class}"


def sentence(line: str) -> str:
    """A capital letter at the beginning and a full stop at the end."""
    ended = line if line.endswith((".", "?", "!")) else f"{line}."
    return ended[:1].upper() + ended[1:]
