"""The check of `collections`: nobody waits for a job that nobody tries again."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.engine import Connection

from scrape_assets.checks.verdict import Check, Verdict
from scrape_assets.ledger.dead_letters import LetterFilter, LetterKind, each
from scrape_assets.markdown import table
from scrape_assets.operations.causes import by_cause
from scrape_assets.partitions import day_and_platform

CAUSES_SHOWN = 20


def dead_letters(conn: Connection, keys: Sequence[str], now: datetime) -> Verdict:  # noqa: ARG001
    """No job of these days and platforms is a dead letter."""
    days = tuple(day_and_platform(key) for key in keys)
    causes = by_cause(each(conn, LetterFilter(kind=LetterKind.JOB, collected_for=days)))
    found = sum(cause.count for cause in causes)
    says = f"{found} jobs are dead letters, most of them: {causes[0].message}" if causes else "no job is a dead letter"
    return Verdict(
        passed=not found,
        says=says,
        metadata={
            "dead_letters": found,
            "causes": table(
                ("jobs", "class", "cause", "for example"),
                ((c.count, c.error_class, c.message, c.example) for c in causes[:CAUSES_SHOWN]),
            ),
        },
    )


CHECKS: Mapping[str, Check] = {"dead_letters": dead_letters}
