"""What the assets of a day have in common: how they are computed, and how a run shows its days."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial

import dagster as dg

from scrape_assets.partitions import daily_partitions
from scrape_assets.policies import ACTIVITY, FRESHNESS, OWNERS, TRANSPORT_RETRIES
from scrape_assets.storage.activity import ActivityDay, Computed, CoverageDay

daily_asset = partial(
    dg.asset,
    partitions_def=daily_partitions,
    # A year is one pass over the tables, and one run.
    backfill_policy=dg.BackfillPolicy.single_run(),
    group_name=ACTIVITY,
    owners=OWNERS,
    kinds={"postgres", "table"},
    freshness_policy=FRESHNESS,
    retry_policy=TRANSPORT_RETRIES,
)


def show_days(
    context: dg.AssetExecutionContext,
    days: Sequence[date],
    computed: Computed[ActivityDay] | Computed[CoverageDay],
    metadata_of: Callable[[date], dict[str, dg.MetadataValue]],
) -> dg.MaterializeResult[None]:
    """Give each day of the run its own metadata, and say what was changed."""
    for day in days:
        context.add_asset_metadata(metadata_of(day), partition_key=day.isoformat())
    context.log.info(f"{computed.written} rows are new or others than before, {computed.removed} no longer hold")
    return dg.MaterializeResult()
