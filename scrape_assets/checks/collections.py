"""The check of `collections`: nobody waits for a job that nobody tries again."""

from collections.abc import Mapping

from scrape_assets.checks.run_check import Check, Run
from scrape_assets.ledger.dead_letters import LetterFilter, LetterKind, each
from scrape_assets.operations.causes import by_cause
from scrape_assets.operations.checking.verdict import Listing, Verdict
from scrape_assets.partitions import day_and_platform
from scrape_assets.storage.quality.rows import Rows

CAUSES_SHOWN = 20


def dead_letters(run: Run) -> Verdict:
    """No job of these days and platforms is a dead letter."""
    days = tuple(day_and_platform(key) for key in run.keys)
    causes = by_cause(each(run.conn, LetterFilter(kind=LetterKind.JOB, collected_for=days)))
    found = sum(cause.count for cause in causes)
    return Verdict(
        not found,
        f"{found} jobs are dead letters, most of them: {causes[0].message.rstrip('.')}"
        if causes
        else "no job is a dead letter",
        figures={"dead_letters": found},
        listings={
            "causes": Listing.of(
                ("jobs", "class", "cause", "for example"),
                ((c.count, c.error_class, c.message, c.example) for c in causes[:CAUSES_SHOWN]),
            )
        },
        failing=Rows(
            """SELECT job_id, platform, target_id, collection_date, status, attempts, error_class, error
               FROM scrape_jobs
               WHERE status IN ('failed', 'dead') AND collection_date::text || '|' || platform = ANY(:days)""",
            {"days": list(run.keys)},
        ),
        page="/dead-letters",
    )


CHECKS: Mapping[str, Check] = {"dead_letters": dead_letters}
