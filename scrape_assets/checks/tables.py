"""The checks of the tables as a whole, as one step that no materialization needs: by schedule, or by a click.

It holds nothing and writes nothing but its results, so it is not begun anew when it is interrupted: the next
comes soon.
"""

from collections.abc import Iterator

import dagster as dg

from scrape_assets.checks.reporting import description, metadata
from scrape_assets.checks.specs import TABLE_CHECK_SPECS
from scrape_assets.operations.checking.judging import OF_THE_TABLES, judge
from scrape_assets.resources.flow import FlowResource


@dg.multi_asset_check(
    name="judge_tables",
    specs=TABLE_CHECK_SPECS,
    can_subset=True,
    description="Judges the tables as a whole. It reads only, and each question is bounded by days or by a sample.",
)
def judge_tables(context: dg.AssetCheckExecutionContext, flow: FlowResource) -> Iterator[dg.AssetCheckResult]:
    """One result for each selected check."""
    wanted = {(key.asset_key.to_user_string(), key.name) for key in context.selected_asset_check_keys}
    with flow.open(context.run.run_id) as ctx:
        for one in judge(ctx, {check: judged_by for check, judged_by in OF_THE_TABLES.items() if check in wanted}):
            yield dg.AssetCheckResult(
                asset_key=dg.AssetKey(one.asset),
                check_name=one.name,
                passed=one.verdict.passed,
                severity=dg.AssetCheckSeverity(one.verdict.severity),
                description=description(one.told, one.verdict),
                metadata=metadata(one.told, one.verdict, ctx.settings),
            )
