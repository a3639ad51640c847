"""The checks of `raw_posts` over the snapshots of a run. How fields and keys drift is in `drift`."""

from collections.abc import Mapping

from scrape_assets.checks.drift import field_coverage, schema_drift
from scrape_assets.checks.run_check import Check, Run
from scrape_assets.operations.checking.verdict import Listing, Severity, Verdict
from scrape_assets.storage.quality import delivered


def required_fields(run: Run) -> Verdict:
    """Time, author, URL and content are there in nearly all posts."""
    found = delivered.field_coverage(run.conn, run.keys)
    missing = {
        "time": found.without_time,
        "author": found.without_author,
        "url": found.without_url,
        "content": found.without_content,
    }
    worst = max(missing, key=lambda name: missing[name])
    share = missing[worst] / found.posts if found.posts else 0.0
    return Verdict(
        share <= run.limits.missing_at_most,
        f"{missing[worst]} of {found.posts} posts have no {worst}" if share else f"all {found.posts} posts complete",
        Severity.ERROR if share > run.limits.missing_is_grave else Severity.WARN,
        {"posts": found.posts, "share": share},
        {"missing": Listing.of(("field", "posts without"), missing.items())},
        delivered.posts_lacking(run.keys),
    )


def no_duplicates(run: Run) -> Verdict:
    """One URL, one post."""
    rows = delivered.same_url_twice(run.keys)
    found = rows.look(run.conn)
    return Verdict.on(
        found,
        rows,
        Severity.WARN,
        "addresses",
        "urls",
        good="each URL stands for one post",
        bad="URLs stand for more than one post",
    )


def plausible_times(run: Run) -> Verdict:
    """No post from the future of its collection, none from before social media."""
    rows = delivered.implausible_times(run.keys)
    found = rows.look(run.conn)
    return Verdict.on(
        found,
        rows,
        Severity.ERROR,
        "posts_with_impossible_time",
        "posts",
        good="all times are possible",
        bad="posts have an impossible time",
    )


def plausible_counts(run: Run) -> Verdict:
    """No impossible count, and those of posts seen before have not fallen together."""
    limits = run.limits
    impossible_rows = delivered.impossible_counts(run.keys, limits.count_at_most)
    impossible = impossible_rows.look(run.conn)
    if impossible.count:
        return Verdict(
            False,
            f"{impossible.count} posts have an impossible count",
            Severity.ERROR,
            {"posts_with_impossible_count": impossible.count},
            {"posts": Listing.found(impossible)},
            impossible_rows,
        )
    again = delivered.twice_observed(run.conn, run.keys)
    if again < limits.posts_at_least:
        return Verdict(True, f"all counts are possible; {again} posts seen before are too few to compare")
    fallen_rows = delivered.fallen_counts(run.keys)
    fallen = fallen_rows.look(run.conn)
    share = fallen.count / again
    return Verdict(
        share <= limits.counts_fallen_at_most,
        f"{fallen.count} of {again} posts seen before have less than half of a count they had ({share:.0%})"
        if fallen.count
        else f"all counts are possible; none of {again} posts seen before has halved",
        Severity.WARN,
        {"seen_before": again, "fallen": fallen.count, "share": share},
        {"fallen_counts": Listing.found(fallen)},
        fallen_rows,
    )


def rejected_share(run: Run) -> Verdict:
    """Few rows are rejected."""
    came = delivered.deliveries(run.conn, run.keys)
    rows, rejected = sum(one.payload_rows for one in came), sum(one.rows_rejected for one in came)
    share = rejected / rows if rows else 0.0
    worst = sorted((one for one in came if one.rows_rejected), key=lambda one: one.rows_rejected, reverse=True)
    return Verdict(
        share <= run.limits.rejected_at_most,
        f"{rejected} of {rows} rows rejected ({share:.1%})",
        Severity.ERROR if share > run.limits.rejected_is_grave else Severity.WARN,
        {"share": share},
        {
            "most": Listing.of(
                ("snapshot", "rows", "rejected"),
                ((o.snapshot_id, o.payload_rows, o.rows_rejected) for o in worst[:10]),
            )
        },
        delivered.rejected([one.snapshot_id for one in worst]),
    )


def vendor_count(run: Run) -> Verdict:
    """What came is what was announced. The vendor's count leaves error rows out; whether warnings too is unknown."""
    rows = delivered.short_of_records(run.keys)
    found = rows.look(run.conn)
    return Verdict.on(
        found,
        rows,
        Severity.ERROR,
        "snapshots_short",
        "short",
        good="as many records as announced",
        bad="snapshots are short of records",
    )


CHECKS: Mapping[str, Check] = {
    "required_fields": required_fields,
    "no_duplicates": no_duplicates,
    "plausible_times": plausible_times,
    "plausible_counts": plausible_counts,
    "rejected_share": rejected_share,
    "vendor_count": vendor_count,
    "field_coverage": field_coverage,
    "schema_drift": schema_drift,
}
