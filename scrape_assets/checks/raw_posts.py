"""The checks of `raw_posts` and their thresholds."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import dagster as dg
from sqlalchemy.engine import Connection

from scrape_assets.checks.verdict import Check, Verdict
from scrape_assets.markdown import table
from scrape_assets.storage import quality

# Deleted originals and bare reposts lack a field now and then; a changed platform loses it for most.
MISSING_AT_MOST = 0.05
# In the vendor's real files up to 8 % of the rows are error or warning rows.
REJECTED_AT_MOST = 0.20
# A field that half of the posts have by habit and less than half as many have now: no day's mood does that.
USUALLY_AT_LEAST = 0.5
FALLEN_TO = 0.5
POSTS_AT_LEAST = 20


def required_fields(conn: Connection, snapshot_ids: Sequence[str], now: datetime) -> Verdict:  # noqa: ARG001
    """Time, author, URL and content are there in nearly all posts."""
    found = quality.field_coverage(conn, snapshot_ids)
    missing = {
        "time": found.without_time,
        "author": found.without_author,
        "url": found.without_url,
        "content": found.without_content,
    }
    worst = max(missing, key=lambda name: missing[name])
    share = missing[worst] / found.posts if found.posts else 0.0
    return Verdict(
        passed=share <= MISSING_AT_MOST,
        says=f"{missing[worst]} of {found.posts} posts have no {worst}"
        if share
        else f"all {found.posts} posts complete",
        severity=dg.AssetCheckSeverity.ERROR if share > 0.5 else dg.AssetCheckSeverity.WARN,
        metadata={"posts": found.posts, "missing": table(("field", "posts without"), missing.items())},
    )


def no_duplicates(conn: Connection, snapshot_ids: Sequence[str], now: datetime) -> Verdict:  # noqa: ARG001
    """One URL, one post."""
    twice = quality.same_url_twice(conn, snapshot_ids)
    return Verdict(
        passed=not twice,
        says=f"{len(twice)} URLs stand for more than one post" if twice else "each URL stands for one post",
        metadata={"urls": table(("url", "posts"), twice)},
    )


def plausible_times(conn: Connection, snapshot_ids: Sequence[str], now: datetime) -> Verdict:  # noqa: ARG001
    """No post from the future of its collection, none from before social media."""
    odd = quality.implausible_times(conn, snapshot_ids)
    return Verdict(
        passed=not odd,
        says=f"{len(odd)} posts or more have an impossible time" if odd else "all times are possible",
        severity=dg.AssetCheckSeverity.ERROR,
        metadata={"posts": table(("post", "posted", "collected"), odd)},
    )


def rejected_share(conn: Connection, snapshot_ids: Sequence[str], now: datetime) -> Verdict:  # noqa: ARG001
    """Few rows are rejected."""
    came = quality.deliveries(conn, snapshot_ids)
    rows, rejected = sum(one.payload_rows for one in came), sum(one.rows_rejected for one in came)
    share = rejected / rows if rows else 0.0
    worst = sorted(came, key=lambda one: one.rows_rejected, reverse=True)[:10]
    return Verdict(
        passed=share <= REJECTED_AT_MOST,
        says=f"{rejected} of {rows} rows rejected ({share:.1%})",
        metadata={
            "share": share,
            "most": table(
                ("snapshot", "rows", "rejected"),
                ((o.snapshot_id, o.payload_rows, o.rows_rejected) for o in worst),
            ),
        },
    )


def vendor_count(conn: Connection, snapshot_ids: Sequence[str], now: datetime) -> Verdict:  # noqa: ARG001
    """What came is what was announced. The vendor's count leaves error rows out; whether warnings too is unknown."""
    short = [
        one
        for one in quality.deliveries(conn, snapshot_ids)
        if one.vendor_records is not None and one.payload_rows < one.vendor_records
    ]
    return Verdict(
        passed=not short,
        says=f"{len(short)} snapshots are short of records" if short else "as many records as announced",
        severity=dg.AssetCheckSeverity.ERROR,
        metadata={
            "short": table(
                ("snapshot", "announced", "came"),
                ((o.snapshot_id, o.vendor_records, o.payload_rows) for o in short),
            )
        },
    )


def field_coverage(conn: Connection, snapshot_ids: Sequence[str], now: datetime) -> Verdict:
    """No field that most posts of a source had has vanished from most of them."""
    drifts = quality.drifts(conn, snapshot_ids, now)
    fallen = [
        (drift.of, field, usual, drift.shares.get(field, 0.0))
        for drift in drifts
        if drift.posts >= POSTS_AT_LEAST
        for field, usual in drift.usual.items()
        if usual >= USUALLY_AT_LEAST and drift.shares.get(field, 0.0) < usual * FALLEN_TO
    ]
    shown = [(of, field, f"{usual:.0%}", f"{share:.0%}") for of, field, usual, share in fallen]
    keys = [(drift.of, ", ".join(drift.new_keys), ", ".join(drift.vanished_keys)) for drift in drifts]
    if fallen:
        of, field, usual, share = max(fallen, key=lambda one: one[2] - one[3])
        says = f"{of}: field coverage of {field} fell from {usual:.0%} to {share:.0%}"
    else:
        says = "the fields are filled as usual"
    return Verdict(
        passed=not fallen,
        says=says,
        metadata={
            "fallen": table(("source", "field", "usually", "now"), shown),
            "keys_of_the_records": table(("source", "new", "vanished"), (row for row in keys if row[1] or row[2])),
        },
    )


CHECKS: Mapping[str, Check] = {
    "required_fields": required_fields,
    "no_duplicates": no_duplicates,
    "plausible_times": plausible_times,
    "rejected_share": rejected_share,
    "vendor_count": vendor_count,
    "field_coverage": field_coverage,
}
