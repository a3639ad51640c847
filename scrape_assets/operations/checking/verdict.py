"""What a check concludes, in figures and words. No queries, no thresholds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from scrape_assets.storage.quality.rows import Found, Rows


class Severity(StrEnum):
    """How grave it is when a check fails."""

    WARN = "WARN"  # somebody should look, within days
    ERROR = "ERROR"  # what is in the tables is wrong, or is being lost


@dataclass(frozen=True)
class Listing:
    """A small table."""

    headers: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]

    @classmethod
    def of(cls, headers: Sequence[str], rows: Iterable[Sequence[object]]) -> Listing:
        """From whatever rows."""
        return cls(tuple(headers), tuple(tuple(row) for row in rows))

    @classmethod
    def found(cls, found: Found) -> Listing:
        """The first of what a statement found."""
        return cls(tuple(name.replace("_", " ") for name in found.headers), found.rows)


@dataclass(frozen=True)
class Verdict:
    """Passed or not, how grave, and what a person should read."""

    passed: bool
    says: str  # what was found, with its figures
    severity: Severity = Severity.WARN  # when it failed
    figures: Mapping[str, str | int | float] = field(default_factory=dict)
    listings: Mapping[str, Listing] = field(default_factory=dict)
    failing: Rows | None = None  # the rows that made it fail, and no others
    page: str | None = None  # of the API, with its query

    @classmethod
    def on(
        cls, found: Found, rows: Rows, severity: Severity, figure: str, listing: str, *, good: str, bad: str
    ) -> Verdict:
        """What a statement that finds only what is wrong comes to.

        Args:
            found: by the statement.
            rows: the statement.
            severity: when it found anything.
            figure: what its count is called.
            listing: what the first of them are called.
            good: what is said when it found nothing.
            bad: what is said after the count when it did.
        """
        says = f"{found.count} {bad}" if found.count else good
        return cls(not found.count, says, severity, {figure: found.count}, {listing: Listing.found(found)}, rows)
