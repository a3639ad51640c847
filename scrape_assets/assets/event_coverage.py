"""The asset `event_coverage`: what is known of each event's day, and what was asked for it. Read by date."""

from collections.abc import Mapping, Sequence
from datetime import date

import dagster as dg

from scrape_assets.assets import column_lineage
from scrape_assets.assets.columns import EVENT_COVERAGE
from scrape_assets.assets.daily import daily_asset, show_days
from scrape_assets.assets.day_picture import day_picture
from scrape_assets.assets.stopping import stoppable
from scrape_assets.markdown import table
from scrape_assets.partitions import days_of
from scrape_assets.resources.flow import FlowResource
from scrape_assets.storage.activity import Computed, CoverageDay, compute_coverage
from scrape_assets.storage.activity_rows import EventDay, covered_events

CoveredEvents = dict[date, Sequence[EventDay]]


@daily_asset(
    # Lineage only, as for creator_activity: what a day's posts and jobs are, the tables say by date.
    deps=[
        "events",
        dg.AssetDep("collections", partition_mapping=dg.AllPartitionMapping()),
        dg.AssetDep("raw_posts", partition_mapping=dg.AllPartitionMapping()),
        dg.AssetDep("creator_content", partition_mapping=dg.AllPartitionMapping()),
    ],
    metadata={
        "dagster/column_schema": EVENT_COVERAGE,
        "dagster/column_lineage": column_lineage.EVENT_COVERAGE,
        "dagster/table_name": "public.event_coverage",
    },
    description="How well each event is covered on a day, by platform: the posts about it of that day (UTC), their "
    "authors, languages and media, how many followed creators are among them; and beside it what was asked for on "
    "that day and what came of it. A row with jobs and without posts is worth a look. Any range of days is one run.",
)
def event_coverage(context: dg.AssetExecutionContext, flow: FlowResource) -> dg.MaterializeResult[None]:
    """Compute the days of the run in one statement, and show each."""
    days = days_of(context.partition_keys)
    computed, events = stoppable(context, flow, lambda: _compute(flow, context.run.run_id, days[0], days[-1]))
    return show_days(context, days, computed, lambda day: _metadata(computed, day, events.get(day, ())))


def _compute(flow: FlowResource, run_id: str, first: date, last: date) -> tuple[Computed[CoverageDay], CoveredEvents]:
    with flow.open(run_id) as ctx, ctx.engine.begin() as conn:
        computed = compute_coverage(conn, first, last, ctx.now())
        return computed, dict(covered_events(conn, first, last))


def _metadata(computed: Computed[CoverageDay], day: date, events: Sequence[EventDay]) -> dict[str, dg.MetadataValue]:
    of_day = computed.days[day]
    return {
        "dagster/partition_row_count": dg.MetadataValue.int(of_day.rows),
        "posts": dg.MetadataValue.int(of_day.posts),
        "events": table(
            ("event", "platform", "posts", "authors", "creators", "languages", "media"),
            (
                (e.event, e.platform, e.posts, e.authors, e.creators, _counted(e.languages), _counted(e.media))
                for e in events
            ),
        ),
        "asked_and_came": table(
            ("event", "platform", "jobs asked", "completed", "failed", "posts they found", "posts of the day"),
            (
                (e.event, e.platform, e.jobs_asked, e.jobs_completed, e.jobs_failed, e.posts_found, e.posts)
                for e in events
            ),
        ),
        "posts_of_28_days": day_picture("posts", [(one.day, one.posts) for one in computed.until(day)]),
    }


def _counted(counts: Mapping[str, int]) -> str | None:
    """Most first: "en 12, de 3"; None for none."""
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items(), key=lambda of: -of[1])) or None
