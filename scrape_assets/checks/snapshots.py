"""The check of `snapshots`: what was paid for is read before the vendor throws it away. It looks at the whole ledger.

It must speak when nothing is processed, so it is reported by the sensor `unread_snapshots` and by the job `recover` as
well as by the step that processes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import dagster as dg
from sqlalchemy.engine import Connection

from scrape_assets.checks.verdict import Check, Verdict
from scrape_assets.flow.context import FlowContext
from scrape_assets.ledger.snapshots.expiry import unread
from scrape_assets.markdown import table

READ_IN_TIME = "read_in_time"
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
        passed=not found,
        says="; ".join(words) or "nothing is about to expire unread",
        severity=dg.AssetCheckSeverity.ERROR if lost else dg.AssetCheckSeverity.WARN,
        metadata={
            "expiring": len(soon),
            "expired": len(lost),
            "which": table(
                ("snapshot", "at the vendor", "status", "expires", "why"),
                (
                    (one.snapshot_id, one.vendor_snapshot_id, one.status, f"{one.expires_at:%Y-%m-%d %H:%M}", one.error)
                    for one in (*lost, *soon)[:SHOWN]
                ),
            ),
        },
    )


def checks(within: timedelta) -> Mapping[str, Check]:
    """The checks of `snapshots` by name, as the step that processes asks for them."""

    def of_the_ledger(conn: Connection, snapshot_ids: Sequence[str], now: datetime) -> Verdict:  # noqa: ARG001
        return read_in_time(conn, now, within)

    return {READ_IN_TIME: of_the_ledger}


def evaluation(ctx: FlowContext) -> dg.AssetCheckEvaluation:
    """The verdict of now as an event that belongs to no run."""
    with ctx.engine.connect() as conn:
        verdict = read_in_time(conn, ctx.now(), ctx.settings.expiry_alarm)
    return dg.AssetCheckEvaluation(
        asset_key=dg.AssetKey("snapshots"),
        check_name=READ_IN_TIME,
        passed=verdict.passed,
        severity=verdict.severity,
        description=verdict.says,
        metadata=verdict.metadata,
    )
