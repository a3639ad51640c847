"""The checks of `creator_content` over the snapshots of a run."""

from collections.abc import Mapping

from scrape_assets.checks.run_check import Check, Run
from scrape_assets.operations.checking.match_rates import match_rate as judged
from scrape_assets.operations.checking.verdict import Listing, Severity, Verdict
from scrape_assets.storage.quality import delivered


def required_fields(run: Run) -> Verdict:
    """Each match has its post."""
    rows = delivered.matches_without_post(run.keys)
    lost = rows.look(run.conn)
    return Verdict(
        not lost.count,
        f"{lost.count} matches have no post" if lost.count else "each match has its post",
        Severity.ERROR,
        {"matches": lost.count},
        {"matches_without_post": Listing.found(lost)},
        rows,
    )


def no_duplicates(run: Run) -> Verdict:
    """One post, at most one author."""
    rows = delivered.posts_with_two_authors(run.keys)
    twice = rows.look(run.conn)
    return Verdict(
        not twice.count,
        f"{twice.count} posts have two authors" if twice.count else "no post has two authors",
        Severity.WARN,
        {"posts_with_two_authors": twice.count},
        {"posts": Listing.found(twice)},
        rows,
    )


def match_rate(run: Run) -> Verdict:
    """The match rate of each platform is near its trailing median."""
    return judged(run.conn, run.keys, run.now, run.limits)


CHECKS: Mapping[str, Check] = {
    "required_fields": required_fields,
    "no_duplicates": no_duplicates,
    "match_rate": match_rate,
}
