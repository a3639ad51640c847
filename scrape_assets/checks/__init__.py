"""Asset checks. Those over what a run brought, a file a checked asset; those over the tables as a whole in `tables`.

What a run brought is judged by the step that collected the days or processed the snapshots, because a separate check
step is skipped whenever that step reports a failed partition. Thresholds are settings (thresholds.py), the words stand
in operations/checking/told.py.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

import dagster as dg

from scrape_assets.checks import collections, creator_content, media_files, raw_posts, snapshots
from scrape_assets.checks.reporting import description, metadata
from scrape_assets.checks.run_check import Run
from scrape_assets.flow.context import FlowContext
from scrape_assets.operations.checking.told import TOLD

CHECKS = {
    "collections": collections.CHECKS,
    "raw_posts": raw_posts.CHECKS,
    "creator_content": creator_content.CHECKS,
    "media_files": media_files.CHECKS,
}


def evaluate_checks(
    ctx: FlowContext, done: Mapping[str, Sequence[str]], selected: Collection[dg.AssetCheckKey]
) -> Iterator[dg.AssetCheckResult]:
    """One result for each selected check whose asset has anything new.

    Args:
        ctx: what the flow works with.
        done: by asset, the partitions that this run has brought it. Where there is none, the last verdict stands.
        selected: the checks of the run.
    """
    known = {**CHECKS, "snapshots": snapshots.checks(ctx.settings.expiry_alarm)}
    with ctx.engine.connect() as conn:
        for key in sorted(selected):
            asset = key.asset_key.to_user_string()
            partitions = done.get(asset)
            if not partitions:
                continue
            verdict = known[asset][key.name](Run(conn, partitions, ctx.now(), ctx.settings.checks))
            told = TOLD[asset, key.name]
            yield dg.AssetCheckResult(
                asset_key=key.asset_key,
                check_name=key.name,
                passed=verdict.passed,
                severity=dg.AssetCheckSeverity(verdict.severity),
                description=description(told, verdict),
                metadata={
                    **metadata(told, verdict, ctx.settings),
                    "days" if asset == "collections" else "snapshots": len(partitions),
                },
            )
