"""Asset checks, a file a checked asset. They ask storage/quality.py or the ledger and judge; the thresholds stand here.

They are yielded by the step that collected the days or processed the snapshots, because a separate check step is
skipped whenever that step reports a failed partition.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

import dagster as dg

from scrape_assets.checks import collections, creator_content, raw_posts, snapshots
from scrape_assets.flow.context import FlowContext

CHECKS = {"collections": collections.CHECKS, "raw_posts": raw_posts.CHECKS, "creator_content": creator_content.CHECKS}


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
            verdict = known[asset][key.name](conn, partitions, ctx.now())
            yield dg.AssetCheckResult(
                asset_key=key.asset_key,
                check_name=key.name,
                passed=verdict.passed,
                severity=verdict.severity,
                description=verdict.says,
                metadata={**verdict.metadata, "days" if asset == "collections" else "snapshots": len(partitions)},
            )
