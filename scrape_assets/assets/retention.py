"""The asset `retention`: what has been kept for long enough is removed, as `SCRAPE_ASSETS_KEEP_DAYS` says."""

from collections.abc import Sequence
from functools import partial

import dagster as dg

from scrape_assets.assets.stopping import stoppable
from scrape_assets.markdown import table
from scrape_assets.operations.retention import Kept, retain
from scrape_assets.policies import HOUSEKEEPING, OWNERS, TRANSPORT_RETRIES, lasting_failure
from scrape_assets.resources.flow import FlowResource

HEADERS = ("setting", "days", "removed", "rows", "oldest kept")


@dg.asset(
    group_name=HOUSEKEEPING,
    owners=OWNERS,
    kinds={"postgres"},
    retry_policy=TRANSPORT_RETRIES,
    description="Removes what is older than `SCRAPE_ASSETS_KEEP_DAYS` lets it become: payloads, posts with all that is "
    "said of them, observations, rejected rows, history, calls, audit. Without that setting nothing is ever removed. "
    "Safe at any time; cut off, it goes on the next time. `scrape-assets retention --dry-run` says what would go.",
)
def retention(context: dg.AssetExecutionContext, flow: FlowResource) -> dg.MaterializeResult[None]:
    """Remove it, table by table, and say how much and how old the rest is."""
    try:
        told = stoppable(context, flow, partial(_retain, flow, context.run.run_id))
    except OSError as error:
        raise lasting_failure(
            f"payloads could not be removed ({error}); nothing is lost, and the next day's run goes on. Let this "
            "program write in that folder (SCRAPE_ASSETS_PAYLOAD_URL)"
        ) from error
    removed = sum(sum(kept.removed.values()) for kept in told)
    context.log.info(f"{removed} rows and payloads removed" if told else "SCRAPE_ASSETS_KEEP_DAYS is not set")
    return dg.MaterializeResult(
        metadata={
            "removed": dg.MetadataValue.int(removed),
            "finished": dg.MetadataValue.bool(all(kept.finished for kept in told)),
            "by_table": table(HEADERS, _rows(told)),
            **{f"oldest_{kept.name}": dg.MetadataValue.timestamp(kept.oldest) for kept in told if kept.oldest},
        }
    )


def _retain(flow: FlowResource, run_id: str) -> list[Kept]:
    with flow.open(run_id) as ctx:
        return retain(ctx, by=f"run:{run_id}")


def _rows(told: Sequence[Kept]) -> list[tuple[object, ...]]:
    return [
        (kept.name, kept.days, name, count, kept.oldest)
        for kept in told
        for name, count in (kept.removed.items() or [(kept.name, 0)])
    ]
