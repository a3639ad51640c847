"""The multi-asset of phase 2, partition = snapshot: `snapshots`, `raw_posts`, `creator_content`.

One step, three skippable assets: each (asset, partition) that succeeded is materialized, and one Failure at the end
names what failed, so that the UI shows exactly the failed partitions as failed (decision 3 in docs/architecture.md).
"""

from collections import defaultdict
from collections.abc import Iterator

import dagster as dg

from scrape_assets.assets import column_lineage
from scrape_assets.assets.columns import CREATOR_CONTENT, RAW_POSTS, SNAPSHOTS
from scrape_assets.assets.ended import Ended, Event
from scrape_assets.assets.materializations import materializations
from scrape_assets.assets.recording import Recorder
from scrape_assets.assets.stopping import stoppable
from scrape_assets.assets.unrecorded import unrecorded
from scrape_assets.checks import evaluate_checks
from scrape_assets.checks.specs import CHECK_SPECS
from scrape_assets.flow.mending.recovery import release_run
from scrape_assets.flow.taking.claim import Refusal, claim_for_processing
from scrape_assets.flow.taking.outcome import Outcome, Stage
from scrape_assets.flow.taking.process import process_many
from scrape_assets.partitions import snapshot_partitions
from scrape_assets.policies import (
    CONTENT,
    FRESHNESS,
    KEYS_A_RUN,
    OWNERS,
    TRANSPORT_RETRIES,
    asked_by_itself,
    lasting_failure,
)
from scrape_assets.resources.flow import FlowResource


class ProcessConfig(dg.Config):
    """How the snapshots are processed."""

    redownload: bool = False
    """Ask the vendor for the payload again although one is kept. The old payload stays beside the new one."""


SPECS = [
    dg.AssetSpec(
        "snapshots",
        # Lineage only: which day a snapshot belongs to stands in the ledger.
        deps=[dg.AssetDep("collections", partition_mapping=dg.AllPartitionMapping())],
        skippable=True,
        group_name=CONTENT,
        owners=OWNERS,
        kinds={"file"},
        metadata={
            "dagster/column_schema": SNAPSHOTS,
            "dagster/column_lineage": column_lineage.SNAPSHOTS,
            "dagster/table_name": "public.snapshots",
        },
        description="Phase 2, first stage: the snapshot's payload, downloaded once, verified by length and hash, "
        "kept for ever as it came.",
    ),
    dg.AssetSpec(
        "raw_posts",
        deps=["snapshots"],
        skippable=True,
        group_name=CONTENT,
        owners=OWNERS,
        kinds={"postgres", "table"},
        freshness_policy=FRESHNESS,
        metadata={
            "dagster/column_schema": RAW_POSTS,
            "dagster/column_lineage": column_lineage.RAW_POSTS,
            "dagster/table_name": "public.raw_posts",
        },
        description="Phase 2, second stage: the payload's records as normalised, deduplicated posts. Rows that are no "
        "post are kept in rejected_rows with their reason. Loading again changes nothing; it works from the kept "
        "payload and asks the vendor nothing.",
    ),
    dg.AssetSpec(
        "creator_content",
        deps=["raw_posts", "creators"],
        skippable=True,
        group_name=CONTENT,
        owners=OWNERS,
        kinds={"postgres", "table"},
        freshness_policy=FRESHNESS,
        metadata={
            "dagster/column_schema": CREATOR_CONTENT,
            "dagster/column_lineage": column_lineage.CREATOR_CONTENT,
            "dagster/table_name": "public.creator_content",
        },
        description="Phase 2, third stage: which creator wrote, reposted, is tagged or mentioned in a post, and in "
        "whose feed it was merely found. One row a creator, post and role, with method and confidence.",
    ),
]


@dg.multi_asset(
    # Not the job's name: a code location holds no two graphs of one name.
    name="download_load_match",
    specs=SPECS,
    check_specs=CHECK_SPECS,
    can_subset=True,
    partitions_def=snapshot_partitions,
    backfill_policy=dg.BackfillPolicy.multi_run(max_partitions_per_run=KEYS_A_RUN),
    retry_policy=TRANSPORT_RETRIES,
)
def process_snapshots(context: dg.AssetExecutionContext, config: ProcessConfig, flow: FlowResource) -> Iterator[Event]:
    """Process the run's snapshots and report each (asset, partition) by itself."""
    processed = stoppable(context, flow, lambda: _process(context, config, flow))
    yield from processed.told()


def _process(context: dg.AssetExecutionContext, config: ProcessConfig, flow: FlowResource) -> Ended:
    stages = frozenset(Stage(key.to_user_string()) for key in context.selected_asset_keys)
    by_itself = asked_by_itself(context.run)
    retried = context.retry_number > 0
    events: list[Event] = []
    failed: list[Outcome] = []
    done: dict[str, list[str]] = defaultdict(list)
    recorder = Recorder(context)
    with flow.open(context.run.run_id) as ctx:
        if retried:
            release_run(ctx, context.run.run_id, count_attempt=False)
            events += unrecorded(context.instance, ctx, context.run.run_id, context.partition_keys)
        claimed, refused = claim_for_processing(
            ctx, context.partition_keys, stages, only_ready=by_itself, retried=retried
        )
        outcomes = process_many(ctx, claimed, stages, redownload=config.redownload)
        try:
            for outcome in outcomes:
                for stage in outcome.done:
                    done[stage].append(outcome.snapshot.snapshot_id)
                events += recorder.take(materializations(ctx, outcome))
                if outcome.failed:
                    say = context.log.warning if outcome.deferred else context.log.error
                    say(f"{outcome.snapshot.partition_key}: {outcome.error}; {outcome.what_next}")
                    # What the source needs more time for fails no run of the sensor; whoever asked by hand is told.
                    if not (outcome.deferred and by_itself):
                        failed.append(outcome)
            events += recorder.write()
        finally:
            outcomes.close()  # no thread works on when the step has ended: a second attempt may begin at once
            recorder.write()  # whatever has ended the run: what is done is done
        events += evaluate_checks(ctx, done, context.selected_asset_check_keys)
    for refusal in refused:
        context.log.warning(f"{refusal.partition_key}: {refusal.reason}")
    if failed or (refused and not by_itself):
        return Ended(events, lasting_failure(_describe(failed, [] if by_itself else refused)))
    return Ended(events, None)


def _describe(failed: list[Outcome], refused: list[Refusal]) -> str:
    lines = [f"{one.snapshot.partition_key}: {one.error}; {one.what_next}" for one in failed]
    lines += [f"{one.partition_key}: {one.reason}" for one in refused]
    shown = "\n".join(lines[:20])
    more = f"\n… and {len(lines) - 20} more" if len(lines) > 20 else ""
    return f"{len(lines)} of the run's snapshots were not processed; the others were.\n{shown}{more}"
