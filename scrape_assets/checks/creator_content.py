"""The checks of `creator_content` and their thresholds."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import dagster as dg
from sqlalchemy.engine import Connection

from scrape_assets.checks.verdict import Check, Verdict
from scrape_assets.markdown import table
from scrape_assets.storage import quality

# A median over fewer snapshots says nothing.
ENOUGH_EARLIER = 5
# Feeds differ; half of what is usual is a break, not a variation.
OF_THE_MEDIAN_AT_LEAST = 0.5


def required_fields(conn: Connection, snapshot_ids: Sequence[str], now: datetime) -> Verdict:  # noqa: ARG001
    """Each match has its post."""
    lost = quality.orphans(conn, snapshot_ids)
    return Verdict(
        passed=lost == 0,
        says=f"{lost} matches have no post" if lost else "each match has its post",
        severity=dg.AssetCheckSeverity.ERROR,
    )


def no_duplicates(conn: Connection, snapshot_ids: Sequence[str], now: datetime) -> Verdict:  # noqa: ARG001
    """One post, at most one author."""
    twice = quality.posts_with_two_authors(conn, snapshot_ids)
    return Verdict(
        passed=not twice,
        says=f"{len(twice)} posts or more have two authors" if twice else "no post has two authors",
        metadata={"posts": table(("platform", "post", "creators"), twice)},
    )


def match_rate(conn: Connection, snapshot_ids: Sequence[str], now: datetime) -> Verdict:
    """The match rate is near its trailing median."""
    found = quality.match_rate(conn, snapshot_ids, now)
    rate = found.matched / found.posts if found.posts else None
    if rate is None or found.trailing_median is None or found.earlier < ENOUGH_EARLIER:
        known = "no posts" if rate is None else f"{rate:.0%} of {found.posts} posts matched"
        return Verdict(passed=True, says=f"{known}; {found.earlier} earlier snapshots are too few to compare with")
    return Verdict(
        passed=rate >= found.trailing_median * OF_THE_MEDIAN_AT_LEAST,
        says=f"{rate:.0%} of {found.posts} posts matched; the median is {found.trailing_median:.0%}",
        metadata={"rate": rate, "trailing_median": found.trailing_median, "earlier_snapshots": found.earlier},
    )


CHECKS: Mapping[str, Check] = {
    "required_fields": required_fields,
    "no_duplicates": no_duplicates,
    "match_rate": match_rate,
}
