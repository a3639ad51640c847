"""The asset `creator_suggestions`: who may be whom, for people to accept or reject."""

from functools import partial

import dagster as dg

from scrape_assets.assets.columns import SUGGESTIONS
from scrape_assets.assets.stopping import stoppable
from scrape_assets.flow.targets.suggest import refresh
from scrape_assets.markdown import table
from scrape_assets.policies import OWNERS, TRANSPORT_RETRIES, WHO, lasting_failure
from scrape_assets.resources.flow import FlowResource
from scrape_assets.storage.forgetting import ForgottenKeyMissing
from scrape_assets.storage.suggestions import Refreshed, Standing, Suggestion, count_by_status, find_suggestions

SHOWN = 20
HEADERS = ("number", "creator", "may be", "on", "score", "because")


@dg.asset(
    deps=["creators"],
    group_name=WHO,
    owners=OWNERS,
    kinds={"postgres", "table"},
    retry_policy=TRANSPORT_RETRIES,
    metadata={"dagster/column_schema": SUGGESTIONS, "dagster/table_name": "public.creator_suggestions"},
    description="Accounts that look like a creator who is followed on another platform, and creators who look like one "
    "person, by name, handle and links. Nothing is matched by it: a person accepts or rejects each, with "
    "`scrape-assets suggestions` or `/api/admin/suggestions`. What was rejected is not suggested again.",
)
def creator_suggestions(context: dg.AssetExecutionContext, flow: FlowResource) -> dg.MaterializeResult[None]:
    """Compare everybody anew, and show the likeliest that wait for a person."""
    report, counts, likeliest = stoppable(context, flow, partial(_refresh, flow, context.run.run_id))
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": dg.MetadataValue.int(sum(counts.values())),
            **{str(status): dg.MetadataValue.int(count) for status, count in counts.items()},
            "new": dg.MetadataValue.int(report.new),
            "withdrawn": dg.MetadataValue.int(report.withdrawn),
            "likeliest": table(HEADERS, map(_row, likeliest)),
        }
    )


def _refresh(flow: FlowResource, run_id: str) -> tuple[Refreshed, dict[Standing, int], list[Suggestion]]:
    with flow.open(run_id) as ctx:
        try:
            report = refresh(ctx)
        except ForgottenKeyMissing as error:
            raise lasting_failure(str(error)) from error
        with ctx.engine.connect() as conn:
            return report, count_by_status(conn), find_suggestions(conn, status=Standing.OPEN, limit=SHOWN)


def _row(one: Suggestion) -> tuple[object, ...]:
    who = one.other_creator_name or one.author_name or one.author_handle or one.author_key
    return one.suggestion_id, one.creator_name, who, one.platform or "-", one.score, "; ".join(one.reasons)
