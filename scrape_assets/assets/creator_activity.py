"""The asset `creator_activity`: what each creator's day came to, on each platform. Read from the tables by date."""

from collections.abc import Sequence
from datetime import date

import dagster as dg

from scrape_assets.assets import column_lineage
from scrape_assets.assets.columns import CREATOR_ACTIVITY
from scrape_assets.assets.daily import daily_asset, show_days
from scrape_assets.assets.day_picture import day_picture
from scrape_assets.assets.stopping import stoppable
from scrape_assets.markdown import table
from scrape_assets.partitions import days_of
from scrape_assets.resources.flow import FlowResource
from scrape_assets.storage.activity import ActivityDay, Computed, compute_activity
from scrape_assets.storage.activity_rows import CreatorDay, top_creators

TopCreators = dict[date, Sequence[CreatorDay]]


@daily_asset(
    # Lineage only: no mapping says which snapshots hold the posts of a day. The day's posts are read by their date,
    # and the schedule computes it again.
    deps=[dg.AssetDep("creator_content", partition_mapping=dg.AllPartitionMapping())],
    metadata={
        "dagster/column_schema": CREATOR_ACTIVITY,
        "dagster/column_lineage": column_lineage.CREATOR_ACTIVITY,
        "dagster/table_name": "public.creator_activity",
    },
    description="What each creator's day came to: posts, reposts, mentions, reach and engagement of what was posted on "
    "that day (UTC), by platform, with the newest known counts, against the 28 days before. Any range of days is one "
    "run and costs nothing but the database's time. The schedule `daily_activity` computes the last days again, "
    "because posts come late and counts go on moving.",
)
def creator_activity(context: dg.AssetExecutionContext, flow: FlowResource) -> dg.MaterializeResult[None]:
    """Compute the days of the run in one statement, and show each."""
    days = days_of(context.partition_keys)
    computed, creators = stoppable(context, flow, lambda: _compute(flow, context.run.run_id, days[0], days[-1]))
    return show_days(context, days, computed, lambda day: _metadata(computed, day, creators.get(day, ())))


def _compute(flow: FlowResource, run_id: str, first: date, last: date) -> tuple[Computed[ActivityDay], TopCreators]:
    with flow.open(run_id) as ctx, ctx.engine.begin() as conn:
        computed = compute_activity(conn, first, last, ctx.now())
        return computed, dict(top_creators(conn, first, last))


def _metadata(
    computed: Computed[ActivityDay], day: date, creators: Sequence[CreatorDay]
) -> dict[str, dg.MetadataValue]:
    of_day, until = computed.days[day], list(computed.until(day))
    metadata: dict[str, dg.MetadataValue] = {
        "dagster/partition_row_count": dg.MetadataValue.int(of_day.rows),
        "creators": dg.MetadataValue.int(of_day.creators),
        "posts": dg.MetadataValue.int(of_day.posts),
        "reposts": dg.MetadataValue.int(of_day.reposts),
        "top_creators": table(
            ("creator", "platform", "posts", "reposts", "mentioned", "engagement", "reach", "growth"),
            (
                (c.creator, c.platform, c.posts, c.reposts, c.mentioned, c.engagement, c.reach, c.growth_in_words)
                for c in creators
            ),
        ),
        "engagement_of_28_days": day_picture("engagement", [(one.day, one.engagement) for one in until]),
        "posts_of_28_days": day_picture("posts and reposts", [(one.day, one.posts + one.reposts) for one in until]),
    }
    # What no source said is left out: it is not zero.
    if of_day.engagement is not None:
        metadata["engagement"] = dg.MetadataValue.int(of_day.engagement)
    if of_day.reach is not None:
        metadata["reach"] = dg.MetadataValue.int(of_day.reach)
    return metadata
