"""The checks of `creator_content` over the snapshots of a run."""

from collections.abc import Mapping

from scrape_assets.checks.run_check import Check, Run
from scrape_assets.operations.checking.match_rates import match_rate as judged
from scrape_assets.operations.checking.verdict import Severity, Verdict
from scrape_assets.storage.quality import delivered


def required_fields(run: Run) -> Verdict:
    """Each match has its post."""
    rows = delivered.matches_without_post(run.keys)
    found = rows.look(run.conn)
    return Verdict.on(
        found,
        rows,
        Severity.ERROR,
        "matches",
        "matches_without_post",
        good="each match has its post",
        bad="matches have no post",
    )


def no_duplicates(run: Run) -> Verdict:
    """One post, at most one author."""
    rows = delivered.posts_with_two_authors(run.keys)
    found = rows.look(run.conn)
    return Verdict.on(
        found,
        rows,
        Severity.WARN,
        "posts_with_two_authors",
        "posts",
        good="no post has two authors",
        bad="posts have two authors",
    )


def match_rate(run: Run) -> Verdict:
    """The match rate of each platform is near its trailing median."""
    return judged(run.conn, run.keys, run.now, run.limits)


CHECKS: Mapping[str, Check] = {
    "required_fields": required_fields,
    "no_duplicates": no_duplicates,
    "match_rate": match_rate,
}
