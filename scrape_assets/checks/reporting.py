"""How a verdict stands in Dagster's UI: words, figures, the rows that failed, the thresholds it was judged by."""

from __future__ import annotations

from collections.abc import Mapping

import dagster as dg

from scrape_assets.markdown import table
from scrape_assets.operations.checking.told import Told
from scrape_assets.operations.checking.verdict import Verdict
from scrape_assets.settings import Settings

Reported = Mapping[str, dg.MetadataValue | str | int | float]
MOST_SQL = 20_000  # letters: what is longer is no longer pasted by anybody, and is stored with every run


def description(told: Told, verdict: Verdict) -> str:
    """What was found; when it is bad, what it may mean, what happens by itself and what to do."""
    return told.message(verdict)


def metadata(told: Told, verdict: Verdict, settings: Settings) -> Reported:
    """Figures, tables, thresholds, and for what failed the statement and the page that show it."""
    reported: dict[str, dg.MetadataValue | str | int | float] = dict(verdict.figures)
    for name, listing in verdict.listings.items():
        reported[name] = table(listing.headers, listing.rows)
    limits = settings.checks.model_dump()
    given = [(name, limits[name]) for name in told.thresholds if name in limits]
    if given:
        reported["thresholds"] = table(("SCRAPE_ASSETS_CHECKS", "is"), given)
    if not verdict.passed:
        if verdict.failing:
            sql = verdict.failing.pasted
            shown = sql if len(sql) <= MOST_SQL else f"{sql[:MOST_SQL]}\n-- cut: too many snapshots in one run"
            reported["these_rows"] = dg.MetadataValue.md(f"```sql\n{shown}\n```")
        if verdict.page and settings.public_url:
            reported["page"] = dg.MetadataValue.url(f"{settings.public_url.rstrip('/')}{verdict.page}")
    return reported
