"""Judging what expires: what was paid for is read before the vendor throws it away. It looks at the whole ledger."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from scrape_assets.flow.context import FlowContext
from scrape_assets.ledger.snapshots.expiry import unread
from scrape_assets.operations.checking.verdict import Listing, Severity, Verdict
from scrape_assets.storage.quality.whole import snapshots_named

SHOWN = 50


def read_in_time(conn: Connection, now: datetime, within: timedelta) -> Verdict:
    """No snapshot is about to expire unread, and none has lately."""
    found = unread(conn, now, within)
    lost = [one for one in found if one.expired]
    soon = [one for one in found if not one.expired]
    words = []
    if lost:
        words.append(f"{len(lost)} paid snapshots were thrown away by the vendor before they were stored")
    if soon:
        words.append(
            f"{len(soon)} expire unread by {now + within:%Y-%m-%d}, the first on {soon[0].expires_at:%Y-%m-%d}"
        )
    return Verdict(
        not found,
        "; ".join(words) or "nothing is about to expire unread",
        Severity.ERROR if lost else Severity.WARN,
        {"expiring": len(soon), "expired": len(lost)},
        {
            "which": Listing.of(
                ("snapshot", "at the vendor", "status", "expires", "why"),
                (
                    (one.snapshot_id, one.vendor_snapshot_id, one.status, f"{one.expires_at:%Y-%m-%d %H:%M}", one.error)
                    for one in (*lost, *soon)[:SHOWN]
                ),
            )
        },
        snapshots_named([one.snapshot_id for one in found]) if found else None,
    )


def of_the_ledger(ctx: FlowContext) -> Verdict:
    """The same, at this moment."""
    with ctx.engine.connect() as conn:
        return read_in_time(conn, ctx.now(), ctx.settings.expiry_alarm)
