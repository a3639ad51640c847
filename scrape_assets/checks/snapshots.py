"""The check of `snapshots`: what was paid for is read before the vendor throws it away.

It must speak when nothing is processed, so it is reported by the sensor `unread_snapshots` and by the job `recover` as
well as by the step that processes. How it judges: operations/checking/unread.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import dagster as dg

from scrape_assets.checks.reporting import description, metadata
from scrape_assets.checks.run_check import Check, Run
from scrape_assets.flow.context import FlowContext
from scrape_assets.operations.checking.told import TOLD
from scrape_assets.operations.checking.unread import of_the_ledger
from scrape_assets.operations.checking.unread import read_in_time as judged
from scrape_assets.operations.checking.verdict import Verdict

READ_IN_TIME = "read_in_time"


def checks(within: timedelta) -> Mapping[str, Check]:
    """The checks of `snapshots` by name, as the step that processes asks for them."""

    def read_in_time(run: Run) -> Verdict:
        return judged(run.conn, run.now, within)

    return {READ_IN_TIME: read_in_time}


def evaluation(ctx: FlowContext) -> dg.AssetCheckEvaluation:
    """The verdict of now as an event that belongs to no run."""
    told, verdict = TOLD["snapshots", READ_IN_TIME], of_the_ledger(ctx)
    return dg.AssetCheckEvaluation(
        asset_key=dg.AssetKey("snapshots"),
        check_name=READ_IN_TIME,
        passed=verdict.passed,
        severity=dg.AssetCheckSeverity(verdict.severity),
        description=description(told, verdict),
        metadata=metadata(told, verdict, ctx.settings),
    )
