"""How the fields of posts and the keys of records changed, against the source's snapshots before.

The snapshots of a run are judged together, by source and dataset: a single feed may be unlike all others.
"""

from scrape_assets.checks.run_check import Run
from scrape_assets.operations.checking.verdict import Listing, Severity, Verdict
from scrape_assets.storage.quality import delivered, drift
from scrape_assets.storage.quality.drift import Drift, Usual
from scrape_assets.storage.quality.whole import snapshots_named

NOTHING_YET = "nothing to compare yet"
KEYS_SAID = 5


def field_coverage(run: Run) -> Verdict:
    """No field that most posts of a source had has vanished from most of them."""
    limits = run.limits
    drifts = [one for one in _drifts(run) if one.earlier]
    judged = [one for one in drifts if one.posts >= limits.posts_at_least]
    fallen = [
        (one, field, usual, one.shares.get(field, 0.0))
        for one in judged
        for field, usual in one.usual.items()
        if usual >= limits.usually_at_least and one.shares.get(field, 0.0) < usual * limits.fallen_to
    ]
    if not fallen:
        return Verdict(True, "the fields are filled as usual" if judged else NOTHING_YET)
    worst, field, usual, share = max(fallen, key=lambda one: one[2] - one[3])
    return Verdict(
        False,
        f"{worst.of}: field coverage of {field} fell from {usual:.0%} to {share:.0%}"
        + (f" ({len(fallen) - 1} more fields fell)" if len(fallen) > 1 else ""),
        Severity.WARN,
        {"share": share, "trailing_median": usual, "earlier_snapshots": worst.earlier},
        {
            "fallen": Listing.of(
                ("source", "field", "trailing median", "now"),
                ((one.of, name, f"{then:.0%}", f"{now:.0%}") for one, name, then, now in fallen),
            ),
            "keys_of_the_records": _keys(drifts),
        },
        delivered.posts_without(worst.snapshot_ids, field),
    )


def schema_drift(run: Run) -> Verdict:
    """The keys of the records are those of before; new ones are named."""
    drifts = [one for one in _drifts(run) if one.earlier]
    judged = [one for one in drifts if one.looked_at >= run.limits.keys_looked_at_least]
    gone = [one for one in judged if one.vanished_keys or one.emptied_keys]
    listings = {"keys_of_the_records": _keys(drifts)}
    new = "; ".join(f"{one.of} has new keys: {_named(one.new_keys)}" for one in judged if one.new_keys)
    if not gone:
        same = "the records have the keys they had" if judged else NOTHING_YET
        return Verdict(True, new or same, listings=listings)
    told = []
    for one in gone:
        parts = (("lost", one.vanished_keys), ("has only null in", one.emptied_keys), ("has new", one.new_keys))
        told.append(f"{one.of} " + ", ".join(f"{what} {_named(keys)}" for what, keys in parts if keys))
    return Verdict(
        False,
        "; ".join(told),
        Severity.WARN,
        {
            "keys_vanished": sum(len(one.vanished_keys) for one in gone),
            "keys_emptied": sum(len(one.emptied_keys) for one in gone),
            "records_looked_at": sum(one.looked_at for one in gone),
        },
        listings,
        snapshots_named([snapshot for one in gone for snapshot in one.snapshot_ids]),
    )


def _drifts(run: Run) -> list[Drift]:
    limits = run.limits
    usual = Usual(
        days=limits.trailing_days,
        snapshots=limits.trailing_snapshots,
        posts_at_least=limits.earlier_posts_at_least,
        earlier_at_least=limits.earlier_at_least,
        key_share=limits.key_usual_at,
    )
    return drift.drifts(run.conn, run.keys, run.now, usual)


def _keys(drifts: list[Drift]) -> Listing:
    rows = [
        (one.of, ", ".join(one.new_keys), ", ".join(one.vanished_keys), ", ".join(one.emptied_keys)) for one in drifts
    ]
    return Listing.of(("source", "new", "vanished", "null in all"), (row for row in rows if any(row[1:])))


def _named(keys: tuple[str, ...]) -> str:
    more = len(keys) - KEYS_SAID
    return ", ".join(keys[:KEYS_SAID]) + (f" and {more} more" if more > 0 else "")
