"""Asset checks, a file a checked asset. They ask storage/quality.py and judge; the thresholds stand here.

They are yielded by the step that processed the snapshots, because a separate check step is skipped whenever that step
reports a failed partition.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

import dagster as dg

from scrape_assets.checks import creator_content, raw_posts
from scrape_assets.flow.context import FlowContext

CHECKS = {"raw_posts": raw_posts.CHECKS, "creator_content": creator_content.CHECKS}


def evaluate_checks(
    ctx: FlowContext, done: Mapping[str, Sequence[str]], selected: Collection[dg.AssetCheckKey]
) -> Iterator[dg.AssetCheckResult]:
    """One result for each selected check whose asset has anything new.

    Args:
        ctx: what the flow works with.
        done: by asset, the snapshots that this run has brought it. Where there is none, the last verdict stands.
        selected: the checks of the run.
    """
    with ctx.engine.connect() as conn:
        for key in sorted(selected):
            asset = key.asset_key.to_user_string()
            snapshot_ids = done.get(asset)
            if not snapshot_ids:
                continue
            verdict = CHECKS[asset][key.name](conn, snapshot_ids, ctx.now())
            yield dg.AssetCheckResult(
                asset_key=key.asset_key,
                check_name=key.name,
                passed=verdict.passed,
                severity=verdict.severity,
                description=verdict.says,
                metadata={**verdict.metadata, "snapshots": len(snapshot_ids)},
            )
